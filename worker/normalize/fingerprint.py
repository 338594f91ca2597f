"""Digests: the fingerprint of an item's words, and the item's stable id."""

from __future__ import annotations

import hashlib
import unicodedata
from datetime import datetime

ID_BYTES = 8
FINGERPRINT_BYTES = 16

# Fewer words than this do not tell one article from the next ("Morning briefing", "Open thread").
MIN_TELLING_WORDS = 12


def compute_fingerprint(title: str, text: str, published_at: datetime | None) -> str:
    """Digest of title and text, 32 hexadecimal characters.

    Letter case, white space and the Unicode form do not count. Where title and text together have fewer than
    12 words, the date counts as well, since daily columns repeat such titles.

    Args:
        title: plain text in one line, as :func:`worker.normalize.text.clean_text` leaves it.
        text: likewise.
        published_at: date as the source gave it, None when it gave none.
    """
    joined = f"{title} {text}".casefold()
    if published_at is not None and _has_few_words(joined):
        joined += f" {published_at.date().isoformat()}"
    if not joined.isascii():
        joined = unicodedata.normalize("NFC", joined)
    return _digest(joined, FINGERPRINT_BYTES)


def compute_item_id(page_key: str, feed_url: str, guid: str, domain: str, fingerprint: str) -> str:
    """Stable id of an item, 16 hexadecimal characters.

    From the comparison key of its page; without one from feed and GUID; without these from the provider's
    domain and the fingerprint. "" stands for absent.
    """
    if page_key:
        return _digest(f"url\n{page_key}", ID_BYTES)
    if guid:
        return _digest(f"guid\n{feed_url}\n{guid}", ID_BYTES)
    return _digest(f"text\n{domain}\n{fingerprint}", ID_BYTES)


def _has_few_words(text: str) -> bool:
    # Nearly all texts have enough of them at their beginning.
    return text.count(" ", 0, 300) < MIN_TELLING_WORDS and text.count(" ") < MIN_TELLING_WORDS


def _digest(text: str, size: int) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=size).hexdigest()
