"""Damage done to documents, the same for the same seed."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

MAX_BYTES: Final = 48 * 1024
"""A longer result is cut, so that a run costs what its number of inputs says."""

_TAG: Final = re.compile(rb"<[^<>]{1,200}>")
_TEXT: Final = re.compile(rb"[A-Za-z0-9]{2,}")
_TOKENS: Final = (
    *(
        b"<",
        b">",
        b"&",
        b'"',
        b"'",
        b"=",
        b"/",
        b"]]>",
        b"<![CDATA[",
        b"<!--",
        b"-->",
        b"<?",
        b"?>",
        b"<!DOCTYPE x [",
    ),
    *(
        b"&amp;",
        b"&lt;b&gt;",
        b"&nbsp;",
        b"&#0;",
        b"&#x1F600;",
        b"&#55357;",
        b"&a;",
        b"&amp;amp;lt;",
        b"&#9999999999;",
    ),
    *(b"\x00", b"\x0b", b"\x1b", b"\xff", b"\xe9", b"\xc3", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf"),
    *(
        "\u202e".encode(),
        "\u200b".encode(),
        "\ufffd".encode(),
        "\u0301".encode() * 9,
        "ｆｕｌｌ".encode(),
        "\x85".encode(),
    ),
    *(
        b"---\n",
        b"\n---\n",
        b"+++\n",
        b": ",
        b"- ",
        b"&x *x ",
        b"!!python/object:a.b {}",
        b"|\n  ",
        b"? ",
        b"{",
        b"[",
        b"%",
    ),
    *(b"javascript:alert(1)", b"http://[", b"https://a.example/%zz", b"data:,", b"//", b"file:///etc/passwd"),
    *(
        b"9" * 400,
        b"-1",
        b"1e999",
        b"NaN",
        b"0000-00-00",
        b"99999-01-01T99:99:99+99:99",
        b"true",
        b"null",
        b"~",
        b"no",
    ),
    *(b"<item>", b"</item>", b"<entry>", b"<title>", b"</title>", b"<link href=x>", b"<guid/>", b"<media:group>"),
    *(b"<script>", b"<svg><style>", b"<math><mtext>", b"<template>", b"<img src=x onerror=1>", b"<iframe src=//x>"),
    *(b' xml:base="http://["', b' type="xhtml"', b' mode="base64"', b' encoding="utf-16"', b' xmlns="urn:x"'),
)

Mutation = Callable[[Random, bytes, bytes], bytes]


def _place(random: Random, data: bytes) -> int:
    return random.randint(0, len(data))


def _span(random: Random, data: bytes, most: int = 400) -> tuple[int, int]:
    start = _place(random, data)
    return start, min(len(data), start + random.randint(1, most))


def _flip(random: Random, data: bytes, _: bytes) -> bytes:
    """Some bytes become others."""
    changed = bytearray(data)
    for _number in range(random.randint(1, 8)):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _cut_off(random: Random, data: bytes, _: bytes) -> bytes:
    """The end is missing."""
    return data[: _place(random, data)]


def _cut_out(random: Random, data: bytes, _: bytes) -> bytes:
    """A piece is missing."""
    start, end = _span(random, data)
    return data[:start] + data[end:]


def _double(random: Random, data: bytes, _: bytes) -> bytes:
    """A piece is there twice."""
    start, end = _span(random, data)
    return data[:end] + data[start:]


def _splice(random: Random, data: bytes, other: bytes) -> bytes:
    """The rest is that of another document."""
    return data[: _place(random, data)] + other[_place(random, other) :]


def _transplant(random: Random, data: bytes, other: bytes) -> bytes:
    """A piece of another document stands in it."""
    at, (start, end) = _place(random, data), _span(random, other)
    return data[:at] + other[start:end] + data[at:]


def _insert(random: Random, data: bytes, _: bytes) -> bytes:
    """Tokens with a meaning stand where they should not."""
    for _number in range(random.randint(1, 4)):
        at = _place(random, data)
        data = data[:at] + random.choice(_TOKENS) + data[at:]
    return data


def _repeat_token(random: Random, data: bytes, _: bytes) -> bytes:
    at = _place(random, data)
    return data[:at] + random.choice(_TOKENS) * random.randint(10, 2_000) + data[at:]


def _repeat_tag(random: Random, data: bytes, _: bytes) -> bytes:
    """A tag of its own, many times over."""
    tags = _TAG.findall(data)
    if not tags:
        return _repeat_token(random, data, data)
    at = _place(random, data)
    tag: bytes = random.choice(tags)
    return data[:at] + tag * random.randint(2, 500) + data[at:]


def _drop_tag(random: Random, data: bytes, _: bytes) -> bytes:
    tags = list(_TAG.finditer(data))
    if not tags:
        return _cut_out(random, data, data)
    tag = random.choice(tags)
    return data[: tag.start()] + data[tag.end() :]


def _nest(random: Random, data: bytes, _: bytes) -> bytes:
    """A word, wrapped hundreds of times."""
    words = list(_TEXT.finditer(data))
    if not words:
        return data
    word = random.choice(words)
    opening, closing = random.choice(
        ((b"<b>", b"</b>"), (b"<item>", b"</item>"), (b"[", b"]"), (b"{a: ", b"}"), (b'"', b'"'))
    )
    depth = random.randint(2, 600)
    return data[: word.start()] + opening * depth + word.group() + closing * depth + data[word.end() :]


def _recode(random: Random, data: bytes, _: bytes) -> bytes:
    """The same text in an encoding that nobody names."""
    text = data.decode("utf-8", "replace")
    return text.encode(
        random.choice(("utf-16", "utf-16-le", "cp1252", "shift_jis", "koi8-r", "utf-8-sig")), "replace"
    )


def _lines(random: Random, data: bytes, _: bytes) -> bytes:
    """Lines in another order, or with other ends."""
    lines = data.split(b"\n")
    if random.random() < 0.5:
        return random.choice((b"\r\n", b"\r", b"\n\n", "\u2028".encode())).join(lines)
    random.shuffle(lines)
    return b"\n".join(lines)


MUTATIONS: Final[Sequence[Mutation]] = (
    *(_flip, _cut_off, _cut_out, _double, _splice, _transplant, _insert),
    *(_repeat_token, _repeat_tag, _drop_tag, _nest, _recode, _lines),
)


def mutate(random: Random, corpus: Sequence[bytes]) -> bytes:
    """A document of the corpus after one to four mutations."""
    data = random.choice(corpus)
    for _ in range(random.choices((1, 2, 3, 4), weights=(4, 3, 2, 1))[0]):
        data = random.choice(MUTATIONS)(random, data, random.choice(corpus))[:MAX_BYTES]
    return data
