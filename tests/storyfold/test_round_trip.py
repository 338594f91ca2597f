"""Whatever a document holds is there again after writing and reading."""

from __future__ import annotations

import json
from datetime import UTC

import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from storyfold.document import Document, Extra, Image, Provider, Related, StoryType
from storyfold.errors import DocumentError
from storyfold.extras import extra_from_value
from storyfold.front_matter import read_document, write_document
from storyfold.json_form import document_from_json, document_to_json

LINE_BREAKS_OF_OLD = {"\x85", "\u2028", "\u2029"}  # PyYAML may end a block's last line with one
HEAD = """---
category: news
title: A title
publishedDateTime: 2026-03-01
originalUrl: https://a.example/1
type: video
provider: {name: A, domain: a.example}
"""

TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30),
    st.sampled_from(["no", "~", "1.0", "0123", "12:30", "- a", "a: b", "a #b", "'", '"', "\\", "---", "...", " x "]),
    st.sampled_from(["\u2028", "\x85", "\ufeff", "\ufffe", "\t", "\r\n", "é", "🚢", "%", "@", "`", "a:", "?", "<<"]),
)
NON_EMPTY = TEXTS.filter(bool)
COUNTS = st.none() | st.integers(0, 10**18 - 1)
INSTANTS = st.datetimes(timezones=st.just(UTC)).map(lambda instant: instant.replace(microsecond=0))
ADDRESSES = NON_EMPTY.map(lambda text: f"https://a.example/{text}")
KNOWN = {*Document.__struct_encode_fields__, *Related.__struct_encode_fields__}
KNOWN |= {*Provider.__struct_encode_fields__, *Image.__struct_encode_fields__} - {"extras"}
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NON_EMPTY, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def extras(draw: st.DrawFn) -> tuple[Extra, ...]:
    values = draw(st.dictionaries(NON_EMPTY.filter(lambda key: key not in KNOWN), JSON_VALUES, max_size=2))
    return tuple(extra_from_value(key, value) for key, value in values.items())


IMAGES = st.lists(
    st.builds(
        Image,
        url=NON_EMPTY,
        width=COUNTS,
        height=COUNTS,
        is_cached=st.none() | st.booleans(),
        extras=extras(),
    ),
    max_size=2,
).map(tuple)
PROVIDERS = st.builds(Provider, name=NON_EMPTY, domain=NON_EMPTY, images=IMAGES, extras=extras())
RELATED = st.builds(
    Related,
    title=NON_EMPTY,
    excerpt=st.none() | TEXTS,
    published_at=INSTANTS,
    web_url=ADDRESSES,
    type=st.sampled_from(StoryType),
    provider=PROVIDERS,
    quality=COUNTS,
    images=IMAGES,
    extras=extras(),
)
DOCUMENTS = st.builds(
    Document,
    category=st.sampled_from(["news", "no", "2024", "0b1", "a-b_c"]),
    title=NON_EMPTY,
    excerpt=st.none() | TEXTS,
    published_at=INSTANTS,
    original_url=ADDRESSES,
    web_url=ADDRESSES,
    type=st.sampled_from(StoryType),
    heat=st.none() | st.integers(-1, 200),
    published=st.none() | st.booleans(),
    featured_content=st.none() | TEXTS,
    provider=PROVIDERS,
    topics=st.lists(NON_EMPTY, max_size=3).map(tuple),
    images=IMAGES,
    related=st.lists(RELATED, max_size=2).map(tuple),
    secured=st.none() | TEXTS,
    extras=extras(),
    content=TEXTS,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_what_is_written_reads_back(document: Document) -> None:
    """read(write(d)) is d, write(read(write(d))) is write(d), and PyYAML reads the file as well."""
    text = write_document(document)
    assert read_document(text.encode()) == document
    assert write_document(read_document(text)) == text
    loaded = yaml.safe_load(text[4 : text.index("\n---\n", 3)])
    assert (loaded["title"], loaded["category"]) == (document.title, document.category)
    assert tuple(loaded.get("topics", ())) == document.topics


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(DOCUMENTS)
def test_json_form_reads_back(document: Document) -> None:
    """The form is JSON, and gives the known part, the body and each unknown key again."""
    form = document_to_json(document)
    assert json.loads(json.dumps(form, allow_nan=False)) == form
    again = document_from_json(form)
    assert [extra.key for extra in again.extras] == [x.key for x in document.extras if x.key != "content"]
    assert document_to_json(again) == form


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    value=JSON_VALUES,
    style=st.sampled_from([None, "'", '"', "|", ">"]),
    flow=st.sampled_from([True, False, None]),
    indent=st.integers(2, 6),
    width=st.integers(5, 100),
)
def test_unknown_key_in_any_style_keeps_its_value(
    value: object, style: str, flow: bool, indent: int, width: int
) -> None:
    """What another writer's YAML means is the same after reading and writing, at the top and in a list."""
    options = {"default_style": style, "default_flow_style": flow, "indent": indent, "width": width}
    block = yaml.safe_dump({"mine": value}, **options, allow_unicode=True, version=None)
    assume(not LINE_BREAKS_OF_OLD.intersection(block))
    inner = "".join(f"    {line}" for line in block.splitlines(keepends=True))
    text = f"{HEAD}images:\n  - url: u\n{inner}{block}---\n"
    try:
        document = read_document(text)
    except DocumentError as error:
        # PyYAML's own text is not always YAML once it is moved to the right.
        assume("is no YAML" not in str(error))
        raise
    written = write_document(document)
    assert read_document(written) == document
    before, after = (yaml.safe_load(each[4 : each.index("\n---\n", 3)]) for each in (text, written))
    assert after["mine"] == before["mine"]
    assert after["images"] == before["images"]
