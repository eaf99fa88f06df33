"""One migrated template database, cloned for each test process: cloning takes a tenth of migrating."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection, connections, transaction

from core.embedded.testing import test_services

VACUUM_EVERY = 100  # tests
_own: dict[str, Any] = {}  # how to reach this process's database
_ended = count(1)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Give back what tests have rolled back, so that tables stay as small as they look."""
    if next(_ended) % VACUUM_EVERY == 0 and _own:
        with psycopg.connect(**_own, autocommit=True) as maintenance:
            maintenance.execute("VACUUM")


def _migrations_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(settings.BASE_DIR).glob("*/migrations/*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _use(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = name


def _template(admin: psycopg.Connection[tuple[object, ...]]) -> str:
    name = f"ithaca_template_{_migrations_digest()}"
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        admin.execute(f"DROP DATABASE IF EXISTS {name}_raw")
        admin.execute(f"CREATE DATABASE {name}_raw")
        _use(f"{name}_raw")
        call_command("migrate", verbosity=0)
        connections.close_all()
        admin.execute(f"ALTER DATABASE {name}_raw RENAME TO {name}")
    return name


@pytest.fixture(scope="session")
def services() -> Iterator[None]:
    """PostgreSQL and Valkey for the whole run."""
    with test_services(settings.VAR_DIR):
        yield


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Replaces pytest-django's: clone the template for this process."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    own, real = f"ithaca_test_{worker}_{os.getpid()}", connection.settings_dict["NAME"]
    conninfo = {
        key: value
        for key, value in connection.get_connection_params().items()
        if key in {"host", "port", "user", "password"}
    }
    with psycopg.connect(dbname="postgres", autocommit=True, **conninfo) as admin:
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            with _one_at_a_time(Path(settings.VAR_DIR) / "template.lock"):
                template = _template(admin)
                admin.execute(f"CREATE DATABASE {own} TEMPLATE {template}")
            _use(own)
        _own.update(conninfo, dbname=own)
        yield  # a test that has not asked for the database is kept out of it
        _own.clear()
        with django_db_blocker.unblock():  # type: ignore[attr-defined]
            _use(real)
        admin.execute(f"DROP DATABASE IF EXISTS {own} WITH (FORCE)")


@pytest.fixture(scope="module")
def lasting_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[Callable[..., Any]]:
    """`lasting_db(build)` gives what it builds to all of a module's tests, none of which may ask for transactions.

    They run in savepoints above it; `copy.deepcopy` of it keeps one from seeing what another did to its objects.
    """
    around = transaction.atomic()

    def built(build: Callable[[], Any]) -> Any:
        with django_db_blocker.unblock():
            return build()

    with django_db_blocker.unblock():
        around.__enter__()
    yield built
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)
