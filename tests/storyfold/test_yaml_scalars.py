"""Plain where it is safe, quoted where it is not."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from storyfold.yaml_scalars import is_plain_safe, plain_or_quoted, quote, scalar_text, scalar_value

PLAIN = [
    *(
        "iottechnews.com",
        "Threat Post",
        "C#",
        "AT&T",
        "4sysops",
        ".NET",
        "-foo",
        "Tom's Hardware",
        "a:b",
        "a#b",
    ),
    *(
        "E3",
        "3.0.1",
        "1.1.1.1",
        "2024-01",
        "ISO 8601",
        "Åland",
        "日本",
        "x, y",
        "x]",
        'a "b" c',
        "\\d",
        "100%",
    ),
    *(
        "NOT",
        "yet",
        "nope",
        "nulls",
        "1st",
        "1e",
        "e5",
        "+",
        "a-",
        "Y2K",
        "a ~",
        "truely",
        "0xZZ",
        "2024-01-01 x",
    ),
]


@pytest.mark.parametrize("text", PLAIN)
def test_harmless_text_is_plain(text: str) -> None:
    assert plain_or_quoted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "~", "null", "Null", "NULL", "yes", "No", "ON", "off", "y", "N", "true", "False"),
        *(
            "0",
            "-1",
            "+12",
            "007",
            "0o17",
            "0x1f",
            "0b11",
            "1_000",
            "1,000",
            "12:30",
            "12:30:45",
            "190:20:30.15",
        ),
        *("1.0", "1.", ".5", "-1.5e3", "1e5", "6.02E+23", ".", ".inf", "-.INF", ".NaN"),
        *("2024-01-01", "2024-1-1", "2024-01-01T00:00:00Z", "2024-01-01 10:00:00 +1"),
        *(
            "=",
            "<<",
            "-",
            "?",
            "- a",
            "? a",
            ": a",
            ":a",
            "---",
            "--- a",
            "...",
            ", a",
            "[a",
            "]",
            "{a",
            "}",
            "#a",
        ),
        *("&a", "*a", "!a", "|", ">", "'a", '"a', "%a", "@a", "`a"),
        *(
            "a: b",
            "a:",
            "a #b",
            " a",
            "a ",
            "\ta",
            "a\t",
            "a\nb",
            "a\x85b",
            "a\u2028b",
            "\ufeffa",
            "a\x07",
            "a\x9f",
        ),
    ],
)
def test_text_that_yaml_reads_otherwise_is_quoted(text: str) -> None:
    assert plain_or_quoted(text).startswith('"')
    assert yaml.safe_load(plain_or_quoted(text)) == text


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("é “x” 🚢 \u00a0\u200b", '"é “x” 🚢 \u00a0\u200b"'),
        ('a "b" \\ /', '"a \\"b\\" \\\\ /"'),
        ("a\nb\r\tc", '"a\\nb\\r\\tc"'),
        ("\x00\x1b\x7f\x85\u2028\ufeff", '"\\u0000\\u001b\\u007f\\u0085\\u2028\\ufeff"'),
    ],
)
def test_only_needed_escapes_are_written(text: str, quoted: str) -> None:
    assert quote(text) == quoted


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_reads_back_for_yaml_and_json(text: str) -> None:
    assert yaml.safe_load(quote(text)) == text
    assert json.loads(quote(text)) == text
    assert yaml.safe_load(f"- {plain_or_quoted(text)}") == [text]
    assert yaml.safe_load(f"{plain_or_quoted(text[:100])}: 1") == {text[:100]: 1}


@given(st.from_regex(r"[-+.:_,0-9eExob~a-f]{1,12}", fullmatch=True))
def test_number_like_text_is_plain_only_when_it_is_text(text: str) -> None:
    if is_plain_safe(text):
        assert yaml.safe_load(f"- {text}") == [text]


@given(st.none() | st.booleans() | st.integers(-(10**50), 10**50) | st.floats(allow_nan=False, allow_infinity=False))
def test_json_scalars_read_back_with_their_types(value: Any) -> None:
    written = scalar_text(value)
    again = scalar_value(written, plain=True)
    assert (type(again), again) == (type(value), value)
    assert (type(yaml.safe_load(written)), yaml.safe_load(written)) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    ["0123", "1.10", "no", "2024-01-01", "12:30:45", "1e5", "0x1f", "+1", "-0", "1_0", ".5", "9" * 101],
)
def test_text_that_a_type_would_change_stays_text(text: str) -> None:
    assert scalar_value(text, plain=True) == text
