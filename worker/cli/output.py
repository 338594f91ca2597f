"""What commands print: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

GOOD = 0
"""What was asked for was done."""
FAILED = 1
"""What was asked for could not be done."""
USAGE = 2
"""The command or a setting was wrong."""

_WIDEST = 10_000

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(value: Any) -> None:
    """One JSON value on stdout, and nothing else."""
    text = msgspec.json.format(msgspec.json.encode(value), indent=2)
    sys.stdout.buffer.write(text + b"\n")
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people. Words are never cut; a terminal that is too narrow for them breaks the lines itself."""
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        # As text, not as markup: a title may well hold words in square brackets.
        table.add_row(*(Text("" if value is None else str(value)) for value in row))
    wide = Console(highlight=False, width=_width(table))
    wide.print(table, crop=False)


def _width(table: Table) -> int:
    """So wide that no word is cut: half an address helps nobody, and a program that reads on has no window at all."""
    boundless = console.options.update(width=_WIDEST)
    measured = Measurement.get(console, boundless, table)
    if console.is_terminal and measured.minimum <= console.width:
        return console.width
    return measured.maximum


def say(text: str) -> None:
    """A line of progress for people."""
    errors.print(text, markup=False)


def fail(text: str, code: int = FAILED) -> NoReturn:
    """End the command with a message."""
    errors.print(text, markup=False)
    raise typer.Exit(code)
