"""Every exception that Storyfold raises on purpose.

The tree::

    StoryfoldError
    ├── RetryableError          the same call may succeed later; nothing was changed
    │   ├── StoreUnavailableError   Redis is away, full, read-only or still loading
    │   └── LeaseLostError          another process holds the collection's lane now
    ├── DocumentError           a file or mapping is no story document; carries its faults
    ├── SourceError             bytes that no reader understands (a feed, a file)
    │   └── BlockedError            a rule of the operator blocks the entry; no fault of the source
    ├── FetchError              one HTTP exchange failed; carries the failure's name
    ├── SettingsError           a setting has a wrong value; names the variable
    └── StoreConflictError      Redis holds something else than Storyfold wrote there
        └── StoryConflictError      and it concerns one story only

A caller that wants to try again catches :class:`RetryableError` and nothing else.
"""

from __future__ import annotations

__all__ = [
    "BlockedError",
    "DocumentError",
    "FetchError",
    "LeaseLostError",
    "RetryableError",
    "SettingsError",
    "SourceError",
    "StoreConflictError",
    "StoreUnavailableError",
    "StoryConflictError",
    "StoryfoldError",
]


class StoryfoldError(Exception):
    """Root of all errors of Storyfold. Its text says what happened and what to do."""


class RetryableError(StoryfoldError):
    """The same call may succeed later, and nothing was changed by this one."""


class StoreUnavailableError(RetryableError):
    """Redis cannot be reached or refuses writes (out of memory, loading, read-only)."""


class LeaseLostError(RetryableError):
    """The fencing token is no longer the newest: another process holds the lane."""


class DocumentError(StoryfoldError):
    """A document breaks the schema.

    Attributes:
        faults: one line a fault, ``path: what is wrong``, in the order of the document;
            ``related[1].webUrl: required key is missing``.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__(faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(self.faults)


class SourceError(StoryfoldError):
    """No reader understands these bytes.

    Attributes:
        failure: a short name for lists and metrics, as ``not-a-feed`` or ``empty``.
        detail: one sentence for the person who has to mend the source.
    """

    def __init__(self, failure: str, detail: str) -> None:
        super().__init__(failure, detail)
        self.failure = failure
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.failure}: {self.detail}"


class BlockedError(SourceError):
    """The operator's rules want no item of this entry. Nothing is wrong with its source.

    Attributes:
        rules: names of the rules that spoke of it, in their order; the last one blocks it.
    """

    def __init__(self, rules: tuple[str, ...]) -> None:
        super().__init__("blocked-by-rule", f"the rule {rules[-1]!r} blocks it")
        self.args = (rules,)  # what it is made of, should another process make it again
        self.rules = rules


class FetchError(StoryfoldError):
    """One HTTP exchange did not give a usable answer.

    Attributes:
        failure: the name of the failure: ``dns``, ``tls``, ``connect``, ``timeout``, ``too-large``,
            ``blocked``, ``http-404``, ``redirects``, ``bad-encoding``, ``protocol``, ``truncated``.
        detail: one sentence, without secrets of the URL.
        retry_after_seconds: what the server asked for (RFC 9110 section 10.2.3), None if it did not.
    """

    def __init__(self, failure: str, detail: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(failure, detail)
        self.failure = failure
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        return f"{self.failure}: {self.detail}"


class SettingsError(StoryfoldError):
    """A setting has a wrong value. The text is one line that names the environment variable."""


class StoreConflictError(StoryfoldError):
    """A key of Storyfold holds a value of another type or shape. Nothing was written."""


class StoryConflictError(StoreConflictError):
    """The record of one story is damaged or is not what it must be. Others are not concerned."""
