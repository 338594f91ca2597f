"""docker-compose.yml and Dockerfile against the code: what one names must be what the other knows.

Whether they run is told by tests/docker/run, where there is Docker.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.settings import SECRETS, Settings, load_settings, variable_of
from worker.cli.roles import QUEUES
from worker.web.bind import read_bind

ROLES = {"worker", "fetcher", "beat", "watcher", "web"}
NOT_FOR_COMPOSE = {"STORYFOLD_CONFIG_DIR"}
"""A folder that has to be mounted first."""
ONLY_FOR_WEB = {"STORYFOLD_WEB_BIND", "STORYFOLD_WEB_TOKEN"}


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
        not_for_it = NOT_FOR_COMPOSE if role == "web" else NOT_FOR_COMPOSE | ONLY_FOR_WEB
        assert set(services[role]["environment"]) == known - not_for_it, role


def test_every_queue_has_a_worker(services: dict[str, Any]) -> None:
    commands = [services[role]["command"] for role in ROLES if services[role]["command"][0] == "worker"]
    served = [name for command in commands for name in command[command.index("--queues") + 1].split(",")]
    assert sorted(served) == sorted(QUEUES)


@pytest.mark.parametrize("service", sorted(ROLES | {"redis", "drop-folder"}))
def test_no_service_can_change_its_image_or_gain_rights(services: dict[str, Any], service: str) -> None:
    assert services[service]["read_only"] is True
    assert services[service]["cap_drop"] == ["ALL"]
    assert services[service]["security_opt"] == ["no-new-privileges:true"]
    assert ("ports" in services[service]) == (service == "web")


def test_nothing_has_to_be_set_for_compose_up(services: dict[str, Any], project_root: Path) -> None:
    """The web role cannot start without a token, so it has to be asked for; a variable that must be set would stop
    compose even then."""
    with_profile = {name for name, service in services.items() if "profiles" in service}
    assert with_profile == {"web"}
    text = (project_root / "docker-compose.yml").read_text(encoding="utf-8")
    assert "?" not in "".join(line.partition("#")[0] for line in text.splitlines())


def test_web_is_reached_from_this_machine_and_writes_nothing(services: dict[str, Any]) -> None:
    web = services["web"]
    assert [port.rpartition(":")[0].rpartition(":")[0].partition(":")[0] for port in web["ports"]] == ["127.0.0.1"]
    assert [volume.rpartition(":")[2] for volume in web["volumes"]] == ["ro"]
    port = read_bind(load_settings({"STORYFOLD_WEB_BIND": web["environment"]["STORYFOLD_WEB_BIND"]})).port
    assert web["ports"][0].endswith(f":{port}")
    assert f":{port}/healthz" in web["healthcheck"]["test"][-1]


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
