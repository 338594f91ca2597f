"""What a document may hold beyond its schema: lengths, numbers of values, addresses that a page may carry.

The schema says of what type a value is. Here stands how much of it is borne, so that one document can neither
fill an event nor bring a script into a page. A document over a limit is refused with the path of each fault;
nothing of it is cut, since what a document gives is kept as it is.

| value | at most |
| --- | --- |
| title | 2,000 characters |
| excerpt, featuredContent | 20,000 characters |
| web address, address of an image | 4,096 characters, without white space, controls or bidi characters |
| provider's name, a topic | 500 characters |
| provider's domain | 253 characters, which is what DNS bears, and none of those either |
| all of a provider | 16,384 bytes as JSON, since an event cannot leave it out |
| secured | 1,000,000 characters |
| topics, images | 1,000 |
| logos of a provider | 50 |
| related | 2,000 |
| keys that the schema does not know, at each level | 1,000 |
| whole number | 9,007,199,254,740,991 (2^53 - 1), the largest that every reader of JSON has (RFC 8259 section 6) |
| date | of a year from 1000 to 8999: paths have four digits, and heat counts days beyond it |

An image may have a path of its own site in place of an address (``/assets/logo.png``), but no scheme other than http
and https. Controls and bidi characters in the one-line texts are no limit but dirt: :func:`without_hidden` takes them
out, and a text that has none keeps its bytes. Bodies may be as long as their file: an event leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from storyfold.instants import parse_instant
from storyfold.records import EXTRAS, Record
from worker.normalize.text import clean_text

MAX_INTEGER: Final = 2**53 - 1
MIN_YEAR: Final = 1000
MAX_YEAR: Final = 8999
MAX_PROVIDER_BYTES: Final = 16_384

_ADDRESSES = ("originalUrl", "webUrl", "ampWebUrl", "cdnAmpWebUrl", "url")
_ADDRESSES_AND_NAMES = frozenset({*_ADDRESSES, "domain"})
_MAX_CHARACTERS = {
    "title": 2_000,
    "excerpt": 20_000,
    "featuredContent": 20_000,
    "secured": 1_000_000,
    "name": 500,
    "domain": 253,
    "topics": 500,
    **dict.fromkeys(_ADDRESSES, 4_096),
}
_NUMBERS = frozenset({"quality", "heat", "width", "height"})
_MAX_VALUES = {"topics": 1_000, "images": 1_000, "related": 2_000}
_MAX_LOGOS = 50
_MAX_EXTRAS = 1_000
# C0 and C1 controls, line and paragraph separators, bidi marks, embeddings, overrides and isolates (UAX #9).
_HIDDEN = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
_IN_ADDRESS = re.compile(rf"[\s{_HIDDEN}]")
_IN_LINE = re.compile(rf"[\t\n\r{_HIDDEN}]")
_IN_TEXT = re.compile(f"[{_HIDDEN}]")
# What stands before the first colon is the scheme, and a backslash is a slash (WHATWG URL section 4.4).
_FOREIGN = re.compile(r"(?!https?://)(?:[^/?#]*:|[/\\]*\\|//)", re.IGNORECASE)


def limit_faults(record: Record) -> list[str]:
    """What of a record is more than is borne, as ``path: what is wrong``. Values of a wrong type are passed over."""
    return [f"{path}: {words}" for path, words in _faults(record, "")]


def without_hidden(record: Record) -> Record:
    """The record without controls and bidi characters in titles, excerpts, names and topics, the related ones, too.

    An excerpt keeps its line breaks.
    """
    clean = _cleaned(record)
    related = record.get("related")
    if isinstance(related, list):
        clean = {**clean, "related": [_cleaned(each) if isinstance(each, dict) else each for each in related]}
    return clean


def _cleaned(record: Record) -> Record:
    changes: Record = {}
    for key, hidden in (("title", _IN_LINE), ("excerpt", _IN_TEXT)):
        if _has(record.get(key), hidden):
            changes[key] = clean_text(record[key])
    provider = record.get("provider")
    if isinstance(provider, dict) and _has(provider.get("name"), _IN_LINE):
        changes["provider"] = {**provider, "name": clean_text(provider["name"])}
    topics = record.get("topics")
    if isinstance(topics, list) and any(_has(each, _IN_LINE) for each in topics):
        changes["topics"] = [clean_text(each) if isinstance(each, str) else each for each in topics]
    return {**record, **changes} if changes else record


def _has(value: Any, hidden: re.Pattern[str]) -> bool:
    return isinstance(value, str) and hidden.search(value) is not None


def _faults(record: Record, path: str) -> Iterator[tuple[str, str]]:
    for key, value in record.items():
        at = f"{path}.{key}" if path else key
        if isinstance(value, str):
            yield from _text_faults(key, value, at)
        elif isinstance(value, list):
            yield from _list_faults(key, value, at)
        elif isinstance(value, dict):
            yield from _faults(value, at)
            if key == "provider" and _is_large(value):
                yield at, f"has more than {MAX_PROVIDER_BYTES:,} bytes; leave some of its images or keys out"
        elif key in _NUMBERS and isinstance(value, int) and value > MAX_INTEGER:
            yield at, f"must be at most {MAX_INTEGER:,}"


def _is_large(provider: Record) -> bool:
    return len(provider) > 2 and len(msgspec.json.encode(provider, enc_hook=str)) > MAX_PROVIDER_BYTES


def _text_faults(key: str, text: str, at: str) -> Iterator[tuple[str, str]]:
    limit = _MAX_CHARACTERS.get(key)
    if limit is not None and len(text) > limit:
        yield at, f"has {len(text):,} characters, more than {limit:,}; shorten it"
    elif key in _ADDRESSES_AND_NAMES and (unfit := _IN_ADDRESS.search(text)):
        yield at, f"is an address with the character U+{ord(unfit[0]):04X} in it; percent-encode it or take it out"
    elif key == "url" and _FOREIGN.match(text):
        yield at, "must be an http or https address, or a path that begins with one slash"
    elif key == "publishedDateTime" and _is_of_other_ages(text):
        yield at, f"must be of a year from {MIN_YEAR} to {MAX_YEAR}"


def _is_of_other_ages(date: str) -> bool:
    instant = parse_instant(date)
    return instant is not None and not MIN_YEAR <= instant.year <= MAX_YEAR


def _list_faults(key: str, values: list[Any], at: str) -> Iterator[tuple[str, str]]:
    if key == EXTRAS:
        if len(values) > _MAX_EXTRAS:
            owner = at.rpartition(".")[0] or "document"
            yield owner, f"has {len(values):,} keys that the schema does not know, more than {_MAX_EXTRAS:,}"
        return
    limit = _MAX_LOGOS if at.endswith("provider.images") else _MAX_VALUES.get(key)
    if limit is not None and len(values) > limit:
        yield at, f"has {len(values):,} values, more than {limit:,}"
        return
    for place, each in enumerate(values):
        if isinstance(each, str):
            yield from _text_faults(key, each, f"{at}[{place}]")
        elif isinstance(each, dict):
            yield from _faults(each, f"{at}[{place}]")
