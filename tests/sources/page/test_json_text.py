"""JSON as templates write it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.page.json_text import MAX_SCRIPT_CHARS, read_json


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('{"a": "b"}', [{"a": "b"}]),
        ('  \n{"a": "b"}\n ', [{"a": "b"}]),
        ('\ufeff{"a": "b"}', [{"a": "b"}]),
        ('{"a": "b"};', [{"a": "b"}]),
        ('{"a": "b",}', [{"a": "b"}]),
        ('{"a": ["b", ], }', [{"a": ["b"]}]),
        ('// <![CDATA[\n{"a": "b"}\n// ]]>', [{"a": "b"}]),
        ('/* <![CDATA[ */{"a": "b"}/* ]]> */', [{"a": "b"}]),
        ('<![CDATA[{"a": "b"}]]>', [{"a": "b"}]),
        ('<!--\n{"a": "b"}\n-->', [{"a": "b"}]),
        ('{"a": /* why */ "b" // end\n}', [{"a": "b"}]),
        ('{"a": "http://x.example/ // no comment"}', [{"a": "http://x.example/ // no comment"}]),
        ('{"a": "b,]", }', [{"a": "b,]"}]),
        ('{"a": "two\nlines\tand a tab"}', [{"a": "two\nlines\tand a tab"}]),
        (r'{"a": "it\'s", "b": "c\\d\x"}', [{"a": "it's", "b": r"c\dx"}]),
        (r'{"a": "\\",}', [{"a": "\\"}]),
        (r'{"a": "\u00e9\uZZ"}', [{"a": "éuZZ"}]),
        ("{&quot;a&quot;: &quot;b &amp; c&quot;}", [{"a": "b &amp; c"}]),
        ("{&#34;a&#34;: 1}", [{"a": 1}]),
        ('{"a": 1} {"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1};\n{"b": 2};', [{"a": 1}, {"b": 2}]),
        ('{"a": NaN, "b": Infinity, "c": 1.5}', [{"a": None, "b": None, "c": None}]),
        ('{"a": 1, "a": 2}', [{"a": 2}]),
        ("", []),
        ("  ", []),
        ("var x = 1", []),
        ('{"a": "b', []),
        ("{'a': 'b'}", []),
    ],
)
def test_json_is_read_with_the_defects_of_templates(script: str, expected: list[Any]) -> None:
    assert read_json(script) == expected


def test_a_number_without_end_is_no_number() -> None:
    assert read_json('{"a": "b", "n": ' + "9" * 100_000 + "}") == [{"a": "b", "n": None}]


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":['])
def test_nesting_without_end_is_no_json(opening: str) -> None:
    assert read_json(opening * 100_000) == []


def test_a_script_that_is_too_long_is_not_read() -> None:
    assert read_json('{"a": "' + "b" * MAX_SCRIPT_CHARS + '"}') == []


@given(st.text('{}[]":,/*\\u09ad\n <!-;&quot', max_size=60))
def test_any_text_gives_a_list(script: str) -> None:
    assert isinstance(read_json(script), list)
