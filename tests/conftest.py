"""The harness: real services, strict from the first test."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from django.core.cache import cache
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytest_plugins = [
    "tests.harness.database",
    "tests.harness.strict",
    "tests.harness.mail",
    "tests.harness.worker",
]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """After the shuffle the long tests go first, so that no core waits for the other one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(autouse=True)
def clean_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """No test sees what another left in the cache."""
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()


@pytest.fixture
def login(client: Client) -> Callable[..., Client]:
    """`login(person)` gives the client with that person signed in."""

    def signed_in(person: object) -> Client:
        client.force_login(person)  # type: ignore[arg-type]
        return client

    return signed_in


@pytest.fixture
def count_queries() -> Callable[[], AbstractContextManager[CaptureQueriesContext]]:
    """`with count_queries() as counted: ...; len(counted)`."""
    from django.db import connection

    return lambda: CaptureQueriesContext(connection)
