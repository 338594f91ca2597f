"""What is compared of an entry that both have read, and the rules that explain a difference."""

from __future__ import annotations

import calendar
import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urljoin

from worker.model.entry import Entry
from worker.normalize.dates import parse_date
from worker.sources.parse.mojibake import undouble

FEED_URL: Final = "https://feeds.example/x"
_TAG: Final = re.compile(r"<[^<>]*>")


class Pair(NamedTuple):
    """One entry, read twice. feedparser's is a dictionary whose look-ups guess; :func:`stated` does not."""

    ours: Entry
    theirs: Any


def stated(holder: Any, key: str) -> str:
    """A text that feedparser stored under this very key."""
    value = dict.get(holder, key) if isinstance(holder, dict) else None
    return value.strip() if isinstance(value, str) else ""


def values_of(pair: Pair) -> dict[str, tuple[str, str]]:
    """Field -> ours and theirs, each "" when a consumer could do nothing with it."""
    ours, theirs = pair
    return {
        "title": (_plain(ours.title), _plain(stated(theirs, "title"))),
        "link": (_resolved(ours, ours.link), _http(stated(theirs, "link"))),
        "id": (ours.guid, stated(theirs, "id")),
        "date": (_instant(ours.published, ours.updated), _their_instant(theirs, "published", "created", "updated")),
        "updated": (_instant(ours.updated), _their_instant(theirs, "updated")),
        "text": ("text" if ours.summary or ours.content else "", "text" if _has_text(theirs) else ""),
        "author": (_plain(ours.author), _plain(stated(theirs, "author"))),
        "language": (ours.language, stated(theirs, "language")),
        "labels": ("labels" if ours.categories else "", "labels" if _has_labels(theirs) else ""),
    }


def files_of(pair: Pair) -> tuple[set[str], set[str]]:
    """Addresses of the declared files."""
    ours = {_resolved(pair.ours, media.url) for media in pair.ours.media}
    return ours - {""}, {_http(url) for url in _their_files(pair.theirs)} - {""}


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub("", html.unescape(markup))).split())


def _http(address: str) -> str:
    return address if address.lower().startswith(("http://", "https://")) else ""


def _resolved(entry: Entry, address: str) -> str:
    try:
        return _http(urljoin(entry.base_url or FEED_URL, address)) if address else ""
    except ValueError:
        return ""


def _instant(*texts: str) -> str:
    found = next(filter(None, map(parse_date, texts)), None)
    return found.isoformat(timespec="seconds") if found else ""


def _their_instant(entry: Any, *names: str) -> str:
    for name in names:
        parsed = dict.get(entry, f"{name}_parsed")
        if parsed:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat(timespec="seconds")
    return ""


def _has_text(entry: Any) -> bool:
    contents = dict.get(entry, "content") or []
    return bool(stated(entry, "summary") or any(stated(content, "value") for content in contents))


def _has_labels(entry: Any) -> bool:
    return any(stated(tag, "label") or stated(tag, "term") for tag in dict.get(entry, "tags") or [])


def _their_files(entry: Any) -> Iterator[str]:
    for key in ("media_content", "media_thumbnail"):
        yield from (stated(media, "url") for media in dict.get(entry, key) or [])
    for link in dict.get(entry, "links") or []:
        if stated(link, "rel") == "enclosure":
            yield stated(link, "href")
    yield stated(dict.get(entry, "image"), "href")


def explain(field: str, ours: str, theirs: str, pair: Pair) -> str:
    """Name of the first rule that explains the difference, "" for none."""
    return next((name for name, fields, holds in _RULES if field in fields and holds(ours, theirs, pair)), "")


_Holds = Callable[[str, str, Pair], bool]


def _is_resolved_id(ours: str, theirs: str, _: Pair) -> bool:
    return bool(ours) and theirs.startswith(FEED_URL[:8]) and theirs.endswith(ours.replace("://", ":/"))


def _is_mended(ours: str, theirs: str, _: Pair) -> bool:
    """Letters of another script than those of Western Europe's code page, or fewer signs for the same text."""
    return any(undouble(word) != word for word in theirs.split()) and len(ours) < len(theirs)


def _is_from_empty_address(_: str, theirs: str, pair: Pair) -> bool:
    base = pair.ours.base_url or FEED_URL
    return urljoin(base, theirs) in (base, FEED_URL)


def _is_published(ours: str, theirs: str, pair: Pair) -> bool:
    return not ours and theirs == _instant(pair.ours.published)


def _is_year_first(_: str, theirs: str, pair: Pair) -> bool:
    stated_day = _YEAR_FIRST.match(pair.ours.published)
    return stated_day is not None and theirs[5:7] != f"{int(stated_day[1]):02}"


def _is_from_guid(ours: str, theirs: str, pair: Pair) -> bool:
    return not ours and theirs == urljoin(pair.ours.base_url or FEED_URL, undouble(pair.ours.guid))


def _is_no_text(_: str, __: str, pair: Pair) -> bool:
    types = {stated(content, "type") for content in dict.get(pair.theirs, "content") or []}
    return bool(types) and not any(kind.startswith("text/") or kind.endswith("xml") for kind in types)


_YEAR_FIRST: Final = re.compile(r"\d{4}/(\d{1,2})/\d{1,2}")
_RULES: Final[tuple[tuple[str, tuple[str, ...], _Holds], ...]] = (
    ("a guid that is no address, of which feedparser makes a link", ("link",), _is_from_guid),
    ("content that is neither text nor markup (RFC 4287 4.1.3)", ("text",), _is_no_text),
    ("feedparser resolves ids as if they were links; an id is opaque (RFC 4287 4.2.6)", ("id",), _is_resolved_id),
    ("text encoded twice, of which feedparser mends nothing or a part", ("title", "author"), _is_mended),
    ("an empty address, which feedparser resolves to the feed's own", ("link",), _is_from_empty_address),
    (
        "feedparser files dc:date as updated; without another date it is when it was published",
        ("updated",),
        _is_published,
    ),
    ("year/month/day, which feedparser reads as year/day/month", ("date", "updated"), _is_year_first),
    ("an e-mail address is no name, and is not published", ("author",), lambda _, theirs, __: "@" in theirs),
    (
        "several authors: feedparser takes the last one, we the first kind that is there",
        ("author",),
        lambda ours, theirs, _: bool(ours and theirs),
    ),
)
