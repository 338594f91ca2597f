"""Header fields as received: bytes read as latin-1, so that they can be given back unchanged."""

from __future__ import annotations

from collections.abc import Sequence

RawHeaders = Sequence[tuple[bytes, bytes]]


def first_value(headers: RawHeaders, name: bytes) -> str:
    """The first value of a field, "" when absent: of a repeated ETag one is right, a list of them is none."""
    return next((value.decode("latin-1") for key, value in headers if key.lower() == name), "")


def joined_values(headers: RawHeaders, name: bytes) -> str:
    """All values of a list field, as one list (RFC 9110 section 5.3)."""
    return ", ".join(value.decode("latin-1") for key, value in headers if key.lower() == name)


def location_value(headers: RawHeaders) -> str:
    """The Location field. It should be ASCII; in practice it is often raw UTF-8."""
    raw = next((value for key, value in headers if key.lower() == b"location"), b"")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
