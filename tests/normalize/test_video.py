"""Videos by an allow-list of hosts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.normalize.video import Video, build_embed, find_framed_video, find_video

EMBED = "https://www.youtube.com/embed/dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://youtube.com/watch?t=3&v=dQw4w9WgXcQ",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?si=x",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
    ],
)
def test_all_addresses_of_a_video_give_one_embed(url: str) -> None:
    video = find_video(url)
    assert video is not None
    assert video.embed_url == EMBED


def test_vimeo_is_known() -> None:
    assert find_video("https://vimeo.com/123456789") == Video("https://player.vimeo.com/video/123456789", "")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/@channel",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://evil.example/youtube.com/watch?v=dQw4w9WgXcQ",
        "https://vimeo.com/about",
        "https://www.youtube.com/embed/dQw4w9WgXcQ%22onload=",
    ],
)
def test_other_addresses_are_no_videos(url: str) -> None:
    assert find_video(url) is None


def test_a_framed_video_is_found_and_other_frames_are_not() -> None:
    other = '<iframe src="https://evil.example/"></iframe>'
    frame = other + '<iframe width=1 src="//www.youtube.com/embed/dQw4w9WgXcQ">'
    video = find_framed_video(frame)
    assert video is not None
    assert video.embed_url == EMBED
    assert find_framed_video('<iframe src="javascript:alert(1)">') is None


@given(st.text())
def test_no_title_breaks_out_of_the_embed(title: str) -> None:
    embed = build_embed(Video(EMBED, ""), title)
    assert embed.count("<") == 2
    assert embed.count(">") == 2
    assert embed.startswith(f'<iframe src="{EMBED}" title="')
    assert embed.count('"') == 10
