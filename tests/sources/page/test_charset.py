"""The characters of a page."""

from __future__ import annotations

import pytest

from worker.sources.page.page_document import read_page

TITLE = "Über “Straßen”"


def page(encoding: str, head: str = "", before: str = "") -> bytes:
    return f"{before}<!doctype html><html><head>{head}<title>{TITLE}</title>".encode(encoding)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (page("utf-8"), ""),
        (page("utf-8"), "text/html; charset=utf-8"),
        (page("utf-8-sig"), "text/html; charset=iso-8859-1"),
        (page("utf-16"), ""),
        (page("cp1252"), "text/html; charset=windows-1252"),
        (page("cp1252"), "text/html; charset=ISO-8859-1"),
        (page("cp1252", "<meta charset=windows-1252>"), "text/html"),
        (page("cp1252", "<meta http-equiv='Content-Type' content='text/html; charset=iso-8859-1'>"), ""),
        (page("cp1252", "<META CHARSET = 'latin1'>"), ""),
        (page("utf-8", "<meta charset=utf-8>"), "text/html; charset=iso-8859-1"),
        (page("cp1252", "<meta charset=utf-8>"), ""),
        (page("utf-8", "<meta charset=utf-16>"), ""),
        (page("utf-8", "<meta charset=nonsense>"), ""),
        (page("cp1252"), ""),
    ],
)
def test_the_title_is_read_in_every_encoding(body: bytes, content_type: str) -> None:
    assert read_page(body, url="https://x.example/a", content_type=content_type).title == TITLE


def test_a_charset_past_the_first_1024_bytes_is_not_declared() -> None:
    far = "<!doctype html>" + "<!-- -->" * 200 + "<meta charset=koi8-r><title>Ä</title>"

    assert read_page(far.encode(), url="https://x.example/a").title == "Ä"


@pytest.mark.parametrize(("encoding", "text"), [("shift_jis", "灯台の光"), ("koi8-r", "Маяк"), ("gb18030", "灯塔")])
def test_scripts_of_the_world_are_read_by_their_declaration(encoding: str, text: str) -> None:
    body = f"<!doctype html><meta charset={encoding}><title>{text}</title>".encode(encoding)

    assert read_page(body, url="https://x.example/a").title == text
