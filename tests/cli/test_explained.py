"""``stories explain``: the numbers add up, and the words say why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from storyfold.document import Provider
from worker.cli.explained import explained_lines, explained_rows
from worker.model.entry import Source
from worker.model.item import Given, Item
from worker.model.story import Member, Story
from worker.score.heat import heat_of
from worker.score.quality import score_item, story_quality

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)


def _item(name: str, **values: Any) -> Item:
    item = Item(
        item_id=name.ljust(16, "0"),
        collection="news",
        source=Source.FEED,
        title=f"Harbour bridge, as {name} tells it",
        published_at=NOW,
        original_url=f"https://{name}.example/1",
        provider=Provider(name=name.capitalize(), domain=f"{name}.example"),
        first_seen_at=NOW,
        provenance={"published_at": "given", "provider": "registry"},
    )
    return replace(replace(item, quality=score_item(item).points), **values)


def _story(*items: Item, at: datetime = NOW, **values: Any) -> Story:
    story = Story(
        story_id=items[0].item_id,
        collection="news",
        revision=1,
        path="_news/x.md",
        lead_id=items[0].item_id,
        members=tuple(Member(item=item, joined_at=NOW, why="title 0.80 of 0.55 needed") for item in items),
        created_at=NOW,
        updated_at=NOW,
    )
    heat = heat_of(story, at, DAY)
    return replace(story, heat=heat.value, cools_at=heat.cools_at, **values)


def test_the_parts_add_up_to_the_quality_of_story_and_items() -> None:
    story = _story(_item("herald"), _item("northlight"), _item("old", quality=3))

    rows = explained_rows(story, NOW, DAY)

    assert [sum(row["parts"].values()) for row in rows] == [row["quality"] for row in rows] == [45, 45, 3]
    whole = rows[0]["story"]
    assert sum(whole["parts"].values()) == whole["quality"] == story_quality(story) == 51
    assert whole["parts"]["coverage"] == 6


def test_a_row_keeps_the_keys_that_programs_know() -> None:
    (row,) = explained_rows(_story(_item("herald")), NOW, DAY)

    assert {key: row[key] for key in ("item", "title", "provider", "lead", "why", "when")} == {
        "item": "herald0000000000",
        "title": "Harbour bridge, as herald tells it",
        "provider": "Herald",
        "lead": True,
        "why": "title 0.80 of 0.55 needed",
        "when": "2026-03-02T12:00:00Z",
    }
    assert row["obtained"] == {"provider": "registry", "published_at": "given"}


def test_heat_is_told_with_its_steps_and_the_next_one() -> None:
    at = NOW + timedelta(hours=30)
    story = _story(_item("herald"), at=at)

    heat = explained_rows(story, at, DAY)[0]["story"]["heat"]

    assert heat == {
        "value": 22,
        "given": False,
        "half_life_hours": 24.0,
        "newest_item_at": "2026-03-02T12:00:00Z",
        "newest_member_at": "2026-03-02T12:00:00Z",
        "age": 1,
        "halvings": 1,
        "next_at": "2026-03-04T12:00:00Z",
        "next_value": 11,
    }
    assert heat["value"] == explained_rows(story, at, DAY)[0]["quality"] >> heat["halvings"]


@pytest.mark.parametrize(
    ("hours", "given", "words"),
    [
        (1, None, "heat 45: the quality; 22 from 2026-03-03T12:00:00Z (a half-life is 24 hours)"),
        (25, None, "heat 22: the quality, halved 1 time; 11 from 2026-03-04T12:00:00Z (a half-life is 24 hours)"),
        (49, None, "heat 11: the quality, halved 2 times; -1 from 2026-03-05T12:00:00Z (a half-life is 24 hours)"),
        (80, None, "heat -1: cold since 2026-03-05T12:00:00Z, 3 half-lives of 24 hours after its newest item"),
        (1, 7, "heat 7: given by its document; cold from 2026-03-05T12:00:00Z"),
        (80, 7, "heat 7: given by its document, and stays so"),
        (1, -1, "heat -1: given by its document, and stays so"),
    ],
)
def test_heat_in_words(hours: int, given: int | None, words: str) -> None:
    at = NOW + timedelta(hours=hours)
    item = _item("herald", given=None if given is None else Given(heat=given))

    assert words in list(explained_lines(_story(item, at=at), at, DAY))


def test_all_in_words() -> None:
    story = _story(_item("herald"), _item("northlight"))

    assert list(explained_lines(story, NOW, DAY))[:4] == [
        (
            "quality 48: title 15 of 15, excerpt 0 of 20, image 0 of 15, text 0 of 10, date 10 of 10, "
            "provider 15 of 15, topics 0 of 5, author 0 of 5, https 5 of 5, coverage 3 of 15"
        ),
        "  coverage: 2 providers",
        "heat 48: the quality; 24 from 2026-03-03T12:00:00Z (a half-life is 24 hours)",
        "published: yes, quality 48 is at least 10",
    ]


def test_a_given_quality_is_said_to_be_given() -> None:
    story = _story(_item("herald", quality=39, given=Given(quality=39, published=False)), published=False)

    lines = list(explained_lines(story, NOW, DAY))

    assert lines[0] == "quality 39: given by its document"
    assert "published: no, its document says so" in lines
