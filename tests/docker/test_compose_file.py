"""docker-compose.yml and Dockerfile against the code: what one names must be what the other knows.

Whether they run is told by tests/docker/run, where there is Docker.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import SECRETS, Settings, variable_of
from worker.cli.roles import QUEUES

ROLES = {"worker", "fetcher", "beat", "watcher"}
NOT_FOR_COMPOSE = {"STORYFOLD_CONFIG_DIR", "STORYFOLD_WEB_BIND", "STORYFOLD_WEB_TOKEN"}
"""A folder that has to be mounted first, and settings of a role that compose does not run."""


@pytest.fixture(scope="module")
def services(project_root: Path) -> dict[str, Any]:
    """The services as YAML gives them, merged."""
    file = yaml.safe_load((project_root / "docker-compose.yml").read_text(encoding="utf-8"))
    assert isinstance(file, dict)
    services: dict[str, Any] = file["services"]
    assert services.keys() == ROLES | {"redis", "drop-folder"}
    return services


def test_every_setting_can_be_given_to_the_roles(services: dict[str, Any]) -> None:
    """A new setting that compose does not hand on would be ignored without a word."""
    known = {variable_of(name) for name in Settings.model_fields}
    for role in ROLES:
        assert set(services[role]["environment"]) == known - NOT_FOR_COMPOSE, role


def test_every_queue_has_a_worker(services: dict[str, Any]) -> None:
    commands = [services[role]["command"] for role in ROLES if services[role]["command"][0] == "worker"]
    served = [name for command in commands for name in command[command.index("--queues") + 1].split(",")]
    assert sorted(served) == sorted(QUEUES)


@pytest.mark.parametrize("service", sorted(ROLES | {"redis", "drop-folder"}))
def test_no_service_can_change_its_image_or_gain_rights(services: dict[str, Any], service: str) -> None:
    assert services[service]["read_only"] is True
    assert services[service]["cap_drop"] == ["ALL"]
    assert services[service]["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in services[service]


def test_only_the_drop_folder_step_runs_our_image_as_root(services: dict[str, Any]) -> None:
    for role in ROLES:
        assert services[role]["user"] == "${CONTAINER_UID:-1000}:${CONTAINER_GID:-1000}"
    assert services["drop-folder"]["cap_add"] == ["CHOWN"]
    assert services["drop-folder"]["network_mode"] == "none"


def test_no_secret_has_a_value_in_the_file(services: dict[str, Any]) -> None:
    for role in ROLES:
        given = {name for name, value in services[role]["environment"].items() if value is not None}
        assert not given & {f"STORYFOLD_{name}" for name in SECRETS} - {"STORYFOLD_REDIS_URL"}


def test_redis_keeps_everything(services: dict[str, Any]) -> None:
    command = services["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--appendonly"] == "yes"
    assert options["--appendfsync"] == "everysec"
    assert options["--maxmemory-policy"] == "noeviction"
    assert services["redis"]["volumes"] == [f"redis:{options['--dir']}"]


def test_the_image_gets_the_packages_and_nothing_else(project_root: Path) -> None:
    project = tomllib.loads((project_root / "pyproject.toml").read_text(encoding="utf-8"))
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    lines = (project_root / ".dockerignore").read_text(encoding="utf-8").splitlines()
    allowed = {line[1:] for line in lines if line.startswith("!")}
    assert "*" in lines
    assert allowed == packages | {"pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
