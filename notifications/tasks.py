"""What the workers run. Each task takes ids, can run twice, and leaves the work to the domain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import connection

from notifications.domain import delivery, reminders

SWEEP_SECONDS = 50
SWEEP_LOCK, REMINDER_LOCK = 7_201, 7_202


@shared_task
def deliver(message_id: int) -> None:
    """The doorbell: a mail may be due."""
    delivery.deliver_one(message_id)


@shared_task
def sweep_outbox() -> None:
    """Settle what dead workers left and deliver all that is due, rung for or not."""
    with only_one(SWEEP_LOCK) as alone:
        if alone:
            delivery.recover()
            delivery.deliver_due(seconds=SWEEP_SECONDS)


@shared_task
def send_reminders() -> None:
    """Queue the reminders and escalations whose day has come."""
    with only_one(REMINDER_LOCK) as alone:
        if alone:
            reminders.queue_reminders()
            reminders.queue_escalations()


@contextmanager
def only_one(key: int) -> Iterator[bool]:
    """Whether no other worker is at it. This saves work; what must not happen twice is kept by the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        alone = bool(cursor.fetchone()[0])
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
