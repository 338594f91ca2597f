"""Redirectors that carry their target in the URL, unwrapped without a request.

A wrapper stands here when its documented or observed form is host, path and one parameter with the whole
target. Wrappers with an opaque token (t.co, feedproxy, Google News) need a request, so they stay.
"""

from __future__ import annotations

from urllib.parse import unquote_plus

from worker.normalize.address import resolve, split

MAX_DEPTH = 3  # a wrapper within a wrapper occurs; a longer chain is a trick

# host -> path -> parameters that may hold the target, in order of preference.
WRAPPERS: dict[str, dict[str, tuple[str, ...]]] = {
    "google.com": {"/url": ("url", "q")},
    "l.facebook.com": {"/l.php": ("u",)},
    "lm.facebook.com": {"/l.php": ("u",)},
    "l.instagram.com": {"/": ("u",)},
    "youtube.com": {"/redirect": ("q",)},
    "out.reddit.com": {"": ("url",), "/": ("url",)},
    "t.umblr.com": {"/redirect": ("z",)},
    "vk.com": {"/away.php": ("to",)},
    "steamcommunity.com": {"/linkfilter/": ("u", "url")},
    "slack-redir.net": {"/link": ("url",)},
    "duckduckgo.com": {"/l/": ("uddg",)},
    "bing.com": {"/news/apiclick.aspx": ("url",)},
    "disq.us": {"/url": ("url",)},
    "linkedin.com": {"/redir/redirect": ("url",)},
}


def unwrap(url: str) -> str:
    """The target of a known redirector, or `url` itself when it is none."""
    for _ in range(MAX_DEPTH):
        target = _target(url)
        if target is None:
            return url
        url = target
    return url


def _target(url: str) -> str | None:
    if "?" not in url:
        return None
    parts = split(url)
    if parts is None or parts.query is None:
        return None
    paths = WRAPPERS.get(parts.host.lower().removeprefix("www."))
    names = paths.get(parts.path) if paths else None
    if not names:
        return None
    given = dict(reversed([_pair(piece) for piece in parts.query.split("&")]))
    targets = (resolve("", given[name]) for name in names if name in given)
    return next((target for target in targets if target), None)


def _pair(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name.lower(), unquote_plus(value)
