"""The text steps under the feed reader: encoding, double encoding, mending, balancing, names."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from worker.sources.parse.encoding import decode
from worker.sources.parse.mojibake import undouble
from worker.sources.parse.xml_balance import balance
from worker.sources.parse.xml_media import pixels
from worker.sources.parse.xml_mend import mend, without_doctype
from worker.sources.parse.xml_names import meaning


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "", "é"),
        ("é".encode(), "text/xml; charset=iso-8859-1", "é"),
        ("é".encode("latin-1"), "text/xml; charset=iso-8859-1", "é"),
        ("<?xml version='1.0' encoding='utf-8'?>é".encode(), "text/xml; charset=iso-8859-1", "é"),
        ("<?xml version='1.0' encoding='latin1'?>é".encode("latin-1"), "", "é"),
        ("<?xml version='1.0' encoding='koi8-r'?>да".encode("koi8-r"), "text/xml;charset=utf-8", "да"),
        ("\ufeffé".encode(), "text/xml; charset=koi8-r", "é"),
        ("é".encode("utf-16"), "text/xml; charset=utf-8", "é"),
        ("<a>é".encode("utf-16-be"), "", "<a>é"),
        (b"\x93quoted\x94 \x81", "", "“quoted” \x81"),
        ("é".encode() + b"\xe9", "", "éé"),
        (b"<?xml version='1.0' encoding='zip'?>x", "text/xml; charset=rot13", "x"),
        (b"\xe9" * 20_000, "", "é" * 20_000),
    ],
)
def test_encoding_rule(body: bytes, content_type: str, text: str) -> None:
    declaration = body[: body.find(b"?>") + 2].decode("ascii") if b"?>" in body else ""
    assert decode(body, content_type).utf8.decode() == declaration + text


def test_repaired_bytes_are_flagged() -> None:
    assert (decode(b"\xe9").repaired, decode("é".encode()).repaired) == (True, False)


@settings(max_examples=200)
@given(
    st.binary(max_size=60),
    st.sampled_from(["", "text/xml; charset=utf-16", "a; charset=big5", "charset=idna"]),
)
def test_any_bytes_have_text(body: bytes, content_type: str) -> None:
    utf8 = decode(body, content_type).utf8

    assert utf8.decode("utf-8").encode("utf-8") == utf8


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("cafÃ©", "café"),
        ("itâ€™s", "it’s"),
        ("ÐœÐ¾Ñ\x81ÐºÐ²Ð°", "Москва"),
        ("café", "café"),
        ("it’s “so”", "it’s “so”"),
        ("Москва", "Москва"),
        ("cafÃ© café", "cafÃ© café"),
        ("日本", "日本"),
        ("plain", "plain"),
    ],
)
def test_double_encoding_is_undone_only_where_it_is(text: str, meant: str) -> None:
    assert undouble(text) == meant


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        (b"junk<rss>", b"<rss>"),
        (b"<?xml?xml version='1' ??><rss>", b"<rss>"),
        (
            b"<rss>a & b &copy; &x; &amp; &#233; &#1; &#150;",
            "<rss>a &amp; b © &amp;x; &amp; &#233;  –".encode(),
        ),
        (b"<rss><![CDATA[a & b &copy;]]> & ", b"<rss><![CDATA[a & b &copy;]]> &amp; "),
        (b"<rss><![CDATA[a <![CDATA[ & ]]>&", b"<rss><![CDATA[a <![CDATA[ & ]]>&amp;"),
        (b"<rss a=1 b='c d=e' f=\"g=h\"/>", b'<rss a="1" b=\'c d=e\' f="g=h"/>'),
        (b"<rss>1 < 2 <3", b"<rss>1 &lt; 2 &lt;3"),
        (b"<rss>a\x00\x0b\tb", b"<rss>a\tb"),
    ],
)
def test_faults_are_mended(broken: bytes, mended: bytes) -> None:
    assert mend(broken) == mended


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (b"<!DOCTYPE rss><rss/>", b"<rss/>"),
        (
            b"<?xml version='1.0'?>\n<!-- a --><!doctype rss [<!ENTITY a 'b'>] >\n<rss/>",
            b"<?xml version='1.0'?>\n<!-- a -->\n<rss/>",
        ),
        (b"<rss><![CDATA[<!DOCTYPE html>]]></rss>", b"<rss><![CDATA[<!DOCTYPE html>]]></rss>"),
        (b"<!DOCTYPE never ends", b"<!DOCTYPE never ends"),
    ],
)
def test_document_type_is_cut(text: bytes, rest: bytes) -> None:
    assert without_doctype(text) == rest


@pytest.mark.parametrize(
    ("broken", "balanced"),
    [
        (b"<a><br>x</a>", b"<a><br/>x</a>"),
        (b"<a><b>x</a>", b"<a><b>x</b></a>"),
        (b"<a>x</b></a>", b"<a>x</a>"),
        (b"<r><item><t>1</t><item></item></r>", b"<r><item><t>1</t></item><item></item></r>"),
        (b"<a><link href='x'><b/></a>", b"<a><link href='x'/><b/></a>"),
        (b"<a><![CDATA[<b>]]><!-- <c> --></a>", b"<a><![CDATA[<b>]]><!-- <c> --></a>"),
        (b"<a t='>'>x</a>", b"<a t='>'>x</a>"),
    ],
)
def test_tags_are_balanced(broken: bytes, balanced: bytes) -> None:
    assert balance(broken) == balanced


_TREES = st.recursive(
    st.sampled_from(["text", "<x/>", "&amp;", "<![CDATA[<y>]]>"]),
    lambda inner: st.lists(inner, max_size=4).map(lambda parts: f"<p>{''.join(parts)}</p>"),
    max_leaves=12,
)


@settings(max_examples=100)
@given(_TREES)
def test_sound_documents_are_left_as_they_are(tree: str) -> None:
    body = f"<rss>{tree}</rss>".encode()
    etree.fromstring(body)
    assert balance(body) == body
    assert mend(body) == body


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pubDate", "pubdate"),
        ("{http://www.w3.org/2005/Atom}Entry", "entry"),
        ("{https://search.yahoo.com/mrss}content", "media:content"),
        ("{http://search.yahoo.com/mrss/}content", "media:content"),
        ("{http://unknown.example/}title", ""),
        ("media:content", "media:content"),
        ("rss:item", "item"),
        ("other:item", ""),
        (etree.Comment, ""),
    ],
)
def test_elements_are_known_by_meaning(tag: object, name: str) -> None:
    assert meaning(tag) == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("640", 640),
        (" 640px ", 640),
        ("640.5", 640),
        ("", None),
        ("-1", None),
        ("auto", None),
        ("٣", None),
        ("9" * 9, None),
    ],
)
def test_pixels_are_whole_and_sensible(text: str, value: int | None) -> None:
    assert pixels(text) == value
