"""Settings: defaults that work, and one line for a wrong value."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings, load_settings, variable_of
from storyfold.errors import SettingsError


def test_every_setting_has_a_default() -> None:
    settings = load_settings({})

    assert settings.redis_url is None
    assert settings.drop_dir == settings.data_dir / "drop"
    assert (settings.poll_interval_min_seconds, settings.poll_interval_max_seconds) == (3600, 86400)


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORYFOLD_POLL_INTERVAL_MIN", "5")
    (tmp_path / ".env").write_text("STORYFOLD_COLLECTION=tech\nOTHER=1\n", encoding="utf-8")

    settings = load_settings()

    assert (settings.poll_interval_min_seconds, settings.collection) == (5, "tech")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("STORYFOLD_POLL_INTERVAL_MIN", "soon"),
        ("STORYFOLD_POLL_INTERVAL_DEFAULT", "-1"),
        ("STORYFOLD_COLLECTION", "Two Words"),
        ("STORYFOLD_FIRST_POLL", "some"),
        ("STORYFOLD_FOLD_THRESHOLD", "1.5"),
        ("STORYFOLD_LOG_FORMAT", "xml"),
        ("STORYFOLD_FETCH_MAX_BYTES", "0"),
        ("STORYFOLD_WEB_BIND", "nowhere"),
        ("STORYFOLD_REDIS_URL", "localhost"),
        ("STORYFOLD_REDIS_URL", "http://localhost:6379/0"),
        ("STORYFOLD_REDIS_URL", "redis://localhost:port/0"),
        ("STORYFOLD_REDIS_URL", "redis://localhost/news"),
        ("STORYFOLD_BROKER_URL", "amqp://localhost"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({variable: value})

    assert str(caught.value).startswith(variable)
    assert "\n" not in str(caught.value)


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(SettingsError, match="STORYFOLD_POLL_INTERVAL_MIN"):
        load_settings({"STORYFOLD_POLL_INTERVAL_MIN": "10", "STORYFOLD_POLL_INTERVAL_MAX": "5"})


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("redis://:pw@h/0\n", encoding="utf-8")

    settings = load_settings({"STORYFOLD_REDIS_URL_FILE": str(tmp_path / "url")})

    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://:pw@h/0"


def test_a_secret_file_may_be_named_in_dot_env(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands read the same secrets as the roles, which get what .env says as their environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STORYFOLD_REDIS_URL", raising=False)
    (tmp_path / "url").write_text("redis://:pw@h/0\n", encoding="utf-8")
    (tmp_path / ".env").write_text("STORYFOLD_REDIS_URL_FILE=url\n", encoding="utf-8")

    settings = load_settings()

    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://:pw@h/0"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="STORYFOLD_WEB_TOKEN_FILE"):
        load_settings({"STORYFOLD_WEB_TOKEN_FILE": str(tmp_path / "missing")})


def test_no_message_and_no_repr_shows_a_secret() -> None:
    key = "5e" * 32
    settings = load_settings({"STORYFOLD_REDIS_URL": "redis://:hush@h/0", "STORYFOLD_SECURED_KEY": key})

    assert "hush" not in repr(settings)
    assert key not in repr(settings)


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_setting_has_a_variable_and_a_sentence(name: str) -> None:
    assert variable_of(name).startswith("STORYFOLD_")
    assert Settings.model_fields[name].description


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STORYFOLD_LOG_LEVEL", "")

    assert load_settings().log_level == "info"
    assert load_settings({"STORYFOLD_LOG_LEVEL": ""}).log_level == "info"
