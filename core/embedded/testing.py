"""The services of a test run: shared by its processes, fast rather than durable."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.places import Addresses, addresses
from core.embedded.services import running


def test_lane() -> int:
    """Which pair of Valkey databases is this test process's."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 29 + 2


@contextmanager
def test_services(var: Path) -> Iterator[Addresses]:
    """Hold the services for a test process; the first one starts them, the last one stops them.

    With DATABASE_URL and REDIS_URL set, those are used and nothing starts.
    """
    if os.environ.get("DATABASE_URL") and (redis := os.environ.get("REDIS_URL")):
        yield Addresses(os.environ["DATABASE_URL"], redis, redis)
        return
    with running(var, durable=False):
        yield addresses(var, lane=test_lane())


# Not tests, whatever their names say to pytest.
test_lane.__test__ = test_services.__test__ = False  # type: ignore[attr-defined]
