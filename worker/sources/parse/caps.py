"""What one feed document may cost further down the way, and what of it was cut or mended.

Whatever goes over a cap is cut or left out, and :attr:`Caps.truncated` counts the places, so that nothing is
lost in silence.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

from worker.model.entry import Entry
from worker.sources.parse.mojibake import undouble

__all__ = [
    "MAX_ADDRESS_CHARS",
    "MAX_CATEGORIES",
    "MAX_ENTRIES",
    "MAX_MEDIA",
    "MAX_TEXT_CHARS",
    "MAX_TITLE_CHARS",
    "Caps",
    "Flag",
]

T = TypeVar("T")

MAX_ENTRIES: Final = 10_000
"""Entries of one document; those after it are left out and counted."""

MAX_TITLE_CHARS: Final = 2_000
"""A longer title, label or name is cut."""

MAX_TEXT_CHARS: Final = 1_000_000
"""A longer summary or content is cut."""

MAX_ADDRESS_CHARS: Final = 4_096
"""A longer address or guid is dropped: half an address names something else."""

MAX_MEDIA: Final = 100
"""Declared files of one entry."""

MAX_CATEGORIES: Final = 100
"""Labels of one entry."""


class Flag(StrEnum):
    """What was wrong with a document and was mended, read around or cut. The values are names for counters."""

    ILL_FORMED = "ill-formed"
    """It breaks its format (XML 1.0, JSON)."""
    ENCODING_CONFLICT = "encoding-conflict"
    """Header and document name different encodings, and the bytes decided."""
    ENCODING_REPAIRED = "encoding-repaired"
    """Bytes that its encoding does not have were guessed."""
    MOJIBAKE = "mojibake"
    """Text that was encoded twice was decoded twice."""
    REPLACEMENT_CHARACTER = "replacement-character"
    """A guid or address holds U+FFFD: its true characters were lost before or in the reading."""
    FOREIGN_NAMESPACE = "foreign-namespace"
    """Its elements stand in a namespace that no format has; they were read by their names."""
    ENTRIES_SKIPPED = "entries-skipped"
    """Entries were set aside: they hold nothing to know them by, or could not be read."""
    TRUNCATED = "truncated"
    """Values or entries were cut or dropped by a cap, or a limit of the parser ended the reading."""


# What code that meets a value of another kind than it expects raises. Not MemoryError, nor whatever ends a task.
_POISON: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


class Caps:
    """Applies the caps and notes where they bit. One object for each document.

    Attributes:
        truncated: places that were cut, values and entries that were left out.
        skipped: entries that were set aside.
        fault: why the first poison entry could not be read, "" when there was none.
    """

    __slots__ = ("_flags", "fault", "skipped", "truncated")

    def __init__(self) -> None:
        self.truncated = 0
        self.skipped = 0
        self.fault = ""
        self._flags: set[Flag] = set()

    def note(self, flag: Flag) -> None:
        """Remember that something was mended."""
        self._flags.add(flag)

    def flags(self) -> tuple[Flag, ...]:
        """All that was noted."""
        noted = set(self._flags)
        if self.truncated:
            noted.add(Flag.TRUNCATED)
        if self.skipped:
            noted.add(Flag.ENTRIES_SKIPPED)
        return tuple(sorted(noted))

    def _cut(self, text: str, limit: int) -> str:
        head = text if len(text) <= 4 * limit else text[: 4 * limit]  # four of it may be one character
        single = undouble(head)
        if single is not head:
            self.note(Flag.MOJIBAKE)
        if len(single) <= limit:
            return single
        self.truncated += 1
        return single[:limit]

    def title(self, text: str) -> str:
        """Title, label or name. Text that was encoded twice is decoded once more."""
        if len(text) <= MAX_TITLE_CHARS and text.isascii():
            return text
        return self._cut(text, MAX_TITLE_CHARS)

    def text(self, text: str) -> str:
        """Summary or content. Text that was encoded twice is decoded once more."""
        if len(text) <= MAX_TEXT_CHARS and text.isascii():
            return text
        return self._cut(text, MAX_TEXT_CHARS)

    def address(self, text: str) -> str:
        """Address or guid: whole, or nothing."""
        if len(text) <= MAX_ADDRESS_CHARS:
            if not text.isascii() and "\ufffd" in text:
                self.note(Flag.REPLACEMENT_CHARACTER)
            return text
        self.truncated += 1
        return ""

    def titles(self, texts: list[str]) -> list[str]:
        """Several titles, labels or names. One look at all of them, since they are nearly always plain and short."""
        together = "".join(texts)
        if len(together) <= MAX_TITLE_CHARS and together.isascii():
            return texts
        return [self.title(text) for text in texts]

    def addresses(self, texts: list[str]) -> list[str]:
        """Several addresses or guids."""
        together = "".join(texts)
        if len(together) <= MAX_ADDRESS_CHARS and together.isascii():
            return texts
        return [self.address(text) for text in texts]

    def items(self, values: list[T], limit: int) -> list[T]:
        """The first ``limit`` of the values."""
        if len(values) <= limit:
            return values
        self.truncated += len(values) - limit
        return values[:limit]

    def entries(self, sources: list[T], read: Callable[[T], Entry | None]) -> tuple[Entry, ...]:
        """Read the entries of a document; those that have nothing or break their reader are set aside.

        Args:
            sources: of one entry each; those over ``MAX_ENTRIES`` are left out.
            read: gives None for an entry that holds nothing to know it by.
        """
        entries: list[Entry] = []
        for source in self.items(sources, MAX_ENTRIES):
            try:
                entry = read(source)
            except _POISON as error:  # the boundary around one entry: the others are none the worse for it
                entry = None
                self.fault = self.fault or f"an entry could not be read: {type(error).__name__}: {error}"[:200]
            if entry is None:
                self.skipped += 1
            else:
                entries.append(entry)
        return tuple(entries)
