"""The two forms of a URL: the published link, and the key by which addresses are compared.

The published link loses its tracking parameters, session ids among them, and nothing else. The comparison key is
for us alone: two addresses that differ only in ways that lead to the same page have one key. What the key folds:

- scheme, ``www.``, ``m.``, ``mobile.``, ``amp.``, letter case and punycode of the host, default ports;
- dot segments, slashes at the end, ``index.html`` and its kind, the spelling of percent-encoding;
- tracking parameters, session ids (``;jsessionid=`` too), the order of parameters (values of one name keep theirs);
- empty parameters and what is left of them: ``?``, ``&`` at the end;
- AMP switches and a publisher's AMP paths, by the rules of :mod:`worker.normalize.amp_pages`;
- fragments, save ``#!...`` and ``#/...``, which name pages of their own;
- an AMP cache's address into the address of the page that it shows.

What it keeps apart: letter case of path and query, ``%2F`` and ``/``, every parameter that may have a meaning.
A signed query is left alone in both forms, down to the order of its parameters.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from urllib.parse import quote

from worker.normalize.address import Parts, make_absolute, resolve, split
from worker.normalize.amp import amp_cache_url, origin_of_amp_cache
from worker.normalize.amp_pages import HOST_LABEL, SWITCHES, page_path
from worker.normalize.domains import ascii_host, registrable_domain
from worker.normalize.tracking import is_signed, is_tracking

__all__ = [
    "amp_cache_url",
    "clean_url",
    "comparison_key",
    "fold_escapes",
    "is_home_page",
    "key_of_absolute",
    "origin_of_amp_cache",
    "resolve",
]

MAX_INDEX_CHARS = len("default.shtml")
DEFAULT_PORTS = ("", "80", "443")

_FOLDED_LABELS = frozenset({"www", "m", "mobile", HOST_LABEL})
_INDEX = re.compile(r"/(?:index|default)\.(?:s?html?|php|aspx?|jsp|cgi)\Z", re.IGNORECASE)
_ESCAPE = re.compile(r"%(?:([0-9A-Fa-f]{2}))?")
_DOTS = re.compile("[.\u3002\uff0e\uff61]")  # RFC 3490 section 3.1
_PLAIN_TEXT = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?-]*", re.ASCII)
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986, 2.3
# Servlet specification 7.1.3: the session of a client without cookies, as a parameter of the path.
_PATH_SESSION = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)


def clean_url(url: str, referrers: Collection[str] = ()) -> str:
    """The link to publish: `url` without tracking parameters, every other character as it stands.

    Args:
        url: absolute URL.
        referrers: hosts of the feed and its site; ``ref=HOST`` goes when it names one of them.

    Returns:
        `url` itself when nothing is to be removed, when it is signed, and when it is no http(s) URL.
    """
    if "?" not in url and "#" not in url and ";" not in url:
        return url
    parts = split(url)
    if parts is None:
        return url
    host = parts.host.lower()
    query = _without_tracking(parts.query, host, referrers)
    fragment = parts.fragment
    if fragment and "=" in fragment and fragment[0] not in "!/:":
        fragment = _without_tracking(fragment, host, referrers)
    path = _without_session(parts.path)
    if (path, query, fragment) == parts[3:] or _is_signed(parts):
        return url
    stem = url[: min(at for at in (url.find("?"), url.find("#"), len(url)) if at >= 0)]
    stem = stem[: len(stem) - len(parts.path)] + path
    return stem + ("" if query is None else f"?{query}") + ("" if fragment is None else f"#{fragment}")


def comparison_key(url: str, referrers: Collection[str] = ()) -> str:
    """The key by which two addresses of one page agree; see the module's text for what it folds.

    Idempotent, and total: never raises. The key is itself an ``https://`` URL, or "" when `url` is no
    absolute http(s) URL.
    """
    address = make_absolute("", url)
    return key_of_absolute(address, referrers) if address else ""


def key_of_absolute(url: str, referrers: Collection[str] = ()) -> str:
    """As :func:`comparison_key`, for what :func:`resolve` has returned."""
    key = _fold(url, referrers)
    # Judged after folding, so that every spelling of a cache's address is seen through.
    while origin := origin_of_amp_cache(key):
        key = _fold(origin, referrers)
    return key


def _fold(address: str, referrers: Collection[str]) -> str:
    parts = split(address)
    host = _fold_host(parts.host) if parts else ""
    if parts is None or not host:
        return ""
    port = (parts.port.lstrip("0") or "0") if parts.port else ""
    authority = host if port in DEFAULT_PORTS else f"{host}:{port}"
    query = _fold_query(parts.query, host, referrers) if parts.query else ""
    fragment = parts.fragment or ""
    page = f"#{fold_escapes(fragment)}" if fragment.startswith(("!", "/")) else ""
    return f"https://{authority}{_fold_path(parts.path)}{query}{page}"


def is_home_page(key: str) -> bool:
    """Whether a comparison key names a whole site and so no article of it."""
    return key.count("/") == 2 and "?" not in key and "#" not in key


def _is_signed(parts: Parts) -> bool:
    return bool(parts.query) and is_signed((parts.query or "").split("&"))


def _without_tracking(query: str | None, host: str, referrers: Collection[str]) -> str | None:
    """The query or fragment without its tracking pieces; None when none of it is left."""
    if not query:
        return query
    pieces = query.split("&")
    kept = [piece for piece in pieces if not is_tracking(piece, host, referrers)]
    if len(kept) == len(pieces):
        return query
    return "&".join(kept) if any(kept) else None


@lru_cache(maxsize=8_192)
def _fold_host(host: str) -> str:
    # Empty labels go first: with one the codec refuses a name that it would take without.
    dotted = ".".join(label for label in _DOTS.split(host.lower()) if label)
    labels = ascii_host(dotted).split(".")
    while len(labels) > 2 and labels[0] in _FOLDED_LABELS and not _is_registered(labels):
        labels.pop(0)
    # en.m.wikipedia.org: the mobile label stands second (all Wikimedia projects do so).
    if len(labels) == 4 and labels[1] == "m" and labels[2].startswith("wiki"):
        labels.pop(1)
    return ".".join(labels)


def _is_registered(labels: list[str]) -> bool:
    """Whether the first label is the registered name itself, as in amp.com.au and mobile.co.uk."""
    looks_so = len(labels) == 3 and len(labels[1]) <= 3 and len(labels[2]) == 2  # spares most hosts the look-up
    return looks_so and registrable_domain(".".join(labels)) == ".".join(labels)


def _fold_path(path: str) -> str:
    folded = _without_session(fold_escapes(path))
    if "/." in folded:
        folded = _without_dot_segments(folded)
    while True:
        shorter = folded.rstrip("/")
        if "." in shorter[-MAX_INDEX_CHARS:]:
            index = _INDEX.search(shorter, max(0, len(shorter) - MAX_INDEX_CHARS - 1))
            shorter = shorter[: index.start()] if index else shorter
        shorter = page_path(shorter)
        if shorter == folded:
            return folded
        folded = shorter


def _without_session(path: str) -> str:
    return _PATH_SESSION.sub("", path) if ";" in path else path


def _without_dot_segments(path: str) -> str:
    """RFC 3986 section 5.2.4, for a path that begins with a slash."""
    kept: list[str] = []
    for segment in path.split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept)


def _fold_query(query: str, host: str, referrers: Collection[str]) -> str:
    pieces = [fold_escapes(piece).replace("%20", "+") for piece in query.split("&") if piece]
    if not is_signed(pieces):
        pieces = [piece for piece in pieces if _has_meaning(piece, host, referrers)]
        pieces.sort(key=lambda piece: piece.partition("=")[0])
    return "?" + "&".join(pieces) if pieces else ""


def _has_meaning(piece: str, host: str, referrers: Collection[str]) -> bool:
    return piece.lower() not in SWITCHES and not is_tracking(piece, host, referrers)


def fold_escapes(text: str) -> str:
    """One spelling of percent-encoding: RFC 3986 section 6.2.2, and non-ASCII as UTF-8."""
    if _PLAIN_TEXT.fullmatch(text):
        return text
    decoded = _ESCAPE.sub(_fold_escape, text)
    return quote(decoded, safe="%!$&'()*+,;=:@/?-._~#", errors="replace")


def _fold_escape(match: re.Match[str]) -> str:
    digits = match[1]
    if digits is None:  # a bare percent sign: spelled out, or the next pass would read on behind it
        return "%25"
    character = chr(int(digits, 16))
    return character if character in _UNRESERVED else f"%{digits.upper()}"
