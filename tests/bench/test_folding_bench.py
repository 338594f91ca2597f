"""The bench of folding runs to its end on a small labelled file, says what is missing, and reads what it is given."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench import folding
from bench.folding_order import Order
from bench.folding_product import document_of
from bench.folding_run import Folded, score
from bench.folding_size import measure
from bench.folding_stream import Stream, read_stream
from bench.folding_table import order_figures, row_figures, table
from worker.model.item import Item

COLUMNS = ("ID", "TITLE", "URL", "PUBLISHER", "CATEGORY", "STORY", "HOSTNAME", "TIMESTAMP")
TITLES = ("Port Alder ferry returns after bridge repair", "Lighthouse keeper's log found in a wall")
START = 1_394_472_789_000


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """Twelve rows of two stories, not in the order of their times; two have one address."""
    path = tmp_path / "labelled.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in reversed(range(12)):
            host, story = f"www.paper{number}.example", number % 2
            address = f"http://{host}/{max(number, 1)}" if number != 1 else "http://www.paper0.example/1"
            at = START + number * 60_000
            rows.writerow([number, TITLES[story], address, rf"Paper {number} \(blog\)", "b", f"s{story}", host, at])
    return path


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    path = tmp_path / "joined.tsv"
    path.write_text("STORY\tJOINED\ns0\ts0\ns1\ts0\n", encoding="utf-8")
    return path


def test_rows_become_items_in_order_of_arrival(labelled: Path, gold: Path) -> None:
    stream = read_stream(labelled, gold)
    first = stream.items[0]
    assert (first.provider.name, first.provider.domain) == ("Paper 0 (blog)", "paper0.example")
    assert (first.language, first.published_at, first.first_seen_at) == (
        "en",
        first.first_seen_at,
        first.published_at,
    )
    assert [item.published_at for item in stream.items] == sorted(item.published_at for item in stream.items)
    assert (len(stream.items), set(stream.raw), set(stream.joined)) == (11, {"s0", "s1"}, {"s0"})


def test_a_part_of_a_stream_keeps_its_labels(labelled: Path) -> None:
    stream = read_stream(labelled, None)
    part = stream.of([3, 0])
    assert part == Stream(
        (stream.items[3], stream.items[0]), (stream.raw[3], stream.raw[0]), (stream.joined[3], stream.joined[0])
    )


def test_a_document_of_a_row_is_bare(labelled: Path) -> None:
    document = document_of(read_stream(labelled, None).items[0])
    assert sorted(document) == ["originalUrl", "provider", "publishedDateTime", "title"]


def test_the_table_holds_each_row_against_ours(make_item: Callable[..., Item]) -> None:
    stream = Stream(tuple(make_item() for _ in range(4)), ("x", "x", "y", "y"), ("x", "x", "y", "y"))
    ours = score("ours", Folded([1, 1, 2, 2], 0), stream, 2.0)
    other = score("other", Folded([1, 2, 3, 4], 2), stream, 1.0)
    head, first, second = table([ours, other], ours).splitlines()
    assert "F1 to ours" in head
    assert "1.000 1.000 1.000" in first
    assert second.split()[-3:] == ["x", "2.00", "x"]
    assert ("0.67 x" in second, "0.500" in second) == (True, True)
    assert [figure.target for figure in row_figures(ours, is_ours=True)][:2] == [">= 0.84", ">= 0.86"]
    order = Order([ours, other], [0.9, 0.8], [0.7], same_labels=True)
    assert [figure.value for figure in order_figures(order)] == pytest.approx([2 / 3, 1, 0.8, 0.7, 1])


def test_a_small_window_is_measured() -> None:
    figures = {figure.what: figure.value for figure in measure(300, 100)}
    assert all(math.isfinite(value) for value in figures.values())
    assert figures["300 stories: match, insert, partner"] > 0
    assert figures["300 stories: reworded titles that joined a story"] > 0


def test_a_file_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert folding.main([str(tmp_path / "none.csv"), "--parts", "scores"]) == 1
    assert "none.csv is not there" in capsys.readouterr().err


def test_without_data_beside_the_checkout_the_bench_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(folding, "STREAM", tmp_path / "none.csv")
    assert folding.main(["--parts", "scores", "order", "product"]) == 0
    assert "no labelled stream" in capsys.readouterr().err


@pytest.mark.scenario
def test_every_part_prints_its_figures_as_json(
    labelled: Path, gold: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folding.main(
        [str(labelled), "--gold", str(gold), "--json", "--sizes", "200", "--probes", "50", "--seeds", "1", "2"]
    )
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    figures = {figure["what"]: figure["value"] for figure in printed["figures"]}
    assert figures["order: same order, same labels (3 processes)"] == 1
    assert figures["product: agreement of the two"] == 1
    assert figures["product: events read"] == 11
    for words in (folding.OURS, *folding.BASELINES):
        assert 0 < figures[f"{words}: joined F1"] <= 1
    assert figures["200 stories: memory a story"] > 0
