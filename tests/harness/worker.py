"""Celery in tests: the real broker and a real worker in a thread."""

from collections.abc import Iterator

import pytest
from celery.contrib.testing.worker import start_worker
from celery.worker import WorkController

from config.celery import app


@pytest.fixture
def worker(transactional_db: None, services: None) -> Iterator[WorkController]:
    """A worker that takes tasks from this process's own broker database while the test runs."""
    app.control.purge()
    with start_worker(app, perform_ping_check=False, shutdown_timeout=20) as controller:
        yield controller
    app.control.purge()
