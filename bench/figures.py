"""Figures: what a bench has measured, printed side by side with what is to be reached."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple


class Figure(NamedTuple):
    """One measured number.

    Attributes:
        what: is measured.
        value: the number; NaN when it could not be had.
        unit: of the number.
        target: what is to be reached, in words; "" when nothing is promised.
    """

    what: str
    value: float
    unit: str
    target: str = ""


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1) of the values do not exceed; NaN of no values."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def arguments(description: str) -> argparse.ArgumentParser:
    """The parser that every bench begins with."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    return parser


def show(title: str, figures: Sequence[Figure], *, as_json: bool) -> None:
    """Print the figures of a run with the machine that they hold for."""
    if as_json:
        rows = [figure._asdict() | {"what": figure.what.strip()} for figure in figures]
        print(json.dumps({"bench": title, "machine": machine(), "figures": rows}, allow_nan=True))
        return
    width = max(len(figure.what) for figure in figures)
    print(f"\n{title}: {machine()}")
    for what, value, unit, target in figures:
        print(f"  {what:<{width}}  {_written(value):>10} {unit:<18} {target}".rstrip())


def machine() -> str:
    """Day, cores, load and interpreter: a figure means little without them."""
    load = os.getloadavg()[0]
    day = datetime.now(UTC).date()
    return f"{day}, {os.cpu_count()} cores, load {load:.1f}, {platform.system()}, Python {platform.python_version()}"


def _written(value: float) -> str:
    if math.isnan(value):
        return "?"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
