"""Videos: which addresses are one, and the embed that a page can show.

Only hosts of the allow-list give an embed, and nothing of the source's markup gets into it: the id is
checked against its form, and the frame is written anew.
"""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from worker.normalize.address import resolve, split

_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v)/([A-Za-z0-9_-]{11})/?")
_VIMEO_PATH = re.compile(r"/(?:video/)?([0-9]{5,12})/?")
_FRAME_SOURCE = re.compile(r"""<iframe\s[^<>]*?\bsrc\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""", re.IGNORECASE)

_YOUTUBE_HOSTS = frozenset({"youtube.com", "m.youtube.com", "youtube-nocookie.com"})
_PARAMETERS = re.compile(r"(?:^|&)v=([A-Za-z0-9_-]{11})(?=&|$)")


class Video(NamedTuple):
    """A video of an allowed host.

    Attributes:
        embed_url: address of the player.
        image_url: a still that the host serves, "" when its address cannot be told from the id.
    """

    embed_url: str
    image_url: str


def find_video(url: str) -> Video | None:
    """The video that this address shows, None when it is no video of an allowed host."""
    if "you" not in url and "vimeo" not in url:
        return None
    parts = split(url)
    if parts is None:
        return None
    host = parts.host.lower().removeprefix("www.")
    if host in _YOUTUBE_HOSTS:
        match = _YOUTUBE_PATH.fullmatch(parts.path)
        if match is None and parts.path == "/watch":
            match = _PARAMETERS.search(parts.query or "")
        return _youtube(match[1]) if match else None
    if host == "youtu.be":
        identifier = parts.path.strip("/")
        return _youtube(identifier) if _YOUTUBE_ID.fullmatch(identifier) else None
    if host in ("vimeo.com", "player.vimeo.com"):
        match = _VIMEO_PATH.fullmatch(parts.path)
        return Video(f"https://player.vimeo.com/video/{match[1]}", "") if match else None
    return None


def find_framed_video(markup: str) -> Video | None:
    """The first video of an allowed host that HTML shows in a frame, None when there is none."""
    if "<iframe" not in markup:
        return None
    for match in _FRAME_SOURCE.finditer(markup):
        url = resolve("https://host.invalid/", html.unescape(match[1] or match[2] or ""))
        video = find_video(url) if url else None
        if video is not None:
            return video
    return None


def build_embed(video: Video, title: str) -> str:
    """The frame that shows a video; the title is escaped into its attribute."""
    return (
        f'<iframe src="{html.escape(video.embed_url)}" title="{html.escape(title)}" width="800" height="450" '
        'allow="encrypted-media; picture-in-picture" allowfullscreen></iframe>'
    )


def _youtube(identifier: str) -> Video:
    return Video(f"https://www.youtube.com/embed/{identifier}", f"https://i.ytimg.com/vi/{identifier}/hqdefault.jpg")
