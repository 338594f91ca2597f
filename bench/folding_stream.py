"""The labelled stream: headlines with the story that each one tells, as items of the product in order of arrival.

A CSV file with a header line and the columns TITLE, URL, STORY (the gold label), TIMESTAMP (milliseconds since 1970,
the order of arrival), PUBLISHER, HOSTNAME, and perhaps EXCERPT; other columns are not read. The gold of such
collections splits some stories, so a second file (tab-separated: STORY, JOINED) may say which labels are one.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from random import Random
from typing import NamedTuple

from bench.corpus import REAL
from storyfold.document import Provider
from worker.model.entry import Source
from worker.model.item import Item

STORIES = REAL / "stories"
STREAM = STORIES / "uci-dev-stream.csv"
JOINED = STORIES / "uci-dev-joined.tsv"
COLLECTION = "news"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stream(NamedTuple):
    """Labelled items in order of arrival.

    Attributes:
        items: of the product.
        raw: gold story of each item, as labelled.
        joined: the same with split stories joined.
    """

    items: tuple[Item, ...]
    raw: tuple[str, ...]
    joined: tuple[str, ...]

    def of(self, positions: Sequence[int]) -> Stream:
        """These items only, in this order."""
        return Stream(
            tuple(self.items[i] for i in positions),
            tuple(self.raw[i] for i in positions),
            tuple(self.joined[i] for i in positions),
        )


def read_stream(path: Path, joined: Path | None, limit: int = 0) -> Stream:
    """Read a labelled file and its joined gold. Rows of an address that an earlier row has are left out.

    Args:
        path: the labelled rows.
        joined: which labels are one; None: none are.
        limit: most rows, 0 for all.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["TIMESTAMP"]))
    unique = list({row["URL"]: row for row in reversed(rows)}.values())[::-1][: limit or None]
    same = _read_joined(joined) if joined else {}
    raw = tuple(row["STORY"] for row in unique)
    return Stream(tuple(map(_item, unique)), raw, tuple(same.get(story, story) for story in raw))


def _read_joined(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["STORY"]: row["JOINED"] for row in csv.DictReader(file, delimiter="\t")}


def _item(row: dict[str, str]) -> Item:
    at = _EPOCH + timedelta(seconds=int(row["TIMESTAMP"]) // 1000)
    url = row["URL"]
    publisher = row["PUBLISHER"].replace("\\(", "(").replace("\\)", ")")
    return Item(
        item_id=blake2b(url.encode(), digest_size=8).hexdigest(),
        collection=COLLECTION,
        source=Source.TASK,
        title=row["TITLE"],
        excerpt=row.get("EXCERPT") or "",
        published_at=at,
        original_url=url,
        web_url=url,
        provider=Provider(name=publisher or row["HOSTNAME"], domain=row["HOSTNAME"].removeprefix("www.")),
        language="en",
        url_keys=(url,),
        first_seen_at=at,
    )


def shuffled_in_the_hour(items: Sequence[Item], seed: int) -> list[int]:
    """Positions of the items in another order of arrival: the items of one hour of the clock change places."""
    random = Random(seed)
    order: list[int] = []
    for _, hour in groupby(range(len(items)), key=lambda i: items[i].published_at.replace(minute=0, second=0)):
        positions = list(hour)
        random.shuffle(positions)
        order += positions
    return order


def what_is_missing(path: Path, joined: Path | None) -> str:
    """A line that says which file is not there; "" when both are."""
    missing = next((each for each in (path, joined) if each is not None and not each.is_file()), None)
    if missing is None:
        return ""
    return f"no labelled stream: {missing} is not there. Give one: python -m bench.folding FILE --gold joined.tsv"
