"""The Redis client of the store, and the one place where redis-py's errors become ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import (
    ClusterDownError,
    DataError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from storyfold.errors import LeaseLostError, StoreConflictError, StoreUnavailableError, StoryConflictError

#: redis-py annotates every reply as text or bytes, in RESP2's or RESP3's shape. Ours always decode, and each
#: store turns replies into types of ours at once.
Client = Any

CONNECT_TIMEOUT_SECONDS = 5.0
REPLY_TIMEOUT_SECONDS = 30.0

#: Replies by which Redis says that it cannot do it now, and may later. redis-py has classes for some of them and
#: takes the word out of their text; a script may have been forgotten between its loading and its use.
_PASSING_ERRORS = (OutOfMemoryError, ReadOnlyError, NoScriptError, TryAgainError, ClusterDownError)
_PASSING_WORDS = ("OOM", "LOADING", "MISCONF", "READONLY", "BUSY", "NOREPLICAS")


def connect(url: str, reply_timeout_seconds: float = REPLY_TIMEOUT_SECONDS) -> Client:
    """A client for the store.

    It never sends a command twice: redis-py would repeat a write whose reply was lost, and one XADD would
    become many. Retrying is the caller's, who knows whether the command may be repeated.
    """
    return Redis.from_url(
        url,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=min(CONNECT_TIMEOUT_SECONDS, reply_timeout_seconds),
        socket_timeout=reply_timeout_seconds,
        health_check_interval=30,
    )


def script(client: Client, name: str) -> Script:
    """The script ``scripts/NAME.lua``, ready to be called. redis-py loads it again after a SCRIPT FLUSH."""
    return cast("Script", client.register_script(_script_text(name)))


@cache
def _script_text(name: str) -> str:
    # A lane is made for each file and each batch of entries; without this, reading its scripts is 4 % of the time.
    return (files("worker.store") / "scripts" / f"{name}.lua").read_text(encoding="utf-8")


@contextmanager
def store_errors() -> Iterator[None]:
    """Translate redis-py's errors.

    Raises:
        StoreUnavailableError: Redis is away or refuses writes for now.
        LeaseLostError: a script found a newer fencing token.
        StoreConflictError: a key holds something that Storyfold did not write there; StoryConflictError when
            it is the key of one story.
    """
    try:
        yield
    except (RedisConnectionError, RedisTimeoutError) as error:
        raise StoreUnavailableError(f"Redis cannot be reached: {error}") from error
    except RedisError as error:
        raise translate(error) from error


def translate(error: Exception) -> Exception:
    """Our error for one of redis-py's; the error itself when it is none of theirs."""
    if isinstance(error, RedisConnectionError | RedisTimeoutError):
        return StoreUnavailableError(f"Redis cannot be reached: {error}")
    text = str(error)
    if "LEASELOST" in text:
        return LeaseLostError(text)
    if isinstance(error, _PASSING_ERRORS) or any(word in text for word in _PASSING_WORDS):
        return StoreUnavailableError(f"Redis refuses for now: {text}")
    if "STORYCONFLICT" in text:
        return StoryConflictError(text)
    if isinstance(error, ResponseError):
        return StoreConflictError(text)
    if isinstance(error, RedisError) and not isinstance(error, DataError):  # a DataError is a fault of ours
        return StoreUnavailableError(f"Redis failed: {text}")
    return error


def public_url(url: str) -> str:
    """A Redis URL without its password, for logs and messages."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, f"***@{host}" if "@" in parts.netloc else host, parts.path, "", ""))
