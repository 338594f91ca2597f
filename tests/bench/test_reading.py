"""The comparison with feedparser: what it counts as a loss, and that there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.corpus import OWN_FEEDS, feed_paths
from bench.reading import DIFFERENT, OURS_ONLY, SAME, THEIRS_ONLY, Difference, compare, is_loss, main
from bench.reading_rules import FEED_URL, Pair, explain
from worker.model.entry import Entry, Source


def rss(item: str) -> bytes:
    return f"<rss version='2.0'><channel><item><title>t</title>{item}</item></channel></rss>".encode()


def of_field(body: bytes, field: str) -> Difference:
    (found,) = (each for each in compare(body, "x") if each.field == field)
    return found


@pytest.mark.parametrize("path", feed_paths(OWN_FEEDS), ids=lambda path: path.name)
def test_no_feed_of_the_tests_is_read_worse(path: Path) -> None:
    assert [each for each in compare(path.read_bytes(), path.name) if is_loss(each)] == []


def test_no_real_feed_is_read_worse(shared_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(shared_dir / "data" / "feeds")]) == 0
    printed = capsys.readouterr().out
    assert "NO RULE" not in printed
    assert "theirs has, ours lacks" in printed


@pytest.mark.parametrize(
    ("item", "field", "outcome"),
    [
        ("<link>https://e.example/1</link>", "link", SAME),
        ("<pubDate>no date at all</pubDate>", "date", SAME),
        ("<guid>17</guid>", "id", DIFFERENT),
        ("<enclosure url='https://e.example/1.mp3' type='audio/mpeg'/>", "media", SAME),
        ("<image><url>https://e.example/1.png</url></image>", "media", OURS_ONLY),
        ("<guid>17</guid>", "link", THEIRS_ONLY),
    ],
)
def test_a_difference_is_classified(item: str, field: str, outcome: str) -> None:
    found = of_field(rss(item), field)
    assert (found.outcome, bool(found.rule)) == (outcome, outcome in (DIFFERENT, THEIRS_ONLY))


def test_what_only_feedparser_has_is_a_loss_without_a_rule() -> None:
    pair = Pair(Entry(source=Source.FEED, feed_url=FEED_URL, base_url=FEED_URL), {"title": "t", "links": []})
    assert explain("title", "", "t", pair) == ""
    assert is_loss(Difference("title", THEIRS_ONLY, "", "t", "x"))
    assert not is_loss(Difference("title", THEIRS_ONLY, "", "t", "x", "a rule"))
    assert not is_loss(Difference("title", DIFFERENT, "u", "t", "x"))
