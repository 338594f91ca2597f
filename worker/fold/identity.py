"""Identity: by which claims two entries are the same item.

A claim is a short digest. Whoever first brings an item claims all of its digests; an item that brings
one of them later is the same item. In order of strength: feed and GUID; any address of the page (web,
original, AMP, AMP cache, all as comparison keys); fingerprint within one provider.
"""

from __future__ import annotations

from binascii import b2a_base64
from functools import lru_cache
from hashlib import blake2b

from worker.model.item import Item

DIGEST_BYTES = 10  # 80 bits: below one expected collision in a trillion claims


def claims_of(item: Item) -> tuple[str, ...]:
    """The claims of an item, strongest first, without repeats."""
    return _claims(item.feed_url, item.guid, item.url_keys, item.provider.domain, item.fingerprint)


@lru_cache(maxsize=8192)  # an item is asked for its claims at each step of its way through the lane
def _claims(feed_url: str, guid: str, url_keys: tuple[str, ...], domain: str, fingerprint: str) -> tuple[str, ...]:
    claims = []
    if guid and feed_url:
        claims.append(_claim("g", feed_url, guid))
    claims.extend(_claim("u", key) for key in url_keys)
    if fingerprint:
        claims.append(_claim("f", domain, fingerprint))
    return tuple(dict.fromkeys(claims))


def claim_of_url(key: str) -> str:
    """The claim of an address, given as its comparison key."""
    return _claim("u", key)


def _claim(kind: str, *parts: str) -> str:
    digest = blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=DIGEST_BYTES).digest()
    return f"{kind}:{b2a_base64(digest, newline=False).decode().rstrip('=')}"


def same_origin(known: Item, arriving: Item) -> bool:
    """Whether ``arriving`` is a newer word of the source that gave ``known``.

    Only such an item changes what the story says. The same page in another feed only adds its claims:
    two feeds that word an excerpt differently would otherwise take turns for ever. A story document
    speaks for itself and for every source.
    """
    if arriving.given is not None:
        return True
    if known.given is not None:
        return False
    return known.feed_url == arriving.feed_url and (known.guid == arriving.guid or not arriving.feed_url)


def is_told(item: Item) -> bool:
    """Whether an item is a story that somebody has told already: a document with a score, a private part or
    related items. A bare document (title, address, date) is an item like any other."""
    given = item.given
    if given is None:
        return False
    scored = (given.heat, given.published, given.quality, given.secured)
    return bool(item.related) or any(value is not None for value in scored)
