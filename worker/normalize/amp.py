"""AMP: the address of a page on an AMP cache, and the way back.

Source: amp.dev, "AMP Cache URL Format"; the fallbacks as in the reference generator of amp-toolbox. The
origin is read from the path; the host's prefix only verifies it, since a hashed prefix cannot be undone.
"""

from __future__ import annotations

import base64
import hashlib
import re

from worker.normalize.address import resolve, split

DEFAULT_CACHE = "cdn.ampproject.org"
# Domains of the caches in the AMP project's caches.json.
CACHES = (DEFAULT_CACHE, "bing-amp.com")

MAX_LABEL_CHARS = 63  # RFC 1035 section 2.3.4

# The direction classes of the reference generator.
_LEFT_TO_RIGHT = re.compile(
    "[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02b8\u0300-\u0590\u0800-\u1fff"
    "\u200e\u2c00-\ufb1c\ufe00-\ufe6f\ufefd-\uffff]"
)
_RIGHT_TO_LEFT = re.compile("[\u0591-\u06ef\u06fa-\u07ff\u200f\ufb1d-\ufdff\ufe70-\ufefc]")

_CACHE_PATH = re.compile(r"/(?:wp/)?[civr]/(s/)?+(.+)", re.DOTALL)
_GOOGLE_PATH = re.compile(r"/amp/(s/)?+(.+)", re.DOTALL)
GOOGLE_HOST = re.compile(r"(?:www\.)?google\.(?:com|[a-z]{2}|com?\.[a-z]{2})")


def amp_cache_url(url: str, cache: str = DEFAULT_CACHE) -> str | None:
    """Address of an AMP page on the cache, the query kept and the fragment left out.

    None when `url` is no absolute http(s) URL or names a port: the format has no place for one.
    """
    parts = split(url)
    if parts is None or parts.port:
        return None
    host = parts.host.lower()
    secure = "s/" if parts.scheme.lower() == "https" else ""
    query = "" if parts.query is None else f"?{parts.query}"
    return f"https://{cache_prefix(host)}.{cache}/c/{secure}{host}{parts.path}{query}"


def cache_prefix(host: str) -> str:
    """The label that stands for `host` before the cache's domain: readable where possible, else a hash."""
    ascii_host = _to_ascii(host)
    if _is_readable(ascii_host):
        label = _to_ascii(_to_unicode(ascii_host).replace("-", "--").replace(".", "-"))
        if label[2:4] == "--" and not label.startswith("xn"):
            label = f"0-{label}-0"
        if label.isascii() and len(label) <= MAX_LABEL_CHARS:
            return label
    return _hashed(ascii_host)


def origin_of_amp_cache(url: str) -> str | None:
    """The page that an AMP cache's URL (or Google's ``/amp/s/`` viewer) shows.

    None when `url` is no such address, or its prefix contradicts the host in its path.
    """
    if "amp" not in url:
        return None
    parts = split(url)
    if parts is None or parts.port not in ("", "443", "80"):
        return None
    host = parts.host.lower()
    prefix, path_form = _recognize(host)
    match = path_form.fullmatch(parts.path) if path_form else None
    if match is None:
        return None
    query = "" if parts.query is None else f"?{parts.query}"
    origin = resolve("", f"{'https' if match[1] else 'http'}://{match[2]}{query}")
    named = split(origin) if origin else None
    if named is None or (prefix is not None and cache_prefix(named.host.lower()) != prefix):
        return None
    return origin


def _recognize(host: str) -> tuple[str | None, re.Pattern[str] | None]:
    for cache in CACHES:
        if host == cache:  # the legacy form, without a prefix to verify
            return None, _CACHE_PATH
        if host.endswith("." + cache):
            return host.removesuffix("." + cache), _CACHE_PATH
    return None, _GOOGLE_PATH if GOOGLE_HOST.fullmatch(host) else None


def _is_readable(ascii_host: str) -> bool:
    if len(ascii_host) > MAX_LABEL_CHARS or "." not in ascii_host:
        return False
    if ascii_host[2:4] == "--" and not ascii_host.startswith("xn"):
        return False
    text = _to_unicode(ascii_host)
    return not (_LEFT_TO_RIGHT.search(text) and _RIGHT_TO_LEFT.search(text))


def _hashed(ascii_host: str) -> str:
    digest = hashlib.sha256(ascii_host.encode("utf-8", "replace")).digest()
    return base64.b32encode(digest).decode("ascii").rstrip("=").lower()


def _to_ascii(host: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return host.encode("idna").decode("ascii").lower()
    except UnicodeError:  # no domain name in the sense of RFC 3490: left as it is
        return host.lower()


def _to_unicode(host: str) -> str:
    if "xn--" not in host:
        return host
    try:
        return host.encode("ascii").decode("idna")
    except UnicodeError:
        return host
