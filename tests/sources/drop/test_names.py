"""Names in the drop folder: which are taken, how new ones are made, how they are shown."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.sources.drop.names import (
    NAME_MAX_BYTES,
    collection_of,
    is_candidate,
    is_utf8,
    marked_name,
    natural_key,
    printable,
)

raw_names = st.binary(min_size=1, max_size=255).filter(lambda raw: b"/" not in raw and b"\0" not in raw)
names = raw_names.map(os.fsdecode)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "x.md",
            "x",
            "news/x.md",
            "a/b/c/x.rss",
            "-rf.md",
            "a\nb.md",
            "CON.md",
            "x.md.done",
            "~x.md",
            "#x.md",
        ),
        *("café.md", "cafe\u0301.md", "x\udcff.md", "a b.md", "sediments", "x" * 252 + ".md"),
    ],
)
def test_final_names_are_candidates(path: str) -> None:
    assert is_candidate(path)


@pytest.mark.parametrize(
    "path",
    [
        *(".x.md", "x.md~", "x.md.tmp", "x.part", "x.crdownload", "#x#", ".nfs000012", ".syncthing.x.md.tmp"),
        *("x.md.filepart", "X.TMP", "x.MD.Part", "~$x.docx", ".x.md.swp", "x.swp", "4913", "Thumbs.db"),
        *("x.md___jb_tmp___", "x.md.sb-1a2b3c4d-AbCdEf/x.md", "page.download/x.md", "Icon\r"),
        *(
            ".processing/x.md",
            ".done/x.md",
            ".failed/news/x.md",
            "news/.x.md",
            ".git/x.md",
            "news/.done/x.md",
        ),
        *("../x.md", "a/../../x.md", "/etc/passwd", "a//x.md", "", "a/", "./x.md", "x\0.md"),
    ],
)
def test_hidden_temporary_and_outside_names_are_not(path: str) -> None:
    assert not is_candidate(path)


@pytest.mark.parametrize(
    ("path", "collection"),
    [
        ("x.md", "news"),
        ("sport/x.md", "sport"),
        ("sport/2024/x.md", "sport"),
        ("a_b-9/x.md", "a_b-9"),
        ("Sport/x.md", "news"),
        ("-x/x.md", "news"),
        ("sport\n/x.md", "news"),
        ("sp ort/x.md", "news"),
        ("sport.md", "news"),
    ],
)
def test_the_first_sub_folder_names_the_collection_if_it_is_a_slug(path: str, collection: str) -> None:
    assert collection_of(path, "news") == collection


@pytest.mark.parametrize(
    ("name", "mark", "expected"),
    [
        ("x.md", "", "x.md"),
        ("x.md", "-2", "x-2.md"),
        ("x", "-3", "x-3"),
        (".md", "-2", ".md-2"),
        ("a.tar.gz", "-2", "a.tar-2.gz"),
        ("x" * 252 + ".md", "", "x" * 252 + ".md"),
        ("x" * 252 + ".md", "-2", "x" * 250 + "-2.md"),
        ("é" * 126 + ".md", "-2", "é" * 125 + "-2.md"),
        ("x." + "y" * 253, "-2", "x." + "y" * 251 + "-2"),
    ],
)
def test_a_mark_goes_before_the_suffix_and_the_stem_gives_way(name: str, mark: str, expected: str) -> None:
    assert marked_name(name, mark) == expected


@given(names, st.integers(1, 10**9))
def test_a_marked_name_is_a_name_that_fits_and_differs(name: str, number: int) -> None:
    marked = marked_name(name, f"-{number}")
    assert len(os.fsencode(marked)) <= NAME_MAX_BYTES
    assert "/" not in marked
    assert f"-{number}" in marked


@given(names)
def test_any_name_can_be_shown_in_json_and_on_one_line(name: str) -> None:
    shown = printable(name)
    assert shown.isprintable()
    assert json.loads(json.dumps(shown, ensure_ascii=False).encode()) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("café.md", "café.md"),
        ("a\nb", "a\\nb"),
        ("x\udcff", "x\\xff"),
        ("a\u202eb", "a\\u202eb"),
        ("\x1b[2J", "\\x1b[2J"),
    ],
)
def test_what_cannot_be_shown_is_escaped(name: str, shown: str) -> None:
    assert printable(name) == shown


def test_numbers_in_names_are_ordered_as_numbers_and_folders_by_themselves() -> None:
    ordered = ["a2/x", "a10/x", "x1.md", "x01.md", "x2.md", "x10.md", "x" + "9" * 5000, "y"]
    mixed = ordered[::-1]
    assert sorted(mixed, key=natural_key)[:2] == ["a2/x", "a10/x"]
    assert sorted(mixed, key=natural_key)[4:] == ordered[4:]


@given(st.lists(names))
def test_the_order_is_total(found: list[str]) -> None:
    mixed = found[::-1]
    assert sorted(found, key=natural_key) == sorted(mixed, key=natural_key)
    assert len({natural_key(name) for name in found}) == len(set(found))


def test_utf8_names_are_known() -> None:
    assert is_utf8("café\n")
    assert not is_utf8("x\udcff")
