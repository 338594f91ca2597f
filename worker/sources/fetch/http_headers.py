"""Header fields as received: bytes read as latin-1, so that they can be given back unchanged."""

from __future__ import annotations

from collections.abc import Sequence

RawHeaders = Sequence[tuple[bytes, bytes]]


class HeaderValues:
    """The fields of one answer, for who reads many of them: looked through once."""

    def __init__(self, headers: RawHeaders) -> None:
        self._values: dict[bytes, list[bytes]] = {}
        for name, value in headers:
            self._values.setdefault(name.lower(), []).append(value)

    def first(self, name: bytes) -> str:
        """As :func:`first_value`; the name in lower case."""
        values = self._values.get(name)
        return values[0].decode("latin-1") if values else ""

    def joined(self, name: bytes) -> str:
        """As :func:`joined_values`; the name in lower case."""
        values = self._values.get(name)
        return b", ".join(values).decode("latin-1") if values else ""


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
