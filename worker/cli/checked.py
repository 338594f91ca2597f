"""Checks of options that several commands have. A wrong value is wrong usage."""

from __future__ import annotations

import re

import typer

from storyfold.document import SLUG_PATTERN

_COLLECTION = re.compile(SLUG_PATTERN)
_START = re.compile(r"\$|[0-9]{1,20}(-[0-9]{1,20})?")


def collection_name(value: str | None) -> str | None:
    """A collection's name as it was given.

    Raises:
        typer.BadParameter: it is no slug.
    """
    if value is not None and not _COLLECTION.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no collection: lower-case letters, digits, - and _")
    return value


def stream_start(value: str) -> str:
    """The place where a consumer group begins: ``0``, ``$`` or the id of a stream entry.

    Raises:
        typer.BadParameter: it is none of these.
    """
    if not _START.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is neither 0, $ nor the id of a stream entry")
    return value
