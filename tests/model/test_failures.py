"""The table of failures holds each name that is raised, so that every one has its meaning and advice."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.model.failures import FAILURES, failure_named, is_refusal

RAISED = frozenset({"FetchError", "SourceError"})
# Where the name is not written beside the error, and the names that it can be there.
COMPUTED = {
    "fetch/fetcher.py": {"http-404", "challenge"},
    "fetch/transport.py": {"blocked", "dns", "tls", "connect", "truncated", "protocol"},
    "parse/opml.py": {"too-deep", "too-large"},
    "parse/xml_tree.py": {"too-deep", "too-large", "ill-formed"},
    "parse/feed_xml.py": {"too-deep", "too-large"},
}


def _names(tree: ast.Module) -> Iterator[str | None]:
    """The name of each failure that a module makes; None where it is computed. One that is passed on is left out."""
    constants = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISED):
            continue
        match node.args[:1]:
            case [ast.Constant(value=str(name))]:
                yield name
            case [ast.Name(id=constant)] if constant in constants:
                yield str(constants[constant])
            case [ast.Attribute(attr="failure")]:
                continue
            case _:
                yield None


def test_each_name_that_is_raised_is_in_the_table(project_root: Path) -> None:
    found: dict[str, set[str]] = {}
    computed = set()
    for source in sorted((project_root / "worker").rglob("*.py")):
        for name in _names(ast.parse(source.read_text())):
            if name is None:
                computed.add("/".join(source.parts[-2:]))
            else:
                found.setdefault(name, set()).add(source.name)
    assert len(found) > 20
    missing = {name: sorted(where) for name, where in found.items() if name not in FAILURES}
    assert not missing, f"give these names a row in worker/model/failures.py: {missing}"
    assert computed <= set(COMPUTED), "name here what it can be there"
    assert set().union(*COMPUTED.values()) <= set(FAILURES)


def test_the_names_that_the_transport_gives_are_in_the_table(project_root: Path) -> None:
    tree = ast.parse((project_root / "worker/sources/fetch/transport.py").read_text())
    [fault] = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == "_fault"]
    returned = [node.value for node in ast.walk(fault) if isinstance(node, ast.Return)]
    names = {
        pair.elts[0].value
        for pair in returned
        if isinstance(pair, ast.Tuple) and isinstance(pair.elts[0], ast.Constant)
    }
    assert len(names) >= 5
    assert names <= set(FAILURES)


@pytest.mark.parametrize("name", FAILURES)
def test_each_row_says_what_it_means_and_what_to_do(name: str) -> None:
    row = FAILURES[name]
    assert row.meaning
    assert row.advice
    assert not row.meaning.endswith(".")
    assert not row.advice.endswith(".")


@pytest.mark.parametrize(
    ("name", "row"),
    [("http-418", "http-4xx"), ("http-599", "http-5xx"), ("http-226", "http-2xx"), ("http-404", "http-404")],
)
def test_a_status_without_a_row_has_that_of_its_class(name: str, row: str) -> None:
    assert failure_named(name) == FAILURES[row]


@pytest.mark.parametrize("name", ["", "http-", "http-x", "nonsense"])
def test_an_unknown_name_is_no_error(name: str) -> None:
    assert failure_named(name).advice


def test_refusals_are_those_of_a_server_that_does_not_want_us() -> None:
    refusals = {name for name in FAILURES if name.startswith(("http-", "challenge")) and is_refusal(name)}
    assert refusals == {"http-401", "http-403", "http-429", "http-503", "challenge"}
