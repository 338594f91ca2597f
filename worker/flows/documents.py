"""Documents: front matter and JSON objects become entries.

A whole story document is taken as it stands. One that has at least a title and an address is completed by
the same rules as any entry; what it gives is kept. One with a wrong value is refused with every fault.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from storyfold.document import Extra
from storyfold.errors import DocumentError
from storyfold.extras import extra_value
from storyfold.instants import format_instant
from storyfold.json_form import document_from_record
from storyfold.records import CONTENT, EXTRAS, Record
from worker.flows.document_limits import limit_faults, without_hidden
from worker.model.entry import Entry, Media, Source
from worker.model.item import Item
from worker.normalize.dates import parse_date

ToItem = Callable[[Entry], Item]

_MISSING = "required key is missing"
#: Other names under which people and programs give a key of the schema, the best first.
_ALIASES = {
    "originalUrl": ("url", "link", "permalink", "canonical_url"),
    "publishedDateTime": ("date", "published_at", "date_published", "pubDate", "created"),
    "excerpt": ("description", "summary", "abstract"),
    CONTENT: ("body", "content_text"),
}
#: Keys that can be worked out -> the attribute of the item.
_ATTRIBUTES = {
    "originalUrl": "original_url",
    "webUrl": "web_url",
    "publishedDateTime": "published_at",
    "excerpt": "excerpt",
    "type": "type",
    "provider": "provider",
    "topics": "topics",
    "images": "images",
    "featuredContent": "featured_content",
}
#: How a value was obtained that the rules made of the others; without a word it would pass for a given one, and the
#: operator's rules leave alone what is given.
_DERIVED = "derived"
#: Of a body and of its labels the rules read as much as of a feed's entry; the document keeps all.
_MAX_READ_CHARACTERS = 1_000_000
_MAX_LABELS = 100
_LABELS = ("tags", "keywords", "categories")


def entry_from_record(record: Record, *, collection: str, source: Source, to_item: ToItem) -> Entry:
    """The entry of a document.

    Args:
        record: as read, possibly without keys that the schema wants.
        collection: for a document that names none.
        source: the way in.
        to_item: normalizes an entry; completes a document that has only the least.

    Raises:
        DocumentError: with every fault, by path.
        SourceError: what it gives cannot become an item.
    """
    record = _bearable(_with_draft({**record, "category": record.get("category") or collection}))
    try:
        return Entry(source=source, document=document_from_record(record))
    except DocumentError as error:
        if not _only_lacks(error.faults):
            raise
        faults = error.faults
    own_keys = frozenset(key for key, value in record.items() if value)
    record, others = _with_aliases(record)
    _check_limits({**record, "publishedDateTime": None})  # a date of other programs is repaired
    complete, worked_out = _complete(without_hidden(record), others, faults, source, to_item, own_keys)
    return Entry(source=source, document=document_from_record(_bearable(complete)), worked_out=worked_out)


def _bearable(record: Record) -> Record:
    """The record without hidden characters, unless it is more than is borne."""
    _check_limits(record)
    return without_hidden(record)


def _check_limits(record: Record) -> None:
    over = limit_faults(record)
    if over:
        raise DocumentError(over)


def _with_draft(record: Record) -> Record:
    """``draft: true``, which other programs write, is ``published: false``; what ``published`` says counts more."""
    drafts = [Extra(**extra) for extra in record.get(EXTRAS, ()) if extra["key"] == "draft"]
    is_draft = any(str(extra_value(extra)).lower() == "true" for extra in drafts)
    return {**record, "published": False} if is_draft and record.get("published") is None else record


def _only_lacks(faults: list[str]) -> bool:
    """The document is only short of keys at its top; what it has is right."""
    return all(fault.endswith(_MISSING) and not set(".[") & set(fault.partition(":")[0]) for fault in faults)


def _with_aliases(record: Record) -> tuple[Record, dict[str, Any]]:
    """The record with keys of the schema taken from their other names, and the values of its other keys."""
    extras = [Extra(**extra) for extra in record.get(EXTRAS, ())]
    others = {extra.key: extra_value(extra) for extra in extras}
    taken = set()
    record = dict(record)
    for key, names in _ALIASES.items():
        name = next((name for name in names if isinstance(others.get(name), str) and others[name]), None)
        if name is not None and not record.get(key):
            record[key] = others[name]
            taken.add(name)
    record[EXTRAS] = [msgspec.to_builtins(extra) for extra in extras if extra.key not in taken]
    return record, others


def _complete(
    record: Record,
    others: dict[str, Any],
    faults: list[str],
    source: Source,
    to_item: ToItem,
    own_keys: frozenset[str],
) -> tuple[Record, dict[str, str]]:
    """The whole record, and how each value was obtained that it did not give under the schema's own name."""
    address = record.get("originalUrl") or record.get("webUrl")
    if not record.get("title") or not address:
        needed = [fault for fault in faults if fault.startswith(("title", "originalUrl"))]
        raise DocumentError(needed or [f"originalUrl: {_MISSING}"])
    date = record.get("publishedDateTime")
    if date and parse_date(str(date)) is None:
        raise DocumentError([f'publishedDateTime: is no date that can be read: "{str(date)[:80]}"'])
    item = to_item(_loose_entry(record, others, str(address), source))
    filled: Record = {
        "originalUrl": item.original_url,
        "webUrl": item.web_url,
        "publishedDateTime": format_instant(item.published_at),
        "excerpt": item.excerpt or None,
        "type": str(item.type),
        "provider": msgspec.to_builtins(item.provider),
        "topics": list(item.topics),
        "images": msgspec.to_builtins(item.images),
        "featuredContent": item.featured_content,
    }
    given = {key: value for key, value in record.items() if value not in (None, "", [])}
    # the date may have been given in another format than the schema's, an address with a fragment or the like
    repaired = {key: filled[key] for key in ("publishedDateTime", "originalUrl")}
    if "excerpt" in given and "excerpt" not in own_keys:
        repaired["excerpt"] = filled["excerpt"]  # a summary of other programs may be long, or hold markup
    complete = {key: value for key, value in {**filled, **given, **repaired}.items() if value not in (None, [])}
    derived = (_ATTRIBUTES[key] for key in filled if key not in given or key in repaired)
    return complete, {name: item.provenance.get(name, _DERIVED) for name in derived}


def _loose_entry(record: Record, others: dict[str, Any], address: str, source: Source) -> Entry:
    image = others.get("image")
    return Entry(
        source=source,
        link=address,
        title=str(record["title"]),
        title_is_html=False,
        summary=str(record.get("excerpt") or ""),
        content=str(record.get(CONTENT) or "")[:_MAX_READ_CHARACTERS],
        published=str(record.get("publishedDateTime") or ""),
        categories=tuple(_labels(others))[:_MAX_LABELS],
        author=_text(others.get("author")),
        language=_text(others.get("language") or others.get("lang")),
        media=(Media(url=image, kind="image"),) if isinstance(image, str) else (),
        amp_url=_text(record.get("ampWebUrl")),
    )


def _labels(others: dict[str, Any]) -> list[str]:
    values = [others.get(name) for name in _LABELS]
    return [label for value in values if isinstance(value, list) for label in value if isinstance(label, str)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
