"""``validate`` and ``fmt``: documents on disk, without Redis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyfold.errors import DocumentError
from storyfold.front_matter import read_document, write_document
from worker.cli.output import FAILED, console, print_json, say
from worker.delivery.file_writing import replace_file

Files = Annotated[list[Path], typer.Argument(help="Story documents.", exists=True, dir_okay=False, readable=True)]


def validate(
    files: Files, as_json: Annotated[bool, typer.Option("--json", help="One JSON array on stdout.")] = False
) -> None:
    """Check story documents against the schema; each fault is named by its path."""
    results = [{"file": str(path), "faults": _faults(path)} for path in files]
    if as_json:
        print_json(results)
    for result in [] if as_json else results:
        for fault in result["faults"]:
            console.print(f"{result['file']}: {fault}", markup=False)
    bad = sum(1 for result in results if result["faults"])
    say(f"{len(files)} checked, {bad} with faults")
    if bad:
        raise typer.Exit(FAILED)


def _faults(path: Path) -> list[str]:
    try:
        read_document(path.read_bytes())
    except DocumentError as error:
        return error.faults
    return []


def fmt(
    files: Files,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if a file would change.")] = False,
) -> None:
    """Write story documents in the canonical layout. A file that is so already is not touched."""
    changed, failed = 0, 0
    for path in files:
        try:
            changed += _format(path, check)
        except DocumentError as error:
            failed += 1
            for fault in error.faults:
                say(f"{path}: {fault}")
    say(f"{changed} {'would change' if check else 'written'}, {failed} with faults")
    if failed or (check and changed):
        raise typer.Exit(FAILED)


def _format(path: Path, check: bool) -> bool:
    before = path.read_bytes()
    after = write_document(read_document(before)).encode()
    if before == after:
        return False
    if check:
        console.print(str(path), markup=False)
    else:
        replace_file(path, after)
    return True
