"""The union of all deadlines."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agreements.models import ActionPlan
from notifications import deadlines
from notifications.deadlines import DeadlineKind
from notifications.queries import behind, board, done_for, in_words, open_for
from tests.factories import CohortFactory, MentorshipFactory, PersonFactory
from tests.notifications.conftest import make_plan, plan_rows, plan_words

pytestmark = pytest.mark.usefixtures("db", "plan_kind")
Counter = Callable[[], AbstractContextManager[CaptureQueriesContext]]
TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("UTC"))


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def plan(person: Any, due: int, opened: int = -30, **fields: Any) -> ActionPlan:
    """Due in `due` days, open since `opened` days."""
    return make_plan(
        person, due_on=TODAY + timedelta(days=due), starts_on=TODAY + timedelta(days=opened), **fields
    )


def test_open_ones_come_by_date_and_only_ones_own() -> None:
    person = PersonFactory()
    later, late = plan(person, 5), plan(person, -2)
    plan(PersonFactory(), 1)
    plan(person, 1, shared_at=NOON)
    plan(person, 60, opened=1)
    assert [(row.object_id, row.person_id) for row in open_for(person)] == [
        (late.pk, person.pk),
        (later.pk, person.pk),
    ]


def test_a_row_has_its_dates_in_the_cohorts_zone() -> None:
    person = PersonFactory()
    cohort = CohortFactory(timezone="Pacific/Apia")
    made = plan(person, 0, cohort=cohort)
    (row,) = open_for(person)
    assert (row.kind, row.cohort_id, row.occurrence, row.done_at) == ("plan", cohort.pk, "", None)
    assert (row.due_on, row.opens_on) == (made.due_on, made.mentorship.starts_on)
    assert row.due_at == datetime(2026, 11, 24, tzinfo=ZoneInfo("Pacific/Apia"))
    assert in_words([row])[0].late, "in Apia the day is over already"


def test_done_ones_come_latest_first() -> None:
    person = PersonFactory()
    first, second = plan(person, 5, shared_at=NOON - timedelta(days=2)), plan(person, 1, shared_at=NOON)
    plan(person, 1)
    assert [row.object_id for row in done_for(person)] == [second.pk, first.pk]
    assert [row.object_id for row in done_for(person, limit=1)] == [second.pk]


def test_behind_is_what_is_late_in_this_cohort() -> None:
    cohort = CohortFactory()
    very, bit = plan(PersonFactory(), -9, cohort=cohort), plan(PersonFactory(), -1, cohort=cohort)
    plan(PersonFactory(), 0, cohort=cohort)
    plan(PersonFactory(), -9)
    assert [row.object_id for row in behind(cohort.pk)] == [very.pk, bit.pk]
    assert [row.object_id for row in behind(cohort.pk, kind="plan", limit=1)] == [very.pk]
    assert behind(cohort.pk, kind="other") == []


def test_the_board_counts_each_kind() -> None:
    cohort = CohortFactory()
    for due, shared in ((-3, None), (-1, None), (3, None), (30, None), (-5, NOON), (5, NOON)):
        plan(PersonFactory(), due, cohort=cohort, shared_at=shared)
    plan(PersonFactory(), -3)
    plan(PersonFactory(), 60, opened=30, cohort=cohort)
    (line,) = board(cohort.pk)
    assert (line.kind, line.label) == ("plan", "Action plan")
    assert (line.open, line.late, line.soon, line.done, line.done_late) == (4, 2, 1, 2, 1)


def test_kinds_join_and_one_without_rows_does_not_hurt() -> None:
    deadlines.register(DeadlineKind("none", "None", lambda: plan_rows().none(), plan_words))

    def twice() -> Any:
        from django.db.models import CharField, Value

        return plan_rows().annotate(kind=Value("again", output_field=CharField()))

    person = PersonFactory()
    plan(person, 3)
    deadlines.register(DeadlineKind("again", "Again", twice, plan_words))
    assert [row.kind for row in open_for(person)] == ["again", "plan"]
    assert [task.wording.verb for task in in_words(open_for(person))] == [
        f"Write plan {ActionPlan.objects.get().pk}"
    ] * 2
    assert [line.kind for line in board(ActionPlan.objects.get().mentorship.cohort_id)] == ["plan", "again"]


def test_without_any_kind_there_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "_kinds", {})
    person = PersonFactory()
    assert (open_for(person), done_for(person), board(1), in_words([])) == ([], [], [], [])


def test_what_has_no_words_any_more_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    person = PersonFactory()
    gone, kept = plan(person, 1), plan(person, 2)
    rows = open_for(person)
    words = {(kept.pk, "", person.pk): plan_words(rows)[(kept.pk, "", person.pk)]}
    monkeypatch.setattr(
        deadlines, "_kinds", {"plan": DeadlineKind("plan", "P", plan_rows, lambda _rows: words)}
    )
    assert [task.deadline.object_id for task in in_words(rows)] == [kept.pk]
    assert gone.pk in [row.object_id for row in rows]


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ValueError, match="plan"):
        deadlines.register(DeadlineKind("plan", "Again", plan_rows, plan_words))


def test_queries_do_not_grow(count_queries: Counter) -> None:
    person, mentorships = PersonFactory(), MentorshipFactory.create_batch(30)
    counted = []
    for some in (mentorships[:1], mentorships[1:]):
        for mentorship in some:
            make_plan(person, mentorship=mentorship)
        with count_queries() as queries:
            in_words([*open_for(person), *done_for(person)])
        counted.append(len(queries))
    assert counted[0] == counted[1] == 3


@pytest.mark.parametrize(
    "zone", ["Europe/Paris", "America/New_York", "Australia/Sydney", "Asia/Kathmandu", "Pacific/Apia"]
)
def test_a_day_ends_at_its_own_midnight_through_the_change_of_clocks(zone: str) -> None:
    person = PersonFactory()
    for day in (date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 10, 4), date(2026, 11, 1)):
        cohort = CohortFactory(timezone=zone)
        make_plan(person, cohort=cohort, starts_on=TODAY - timedelta(days=300), due_on=day)
        row = next(row for row in open_for(person) if row.cohort_id == cohort.pk)
        local = row.due_at.astimezone(ZoneInfo(zone))
        assert (local.date(), local.hour) == (day + timedelta(days=1), 0)
        with time_machine.travel(row.due_at - timedelta(seconds=1), tick=False):
            assert not in_words([row])[0].late
        with time_machine.travel(row.due_at, tick=False):
            assert timezone.now() == row.due_at
            assert in_words([row])[0].late
