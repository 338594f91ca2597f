"""Settings: one typed table, read from the environment.

Every setting is an environment variable with the prefix ``STORYFOLD_`` (or a line of a ``.env`` file in
the working directory). A secret may be given as a file: ``STORYFOLD_SECURED_KEY_FILE=/run/secrets/key``.
Durations carry their unit in the attribute's name, counts and sizes in their description.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from storyfold.document import SLUG_PATTERN
from storyfold.errors import SettingsError
from storyfold.secured import parse_key

PREFIX = "STORYFOLD_"
BUNDLED_FOLDER = Path(__file__).parent
"""Topics and organizations that come with the package."""

_STORE_SCHEMES = ("redis", "rediss", "unix")
_BROKER_SCHEMES = (*_STORE_SCHEMES, "redis+socket", "rediss+socket", "sentinel")

SECRETS = ("REDIS_URL", "BROKER_URL", "SECURED_KEY", "WEB_TOKEN")

Seconds = Annotated[float, Field(ge=0)]
Hours = Annotated[float, Field(gt=0, le=87_600)]  # ten years; much more would leave the calendar


class Settings(BaseSettings):
    """What an operator can choose. Each value has a default with which ``storyfold up`` works."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
    )

    redis_url: SecretStr | None = Field(
        None, description="Redis that holds stories, schedule and streams; unset: the embedded server"
    )
    broker_url: SecretStr | None = Field(None, description="Redis for Celery's queues; default: REDIS_URL")
    data_dir: Path = Field(Path("storyfold-data"), description="folder for the embedded server's data")
    drop_dir: Path = Field(Path(), description="the drop folder; default: DATA_DIR/drop")
    config_dir: Path | None = Field(
        None, description="folder with topics/ and organizations/; default: the bundled one"
    )
    collection: str = Field("news", pattern=rf"^{SLUG_PATTERN}$", description="default collection")
    event_source: str = Field("", description="CloudEvents source; default: /storyfold/COLLECTION")
    contact_url: str = Field(
        "https://storyfold.example/contact",
        pattern=r"^(https?://|mailto:).+",
        description="goes into the User-Agent of every request",
    )
    poll_interval_min_seconds: Seconds = Field(
        3600,
        validation_alias=AliasChoices("STORYFOLD_POLL_INTERVAL_MIN"),
        description="shortest gap of polls",
    )
    poll_interval_max_seconds: Seconds = Field(
        86400,
        validation_alias=AliasChoices("STORYFOLD_POLL_INTERVAL_MAX"),
        description="longest gap of polls",
    )
    poll_interval_default_seconds: Seconds = Field(
        3600,
        validation_alias=AliasChoices("STORYFOLD_POLL_INTERVAL_DEFAULT"),
        description="usual gap of polls",
    )
    first_poll: str = Field(
        "all", pattern=r"^(all|none|[0-9]{1,6})$", description="how much of a new feed's backlog is published"
    )
    fetch_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = Field(
        30, validation_alias=AliasChoices("STORYFOLD_FETCH_TIMEOUT"), description="whole fetch with redirects"
    )
    fetch_max_bytes: Annotated[int, Field(gt=0)] = Field(10 * 2**20, description="decoded size of a body")
    fetch_allow: str = Field(
        "", description="comma-separated exact host:port or CIDR let past the private-address guard"
    )
    per_host_connections: Annotated[int, Field(ge=1, le=64)] = Field(2, description="at once, to one host")
    per_host_gap_seconds: Seconds = Field(
        0.2,
        validation_alias=AliasChoices("STORYFOLD_PER_HOST_GAP"),
        description="least time between two feed requests to one host, all workers together; 0: none",
    )
    poll_spread_seconds: Seconds = Field(
        600,
        validation_alias=AliasChoices("STORYFOLD_POLL_SPREAD"),
        description="time over which all feeds are spread when they are due at once; 0: at once",
    )
    public_url: str = Field(
        "",
        pattern=r"^(https?://[^/?#@]+/?)?$",
        description="how hubs reach the web role from outside; empty: no WebSub, feeds are polled",
    )
    enrich: Literal["off", "page", "page+images"] = Field(
        "off", description="read the pages of new items, and copy their images"
    )
    image_cache_bytes: Annotated[int, Field(ge=0)] = Field(
        2**30, description="size of DATA_DIR/images, where copies of images lie"
    )
    drop_stable_seconds: Seconds = Field(2, description="how long a file must be still before it is taken")
    drop_rescan_seconds: Annotated[float, Field(gt=0)] = Field(30, description="full look at the drop folder")
    fold_window_hours: Hours = Field(24, description="since a story's last item")
    fold_max_span_hours: Hours = Field(72, description="from a story's first item to its last")
    fold_threshold: Annotated[float, Field(gt=0, le=1)] = Field(0.55, description="score needed to fold")
    heat_half_life_hours: Hours = Field(24, description="time in which heat halves")
    retention_days: Annotated[int, Field(ge=1)] = Field(365, description="how long stories are kept (not in use yet)")
    max_deliveries: Annotated[int, Field(ge=1)] = Field(5, description="before an event is a dead letter")
    secured_key: SecretStr | None = Field(None, description="key of the documents' private part, 32 or 64 bytes")
    web_bind: str = Field("127.0.0.1:8080", pattern=r"^.+:[0-9]{1,5}$", description="host:port of the web role")
    web_token: SecretStr | None = Field(None, description="wanted by every page off loopback, /healthz excepted")
    log_format: Literal["console", "json"] = Field("console", description="how log lines look")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level shown")
    worker_processes: Annotated[int, Field(ge=1, le=64)] = Field(2, description="children of the worker role")

    @field_validator("log_level", "log_format", "enrich", mode="before")
    @classmethod
    def _in_lower_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _default_drop_dir(cls, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("drop_dir"):
            values["drop_dir"] = Path(values.get("data_dir") or "storyfold-data") / "drop"
        return values

    @field_validator("redis_url", "broker_url")
    @classmethod
    def _check_address(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        schemes = _STORE_SCHEMES if info.field_name == "redis_url" else _BROKER_SCHEMES
        if value is not None and not _is_redis_address(value.get_secret_value(), schemes):
            raise ValueError(f"is no address of a Redis; begin it with {', '.join(f'{s}://' for s in schemes)}")
        return value

    @field_validator("secured_key")
    @classmethod
    def _check_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                parse_key(value.get_secret_value())
            except SettingsError as error:
                raise ValueError(str(error).removeprefix("STORYFOLD_SECURED_KEY ")) from None
        return value

    @model_validator(mode="after")
    def _check_bounds(self) -> Settings:
        if self.poll_interval_min_seconds > self.poll_interval_max_seconds:
            raise ValueError("STORYFOLD_POLL_INTERVAL_MIN is greater than STORYFOLD_POLL_INTERVAL_MAX")
        return self

    def source_of(self, collection: str) -> str:
        """The CloudEvents ``source`` of a collection's events."""
        return self.event_source or f"/storyfold/{collection}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        environment: read in place of the process's variables and of ``.env``; None to read those.

    Raises:
        SettingsError: a value is wrong. The text is one line that names the variable.
    """
    try:
        if environment is None:
            # pydantic-settings reads .env by itself, but knows nothing of the _FILE variables in it
            given = {name: value for name, value in dotenv_values(".env").items() if value is not None}
            return Settings(**_secrets_from_files({**given, **os.environ}))
        values: dict[str, Any] = {**_secrets_from_files(environment), **_by_name(environment)}
        return _OnlyGiven(**values)
    except ValidationError as error:
        raise SettingsError(_one_line(error)) from None


class _OnlyGiven(Settings):
    """Settings from arguments alone."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read neither the process's environment nor ``.env``."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def _by_name(environment: Mapping[str, str]) -> dict[str, str]:
    """The given variables under the names that :class:`Settings` takes as arguments."""
    values = {}
    for field_name, info in Settings.model_fields.items():
        variable = variable_of(field_name)
        if environment.get(variable):
            values[variable if info.validation_alias else field_name] = environment[variable]
    return values


def _secrets_from_files(environment: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in SECRETS:
        path = environment.get(f"{PREFIX}{name}_FILE")
        if path and not environment.get(PREFIX + name):
            values[name.lower()] = _read_secret(name, path)
    return values


def _read_secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{PREFIX}{name}_FILE: cannot read {path}: {error}") from None


def variable_of(field_name: str) -> str:
    """The environment variable that sets an attribute of :class:`Settings`."""
    info = Settings.model_fields[field_name]
    if isinstance(info.validation_alias, AliasChoices):
        return str(info.validation_alias.choices[0])
    return PREFIX + field_name.upper()


def _is_redis_address(url: str, schemes: tuple[str, ...]) -> bool:
    """Whether a client could try to connect there. The path is the number of a database or a socket's place."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme in ("redis", "rediss"):
        database = parts.path.strip("/")
        return not database or (database.isascii() and database.isdigit())
    return parts.scheme in schemes and bool(parts.netloc or parts.path)


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    if not first["loc"]:
        return str(first["msg"]).removeprefix("Value error, ")
    name = str(first["loc"][0])
    variable = variable_of(name) if name in Settings.model_fields else name
    value = "" if variable.removeprefix(PREFIX) in SECRETS else f" (given: {first['input']!r})"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"{variable}: {message[0].lower()}{message[1:]}{value}"
