"""Reading: every feed of a folder as Storyfold and as feedparser read it, the differences counted by field.

The promise is that no entry is read worse than by feedparser: whatever feedparser has and we lack is explained by
one of the rules in :mod:`bench.reading_rules`, or it is a loss. The command ends with 1 when there is one.

A value counts as there when a consumer could use it: a date only when it could be parsed, a link only when it is
absolute. Titles are compared as plain text, dates as instants, addresses after resolving them. feedparser runs with
its defaults.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import feedparser

from bench.corpus import feed_folder, feed_paths
from bench.reading_rules import FEED_URL, Pair, explain, files_of, stated, values_of
from storyfold.errors import SourceError
from worker.model.entry import Entry
from worker.sources.parse.feed_document import parse_feed
from worker.sources.parse.parsed_feed import ParsedFeed

SAME: Final = "same"
OURS_ONLY: Final = "ours has, theirs lacks"
THEIRS_ONLY: Final = "theirs has, ours lacks"
DIFFERENT: Final = "both, different"
SAMPLES: Final = 3
_SHOWN_CHARACTERS: Final = 50


class Difference(NamedTuple):
    """One value as both read it.

    Attributes:
        field: which value.
        outcome: same, ours has, theirs has, or both have and differ.
        ours: as we read it, "" for none.
        theirs: as feedparser reads it.
        place: document and number of the entry.
        rule: what explains it, "" when nothing does.
    """

    field: str
    outcome: str
    ours: str
    theirs: str
    place: str
    rule: str = ""


def main(argv: Sequence[str] | None = None) -> int:
    """Compare and print; 1 when something is lost that no rule explains."""
    parser = argparse.ArgumentParser(description="differences to feedparser's reading, by field")
    parser.add_argument("folder", nargs="?", type=Path, default=None, help="of feeds (default: the real ones)")
    parser.add_argument("--json", action="store_true", help="print the differences as one JSON array")
    options = parser.parse_args(argv)
    folder = options.folder or feed_folder()
    paths = feed_paths(folder)
    differences = [each for path in paths for each in compare(path.read_bytes(), path.name)]
    if options.json:
        print(json.dumps([each._asdict() for each in differences if each.outcome != SAME], ensure_ascii=False))
    else:
        print(f"{len(paths)} documents of {folder.name}, read by us and by feedparser {feedparser.__version__}")
        _print_table(differences)
        _print_samples(differences)
    return int(any(is_loss(each) for each in differences))


def is_loss(difference: Difference) -> bool:
    """feedparser has something that we lack, and no rule says why."""
    return difference.outcome == THEIRS_ONLY and not difference.rule


def compare(body: bytes, name: str) -> Iterator[Difference]:
    """All values of one document, equal ones too."""
    ours, theirs = _read(body), _read_with_feedparser(body)
    yield _counted(ours, theirs, name)
    for number, pair in enumerate(_pairs(ours.entries, theirs)):
        place = f"{name} [{number}]"
        for field, (left, right) in values_of(pair).items():
            yield _difference(field, left, right, place, pair)
        yield _files(pair, place)


def _read(body: bytes) -> ParsedFeed:
    try:
        return parse_feed(body, feed_url=FEED_URL)
    except SourceError as error:
        return ParsedFeed(reader="none", fault=error.detail)


def _read_with_feedparser(body: bytes) -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        entries: list[Any] = feedparser.parse(body, response_headers={"content-location": FEED_URL}).entries
    return entries


def _pairs(ours: Sequence[Entry], theirs: Sequence[Any]) -> Iterator[Pair]:
    """In their order where there are as many; else those that share guid, link or title."""
    if len(ours) == len(theirs):
        yield from map(Pair, ours, theirs)
        return
    known: dict[str, Entry] = {}
    for entry in ours:
        for key in (entry.guid, entry.link, entry.title):
            known.setdefault(key, entry)
    for each in theirs:
        keys = (stated(each, "id"), stated(each, "link"), stated(each, "title"))
        found = next((known[key] for key in keys if key and key in known), None)
        if found is not None:
            yield Pair(found, each)


def _counted(ours: ParsedFeed, theirs: Sequence[Any], name: str) -> Difference:
    found, missing = len(ours.entries), len(theirs) - len(ours.entries)
    outcome = SAME if not missing else OURS_ONLY if missing < 0 else THEIRS_ONLY
    rule = "entries in which there is nothing are set aside" if 0 < missing <= ours.skipped else ""
    return Difference("entries", outcome, f"{found} entries", f"{len(theirs)} entries", name, rule)


def _difference(field: str, ours: str, theirs: str, place: str, pair: Pair) -> Difference:
    if ours == theirs:
        return Difference(field, SAME, ours, theirs, place)
    outcome = THEIRS_ONLY if not ours else DIFFERENT if theirs else OURS_ONLY
    return Difference(field, outcome, ours, theirs, place, explain(field, ours, theirs, pair))


def _files(pair: Pair, place: str) -> Difference:
    """Lists of files: one that lacks some of the other's is a loss, whatever else it has."""
    ours, theirs = files_of(pair)
    if theirs - ours:
        return _difference("media", "", " ".join(sorted(theirs - ours)), place, pair)
    return _difference("media", " ".join(sorted(ours - theirs)), "", place, pair)


def _print_table(differences: Sequence[Difference]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for each in differences:
        counts[each.field][each.outcome] += 1
        counts[each.field]["losses"] += is_loss(each)
    columns = (SAME, OURS_ONLY, THEIRS_ONLY, DIFFERENT, "losses")
    print(f"\n  {'field':<10}" + "".join(f"{column:>24}" for column in columns))
    for field, outcomes in counts.items():
        print(f"  {field:<10}" + "".join(f"{outcomes[column]:>24,}" for column in columns))


def _print_samples(differences: Sequence[Difference]) -> None:
    groups: dict[tuple[str, str, str], list[Difference]] = defaultdict(list)
    for each in differences:
        if each.outcome != SAME:
            groups[each.field, each.outcome, each.rule].append(each)
    for (field, outcome, rule), found in groups.items():
        why = rule or ("NO RULE" if outcome == THEIRS_ONLY else "no rule needed")
        print(f"\n  {field}: {outcome}: {len(found):,}: {why}")
        for each in found[:SAMPLES]:
            print(f"    {each.place}: {_short(each.ours)} | {_short(each.theirs)}")


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "...")


if __name__ == "__main__":
    sys.exit(main())
