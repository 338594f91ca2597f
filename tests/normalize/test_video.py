"""Videos by an allow-list of hosts."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model.entry import Entry, Media, Source
from worker.normalize.video import Video, build_embed, find_entry_video, find_framed_video, find_video

EMBED = "https://www.youtube.com/embed/dQw4w9WgXcQ"
PAGE = "https://a.example/film"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "http://youtube.com/watch?t=3&v=dQw4w9WgXcQ#comments",
        "https://m.youtube.com/watch?v=dQw4w9WgXcQ&list=PL123",
        "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://WWW.YouTube.com/watch?v=dQw4w9WgXcQ",
        "https://youtu.be/dQw4w9WgXcQ?si=x",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube.com/live/dQw4w9WgXcQ?feature=share",
        "https://www.youtube.com/v/dQw4w9WgXcQ?version=3",
        "https://www.youtube.com/embed/dQw4w9WgXcQ?start=3",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
    ],
)
def test_all_addresses_of_a_video_give_one_embed(url: str) -> None:
    assert find_video(url) == Video(EMBED, "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg")


@pytest.mark.parametrize(
    ("url", "embed"),
    [
        ("https://vimeo.com/123456789", "https://player.vimeo.com/video/123456789"),
        ("https://vimeo.com/123456789/abcdef0123", "https://player.vimeo.com/video/123456789?h=abcdef0123"),
        ("https://player.vimeo.com/video/123456789?h=abcdef0123", "https://player.vimeo.com/video/123456789?h=abcdef0123"),
        ("https://vimeo.com/channels/staffpicks/123456789", "https://player.vimeo.com/video/123456789"),
        ("https://vimeo.com/groups/shortfilms/videos/123456789", "https://player.vimeo.com/video/123456789"),
        ("https://vimeo.com/showcase/77/video/123456789", "https://player.vimeo.com/video/123456789"),
        ("https://www.dailymotion.com/video/x8abcde", "https://www.dailymotion.com/embed/video/x8abcde"),
        ("https://www.dailymotion.com/video/x8abcde_a-title_news", "https://www.dailymotion.com/embed/video/x8abcde"),
        ("https://www.dailymotion.com/embed/video/x8abcde", "https://www.dailymotion.com/embed/video/x8abcde"),
        ("https://geo.dailymotion.com/player.html?video=x8abcde", "https://www.dailymotion.com/embed/video/x8abcde"),
        ("https://dai.ly/x8abcde", "https://www.dailymotion.com/embed/video/x8abcde"),
    ],
)  # fmt: skip
def test_each_host_of_the_list_is_known(url: str, embed: str) -> None:
    video = find_video(url)
    assert video is not None
    assert video.embed_url == embed


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/@channel",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/watch?list=dQw4w9WgXcQ",
        "https://www.youtube.com/playlist?list=PLdQw4w9WgXcQ",
        "https://www.youtube.com/embed/videoseries?list=PL1",
        "https://www.youtube.com/embed/live_stream?channel=UC1",
        "https://www.youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://evil.example/youtube.com/watch?v=dQw4w9WgXcQ",
        "https://user@www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/embed/dQw4w9WgXcQ%22onload=",
        "https://vimeo.com/about",
        "https://vimeo.com/event/123456789",
        "https://vimeo.com/123456789/review",
        "https://www.dailymotion.com/playlist/x8abcde",
        "https://player.twitch.tv/?channel=a",
        "javascript:alert('https://youtu.be/dQw4w9WgXcQ')",
    ],
)
def test_other_addresses_are_no_videos(url: str) -> None:
    assert find_video(url) is None


@pytest.mark.parametrize(
    "frame",
    [
        '<iframe width=1 src="//www.youtube.com/embed/dQw4w9WgXcQ">',
        "<iframe SRC='https://www.youtube.com/embed/dQw4w9WgXcQ?a=1&amp;b=2'>",
        '<iframe loading="lazy" data-src="https://www.youtube.com/embed/dQw4w9WgXcQ">',
        '<object><embed type="x" src="http://www.youtube.com/v/dQw4w9WgXcQ?fs=1&#038;hl=en"></object>',
    ],
)
def test_a_framed_video_is_found_behind_other_frames(frame: str) -> None:
    video = find_framed_video('<iframe src="https://evil.example/"></iframe>' + frame)
    assert video is not None
    assert video.embed_url == EMBED


@pytest.mark.parametrize(
    "markup", ['<iframe src="javascript:alert(1)">', '<iframe srcdoc="https://youtu.be/dQw4w9WgXcQ">', "<iframe", ""]
)
def test_other_frames_are_no_videos(markup: str) -> None:
    assert find_framed_video(markup) is None


def entry(**given: object) -> Entry:
    return Entry(source=Source.FEED, feed_url="https://a.example/feed", **given)  # type: ignore[arg-type]


FRAME = f'<iframe src="{EMBED}"></iframe>'
PLAYER = Media(url=EMBED, kind="player")
FLASH = Media(
    url="https://www.youtube.com/v/dQw4w9WgXcQ?version=3", kind="", media_type="application/x-shockwave-flash"
)
FILE = Media(url="https://a.example/film.mp4", kind="video", media_type="video/mp4")
SCRIPT = Media(url="javascript:'https://youtu.be/dQw4w9WgXcQ'", kind="player")
RULES = [
    pytest.param(entry(), "https://youtu.be/dQw4w9WgXcQ", True, (True, True), id="the address of a video"),
    pytest.param(entry(media=(PLAYER,)), PAGE, True, (True, False), id="a page with a declared player"),
    pytest.param(entry(media=(FILE, FLASH)), PAGE, True, (True, False), id="a page with a Flash player"),
    pytest.param(entry(media=(PLAYER,), content="word " * 400), PAGE, True, (False, False), id="a whole article"),
    pytest.param(entry(summary=FRAME), PAGE, False, (True, False), id="a page that only shows a frame"),
    pytest.param(entry(content=FRAME), PAGE, True, (False, False), id="a frame among words"),
    pytest.param(entry(media=(FILE,)), PAGE, False, (False, False), id="a video file"),
    pytest.param(entry(media=(SCRIPT,)), PAGE, True, (False, False), id="a bad player"),
]  # fmt: skip


@pytest.mark.parametrize(("given_entry", "web_url", "has_text", "expected"), RULES)
def test_which_entries_are_videos_and_which_have_no_page(
    given_entry: Entry, web_url: str, has_text: bool, expected: tuple[bool, bool]
) -> None:
    video, is_embed_only = find_entry_video(given_entry, web_url, has_text=has_text)
    assert (video is not None, is_embed_only) == expected


def test_the_embed_is_written_anew() -> None:
    embed = build_embed(Video(EMBED, ""), 'A "quoted" <b>title</b>')
    assert embed.startswith(
        f'<iframe src="{EMBED}" title="A &quot;quoted&quot; &lt;b&gt;title&lt;/b&gt;" width="800"'
    )
    assert ' sandbox="allow-scripts allow-same-origin allow-popups allow-presentation"' in embed
    assert ' referrerpolicy="strict-origin-when-cross-origin"' in embed
    assert find_framed_video(embed) == find_video(EMBED)


@given(st.text())
def test_no_title_breaks_out_of_the_embed(title: str) -> None:
    embed, plain = build_embed(Video(EMBED, ""), title), build_embed(Video(EMBED, ""), "")
    assert embed.startswith(f'<iframe src="{EMBED}" title="')
    for character in '<>"':
        assert embed.count(character) == plain.count(character)


@given(st.text(max_size=60), st.sampled_from(["youtube.com", "youtu.be", "vimeo.com", "player.vimeo.com", "dai.ly"]))
def test_nothing_but_an_identifier_gets_into_an_embed(rest: str, host: str) -> None:
    video = find_video(f"https://{host}/{rest}")
    assert video is None or not set("\"'<> \n").intersection(video.embed_url)


@pytest.mark.parametrize(
    "part", ["<iframe ", '<iframe src="', "<iframe src= ", "<embed a", "<iframe src='//youtu.be/x'>"]
)
def test_hostile_markup_costs_little_time(part: str) -> None:
    markup = part * (500_000 // len(part))
    started = time.perf_counter()
    find_framed_video(markup)
    assert time.perf_counter() - started < 0.5


def test_a_frame_whose_address_is_an_endless_reference_is_no_video() -> None:
    assert find_framed_video(f'<iframe src="https://www.youtube.com/embed/&#{"9" * 5_000};"></iframe>') is None
