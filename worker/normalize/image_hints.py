"""What the address of an image lets guess: how wide it is, and whether two are one picture.

Image servers write the size that they scale to into the address. It is a guess, good enough to choose by and never
published: many servers send a smaller picture when they have no larger one.

| in the address | who writes it |
| --- | --- |
| ``name-1024x768.jpg``, ``/1024x768/``, ``/resize/1024x768`` | WordPress, Le Monde, Brightspot |
| ``?w=``, ``width=``, ``imwidth=``, ``resize=``, ``fit=``, ``format=1000w`` | Jetpack, Guardian, Squarespace |
| ``/standard/240/``, ``/news/480/`` before the rest of the path | BBC |
| ``/s1600/``, ``=s640``, ``/w640-h360`` | Blogger, Google, Reach |
| ``w_640,`` | Cloudinary, Substack |
| ``hqdefault.jpg`` and its sisters | YouTube |
"""

from __future__ import annotations

import re

MAX_GUESS = 20_000

_STILLS = {"default": 120, "mqdefault": 320, "hqdefault": 480, "sddefault": 640, "hq720": 1280, "maxresdefault": 1280}
# All forms begin behind one of a few characters. That class stands first, so that the search passes over all others
# at once; which of them it was is looked at behind.
_WIDTH = re.compile(
    r"[-_/?&;=,](?:"
    r"(?<=[-_/])(?P<by>[0-9]{2,5})[xX][0-9]{2,5}(?=[./!?_-]|$)"
    r"|(?<=[?&;])(?:w|width|imwidth|wid|resize|fit|size|sz)=(?P<query>[0-9]{1,5})(?=[&;,x:%]|$)"
    r"|(?<=[?&])format=(?P<format>[0-9]{2,5})w(?=&|$)"
    r"|(?<=/)(?:standard|news|ws|thumbnail)/(?P<folder>[0-9]{2,4})/"
    r"|(?<=[/=])[sw](?P<letter>[0-9]{2,5})(?=[-/]|$)"
    r"|(?<=[/,])w_(?P<setting>[0-9]{2,5})(?=[,/])"
    r"|(?<=/)(?P<still>(?:[mhs]q|sd|maxres)?default|hq720)\.(?:jpg|webp)"
    r")"
)
_SIZE_IN_PATH = re.compile(
    r"[-_][0-9]{2,5}[xX][0-9]{2,5}(?=\.[A-Za-z]{3,4}$)|/(?:[0-9]{2,5}[xX][0-9]{2,5}|s[0-9]{2,4})(?=/)"
)
_FILE = re.compile(r"https?://([^/?#]*)([^?#]*\.(?:jpe?g|png|gif|webp|avif))(?=[?#]|$)", re.IGNORECASE)


def guess_width(url: str) -> int | None:
    """The width in pixels that an address speaks of, None when it speaks of none."""
    match = _WIDTH.search(url)
    if match is None:
        return None
    if match["still"]:
        return _STILLS[match["still"]]
    width = int(match[match.lastgroup or "by"])
    return width if 0 < width <= MAX_GUESS else None


def picture_key(url: str) -> str:
    """Equal for addresses of one picture in several sizes, as far as that shows.

    A file's name says which picture it is: its query, the size in its path, and which of several hosts of a site
    sends it do not count. An address without such a name is its own key.
    """
    match = _FILE.match(url)
    if match is None:
        return url
    site = ".".join(match[1].lower().rsplit(".", 2)[-2:])
    return site + _SIZE_IN_PATH.sub("", match[2])
