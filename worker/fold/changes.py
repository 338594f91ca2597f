"""Changes: the differences between two documents that matter to a consumer."""

from __future__ import annotations

from typing import Any

import msgspec

from storyfold.document import Document

#: The private part is no news, and the order of these lists is none either.
_PRIVATE = frozenset({"secured"})
_UNORDERED = frozenset({"topics", "images", "related"})


def changes_between(before: Document | None, after: Document) -> tuple[str, ...]:
    """Names of the keys that differ, in the order of the document; all keys for a new story.

    A list in another order is no difference. An empty result means: no new revision.
    """
    new = _keys(after)
    old = _keys(before) if before is not None else {}
    names = [*new, *(name for name in old if name not in new)]
    return tuple(name for name in names if name not in _PRIVATE and _differs(name, old.get(name), new.get(name)))


def _keys(document: Document) -> dict[str, Any]:
    """The keys of a document as its consumers know them: each key that the schema does not know by its own name."""
    values: dict[str, Any] = msgspec.to_builtins(document)
    values.pop("extras", None)
    return values | {extra.key: extra.text for extra in document.extras}


def _differs(name: str, old: Any, new: Any) -> bool:
    if old == new:
        return False
    if name in _UNORDERED and isinstance(old, (list, tuple)) and isinstance(new, (list, tuple)):
        return sorted(map(repr, old)) != sorted(map(repr, new))
    return True
