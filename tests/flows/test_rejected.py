"""Entries that cannot become items: named, kept for a look, without secrets, and no matter to the others."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from storyfold.errors import BlockedError, SourceError, StoreUnavailableError
from worker.flows.rejected import MAX_LETTERS, MAX_PAYLOAD_CHARACTERS, Rejected, letters_of, normalize_each
from worker.model.entry import Entry, Media, Source
from worker.model.item import Item

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
URL = "https://harbor.example/feed?token=s3cr3t-t0ken&format=rss"


def _entry(**values: object) -> Entry:
    return Entry(**{"source": Source.FEED, "feed_url": URL, "guid": "g1", "title": "Ferry sails", **values})  # type: ignore[arg-type]


def _rejected(**values: object) -> Rejected:
    return Rejected(entry=_entry(**values), error=SourceError("no-link", "no absolute address"))


def test_one_entrys_fault_is_no_matter_to_the_others() -> None:
    good = object()

    def to_item(entry: Entry) -> Item:
        if entry.guid == "bad":
            raise SourceError("no-title", "it has no words")
        if entry.guid == "worse":
            raise ZeroDivisionError("a fault of ours")
        if entry.guid == "unwanted":
            raise BlockedError(("no ads",))
        return good  # type: ignore[return-value]

    taken, rejected, blocked = normalize_each(
        [_entry(guid=guid) for guid in ("a", "bad", "b", "worse", "unwanted", "c")], to_item
    )

    assert [entry.guid for entry, _ in taken] == ["a", "b", "c"]
    assert [(each.entry.guid, each.error.failure) for each in rejected] == [
        ("bad", "no-title"),
        ("worse", "internal"),
    ]
    assert [each.rules for each in blocked] == [("no ads",)]
    assert rejected[1].error.detail == "ZeroDivisionError: a fault of ours"


def test_an_outage_is_no_fault_of_the_entry() -> None:
    def to_item(_: Entry) -> Item:
        raise StoreUnavailableError("away")

    with pytest.raises(StoreUnavailableError):
        normalize_each([_entry()], to_item)


def test_a_letter_names_failure_feed_and_guid_and_holds_the_entry() -> None:
    (letter,) = letters_of([_rejected(summary="<p>Words</p>")], now=NOW)

    assert (letter.group, letter.error, letter.detail) == ("normalize", "no-link", "no absolute address")
    assert letter.origin == "https://harbor.example/feed g1"
    assert json.loads(letter.payload) == {
        "source": "feed",
        "feed_url": "https://harbor.example/feed",
        "guid": "g1",
        "guid_is_permalink": False,
        "title": "Ferry sails",
        "title_is_html": True,
        "summary": "<p>Words</p>",
    }


@pytest.mark.parametrize(
    "place",
    [
        {"guid": "https://harbor.example/1?token=s3cr3t-t0ken"},
        {"base_url": URL},
        {"link": "/audio/s3cr3t-t0ken/1.mp3"},
        {"summary": f"Read it at {URL}".replace("&", "&amp;")},
        {"media": (Media(url="https://cdn.example/1.mp3?token=s3cr3t-t0ken"),)},
    ],
    ids=lambda place: next(iter(place)),
)
def test_no_secret_of_the_feeds_address_is_in_a_letter(place: dict[str, object]) -> None:
    rejected = Rejected(entry=_entry(**place), error=SourceError("no-link", f"nothing at {URL}"))

    (letter,) = letters_of([rejected], now=NOW)

    assert "s3cr3t" not in repr(letter)
    json.loads(letter.payload)


@pytest.mark.parametrize(
    "values",
    [
        {"content": "x" * 1_000_000, "summary": "y" * 1_000_000},
        {"categories": ("z" * 1_000,) * 100, "media": (Media(url="https://a.example/" + "u" * 4_000),) * 100},
        {"title": '"\\\n' * 100_000},
        {"title": "lone \ud800 surrogate"},
    ],
    ids=["long texts", "long lists", "much to escape", "no bytes"],
)
def test_a_payload_is_bounded_and_stays_json(values: dict[str, object]) -> None:
    (letter,) = letters_of([_rejected(**values)], now=NOW)

    assert 0 < len(letter.payload) <= MAX_PAYLOAD_CHARACTERS
    assert json.loads(letter.payload)["guid"] == "g1"
    letter.payload.encode()


def test_of_many_only_the_first_get_letters() -> None:
    letters = letters_of([_rejected(guid=f"g{number}") for number in range(100)], now=NOW)

    assert [letter.origin.rpartition(" ")[2] for letter in letters] == [f"g{number}" for number in range(MAX_LETTERS)]


@pytest.mark.parametrize(
    ("values", "origin", "shown"),
    [
        ({"feed_url": ""}, "council/notes.xml", "council/notes.xml g1"),
        ({"feed_url": "", "source": Source.TASK}, "", "task g1"),
        ({"guid": "", "link": "/1"}, "", "https://harbor.example/feed /1"),
        ({"guid": ""}, "", "https://harbor.example/feed Ferry sails"),
    ],
)
def test_origin_is_the_best_name_that_there_is(values: dict[str, object], origin: str, shown: str) -> None:
    (letter,) = letters_of([_rejected(**values)], now=NOW, origin=origin)

    assert letter.origin == shown
