"""Checks of options that several commands have. A wrong value is wrong usage."""

from __future__ import annotations

import re

import typer

from storyfold.document import SLUG_PATTERN

_COLLECTION = re.compile(SLUG_PATTERN)
_TIME = re.compile(r"([0-9]{1,9})\s*([smhd]?)")
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_MAX_SECONDS = 366 * 86_400
_START = re.compile(r"\$|[0-9]{1,20}(-[0-9]{1,20})?")


def collection_name(value: str | None) -> str | None:
    """A collection's name as it was given.

    Raises:
        typer.BadParameter: it is no slug.
    """
    if value is not None and not _COLLECTION.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is no collection: lower-case letters, digits, - and _")
    return value


def seconds(value: str | None) -> str | None:
    """A time as seconds in digits: ``7200``, or ``120m``, ``2h``, ``1d``.

    Raises:
        typer.BadParameter: it is none, or more than a year.
    """
    if value is None:
        return None
    found = _TIME.fullmatch(value.strip().lower())
    number = int(found[1]) * _UNITS[found[2]] if found else _MAX_SECONDS + 1
    if number > _MAX_SECONDS:
        raise typer.BadParameter(f"{value!r} is no time up to a year: seconds, or a number with m, h or d")
    return str(number)


def rule_names(value: str | None) -> str | None:
    """Names of rules, parted by commas, without spaces around them."""
    return None if value is None else ",".join(name.strip() for name in value.split(","))


def stream_start(value: str) -> str:
    """The place where a consumer group begins: ``0``, ``$`` or the id of a stream entry.

    Raises:
        typer.BadParameter: it is none of these.
    """
    if not _START.fullmatch(value):
        raise typer.BadParameter(f"{value!r} is neither 0, $ nor the id of a stream entry")
    return value
