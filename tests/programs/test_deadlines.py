"""What managers owe their cohorts."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from core.roles import Role
from notifications import deadlines as registry
from notifications.deadlines import Deadline
from programs import deadlines
from programs.domain.cohorts import close_call, open_call
from programs.models import Cohort
from tests.factories import CohortFactory, MembershipFactory, OfferFactory, OrganizationFactory

pytestmark = pytest.mark.django_db
State = Cohort.State
DAYS = {
    "call_opens_on": date(2027, 1, 11),
    "call_closes_on": date(2027, 2, 8),
    "starts_on": date(2027, 3, 1),
    "ends_on": date(2028, 2, 28),
}
KINDS = {
    "open_call": deadlines.open_call_rows,
    "start_matching": deadlines.start_matching_rows,
    "close_cohort": deadlines.close_cohort_rows,
}


def managed(state: str, **fields: Any) -> tuple[Cohort, int]:
    cohort = CohortFactory(state=state, **{**DAYS, **fields})
    return cohort, MembershipFactory(program=cohort.program).person_id


def rows(code: str) -> list[Deadline]:
    return [Deadline(*row) for row in KINDS[code]()]


def test_the_kinds_are_registered_for_staff() -> None:
    found = {code: registry.kinds()[code] for code in KINDS}
    assert {code: (kind.staff, kind.escalate_after) for code, kind in found.items()} == dict.fromkeys(
        KINDS, (True, None)
    )


def test_opening_is_owed_by_the_day_the_call_opens_there() -> None:
    cohort, person = managed(State.DRAFT, timezone="America/New_York")
    assert rows("open_call") == [
        Deadline(
            "open_call", person, cohort.pk, cohort.pk, "", date(2026, 12, 21), date(2027, 1, 11),
            datetime(2027, 1, 12, 5, tzinfo=UTC), None,
        )
    ]  # fmt: skip


def test_opening_is_done_when_the_call_was_opened() -> None:
    cohort, _person = managed(State.DRAFT, call_closes_on=date(2099, 1, 1), ends_on=date(2099, 2, 1))
    OfferFactory(cohort=cohort)
    open_call(cohort=cohort, by=None)
    [row] = rows("open_call")
    assert row.done_at is not None
    first = row.done_at
    close_call(cohort=cohort, by=None)
    open_call(cohort=cohort, by=None)
    assert rows("open_call")[0].done_at == first


@pytest.mark.parametrize(
    ("code", "open_in", "done_in"),
    [
        ("open_call", [State.DRAFT], [state for state in State if state != State.DRAFT]),
        ("start_matching", [State.SELECTING], [State.MATCHING, State.RUNNING, State.CLOSING, State.CLOSED]),
        ("close_cohort", [State.CLOSING], [State.CLOSED]),
    ],
)
def test_in_each_state_it_is_open_done_or_not_yet(code: str, open_in: list[str], done_in: list[str]) -> None:
    made = {managed(state)[0].pk: state for state in State}
    found = {made[row.cohort_id]: row.done_at is not None for row in rows(code)}
    assert found == {**dict.fromkeys(open_in, False), **dict.fromkeys(done_in, True)}


@pytest.mark.parametrize(
    ("fields", "due"),
    [({}, date(2027, 2, 22)), ({"starts_on": date(2027, 2, 10)}, date(2027, 2, 9))],
)
def test_matching_starts_a_week_before_or_after_the_call(fields: dict[str, date], due: date) -> None:
    managed(State.SELECTING, **fields)
    [row] = rows("start_matching")
    assert (row.opens_on, row.due_on) == (date(2027, 2, 9), due)


def test_closing_is_owed_a_month_after_the_end() -> None:
    managed(State.CLOSING)
    [row] = rows("close_cohort")
    assert (row.opens_on, row.due_on) == (date(2028, 2, 29), date(2028, 3, 29))


def test_managers_owe_it_once_each_and_nobody_else() -> None:
    cohort, first = managed(State.DRAFT)
    second = MembershipFactory(program=cohort.program).person
    MembershipFactory(program=cohort.program, person=second, organization=OrganizationFactory())
    for role in Role:
        if role != Role.MANAGER:
            MembershipFactory(program=cohort.program, role=role)
    MembershipFactory()  # manager of another program
    assert sorted(row.person_id for row in rows("open_call")) == sorted([first, second.pk])


def test_kinds_join_in_one_union_and_filter_by_person() -> None:
    cohort, person = managed(State.SELECTING)
    managed(State.SELECTING)
    parts = [rows_of().filter(person_id=person) for rows_of in KINDS.values()]
    found = parts[0].union(*parts[1:], all=True)
    assert sorted(row[0] for row in found) == ["open_call", "start_matching"]
    assert {row[2] for row in found} == {cohort.pk}


@pytest.mark.parametrize(
    ("code", "state", "verb"),
    [
        ("open_call", State.DRAFT, "Get Cohort X ready for its call"),
        ("start_matching", State.SELECTING, "Start the matching of Cohort X"),
        ("close_cohort", State.CLOSING, "Evaluate and close Cohort X"),
    ],
)
def test_the_words_and_where_to_go(code: str, state: str, verb: str) -> None:
    cohort, person = managed(state, name="Cohort X")
    [(key, wording)] = registry.kinds()[code].words(rows(code)).items()
    assert key == (cohort.pk, "", person)
    assert wording.verb == verb
    assert wording.url == f"/desk/{cohort.program.slug}/{cohort.slug}/"
    assert "Cohort X" in wording.done
    assert wording.explanation


def test_words_take_one_query_for_any_number_of_rows(
    count_queries: Callable[[], AbstractContextManager[CaptureQueriesContext]],
) -> None:
    for _ in range(5):
        managed(State.DRAFT)
    found = rows("open_call")
    for some in (found[:1], found):
        with count_queries() as counted:
            assert len(registry.kinds()["open_call"].words(some)) == len(some)
        assert len(counted) == 1


def test_what_is_long_late_is_told_to_managers_of_the_program() -> None:
    cohort, person = managed(State.RUNNING)
    MembershipFactory(program=cohort.program, role=Role.COORDINATOR)
    managed(State.RUNNING)
    escalation = registry.escalation()
    assert escalation is not None
    assert [one.pk for one in escalation.people(cohort.pk)] == [person]
    assert escalation.about(cohort.pk) == (cohort.name, f"/desk/{cohort.program.slug}/{cohort.slug}/")
