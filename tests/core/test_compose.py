"""The containers run what runs without them: every command, name and check in docker-compose.yml is real."""

import os
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = {name: service for name, service in COMPOSE.items() if service.get("image") == "ithaca"}
SETTINGS = "\n".join(
    (ROOT / "config" / "settings" / f"{name}.py").read_text() for name in ("base", "production")
)
SECRETS = {
    "SECRET_KEY": "s" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz",
    "LINK_KEY": "l" * 60,
    "SEAL_KEYS": "dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtdGU=",
    "POSTGRES_PASSWORD": "p",
    "ALLOWED_HOSTS": "mentoring.example.org",
    "BASE_URL": "https://mentoring.example.org",
}


def filled(value: str, given: dict[str, str]) -> str:
    """As Compose does: ${NAME}, ${NAME:-default}, ${NAME:?message}."""

    def one(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        if name not in given and default is None:
            raise KeyError(name)
        return given.get(name, default or "")

    return re.sub(r"\$\{(?P<name>[A-Z_]+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", one, value)


def environment(service: dict[str, Any]) -> dict[str, str]:
    return {name: filled(str(value), SECRETS) for name, value in service["environment"].items()}


def test_the_services() -> None:
    assert set(COMPOSE) == {"web", "worker", "beat", "migrate", "postgres", "redis", "mail"}
    assert set(OURS) == {"web", "worker", "beat", "migrate"}


@pytest.mark.parametrize("name", OURS)
def test_each_command_exists(name: str) -> None:
    command = OURS[name]["command"]
    assert shutil.which(command[0], path=str(Path(sys.executable).parent)) is not None
    if command[0] == "gunicorn":
        assert command[1] == "config.wsgi"
        assert callable(import_module("config.wsgi").application)
    elif command[0] == "celery":
        assert command[1:3] == ["-A", "config"]
        assert command[3] in {"worker", "beat"}
        assert import_module("config").celery_app.main == "ithaca"
    else:
        assert command[:2] == ["python", "manage.py"]
        assert command[2] in get_commands()


def test_they_are_the_commands_that_run_without_docker() -> None:
    """Up to options that depend on the place."""
    from core.management.serve import _programs

    class Door:
        def fileno(self) -> int:
            return 3

    plain = {program.name: list(program.command) for program in _programs(Door())}  # type: ignore[arg-type]
    for name in ("web", "worker", "beat"):
        docker = [word for word in OURS[name]["command"] if word not in {"0.0.0.0:8000", "info"}]
        assert [word for word in docker if word not in plain[name]] == []


@pytest.mark.parametrize("name", OURS)
def test_each_name_is_one_that_the_settings_read(name: str) -> None:
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', SETTINGS))
    assert set(OURS[name]["environment"]) - read == set()


def test_everything_that_production_demands_is_given() -> None:
    production = (ROOT / "config" / "settings" / "production.py").read_text()
    demanded = set(re.findall(r'env\.\w+\("([A-Z_]+)", validate=given\)', production))
    assert demanded
    assert demanded - set(OURS["web"]["environment"]) == set()


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "LINK_KEY", "SEAL_KEYS", "POSTGRES_PASSWORD", "ALLOWED_HOSTS"]
)
def test_no_secret_has_a_default(name: str) -> None:
    given = {key: value for key, value in SECRETS.items() if key != name}
    with pytest.raises(KeyError, match=name):
        for value in OURS["web"]["environment"].values():
            filled(str(value), given)


def test_the_example_names_every_secret() -> None:
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named == set(SECRETS)


def test_every_running_service_of_ours_and_both_stores_are_checked() -> None:
    checked = {name for name, service in COMPOSE.items() if "healthcheck" in service}
    assert checked == {"web", "worker", "beat", "postgres", "redis"}
    for name in ("web", "worker", "beat"):
        script, argument = COMPOSE[name]["healthcheck"]["test"][2:]
        assert (ROOT / script).is_file()
        assert f"!{script}" in (ROOT / ".dockerignore").read_text().splitlines()
        assert argument == name


def test_nothing_starts_before_the_migrations() -> None:
    waits = {name: service["depends_on"].get("migrate", {}) for name, service in OURS.items()}
    done = {"condition": "service_completed_successfully"}
    assert waits == {"web": done, "worker": done, "beat": done, "migrate": {}}
    assert OURS["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert OURS["migrate"]["restart"] == "no"


def test_the_queue_survives_a_restart() -> None:
    assert COMPOSE["redis"]["command"][1:3] == ["--appendonly", "yes"]
    assert COMPOSE["redis"]["volumes"] == ["redis:/data"]


def test_no_port_is_open_to_the_network() -> None:
    ports = [port for service in COMPOSE.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:${PORT:-8000}:8000", "127.0.0.1:8025:8025"]


def test_production_settings_accept_the_environment_and_pass_the_deployment_checks(tmp_path: Path) -> None:
    given = environment(OURS["web"]) | {"ITHACA_VAR": str(tmp_path), "PATH": os.environ["PATH"]}
    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=given | {"DJANGO_SETTINGS_MODULE": "config.settings.production"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


def test_every_app_is_in_the_image() -> None:
    from django.conf import settings

    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    own = {
        app.partition(".")[0] for app in settings.INSTALLED_APPS if (ROOT / app.partition(".")[0]).is_dir()
    }
    assert own - kept == set()
