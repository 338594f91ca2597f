"""Videos: which entries are one, and the embed that a page can show.

Only players of the hosts in :mod:`worker.normalize.video_hosts` are embedded, and nothing of the source's markup gets
into the embed: the frame is written anew.

| an entry | is | its ``web_url`` |
| --- | --- | --- |
| whose address is a video of a listed host | a video, an embed only | none |
| with a page of its own, and a player among its declared files (Media RSS) | a video | the page |
| the same, with a whole article in its content | an article | the page |
| whose text says nothing, and shows a frame with a player | a video | the page |
| with words, among which a frame stands | an article | the page |
| with a video file (``enclosure``, ``media:content``) | an article: a file is no embed | the page, else the file |
"""

from __future__ import annotations

import html
import re

from worker.model.entry import Entry
from worker.normalize.address import resolve
from worker.normalize.text import decode_references
from worker.normalize.video_hosts import Video, find_video

__all__ = ["Video", "build_embed", "find_entry_video", "find_framed_video", "find_video"]

MAX_SEARCHED_CHARS = 100_000
WHOLE_ARTICLE_CHARS = 1_500
"""Of content, with its markup. The descriptions that come with videos are shorter."""

_FRAME_SOURCE = re.compile(
    r"""<(?:iframe|embed)\s[^<>]{0,2000}?\b(?:data-)?src\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""", re.IGNORECASE
)


def find_framed_video(markup: str) -> Video | None:
    """The first video of an allowed host that HTML shows in a frame, None when there is none."""
    if "<iframe" not in markup and "<embed" not in markup:
        return None
    for match in _FRAME_SOURCE.finditer(markup[:MAX_SEARCHED_CHARS]):
        url = resolve("https://host.invalid/", decode_references(match[1] or match[2] or ""))
        video = find_video(url) if url else None
        if video is not None:
            return video
    return None


def find_entry_video(entry: Entry, web_url: str, *, has_text: bool) -> tuple[Video | None, bool]:
    """The video that the entry is, and whether it has no page besides the embed.

    Args:
        entry: as parsed.
        web_url: its published address.
        has_text: it says something besides its title.
    """
    video = find_video(web_url)
    if video is not None:
        return video, True
    if entry.media and len(entry.content) < WHOLE_ARTICLE_CHARS:
        video = _declared_player(entry)
    if video is None and not has_text:
        video = find_framed_video(entry.content or entry.summary)
    return video, False


def _declared_player(entry: Entry) -> Video | None:
    """The first video of an allowed host among the declared files. YouTube's own feeds call their player Flash."""
    for one in entry.media:
        if one.kind in ("player", "video", ""):
            url = resolve(entry.base_url or entry.feed_url, one.url)
            video = find_video(url) if url else None
            if video is not None:
                return video
    return None


def build_embed(video: Video, title: str) -> str:
    """The frame that shows a video; the title is escaped into its attribute.

    The sandbox leaves the player its scripts and its own storage and keeps it from the page around it. The referrer
    is sent as far as the origin: without one YouTube refuses to play.
    """
    return (
        f'<iframe src="{html.escape(video.embed_url)}" title="{html.escape(title)}" width="800" height="450" '
        'loading="lazy" referrerpolicy="strict-origin-when-cross-origin" '
        'sandbox="allow-scripts allow-same-origin allow-popups allow-presentation" '
        'allow="encrypted-media; fullscreen; picture-in-picture" allowfullscreen></iframe>'
    )
