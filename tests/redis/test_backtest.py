"""Backtest of stored stories: what other settings would have made of their items, with what people said of them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from storyfold.event import Event
from worker.cli.backtest import backtest_lines, backtest_row
from worker.cli.main import app
from worker.flows.backtest import Backtest, backtest
from worker.flows.engine import Engine
from worker.model.item import Item
from worker.model.override import OrderKind

Give = Callable[..., None]


def tried(engine: Engine, threshold: float | None = None) -> Backtest:
    rules = engine.fold_rules()
    return backtest(engine, "news", rules if threshold is None else replace(rules, threshold=threshold), days=14)


def differences(done: Backtest) -> tuple[int, int]:
    return len(done.found.merges), len(done.found.splits)


def test_nothing_stored_is_no_difference(engine: Engine) -> None:
    done = tried(engine)
    assert (done.items, differences(done)) == ({}, (0, 0))


def test_settings_of_now_make_the_stored_stories_again(
    engine: Engine, items: tuple[Item, ...], fold: Callable[..., None]
) -> None:
    fold(engine, *items)
    done = tried(engine)
    assert (done.compared_with, len(done.items), differences(done)) == (None, 3, (0, 0))
    assert (done.found.stories_before, done.found.stories_after) == (2, 2)


def test_a_threshold_that_nothing_reaches_splits_what_likeness_folded(
    engine: Engine, make_item: Callable[..., Item], fold: Callable[..., None], events: Callable[[], list[Event]]
) -> None:
    first = make_item("https://a.example/1", "Harbour bridge closed after storm")
    second = make_item("https://b.example/1", "Storm damages the old harbour bridge overnight")
    fold(engine, first, second)
    told, stored = len(events()), list(engine.stories("news").all())
    assert len(stored) == 1
    done = tried(engine, threshold=0.9999)
    assert differences(done) == (0, 1)
    assert (done.found.joined_pairs, done.found.parted_pairs) == (0, 1)
    row = json.loads(json.dumps(backtest_row(done, samples=5)))
    titles = sorted(part[0]["title"] for part in row["split_samples"][0])
    assert titles == sorted([first.title, second.title])
    assert row["compared_with"]["threshold"] == engine.fold_rules().threshold
    lines = "\n".join(backtest_lines(done, samples=5))
    assert "would split: 1 story, 1 pairs of items parted" in lines
    assert first.title in lines
    assert backtest_row(done, samples=0)["split_samples"] == []
    assert (len(events()), list(engine.stories("news").all())) == (told, stored), "nothing is changed"


def test_items_that_a_person_keeps_apart_stay_apart(
    engine: Engine, items: tuple[Item, Item, Item], fold: Callable[..., None], give: Give
) -> None:
    first, second, _ = items
    fold(engine, *items)
    give(OrderKind.APART, second, first)
    assert engine.stories("news").count() == 3
    assert differences(tried(engine)) == (0, 0)
    assert differences(tried(engine, threshold=0.05)) == (0, 0), "no threshold outweighs a person"


def test_stories_that_a_person_made_one_stay_one(
    engine: Engine, items: tuple[Item, Item, Item], fold: Callable[..., None], give: Give
) -> None:
    first, _, third = items
    fold(engine, *items)
    give(OrderKind.TOGETHER, first, third)
    assert engine.stories("news").count() == 1
    assert differences(tried(engine)) == (0, 0)
    found = tried(engine, threshold=0.9999).found
    assert (found.stories_before, found.stories_after) == (1, 1)


@pytest.mark.parametrize("threshold", ["0", "1.5", "much"])
def test_threshold_that_is_none_is_a_fault_of_use(threshold: str) -> None:
    done = CliRunner().invoke(app, ["backtest", "--threshold", threshold])
    assert done.exit_code == 2
    assert "threshold" in done.output


def test_command_prints_one_json_value(
    engine: Engine,
    items: tuple[Item, ...],
    fold: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    redis_url: str,
) -> None:
    fold(engine, *items)
    monkeypatch.setenv("STORYFOLD_REDIS_URL", redis_url)
    done = CliRunner().invoke(app, ["backtest", "--category", "news", "--threshold", "0.9", "--json"])
    assert done.exit_code == 0, done.output
    row = json.loads(done.stdout)
    assert (row["collection"], row["items"], row["rules"]["threshold"]) == ("news", 3, 0.9)
