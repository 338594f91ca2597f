"""Is this the item's page, and which of the addresses that it names are to be believed?

**The item's page.** What was fetched is the item's page when its address, or the canonical one that it names, is one
that the item is known by; when the item's link is an opaque redirector; else, after a redirect, only when its title
tells the same. A home page and a gate (login, subscription, consent) never are: whole sites redirect there, and
every item of theirs would become one.

**The canonical address** is believed when all of this holds:

1. it lies on the registrable domain of the page; another host's word would have to be returned by that host, and its
   page is not asked;
2. it is no home page and no gate;
3. it is no folder above the page, as templates write it that name the section for every article; the page of an
   article's further pages and versions (``/amp``, ``/print``, ``/page/2``) may be;
4. it does not drop a number or id from the query on the same path: ``/story?id=5`` is not ``/story``.

Two pages that name each other as canonical are both believed; they share their keys, so they are one item.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from worker.model.item import Item
from worker.model.page import PageFacts
from worker.normalize.amp import origin_of_amp_cache
from worker.normalize.domains import host_of, registrable_domain
from worker.normalize.page_parts import own_part
from worker.normalize.urls import comparison_key, is_home_page
from worker.normalize.wrappers import is_opaque

MIN_TITLE_LIKENESS = 0.4
"""Measured on pairs of unrelated headlines: below 0.2. An edited headline keeps more than half of its trigrams."""

_GATES = re.compile(
    r"(?:log-?in|sign-?in|sign-?up|logon|register|registration|subscribe|subscription|abo|anmelden|connexion|auth|oauth"
    r"|sso|account|consent|cookies?|captcha|paywall|404|error|not-?found|unavailable|search|maintenance)"
    r"(?:\.[a-z]{2,5})?",
    re.IGNORECASE,
)
_VERSIONS = re.compile(r"amp|print|printable|page|pages|single|all|full|mobile|index|p?[0-9]{1,3}", re.IGNORECASE)
_ID_NAME = re.compile(r"(?:.*[^a-z])?(?:[a-z]{0,7}id|p|a|v|story|article|item)", re.IGNORECASE)


def has_own_page(item: Item) -> bool:
    """Whether the item has a page, and does not share it with others as one of its parts."""
    if not item.web_url or is_home_page(comparison_key(item.web_url)):
        return False
    return not own_part(item.web_url, item.guid)


def is_page_of(item: Item, facts: PageFacts) -> bool:
    """Whether the page that was fetched is the item's, by the rule of this module."""
    key = comparison_key(facts.url)
    if not has_own_page(item) or not _names_article(key):
        return False
    if key in item.url_keys or (facts.canonical_url and comparison_key(facts.canonical_url) in item.url_keys):
        return True
    if is_opaque(facts.url):
        return False
    return is_opaque(item.web_url or "") or title_likeness(item.title, facts.title) >= MIN_TITLE_LIKENESS


def believed_canonical(facts: PageFacts) -> str:
    """The canonical address that the page names, "" when it names none that is to be believed."""
    url = facts.canonical_url
    if "#" in url and not url.partition("#")[2].startswith(("!", "/")):
        url = url.partition("#")[0]
    page = origin_of_amp_cache(facts.url) or facts.url
    key, page_key = comparison_key(url), comparison_key(page)
    if not _names_article(key) or not same_site(url, page):
        return ""
    if key != page_key and (_is_above(key, page_key, is_amp=facts.is_amp) or _drops_id(key, page_key)):
        return ""
    return url


def same_site(url: str, other: str) -> bool:
    """Whether two addresses lie under one registrable domain."""
    return registrable_domain(host_of(url)) == registrable_domain(host_of(other))


def title_likeness(title: str, other: str) -> float:
    """The share of the shorter title's trigrams that the other has, letters and digits only; 0 to 1."""
    mine, theirs = _trigrams(title), _trigrams(other)
    smaller = min(len(mine), len(theirs))
    return len(mine & theirs) / smaller if smaller else 0.0


def _trigrams(title: str) -> set[str]:
    letters = "".join(character for character in title.casefold() if character.isalnum())
    return {letters[at : at + 3] for at in range(len(letters) - 2)} or ({letters} if letters else set())


def _names_article(key: str) -> bool:
    """Whether a comparison key may name an article: it is one, no home page and no gate."""
    if not key or is_home_page(key):
        return False
    return not any(_GATES.fullmatch(segment) for segment in _segments(key)[-2:])


def _segments(key: str) -> list[str]:
    return [segment for segment in urlsplit(key).path.split("/") if segment]


def _is_above(key: str, page_key: str, *, is_amp: bool) -> bool:
    mine, pages = _segments(key), _segments(page_key)
    rest = pages[len(mine) :]
    if host_of(key) != host_of(page_key) or not rest or pages[: len(mine)] != mine or urlsplit(key).query:
        return False
    return not is_amp and not all(_VERSIONS.fullmatch(segment) for segment in rest)


def _drops_id(key: str, page_key: str) -> bool:
    mine, pages = urlsplit(key), urlsplit(page_key)
    if mine.path != pages.path or not pages.query:
        return False
    kept = mine.query.split("&")
    pairs = [piece.partition("=") for piece in pages.query.split("&") if piece not in kept]
    return any(value.isdigit() or (value and _ID_NAME.fullmatch(name)) for name, _, value in pairs)
