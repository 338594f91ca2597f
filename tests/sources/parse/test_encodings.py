"""Whatever the bytes, the header and the declaration say: the text is right, or the feed is flagged."""

from __future__ import annotations

import codecs
from itertools import product

import pytest

from worker.sources.parse.caps import Flag
from worker.sources.parse.feed_document import parse_feed

TEXTS = {
    "shift_jis": "日本語の見出し",
    "euc-jp": "日本語の見出し",
    "iso-2022-jp": "日本語の見出し",
    "koi8-r": "Новости дня",
    "windows-1251": "Новости дня",
    "iso-8859-5": "Новости дня",
    "gb2312": "新闻标题",
    "gb18030": "新闻标题€",
    "big5": "新聞標題",
    "euc-kr": "뉴스 제목",
    "iso-8859-1": "Café à l’été".replace("’", "'"),
    "iso-8859-2": "Wiadomości łódzkie",
    "iso-8859-9": "Haber başlığı",
    "iso-8859-15": "Prix: 5 €",
    "windows-1252": "“Quotes” – café",
    "windows-1256": "عنوان الخبر",
    "tis-620": "หัวข้อข่าว",
    "utf-8": "Žluťoučký 日本 😀",
}


def document(text: str, declared: str = "") -> str:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    item = f"<item><title>{text}</title><guid isPermaLink='false'>id-{text}</guid></item>"
    return f"{head}<rss version='2.0'><channel>{item}</channel></rss>"


def read(body: bytes, content_type: str = "") -> tuple[str, str, tuple[Flag, ...]]:
    feed = parse_feed(body, feed_url="", content_type=content_type)
    (entry,) = feed.entries
    return entry.title, entry.guid, feed.flags


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_declaration_is_believed(encoding: str) -> None:
    text = TEXTS[encoding]
    assert read(document(text, encoding).encode(encoding)) == (text, f"id-{text}", ())


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_header_is_believed(encoding: str) -> None:
    text = TEXTS[encoding]
    body = document(text).encode(encoding)
    assert read(body, f'text/xml; charset="{encoding}"') == (text, f"id-{text}", ())


@pytest.mark.parametrize("encoding", [name for name in TEXTS if name != "utf-8"])
def test_a_header_that_says_utf_8_is_overruled_by_the_bytes_and_flagged(encoding: str) -> None:
    text = TEXTS[encoding]
    title, guid, flags = read(document(text, encoding).encode(encoding), "text/xml; charset=utf-8")
    assert (title, guid, flags) == (text, f"id-{text}", (Flag.ENCODING_CONFLICT,))


@pytest.mark.parametrize("encoding", [name for name in TEXTS if not name.startswith("iso-2022")])
def test_utf_8_under_a_wrong_declaration_is_right_when_the_header_says_so(encoding: str) -> None:
    text = TEXTS["utf-8"]
    title, guid, flags = read(document(text, encoding).encode(), "application/rss+xml; charset=UTF-8")
    assert (title, guid) == (text, f"id-{text}")
    assert flags == (() if encoding == "utf-8" else (Flag.ENCODING_CONFLICT,))


@pytest.mark.parametrize(
    ("codec", "mark", "declared", "charset"),
    [
        (codec, mark, declared, charset)
        for (codec, mark), declared, charset in product(
            [
                ("utf-16-le", codecs.BOM_UTF16_LE),
                ("utf-16-be", codecs.BOM_UTF16_BE),
                ("utf-16-le", b""),
                ("utf-16-be", b""),
                ("utf-32-le", codecs.BOM_UTF32_LE),
                ("utf-8", codecs.BOM_UTF8),
            ],
            ["", "utf-16", "utf-8", "iso-8859-1"],
            ["", "utf-8", "utf-16", "koi8-r"],
        )
    ],
)
def test_a_mark_or_the_pattern_of_utf_16_goes_before_what_is_said(
    codec: str, mark: bytes, declared: str, charset: str
) -> None:
    text = TEXTS["utf-8"]
    content_type = f"text/xml; charset={charset}" if charset else ""
    title, guid, _ = read(mark + document(text, declared).encode(codec), content_type)
    assert (title, guid) == (text, f"id-{text}")


def test_bytes_of_windows_1252_in_utf_8_are_mended_and_flagged() -> None:
    body = document("é ONE “").encode().replace(b"ONE", b"\x93x\x94 \x96 \x80")
    assert read(body) == ("é “x” – € “", "id-é “x” – € “", (Flag.ENCODING_REPAIRED, Flag.ILL_FORMED))


@pytest.mark.parametrize("encoding", ["koi8-r", "windows-1251", "shift_jis", "gb18030", "euc-kr"])
def test_an_encoding_that_nobody_names_is_flagged_and_leaves_no_replacement_character(encoding: str) -> None:
    title, guid, flags = read(document(TEXTS[encoding]).encode(encoding))
    assert Flag.ENCODING_REPAIRED in flags
    assert "\ufffd" not in title + guid


def test_utf_16_that_ends_in_half_a_character_is_flagged() -> None:
    feed = parse_feed(codecs.BOM_UTF16_LE + document("x").encode("utf-16-le") + b"\x00", feed_url="")
    assert (feed.entries[0].guid, Flag.ENCODING_REPAIRED in feed.flags) == ("id-x", True)


def test_a_replacement_character_that_the_source_wrote_into_an_id_is_flagged() -> None:
    assert read(document("a\ufffdb").encode())[2] == (Flag.REPLACEMENT_CHARACTER,)


def test_text_that_was_encoded_twice_is_mended_and_flagged_but_the_id_is_left_as_published() -> None:
    twice = "L’été".encode().decode("cp1252")
    assert read(document(twice).encode()) == ("L’été", f"id-{twice}", (Flag.MOJIBAKE,))


@pytest.mark.parametrize("declared", ["utf-7", "zip", "rot13", "punycode", "unicode_escape", "x-unknown", "utf-16"])
def test_a_declaration_that_cannot_be_meant_is_passed_over(declared: str) -> None:
    assert read(document("+AGE- \\u0061", declared).encode())[0] == "+AGE- \\u0061"
