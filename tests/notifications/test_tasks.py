"""The workers' tasks: through the real broker, twice without effect, alive after anything."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction

from notifications import tasks
from notifications.domain import outbox
from notifications.models import Message
from tests.factories import MessageFactory, PersonFactory
from tests.harness.mail import Catcher

pytestmark = pytest.mark.django_db(transaction=True)
State = Message.State


def wait_for(happened: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def test_a_mail_goes_out_by_itself_after_the_commit(worker: Any, smtp: Catcher, mail_kinds: Any) -> None:
    person = PersonFactory()
    outbox._broker_away_until = 0.0
    with transaction.atomic():
        outbox.queue(kind="note", to=person, context={"words": "tea"}, dedupe_key="k")
    wait_for(lambda: bool(smtp.to(person.email)))
    wait_for(lambda: Message.objects.get().state == State.SENT)


def test_the_sweep_sends_what_nobody_rang_for_and_again_nothing(smtp: Catcher) -> None:
    MessageFactory.create_batch(3)
    tasks.sweep_outbox()
    assert len(smtp.messages) == 3
    tasks.sweep_outbox()
    for message in Message.objects.all():
        tasks.deliver(message.pk)
    assert len(smtp.messages) == 3


def test_a_task_for_a_mail_that_is_gone_does_nothing(smtp: Catcher) -> None:
    tasks.deliver(12345)
    assert smtp.messages == []


def test_a_second_sweep_steps_back_while_one_is_at_it(smtp: Catcher) -> None:
    """Held by another connection, as another worker would."""
    MessageFactory()
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [tasks.SWEEP_LOCK])
            tasks.sweep_outbox()
            assert smtp.messages == []
            cursor.execute("SELECT pg_advisory_unlock(%s)", [tasks.SWEEP_LOCK])
    finally:
        other.close()
    tasks.sweep_outbox()
    assert len(smtp.messages) == 1


def test_the_lock_is_let_go_even_after_an_error() -> None:
    with pytest.raises(LookupError), tasks.only_one(7_299) as alone:
        assert alone
        raise LookupError
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [7_299])
            assert cursor.fetchone() == (True,)
    finally:
        other.close()


def test_reminders_twice_are_reminders_once() -> None:
    tasks.send_reminders()
    before = Message.objects.count()
    tasks.send_reminders()
    assert Message.objects.count() == before


SENDER = """
import django; django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"], settings.EMAIL_HOST, settings.EMAIL_PORT = {name!r}, "127.0.0.1", {port}
from notifications.domain.delivery import deliver_due
deliver_due(seconds=60)
"""


@pytest.mark.slow
def test_workers_killed_at_random_lose_nothing_and_send_nothing_twice(smtp: Catcher, settings: Any) -> None:
    """kill -9, again and again, while mails go out; at most one mail is in doubt for each kill."""
    MessageFactory.create_batch(120)
    code = SENDER.format(name=connection.settings_dict["NAME"], port=settings.EMAIL_PORT)
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "ITHACA_VAR": str(settings.VAR_DIR),
    }
    kills = 0
    for round_ in range(4):
        sender = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=django_settings.BASE_DIR)
        aim = 20 * (round_ + 1)
        wait_for(lambda aim=aim: len(smtp.messages) >= aim)  # type: ignore[misc]
        sender.kill()
        sender.wait()
        kills += 1
        Message.objects.filter(lease_until__isnull=False).update(lease_until="2020-01-01T00:00Z")
    tasks.sweep_outbox()
    counts = {state: Message.objects.filter(state=state).count() for state in State.values}
    assert counts["sent"] + counts["uncertain"] == 120
    assert counts["uncertain"] <= kills
    ids = [mail["Message-ID"] for mail in smtp.messages]
    assert len(set(ids)) == len(ids) >= counts["sent"]
