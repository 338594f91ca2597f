"""The samples: small feeds and files of our own, their dates set so that they are news today."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files

_INSTANT = re.compile(r"@(iso|rfc822) -(\d+)m@")
_EDITED = re.compile(r"@edited ([^|@]*?) \| ([^@]*?)@")
_LATE = re.compile(r"@late\n(.*?)\n\s*@\n", re.DOTALL)


def sample(name: str, now: datetime, *, later: bool = False) -> bytes:
    """A sample as it is at ``now``.

    Args:
        name: file in the folder ``samples``.
        now: instants of the sample are minutes before it.
        later: the sample as its publisher has it after a while: edited, with what came late.
    """
    text = (files("worker.demo") / "samples" / name).read_text(encoding="utf-8")
    text = _LATE.sub(r"\1\n" if later else "", text)
    text = _EDITED.sub(r"\2" if later else r"\1", text)
    return _INSTANT.sub(lambda match: _written(match[1], now - timedelta(minutes=int(match[2]))), text).encode()


def _written(form: str, instant: datetime) -> str:
    instant = instant.astimezone(UTC).replace(microsecond=0)
    if form == "iso":
        return instant.isoformat().replace("+00:00", "Z")
    return format_datetime(instant)
