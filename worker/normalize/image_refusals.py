"""What is no picture to look at: counters, advertisements, portraits, emoji, badges, buttons.

| what | when it is refused |
| --- | --- |
| a host of ``HOSTS``, or below one | always |
| a folder of ``_FOLDERS`` | always |
| a file called by one of ``_NAMES`` | always: such names say nothing but what they are |
| an address that asks for a side of fewer than 32 pixels | always |
| a file with a word of ``_WORDS`` in its name | in a text, unless it is known to be 400 or more pixels wide |

A wide picture with such a word is most likely what the article is about. A file that the source declares as the
item's image, as podcasts do with their covers, is shown when there is no other.
"""

from __future__ import annotations

import re

PICTURE_WIDTH = 400
"""From this width on, in pixels, a word in the file's name does not make it a decoration."""

HOSTS = frozenset(
    {
        # counters
        "feeds.feedburner.com",
        "feeds.wordpress.com",
        "stats.wordpress.com",
        "pixel.wp.com",
        "feedsportal.com",
        "feedpress.me",
        "feedblitz.com",
        "google-analytics.com",
        "googletagmanager.com",
        "quantserve.com",
        "scorecardresearch.com",
        "statcounter.com",
        "met.vgwort.de",
        "ioam.de",
        "xiti.com",
        "trc.taboola.com",
        # advertisements
        "doubleclick.net",
        "googlesyndication.com",
        "amazon-adsystem.com",
        "rover.ebay.com",
        "linksynergy.com",
        # portraits
        "gravatar.com",
        "avatars.githubusercontent.com",
        # emoji
        "twemoji.maxcdn.com",
        # badges and buttons
        "img.shields.io",
        "badge.fury.io",
        "badges.gitter.im",
        "static.addtoany.com",
        "addthis.com",
        "sharethis.com",
    }
)

_FOLDERS = re.compile(
    r"/(?:avatars?|profile_images|emojis?|emoticons?|smilies|smileys|core/emoji|favicons?|sprites?|share-buttons"
    r"|tracking|~(?:r|a|ff|4))/"
)
_NAMES = re.compile(
    r"(?:(?:site|default|brand|header)?[-_]?logo|spacer|blank|pixel|rss-?pixel|[a-z-]+-rss-pixel|transparent|clear|trans|shim|dot|tracking|tracker|beacon|1x1"
    r"|placeholder|lazy(?:-?load)?|loading|loader|grey|gray|empty|favicon|apple-touch-icon[a-z0-9-]*"
    r"|b16-rounded|blank_user|user-?default|default-?avatar"
    r"|facebook|twitter|x-twitter|linkedin|reddit|pinterest|whatsapp|telegram|instagram|mastodon|bluesky|digg|delicious"
    r"|stumbleupon|flattr|rss|feed|email|print|share|.*[-_]1x1)"
    r"(?:[-_]?[0-9]{1,3}(?:x[0-9]{1,3})?)?\.(?:gif|png|svg|webp)"
)
_WORDS = re.compile(
    r"(?:^|[-_.~/%+])(?:logos?|icons?|avatars?|emojis?|smiley|badges?|buttons?|btn|sprites?|gravatar|favicon)"
    r"(?=[-_.~%+0-9]|$)"
)
_TINY = re.compile(r"[&;](?:w|h|width|height|s|size)=(?:[0-9]|[12][0-9]|3[01])(?=[&;]|$)")


def is_refused(url: str) -> bool:
    """Whether an absolute address is one of those that are never shown as a picture."""
    authority, _, rest = url.lower().partition("://")[2].partition("/")
    path, _, query = rest.partition("?")
    if _is_listed(authority.partition(":")[0]) or _FOLDERS.search(f"/{path}"):
        return True
    name = _name(path)
    return (
        _NAMES.fullmatch(name) is not None
        or name.endswith(".ico")
        or (query != "" and _TINY.search(f"&{query}") is not None)
    )


def is_decoration(url: str, width: int | None) -> bool:
    """Whether a file's name says that it adorns the page.

    Args:
        url: absolute.
        width: of the picture in pixels as far as it is known, declared or guessed.
    """
    is_wide = width is not None and width >= PICTURE_WIDTH
    return not is_wide and _WORDS.search(_name(url.lower().partition("?")[0])) is not None


def _name(path: str) -> str:
    return path.rpartition("/")[2].partition("#")[0]


def _is_listed(host: str) -> bool:
    """Whether a host or a domain above it is on the list; the list has none with fewer than two labels."""
    while "." in host:
        if host in HOSTS:
            return True
        host = host.partition(".")[2]
    return False
