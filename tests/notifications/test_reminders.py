"""Reminders: each once, when people work, several in one mail, and nothing stale."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection

from agreements.models import ActionPlan
from notifications import deadlines
from notifications.domain.delivery import deliver_due
from notifications.domain.preferences import set_preferences
from notifications.domain.reminders import queue_escalations, queue_reminders, refresh_reminder
from notifications.models import Message, Reminder
from people.models import Person
from tests.factories import CohortFactory, PersonFactory
from tests.harness.mail import Catcher
from tests.notifications.conftest import make_plan

pytestmark = pytest.mark.usefixtures("db", "plan_kind")
DUE = date(2026, 12, 3)  # a Thursday


def at(day: date, hour: int = 10, zone: str = "UTC", minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def before(days: int) -> date:
    return DUE - timedelta(days=days)


def plan(person: Person | None = None, due: date = DUE, **fields: Any) -> ActionPlan:
    values = {"starts_on": due - timedelta(days=60)} | fields
    return make_plan(person or PersonFactory(), due_on=due, **values)


def subjects() -> list[str]:
    return list(Message.objects.order_by("pk").values_list("subject", flat=True))


def run_through(start: date, days: int, *, hours: range = range(24), zone: str = "UTC") -> list[datetime]:
    """Let the task run each hour of some days; returns when it queued a mail."""
    queued = []
    for day in range(days):
        for hour in hours:
            moment = at(start + timedelta(days=day), hour, zone)
            with time_machine.travel(moment, tick=False):
                queued += [moment] * queue_reminders(moment)
    return queued


def test_each_reminder_comes_once_on_its_day_or_the_next_working_day() -> None:
    made = plan()
    queued = run_through(before(10), 40)
    # 7 days before is a Thursday, 1 day before a Wednesday, 3 days after a Sunday, 10 days after a Sunday.
    assert [moment.date() for moment in queued] == [before(7), before(1), before(-4), before(-11)]
    assert {moment.hour for moment in queued} == {9}
    assert subjects() == [
        f"Write plan {made.pk}: by 3 December 2026",
        f"Write plan {made.pk}: by 3 December 2026",
        f"Write plan {made.pk}: 4 days late",
        f"Write plan {made.pk}: 11 days late",
    ]
    # The reminder of three days after was due on the Sunday; so the ledger has four rows.
    assert Reminder.objects.filter(person=made.mentee).count() == 4


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("America/New_York", date(2026, 3, 12)),
        ("America/St_Johns", date(2026, 11, 5)),
        ("Europe/Paris", date(2026, 4, 2)),
        ("Asia/Kathmandu", date(2026, 4, 2)),
        ("Australia/Sydney", date(2026, 4, 9)),
        ("Pacific/Apia", date(2026, 12, 3)),
    ],
)
def test_it_is_between_nine_and_five_on_a_working_day_where_the_person_is(zone: str, due: date) -> None:
    """Also across the changes of clocks on 8 and 29 March, 5 April and 1 November 2026."""
    plan(PersonFactory(timezone=zone), due=due)
    queued = run_through(due - timedelta(days=9), 23)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in queued]
    assert len(local) == 4
    assert all(9 <= each.hour < 17 and each.isoweekday() <= 5 for each in local)
    assert local[0].date() == due - timedelta(days=7)


@pytest.mark.parametrize(("hour", "minute", "mails"), [(8, 59, 0), (9, 0, 1), (16, 59, 1), (17, 0, 0)])
def test_the_hours_are_exact(hour: int, minute: int, mails: int) -> None:
    plan(PersonFactory(timezone="Asia/Kathmandu"))
    assert queue_reminders(at(before(7), hour, "Asia/Kathmandu", minute)) == mails


def test_several_go_into_one_mail(smtp: Catcher) -> None:
    person = PersonFactory()
    first, second = plan(person), plan(person, due=DUE + timedelta(days=1))
    other = plan()
    third = plan(person, due=DUE + timedelta(days=30))
    # The second one's reminder is due the day after; both are caught up on then.
    assert queue_reminders(at(before(6))) == 2
    digest = Message.objects.get(recipient=person)
    assert digest.subject == "2 things wait for you"
    for each in (first, second):
        assert f"/plans/{each.pk}/" in digest.body
    for each in (other, third):
        assert f"/plans/{each.pk}/" not in digest.body
    assert digest.reminders.count() == 2


def test_the_words_are_the_persons_language_and_the_links_whole(settings: Any) -> None:
    person = PersonFactory(full_name="Zoë_Ba")
    made = plan(person)
    with time_machine.travel(at(before(7)), tick=False):
        queue_reminders()
    body = Message.objects.get().body
    assert f"[Write plan {made.pk}]({settings.BASE_URL}/plans/{made.pk}/)" in body
    assert "It is Zoë\\_Ba's." in body
    assert "in 7 days" in body


@pytest.mark.parametrize(
    ("offset", "words"),
    [(7, "in 7 days"), (1, "in 1 day"), (0, "due today"), (-1, "**1 day late**"), (-3, "**3 days late**")],
)
def test_how_far_it_is_is_said(offset: int, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    kind = deadlines.kinds()["plan"]
    monkeypatch.setattr(deadlines, "_kinds", {"plan": replace(kind, remind=(-offset,))})
    plan(due=date(2026, 12, 3) if offset >= 0 else date(2026, 12, 1))
    due = ActionPlan.objects.get().due_on
    moment = at(due - timedelta(days=offset))
    with time_machine.travel(moment, tick=False):
        queue_reminders(moment)
    assert words in " ".join(Message.objects.get().body.split())


def test_running_again_adds_nothing() -> None:
    plan()
    moment = at(before(7))
    assert [queue_reminders(moment) for _ in range(3)] == [1, 0, 0]
    assert queue_reminders(moment + timedelta(hours=3)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_remind_once() -> None:
    people = PersonFactory.create_batch(10)
    for person in people:
        plan(person)
    barrier, counts = threading.Barrier(3), []

    def run() -> None:
        barrier.wait()
        counts.append(queue_reminders(at(before(7))))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(counts) == 10
    assert Message.objects.count() == Reminder.objects.count() == 10


def test_after_days_away_there_is_one_mail_not_three() -> None:
    made = plan()
    with time_machine.travel(at(before(-5)), tick=False):
        assert queue_reminders() == 1
    assert subjects() == [f"Write plan {made.pk}: 5 days late"]
    assert Reminder.objects.count() == 3  # seven days before, one before, three after
    assert queue_reminders(at(before(-5), 15)) == 0


def test_what_is_long_past_is_not_dug_up() -> None:
    plan()
    assert queue_reminders(at(before(-10 - 15))) == 0
    assert not Reminder.objects.exists()


def test_a_reminder_from_before_it_opened_is_not_given() -> None:
    plan(starts_on=before(5))
    assert queue_reminders(at(before(3))) == 0
    assert queue_reminders(at(before(1))) == 1


def test_done_not_open_yet_or_gone_people_are_left_in_peace() -> None:
    plan(shared_at=datetime(2026, 11, 1, tzinfo=UTC))
    plan(starts_on=before(-5))
    plan(PersonFactory(is_active=False))
    near_miss = plan()
    assert queue_reminders(at(before(1))) == 1
    assert Message.objects.get().recipient == near_miss.mentee


def test_a_date_that_moves_is_reminded_of_anew() -> None:
    made = plan()
    queue_reminders(at(before(1)))
    made.due_on = DUE + timedelta(days=14)
    made.save()
    assert queue_reminders(at(before(-1))) == 0
    assert queue_reminders(at(DUE + timedelta(days=7))) == 1


def test_whoever_switched_them_off_gets_none_and_is_not_asked_again() -> None:
    person, other = PersonFactory(), PersonFactory()
    set_preferences(person=person, wanted={"reminder": False}, by=person)
    plan(person), plan(other)
    assert queue_reminders(at(before(7))) == 1
    assert Message.objects.get().recipient == other
    set_preferences(person=person, wanted={"reminder": True}, by=person)
    assert queue_reminders(at(before(7), 11)) == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_done_meanwhile_is_not_sent(smtp: Catcher) -> None:
    person, other = PersonFactory(), PersonFactory()
    done, left = plan(person), plan(person)
    alone = plan(other)
    queue_reminders(at(before(7)))
    ActionPlan.objects.filter(pk__in=[done.pk, alone.pk]).update(shared_at=datetime(2026, 11, 26, tzinfo=UTC))
    assert deliver_due(seconds=5) == 1
    (mail,) = smtp.messages
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f"/plans/{left.pk}/" in text
    assert f"/plans/{done.pk}/" not in text
    assert Message.objects.get(recipient=other).state == Message.State.DROPPED


def test_a_reminder_of_a_moved_date_is_dropped() -> None:
    made = plan()
    queue_reminders(at(before(7)))
    message = Message.objects.get()
    assert refresh_reminder(message)
    ActionPlan.objects.filter(pk=made.pk).update(due_on=DUE + timedelta(days=9))
    assert not refresh_reminder(message)


@pytest.fixture
def managers(monkeypatch: pytest.MonkeyPatch) -> list[Person]:
    found: list[Person] = []
    monkeypatch.setattr(deadlines, "_escalations", [])
    deadlines.register_escalation(lambda _cohort_id: found, lambda _cohort_id: ("Cohort 2026", "/desk/x/y/"))
    return found


def test_managers_hear_once_of_what_is_long_late(managers: list[Person], settings: Any) -> None:
    managers += [PersonFactory(), PersonFactory(timezone="Asia/Tokyo")]
    cohort = CohortFactory()
    plans = [plan(PersonFactory(full_name=name), cohort=cohort) for name in ("Ann Lee", "Bo Ray")]
    plan(due=DUE + timedelta(days=5), cohort=cohort)
    moment = at(DUE + timedelta(days=15))
    assert queue_escalations(moment - timedelta(days=3)) == 0
    assert queue_escalations(moment) == 1, "in Tokyo it is evening"
    assert queue_escalations(moment + timedelta(minutes=15)) == 0
    message = Message.objects.get()
    assert (message.recipient, message.cohort_id) == (managers[0], cohort.pk)
    assert message.subject == "Cohort 2026: 2 things are long overdue"
    assert "Ann Lee" in message.body
    assert "Bo Ray" in message.body
    assert f"{settings.BASE_URL}/desk/x/y/" in message.body
    assert plans[0].mentee_id != plans[1].mentee_id


def test_nobody_is_told_of_their_own_and_each_cohort_has_its_own_mail(managers: list[Person]) -> None:
    manager = PersonFactory()
    managers.append(manager)
    plan(manager)
    assert queue_escalations(at(DUE + timedelta(days=15))) == 0
    plan(), plan()
    assert queue_escalations(at(DUE + timedelta(days=15))) == 2


def test_done_or_ancient_ones_are_not_escalated(managers: list[Person]) -> None:
    managers.append(PersonFactory())
    plan(shared_at=datetime(2026, 12, 9, tzinfo=UTC))
    plan(due=DUE - timedelta(days=60))
    assert queue_escalations(at(DUE + timedelta(days=15))) == 0


def test_without_managers_nothing_is_escalated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_escalations", [])
    plan()
    assert queue_escalations(at(DUE + timedelta(days=15))) == 0
