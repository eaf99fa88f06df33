"""Dates move cohorts, each in its own time zone."""

from datetime import date
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections

from core.models import AuditEvent
from programs.domain.advance import LOCK, advance_cohorts
from programs.models import Cohort
from programs.tasks import advance_cohorts as task
from tests.factories import CohortFactory, OfferFactory

State = Cohort.State
DAYS = {
    "call_opens_on": date(2027, 1, 11),
    "call_closes_on": date(2027, 2, 8),
    "starts_on": date(2027, 3, 1),
    "ends_on": date(2028, 2, 28),
}


def cohort(state: str, zone: str = "UTC", **fields: Any) -> Cohort:
    made = CohortFactory(state=state, timezone=zone, **{**DAYS, **fields})
    OfferFactory(cohort=made)
    return made


def states(*made: Cohort) -> list[str]:
    return [Cohort.objects.get(pk=one.pk).state for one in made]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "last", "first", "after"),
    [
        (State.DRAFT, "2027-01-10T23:59:59Z", "2027-01-11T00:00:00Z", State.CALL_OPEN),
        (State.CALL_OPEN, "2027-02-08T23:59:59Z", "2027-02-09T00:00:00Z", State.SELECTING),
        (State.RUNNING, "2028-02-28T23:59:59Z", "2028-02-29T00:00:00Z", State.CLOSING),
    ],
)
def test_a_cohort_moves_at_midnight_and_not_before(before: str, last: str, first: str, after: str) -> None:
    made = cohort(before)
    with time_machine.travel(last, tick=False):
        assert (advance_cohorts(), states(made)) == (0, [before])
    with time_machine.travel(first, tick=False):
        assert (advance_cohorts(), states(made)) == (1, [after])
        assert (advance_cohorts(), states(made)) == (0, [after])
    assert list(AuditEvent.objects.values_list("actor_kind", "target_id")) == [("system", made.pk)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "open_in"),
    [
        ("2027-01-10T09:59:00Z", []),
        ("2027-01-10T10:01:00Z", ["Pacific/Kiritimati"]),
        ("2027-01-10T23:30:00Z", ["Pacific/Kiritimati", "Europe/Paris"]),
        ("2027-01-11T05:01:00Z", ["Pacific/Kiritimati", "Europe/Paris", "America/New_York"]),
        (
            "2027-01-11T10:01:00Z",
            ["Pacific/Kiritimati", "Europe/Paris", "America/New_York", "Pacific/Honolulu"],
        ),
    ],
)
def test_each_cohort_opens_at_its_own_midnight(moment: str, open_in: list[str]) -> None:
    zones = ["Pacific/Kiritimati", "Europe/Paris", "America/New_York", "Pacific/Honolulu"]
    for zone in zones:
        cohort(State.DRAFT, zone)
    with time_machine.travel(moment, tick=False):
        advance_cohorts()
    opened = set(Cohort.objects.filter(state=State.CALL_OPEN).values_list("timezone", flat=True))
    assert opened == set(open_in)


@pytest.mark.django_db
def test_what_needs_people_waits_for_them() -> None:
    made = [cohort(state) for state in (State.SELECTING, State.MATCHING, State.CLOSING, State.CLOSED)]
    with time_machine.travel("2029-01-01T00:00:00Z", tick=False):
        assert advance_cohorts() == 0
    assert states(*made) == [State.SELECTING, State.MATCHING, State.CLOSING, State.CLOSED]


@pytest.mark.django_db
def test_a_draft_whose_call_is_over_stays_a_draft() -> None:
    made = cohort(State.DRAFT)
    with time_machine.travel("2027-02-09T00:00:00Z", tick=False):
        assert advance_cohorts() == 0
    assert states(made) == [State.DRAFT]


@pytest.mark.django_db
def test_a_cohort_that_cannot_move_does_not_hold_up_the_others() -> None:
    without_places = CohortFactory(state=State.DRAFT, **DAYS)
    ready = cohort(State.DRAFT)
    with time_machine.travel("2027-01-12T00:00:00Z", tick=False):
        assert advance_cohorts() == 1
    assert states(without_places, ready) == [State.DRAFT, State.CALL_OPEN]


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_at_once_one_does_nothing() -> None:
    made = cohort(State.DRAFT)
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            with time_machine.travel("2027-01-12T00:00:00Z", tick=False):
                assert (advance_cohorts(), states(made)) == (0, [State.DRAFT])
                other.rollback()
                assert (advance_cohorts(), states(made)) == (1, [State.CALL_OPEN])
    finally:
        other.close()


@pytest.mark.django_db
def test_the_task_is_on_the_schedule_and_does_the_work() -> None:
    assert {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()} >= {task.name}
    made = cohort(State.DRAFT)
    with time_machine.travel("2027-01-12T00:00:00Z", tick=False):
        task()
    assert states(made) == [State.CALL_OPEN]
    assert connection.in_atomic_block
