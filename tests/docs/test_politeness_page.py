"""docs/politeness.md: each guarantee names tests that exist; each number, field and failure is that of the code."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from config.settings import Settings, variable_of
from worker.model.failures import FAILURES
from worker.sources.fetch import guard, redirects
from worker.sources.fetch.decoding import ACCEPT_ENCODING
from worker.sources.fetch.exchange import ACCEPT, Purpose
from worker.sources.parse import caps
from worker.sources.schedule import moved, pacing, rhythm, silence
from worker.store import discoveries, feeds

ROW: Final = re.compile(r"^\| ([A-G]) (\d+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
TEST: Final = re.compile(r"`(tests/[a-z0-9_/]+\.py)::(test_[A-Za-z0-9_]+)`")
LIMIT: Final = re.compile(r"^\| ([A-Za-z][^|`]+) \| ([0-9,]+) \|$", re.MULTILINE)
FAILURE: Final = re.compile(r"^\| `([a-z0-9-]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
RANGES: Final = {
    "A": range(1, 31),
    "B": range(31, 47),
    "C": range(47, 57),
    "E": range(74, 83),
    "F": range(1, 15),
    "G": range(15, 27),
}


def default(name: str) -> int:
    """What a new installation has for a setting."""
    return int(Settings.model_fields[name].default)


LIMITS: Final[dict[str, int]] = {
    "seconds of a whole fetch, redirects and body included": default("fetch_timeout_seconds"),
    "bytes of a body, decoded": default("fetch_max_bytes"),
    "redirects that are followed": redirects.MAX_REDIRECTS,
    "requests at once to one host": default("per_host_connections"),
    "milliseconds between two requests for feeds of one host": round(
        Settings.model_fields["per_host_gap_seconds"].default * 1000
    ),
    "seconds over which feeds that are all due are spread": default("poll_spread_seconds"),
    "feeds a second that are handed out however few there are": feeds.DispatchLimits(at_most=1).at_least,
    "seconds between two polls of a feed, at least": default("poll_interval_min_seconds"),
    "seconds between two polls of a feed, usually": default("poll_interval_default_seconds"),
    "seconds between two polls of a feed, at most": default("poll_interval_max_seconds"),
    "seconds that Retry-After may ask for": pacing.RETRY_AFTER_CEILING_SECONDS,
    "percent by which jitter lengthens a wait": round(pacing.JITTER_SHARE * 100),
    "polls in a feed's usual gap": rhythm.POLLS_A_GAP,
    "gaps from which a rhythm is learned": rhythm.KNOWN_GAPS,
    "good answers that confirm a permanent redirect": moved.CONFIRMATIONS,
    "failures that lead back from it": moved.FAILURES_UNTIL_RETURN,
    "requests kept of a feed": feeds.FETCHES_KEPT,
    "hours for which a page's feeds are kept": discoveries.KEPT // timedelta(hours=1),
    "entries of a feed": caps.MAX_ENTRIES,
    "characters of a title, label or name in a feed": caps.MAX_TITLE_CHARS,
    "characters of a summary or content in a feed": caps.MAX_TEXT_CHARS,
}

#: What the page says with a number outside of its table of limits.
SENTENCES: Final = (
    f"at least {default('poll_interval_min_seconds'):,} seconds apart",
    f"ask for at most {default('poll_interval_max_seconds'):,} seconds",
    f"at most once in {pacing.PacingBounds().unconditional_seconds:,} seconds",
    f"lengthened by up to {pacing.JITTER_SHARE:.0%}".replace("%", " %"),
    f"up to {pacing.RETRY_AFTER_CEILING_SECONDS:,} seconds",
    f"asked about {rhythm.POLLS_A_GAP} times in its usual gap",
    f"from {rhythm.KNOWN_GAPS} gaps on",
    f"quiet for {rhythm.POLLS_A_GAP} days once a day",
    f"{default('poll_spread_seconds')} seconds; a small number ({feeds.DispatchLimits(at_most=1).at_least} a second)",
    f"at least {Settings.model_fields['per_host_gap_seconds'].default:g} seconds apart",
    f"at most {default('per_host_connections')} are under way",
    f"its last {feeds.FETCHES_KEPT} requests",
    f"when {moved.CONFIRMATIONS} good answers in a row",
    f"After {moved.FAILURES_UNTIL_RETURN} failures in a row",
    f"At most {redirects.MAX_REDIRECTS} redirects",
    f"kept for {discoveries.KEPT // timedelta(hours=1)} hours",
    "only ports " + ", ".join(map(str, sorted(guard.WEB_PORTS))),
    f"nothing for {silence.USUAL_GAPS} times its usual gap",
    f"304 for {silence.LONGEST_NOT_MODIFIED.days} days",
    f"failed for {silence.LONGEST_FAILING.days} days",
)


@pytest.fixture(scope="module")
def page(project_root: Path) -> str:
    return (project_root / "docs" / "politeness.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def prose(page: str) -> str:
    """The page with its lines joined."""
    return re.sub(r"\s+", " ", page)


def rows_of(page: str) -> dict[tuple[str, int], tuple[str, str]]:
    rows = [((letter, int(number)), (text, tests)) for letter, number, text, tests in ROW.findall(page)]
    assert len(rows) == len(dict(rows)), "a guarantee has two rows"
    return dict(rows)


def names_in(path: Path) -> set[str]:
    """The names of a file's tests."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_each_guarantee_has_its_row(page: str) -> None:
    assert set(rows_of(page)) == {(letter, number) for letter, numbers in RANGES.items() for number in numbers}


