"""History needs a past: domain verbs that run inside `at(moment)` take that moment for now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time

from django.utils import timezone


@contextmanager
def at(day: date, hour: int = 15) -> Iterator[None]:
    """Let it be this day, at an hour of UTC."""
    moment = datetime.combine(day, time(hour), UTC)
    real = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = real
