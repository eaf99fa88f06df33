"""Alive, and ready to serve."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port at which nobody answers: bound, never listened at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def from_a_new_connection(path: str) -> HttpResponse:
    """Asked in another thread, which has no connection yet."""

    def ask() -> Any:
        try:
            return Client().get(path)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()


@pytest.fixture
def database_away(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    away = connections.settings["default"] | {"HOST": "127.0.0.1", "PORT": str(closed_port)}
    monkeypatch.setitem(connections.settings, "default", away)


@pytest.fixture
def broker_away(closed_port: int, settings: Any) -> None:
    away = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{closed_port}/0"}
    settings.CACHES = {"default": away}


def test_ready_when_both_answer() -> None:
    response = from_a_new_connection("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ok", "database": True, "redis": True})


@pytest.mark.usefixtures("database_away")
def test_not_ready_without_the_database() -> None:
    response = from_a_new_connection("/readyz")
    assert (response.status_code, response.json()) == (
        503,
        {"status": "unavailable", "database": False, "redis": True},
    )


@pytest.mark.usefixtures("broker_away")
def test_not_ready_without_the_broker() -> None:
    response = from_a_new_connection("/readyz")
    assert (response.status_code, response.json()) == (
        503,
        {"status": "unavailable", "database": True, "redis": False},
    )


@pytest.mark.usefixtures("database_away", "broker_away")
def test_alive_all_the_same() -> None:
    response = from_a_new_connection("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_is_only_read_and_never_kept(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
    assert client.head(path).status_code == 200
    assert "no-store" in client.get(path)["Cache-Control"]