def test_each_guarantee_has_tests_or_a_reason_why_not(page: str) -> None:
    for (letter, number), (_, tests) in rows_of(page).items():
        supported = not tests.startswith("not supported: ")
        assert bool(TEST.search(tests)) is supported, f"{letter} {number} has neither a test nor a reason"
        if supported:
            assert TEST.sub("", tests).strip() == "", f"{letter} {number}: something else stands between the tests"


def test_each_named_test_exists(page: str, project_root: Path) -> None:
    named: dict[str, set[str]] = {}
    for file, test in TEST.findall(page):
        named.setdefault(file, set()).add(test)
    assert named
    for file, tests in named.items():
        path = project_root / file
        assert path.is_file(), f"there is no {file}"
        assert tests <= names_in(path), f"{file} has no {', '.join(sorted(tests - names_in(path)))}"


def test_each_test_of_the_conformance_suite_says_which_guarantee_it_judges(page: str, project_root: Path) -> None:
    """Its docstring begins with the letter and number of one that stands in the page."""
    rows = rows_of(page)
    for path in sorted((project_root / "tests" / "conformance").glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                begins = re.match(r"([A-G]) (\d+)(?:, [A-G] \d+)*: ", ast.get_docstring(node) or "")
                assert begins, f"{path.name}: {node.name} does not begin with its guarantee"
                assert (begins[1], int(begins[2])) in rows


def test_each_limit_is_that_of_the_code(page: str) -> None:
    table = page.partition("\n## Limits\n")[2].partition("\n## ")[0]
    assert {name: int(number.replace(",", "")) for name, number in LIMIT.findall(table)} == LIMITS


@pytest.mark.parametrize("sentence", SENTENCES)
def test_each_number_in_a_sentence_is_that_of_the_code(prose: str, sentence: str) -> None:
    assert sentence in prose


def test_the_request_is_the_one_that_is_sent(page: str) -> None:
    """tests/conformance/test_hygiene.py holds the wire to the same constants."""
    request = page.partition("```http\n")[2].partition("```")[0].splitlines()
    fields = dict(line.split(": ", 1) for line in request[1:])
    assert request[0].startswith("GET ")
    assert fields["Accept"] == ACCEPT[Purpose.FEED]
    assert fields["Accept-Encoding"] == ACCEPT_ENCODING
    contact = Settings.model_fields["contact_url"].default
    assert re.fullmatch(rf"Storyfold/\d+\.\d+\S* \(\+{re.escape(contact)}\)", fields["User-Agent"])
    names = ["Host", "User-Agent", "Accept", "Accept-Encoding", "If-None-Match", "If-Modified-Since"]
    assert list(fields) == names


def test_each_failure_is_explained_as_the_code_explains_it(page: str) -> None:
    table = page.partition("\n### Names of failures\n")[2].partition("\n## ")[0]
    stated = {name: (meaning, advice) for name, meaning, advice in FAILURE.findall(table)}
    assert stated == {name: (failure.meaning, failure.advice) for name, failure in FAILURES.items()}


def test_each_failure_named_in_a_sentence_exists(page: str) -> None:
    for name in re.findall(r"failure `([a-z0-9-]+)`", page):
        assert name in FAILURES, name


def test_each_setting_that_is_named_exists(page: str) -> None:
    variables = {variable_of(name) for name in Settings.model_fields}
    assert set(re.findall(r"STORYFOLD_[A-Z_]+", page)) <= variables
