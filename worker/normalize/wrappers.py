"""Redirectors: those that carry their target are unwrapped without a request, the others are known by name.

A wrapper stands in ``WRAPPERS`` when its documented or observed form is host, path and one parameter with the whole
target. A few have forms of their own:

- ``href.li/?URL`` and DeviantArt's ``users/outgoing?URL``: the query is the target;
- ``12ft.io/URL``: the path is the target;
- ``rss.feedsportal.com``: the target is spelled out in the path with an escape of its own. The service is gone, so
  the address is all that is left;
- Google News: addresses made before 2024 hold the target in base64, newer ones hold a token.

Left alone, since they show a page of their own: an archive's snapshot (``web.archive.org/web/2020.../URL``) and a
translation (``translate.google.com``).

``OPAQUE_HOSTS`` lists redirectors with a token in place of the target. Only a request can tell where they lead;
whoever makes it asks :func:`is_opaque` first.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from urllib.parse import unquote, unquote_plus

from worker.normalize.address import Parts, resolve, split
from worker.normalize.amp import GOOGLE_HOST
from worker.normalize.domains import host_of
from worker.normalize.tracking import words_of

MAX_DEPTH = 3  # a wrapper within a wrapper occurs; a longer chain is a trick

ANY_PATH = "*"

# host -> path -> parameters that may hold the target, in order of preference. A host stands without www.
WRAPPERS: dict[str, dict[str, tuple[str, ...]]] = {
    "google.com": {"/url": ("url", "q")},  # and Google's other domains
    "news.google.com": {"/news/url": ("url",)},
    "facebook.com": {"/l.php": ("u",)},
    "l.facebook.com": {"/l.php": ("u",)},
    "lm.facebook.com": {"/l.php": ("u",)},
    "l.messenger.com": {"/l.php": ("u",)},
    "l.instagram.com": {"": ("u",), "/": ("u",)},
    "l.threads.net": {"": ("u",), "/": ("u",)},
    "l.threads.com": {"": ("u",), "/": ("u",)},
    "youtube.com": {"/redirect": ("q",)},
    "out.reddit.com": {ANY_PATH: ("url",)},
    "t.umblr.com": {"/redirect": ("z",)},
    "vk.com": {"/away.php": ("to",)},
    "steamcommunity.com": {"/linkfilter/": ("u", "url")},
    "slack-redir.net": {"/link": ("url",)},
    "duckduckgo.com": {"/l/": ("uddg",)},
    "bing.com": {"/news/apiclick.aspx": ("url",)},
    "linkedin.com": {"/redir/redirect": ("url",), "/safety/go": ("url",)},
    "medium.com": {"/r": ("url",), "/r/": ("url",)},
    "getpocket.com": {"/redirect": ("url",)},
    "exit.sc": {"": ("url",), "/": ("url",)},
    "link.zhihu.com": {"": ("target",), "/": ("target",)},
    "douban.com": {"/link2/": ("url",)},
    "cts.businesswire.com": {"/ct/CT": ("url",)},
    "go.skimresources.com": {"": ("url",), "/": ("url",)},
    "click.linksynergy.com": {"/deeplink": ("murl",)},
    "awin1.com": {"/cread.php": ("ued", "p")},
}

# host -> beginnings of the paths that redirect; ("",) for all of them. A host stands without www.
OPAQUE_HOSTS: dict[str, tuple[str, ...]] = {
    # carriers of feeds, which count clicks
    "feedproxy.google.com": ("/~r/",),
    "feeds.feedburner.com": ("/~r/",),
    "feeds.feedblitz.com": ("/~/",),
    "rss.feedsportal.com": ("",),
    "api.follow.it": ("/track-rss-story-click/",),
    # aggregators
    "news.google.com": ("/rss/articles/", "/articles/", "/read/", "/__i/rss/"),
    "apple.news": ("",),
    "flip.it": ("",),
    "c.newsnow.co.uk": ("/A/",),
    "disq.us": ("",),  # its url= has a digest of its own after the target
}
_SHORTENERS = words_of(
    # of networks
    "t.co fb.me lnkd.in redd.it pin.it link.medium.com wp.me "
    # for everyone
    "bit.ly j.mp goo.gl tinyurl.com ow.ly buff.ly dlvr.it ift.tt is.gd v.gd trib.al rebrand.ly cutt.ly rb.gy t.ly "
    "shorturl.at tiny.cc eepurl.com "
    # of publishers
    "nyti.ms wapo.st bbc.in cnn.it reut.rs on.wsj.com bloom.bg cnb.cx econ.st on.ft.com tcrn.ch zd.net gu.com aka.ms"
)
OPAQUE_HOSTS.update(dict.fromkeys(_SHORTENERS, ("",)))

# What a digit zero and a letter stand for in addresses of feedsportal.com; others are not known for certain.
_FEEDSPORTAL = dict(zip("ABCDEFGHI", "0./?-=&,_", strict=True)) | {"L": "http://", "N": ".com", "S": "www."}
_FEEDSPORTAL_PATH = re.compile(r"/c/.*?/l/((?:0L|0S)[^/]+)/[^/]+", re.DOTALL)
_FEEDSPORTAL_ESCAPE = re.compile(r"0([A-Z])")

_GOOGLE_NEWS_PATH = re.compile(r"/(?:rss/|__i/rss/rd/)?articles/([A-Za-z0-9_-]+)")
# Field 1 is 19, field 4 the address with its length as a varint of one or two bytes.
_GOOGLE_NEWS_TARGET = re.compile(rb'\x08\x13"(?:([\x00-\x7f])|([\x80-\xff])([\x01-\x7f]))(https?://.*)', re.DOTALL)


def unwrap(url: str) -> str:
    """The target of a known redirector, or `url` itself when it is none."""
    for _ in range(MAX_DEPTH):
        target = _target(url)
        if target is None:
            return url
        url = target
    return url


def is_opaque(url: str) -> bool:
    """Whether `url` only leads to a page elsewhere, and does not tell where."""
    beginnings = OPAQUE_HOSTS.get(host_of(url).removeprefix("www."))
    parts = split(url) if beginnings else None
    if not parts or not beginnings:
        return False
    return len(parts.path) > 1 and parts.path.startswith(beginnings)


def _target(url: str) -> str | None:
    host = host_of(url).removeprefix("www.")
    if host.startswith("google.") and GOOGLE_HOST.fullmatch(host):
        host = "google.com"
    if host not in _KNOWN:
        return None
    parts = split(url)
    if parts is None:
        return None
    own_form = _OWN_FORMS.get(host)
    if own_form and (target := own_form(parts)):
        return resolve("", target)
    paths = WRAPPERS.get(host)
    if not paths or parts.query is None:
        return None
    names = paths.get(parts.path) or paths.get(ANY_PATH, ())
    given = dict(reversed([_pair(piece) for piece in parts.query.split("&")]))
    targets = (resolve("", given[name]) for name in names if name in given)
    return next((target for target in targets if target), None)


def _pair(piece: str) -> tuple[str, str]:
    name, _, value = piece.partition("=")
    return name.lower(), unquote_plus(value)


def _query_as_target(parts: Parts) -> str:
    if parts.host.lower().endswith("deviantart.com") and parts.path != "/users/outgoing":
        return ""
    query = parts.query or ""
    return query if "://" in query else unquote(query)


def _path_as_target(parts: Parts) -> str:
    query = "" if parts.query is None else f"?{parts.query}"
    return f"{parts.path[1:]}{query}" if "://" in parts.path else ""


def _feedsportal_target(parts: Parts) -> str:
    match = _FEEDSPORTAL_PATH.fullmatch(parts.path)
    if match is None or any(one not in _FEEDSPORTAL for one in _FEEDSPORTAL_ESCAPE.findall(match[1])):
        return ""
    target = _FEEDSPORTAL_ESCAPE.sub(lambda escape: _FEEDSPORTAL[escape[1]], match[1])
    return target if "://" in target else f"http://{target}"


def _google_news_target(parts: Parts) -> str:
    match = _GOOGLE_NEWS_PATH.fullmatch(parts.path)
    if match is None:
        return ""
    try:
        held = urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4))
    except (Base64Error, ValueError):
        return ""
    message = _GOOGLE_NEWS_TARGET.match(held)
    if message is None:
        return ""
    length = message[1][0] if message[1] else (message[2][0] & 0x7F) | message[3][0] << 7
    target = message[4][:length]
    return target.decode("ascii") if len(target) == length and target.isascii() else ""


_OWN_FORMS = {
    "href.li": _query_as_target,
    "deviantart.com": _query_as_target,
    "12ft.io": _path_as_target,
    "rss.feedsportal.com": _feedsportal_target,
    "news.google.com": _google_news_target,
}
_KNOWN = WRAPPERS.keys() | _OWN_FORMS.keys()
