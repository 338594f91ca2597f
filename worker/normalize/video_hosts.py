"""The hosts whose players may stand in a document, and how a video is told by an address of each.

To allow a host, add a row. Nothing of an address gets into the embed but an identifier in its exact form. Twitch is
not here, because its player wants to know the page that it stands on; PeerTube is not, because anybody may run it.

| host | addresses | left out |
| --- | --- | --- |
| YouTube | ``/watch?v=``, ``/shorts/``, ``/live/``, ``/embed/``, ``/v/``, ``youtu.be/`` | channels, playlists |
| Vimeo | ``/ID``, ``/ID/HASH`` of an unlisted one, in channels, groups and showcases, the player | live events |
| Dailymotion | ``/video/ID``, ``/embed/video/ID``, ``dai.ly/ID``, the player | playlists |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from worker.normalize.address import Parts, split


class Video(NamedTuple):
    """A video of an allowed host.

    Attributes:
        embed_url: address of the player.
        image_url: a still that the host serves, "" when its address cannot be told from the id.
    """

    embed_url: str
    image_url: str


_YOUTUBE_ID = r"(?!videoseries|live_stream)([A-Za-z0-9_-]{11})"
_YOUTUBE_PATH = re.compile(rf"/(?:embed|shorts|live|v|e)/{_YOUTUBE_ID}/?")
_YOUTUBE_SHORT = re.compile(rf"/{_YOUTUBE_ID}/?")
_YOUTUBE_PARAMETER = re.compile(rf"(?:^|[&;])v={_YOUTUBE_ID}(?=[&;]|$)")

_VIMEO_PATH = re.compile(
    r"/(?:(?:channels/[\w-]{1,80}|groups/[\w-]{1,80}/videos|(?:album|showcase)/[0-9]{1,12}/video|video)/)?"
    r"([0-9]{5,12})(?:/([0-9a-f]{8,12}))?/?",
    re.ASCII,
)
_VIMEO_HASH = re.compile(r"(?:^|&)h=([0-9a-f]{8,12})(?=&|$)")

_DAILYMOTION_PATH = re.compile(r"/(?:embed/)?video/([A-Za-z0-9]{5,12})(?:_[^/]*)?/?")
_DAILYMOTION_SHORT = re.compile(r"/([A-Za-z0-9]{5,12})/?")
_DAILYMOTION_PARAMETER = re.compile(r"(?:^|&)video=([A-Za-z0-9]{5,12})(?=&|$)")


def _read_youtube(parts: Parts) -> Video | None:
    match = _YOUTUBE_PATH.fullmatch(parts.path)
    if match is None and parts.path in ("/watch", "/watch/", "/watch_popup"):
        match = _YOUTUBE_PARAMETER.search(parts.query or "")
    return _youtube(match)


def _read_youtube_short(parts: Parts) -> Video | None:
    return _youtube(_YOUTUBE_SHORT.fullmatch(parts.path))


def _youtube(match: re.Match[str] | None) -> Video | None:
    if match is None:
        return None
    # The one still that every video has; sharper ones are missing for many.
    return Video(f"https://www.youtube.com/embed/{match[1]}", f"https://i.ytimg.com/vi/{match[1]}/hqdefault.jpg")


def _read_vimeo(parts: Parts) -> Video | None:
    match = _VIMEO_PATH.fullmatch(parts.path)
    if match is None:
        return None
    stated = _VIMEO_HASH.search(parts.query or "")
    secret = match[2] or (stated[1] if stated else "")
    return Video(f"https://player.vimeo.com/video/{match[1]}" + (f"?h={secret}" if secret else ""), "")


def _read_dailymotion(parts: Parts) -> Video | None:
    match = _DAILYMOTION_PATH.fullmatch(parts.path)
    if match is None and parts.path.startswith("/player"):
        match = _DAILYMOTION_PARAMETER.search(parts.query or "")
    return _dailymotion(match)


def _read_dailymotion_short(parts: Parts) -> Video | None:
    return _dailymotion(_DAILYMOTION_SHORT.fullmatch(parts.path))


def _dailymotion(match: re.Match[str] | None) -> Video | None:
    return Video(f"https://www.dailymotion.com/embed/video/{match[1]}", "") if match else None


_READERS: dict[str, Callable[[Parts], Video | None]] = {
    "youtube.com": _read_youtube,
    "m.youtube.com": _read_youtube,
    "music.youtube.com": _read_youtube,
    "youtube-nocookie.com": _read_youtube,
    "youtu.be": _read_youtube_short,
    "vimeo.com": _read_vimeo,
    "player.vimeo.com": _read_vimeo,
    "dailymotion.com": _read_dailymotion,
    "geo.dailymotion.com": _read_dailymotion,
    "dai.ly": _read_dailymotion_short,
}


def find_video(url: str) -> Video | None:
    """The video that an absolute address shows, None when it is no video of an allowed host."""
    # Most addresses are articles': these three looks spare them the rest.
    text = url.lower()
    if "you" not in text and "vimeo" not in text and "dai" not in text:
        return None
    parts = split(url)
    if parts is None:
        return None
    reader = _READERS.get(parts.host.lower().removeprefix("www."))
    return reader(parts) if reader else None
