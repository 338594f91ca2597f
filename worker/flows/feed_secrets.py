"""Secrets of a feed's address, taken out of its entries: what a feed repeats of them would be published.

A private feed is often told apart by ``?token=...``, and its entries link to the feed itself or to files with the
same token. Which parameters are secret is told by their name, or by a value that looks like a key. A key in the path
cannot be taken out of the addresses below it; they are published as the source gave them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from worker.model.entry import Entry
from worker.sources.fetch.web_address import keys_in_path

MIN_SECRET_CHARACTERS = 6
"""A shorter value is hardly a secret, and taking it out would spoil the words of the entry."""

_SECRET_NAME = re.compile(
    r"(?:.*[_.-])?(?:api_?key|auth|authorization|code|credential|hash|key|pass|passwd|password|pw|secret|session|sid|sig"
    r"|signature|token|access_?token|auth_?token|rss_?token|feed_?token|user_?token|private_?token|user_credentials)",
    re.IGNORECASE,
)


def secret_values(url: str) -> tuple[str, ...]:
    """The values of secret parameters in the query of an address, as they stand there; the longest first."""
    query = url.partition("#")[0].partition("?")[2]
    pairs = [pair.partition("=") for pair in re.split("[&;]", query)]
    values = {value or name for name, _, value in pairs if _is_secret(name, value)}
    return tuple(sorted(values, key=len, reverse=True))


def without_secrets(entries: Sequence[Entry], url: str) -> tuple[Entry, ...]:
    """The entries of the feed at an address, with its secret parameters taken out of all their texts."""
    values = secret_values(url) if "?" in url else ()
    if not values:
        return tuple(entries)
    spellings = dict.fromkeys(spelling for value in values for spelling in (value, unquote(value)))
    texts = "|".join(map(re.escape, spellings))
    # The whole parameter, whatever it is called and whether "&" is escaped; elsewhere the value alone.
    pair = rf"[^\s?&=#\"'<>]+=(?:{texts})"
    pattern = re.compile(rf"(?<=[?]){pair}(?:&amp;|[&;])?|(?:&amp;|[&;]){pair}|(?:{texts})")
    return tuple(_rewritten(entry, pattern) for entry in entries)


def _is_secret(name: str, value: str) -> bool:
    if not value:  # ``?KEY`` without a name
        return bool(keys_in_path(f"http://h/{name}"))
    if len(value) < MIN_SECRET_CHARACTERS:
        return False
    return _SECRET_NAME.fullmatch(name) is not None or bool(keys_in_path(f"http://h/{value}"))


def _rewritten(entry: Entry, pattern: re.Pattern[str]) -> Entry:
    values = msgspec.to_builtins(entry)
    clean = _clean(values, pattern)
    return entry if clean == values else msgspec.convert(clean, Entry)


def _clean(value: Any, pattern: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return pattern.sub("", value)
    if isinstance(value, dict):
        return {name: _clean(each, pattern) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(each, pattern) for each in value]
    return value
