"""One error to tell of out of many that tasks of one loop have met at once."""

from __future__ import annotations

from storyfold.errors import RetryableError


def first_passing(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first error of a group that may pass, else its first: all that work at once meet the same outage."""
    error: BaseException = group.subgroup(RetryableError) or group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
