"""Who owes what by when, and in which words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from agreements.domain.agreements import new_version
from agreements.domain.approval import supervisor_decide
from agreements.domain.endings import end_without_fault
from agreements.domain.help import ask_for_help, handle_help
from agreements.domain.meetings import log_meeting
from agreements.domain.plans import save_plan, share_plan
from agreements.models import Agreement, Mentorship
from core.roles import Role
from notifications.deadlines import COLUMNS, Deadline, kinds
from notifications.queries import open_for
from people.models import Person
from tests.agreements.helpers import circle_with, current, link_of, signed, team
from tests.agreements.test_plans import TEXTS
from tests.factories import ActionPlanFactory, AgreementFactory, MembershipFactory

pytestmark = pytest.mark.django_db


def rows(kind: str) -> list[Deadline]:
    return [Deadline(*row) for row in kinds()[kind].rows().order_by("person_id", "due_on")]


def verbs(kind: str) -> dict[int, str]:
    found = rows(kind)
    words = kinds()[kind].words(found)
    return {row.person_id: words[row.object_id, row.occurrence, row.person_id].verb for row in found}


def in_force(**fields: Any) -> tuple[Mentorship, Person, Person]:
    terms = fields.pop("terms", {})
    mentorship, mentor, mentee, _supervisor = team(supervised=False, **fields)
    signed(mentorship, mentor, mentee, **terms)
    return mentorship, mentor, mentee


def test_each_side_owes_its_signature_until_given() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    assert verbs("sign_agreement") == {
        mentor.pk: f"Sign your mentoring agreement with {mentee.name}",
        mentee.pk: f"Sign your mentoring agreement with {mentor.name}",
    }
    agreement = signed(mentorship, mentee)
    assert {row.person_id: row.done_at is not None for row in rows("sign_agreement")} == {
        mentor.pk: False,
        mentee.pk: True,
    }
    assert {row.object_id for row in rows("sign_agreement")} == {agreement.pk}
    new_version(agreement=agreement, by=mentor)
    assert [(row.object_id, row.done_at) for row in rows("sign_agreement")] == [
        (current(mentorship).pk, None)
    ] * 2


def test_words_follow_the_program() -> None:
    mentorship, mentor, mentee, _supervisor = team(
        cohort__program__labels={"en": {"agreement": "compact", "plan": "MAP"}}
    )
    ActionPlanFactory(mentorship=mentorship, mentee=mentee)
    assert verbs("sign_agreement")[mentee.pk] == f"Sign your compact with {mentor.name}"
    assert verbs("write_plan") == {mentee.pk: f"Write your MAP and share it with {mentor.name}"}


def test_in_a_circle_more_than_two_sign() -> None:
    pair_of_two, circle = team()[0], circle_with("Dana")
    AgreementFactory(mentorship=circle)
    found = rows("sign_agreement")
    words = kinds()["sign_agreement"].words(found)
    told = {row.object_id: words[row.object_id, "", row.person_id].explanation for row in found}
    start = "Agree on focus, time and how you keep in touch; then "
    assert told == {
        current(pair_of_two).pk: f"{start}both of you sign.",
        current(circle).pk: f"{start}everybody signs.",
    }


@pytest.mark.parametrize(
    "kind", ["sign_agreement", "write_plan", "log_meetings", "supervisor_approves", "give_help"]
)
def test_rows_have_the_columns_of_the_union(kind: str) -> None:
    assert kinds()[kind].rows()._fields == COLUMNS


@pytest.mark.parametrize(
    ("zone", "due_on", "due_at"),
    [
        ("UTC", date(2026, 10, 31), datetime(2026, 11, 1, tzinfo=UTC)),
        ("America/New_York", date(2026, 10, 31), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        (
            "America/New_York",
            date(2026, 11, 1),
            datetime(2026, 11, 2, 5, tzinfo=UTC),
        ),  # the day the clocks go back
        ("Europe/Paris", date(2027, 3, 28), datetime(2027, 3, 28, 22, tzinfo=UTC)),  # the day they go forward
        ("Asia/Kathmandu", date(2026, 10, 31), datetime(2026, 10, 31, 18, 15, tzinfo=UTC)),
        ("Pacific/Apia", date(2026, 10, 31), datetime(2026, 10, 31, 11, tzinfo=UTC)),
    ],
)
def test_a_day_ends_where_the_cohort_is(zone: str, due_on: date, due_at: datetime) -> None:
    mentorship, *_ = team(cohort__timezone=zone)
    Agreement.objects.update(due_on=due_on)
    assert {(row.due_on, row.due_at) for row in rows("sign_agreement")} == {(due_on, due_at)}
    mentorship.cohort.timezone = "UTC"
    mentorship.cohort.save()
    assert {row.due_at.hour for row in rows("sign_agreement")} == {0}  # moves along with the zone


def test_the_plan_is_due_until_it_is_shared() -> None:
    mentorship, _mentor, mentee, _supervisor = team()
    plan = ActionPlanFactory(mentorship=mentorship, mentee=mentee)
    assert [(row.person_id, row.due_on, row.done_at) for row in rows("write_plan")] == [
        (mentee.pk, plan.due_on, None)
    ]
    save_plan(plan=plan, by=mentee, edit_version=1, texts=TEXTS)
    share_plan(plan=plan, by=mentee)
    assert [row.done_at is not None for row in rows("write_plan")] == [True]


TERM = {"starts_on": date(2026, 9, 10), "ends_on": date(2027, 1, 20)}


@pytest.mark.parametrize(
    ("starts_on", "ends_on", "signed_at", "months"),
    [
        (
            date(2026, 9, 10),
            date(2027, 1, 20),
            datetime(2026, 9, 12, 12, tzinfo=UTC),
            ["2026-10", "2026-11", "2026-12"],
        ),
        (
            date(2026, 9, 1),
            date(2026, 11, 30),
            datetime(2026, 8, 25, 12, tzinfo=UTC),
            ["2026-09", "2026-10", "2026-11"],
        ),
        (
            date(2026, 9, 1),
            date(2026, 11, 30),
            datetime(2026, 9, 1, 12, tzinfo=UTC),
            ["2026-09", "2026-10", "2026-11"],
        ),
        (date(2026, 9, 1), date(2026, 11, 29), datetime(2026, 10, 2, 12, tzinfo=UTC), []),
    ],
)
def test_meetings_are_owed_in_whole_months_under_an_agreement(
    starts_on: date, ends_on: date, signed_at: datetime, months: list[str]
) -> None:
    with time_machine.travel(signed_at):
        in_force(starts_on=starts_on, ends_on=ends_on)
    assert [row.occurrence for row in rows("log_meetings")] == months


def test_before_the_agreement_no_meetings_are_owed() -> None:
    team(**TERM)
    assert rows("log_meetings") == []


@pytest.mark.parametrize("who", ["mentee", "mentor", "either"])
def test_meetings_are_owed_by_whoever_contacts(who: str) -> None:
    with time_machine.travel(datetime(2026, 9, 12, tzinfo=UTC)):
        _mentorship, mentor, mentee = in_force(terms={"who_contacts": who}, **TERM)
    owing = {"mentee": {mentee.pk}, "mentor": {mentor.pk}, "either": {mentor.pk, mentee.pk}}[who]
    assert {row.person_id for row in rows("log_meetings")} == owing


def test_a_month_is_done_with_its_last_owed_meeting() -> None:
    with time_machine.travel(datetime(2026, 9, 12, tzinfo=UTC)):
        mentorship, _mentor, mentee = in_force(**TERM)
    assert verbs("log_meetings")[mentee.pk].startswith("Meet ")
    for day, done in ((30, [False] * 3), (1, [False] * 3), (31, [True, False, False])):
        month = 10 if day != 30 else 9
        with time_machine.travel(datetime(2026, 11, 2, day % 24, tzinfo=UTC)):
            log_meeting(
                mentorship=mentorship, by=mentee, held_on=date(2026, month, day), minutes=30, medium="video"
            )
        assert [row.done_at is not None for row in rows("log_meetings")] == done
    first = rows("log_meetings")[0]
    assert (first.opens_on, first.due_on) == (date(2026, 10, 1), date(2026, 10, 31))
    assert first.done_at is not None
    assert first.done_at.replace(microsecond=0, second=0) == datetime(2026, 11, 2, 7, tzinfo=UTC)


def test_nothing_is_owed_after_the_end() -> None:
    mentorship, mentor, mentee = in_force(**TERM)
    ActionPlanFactory(mentorship=mentorship, mentee=mentee)
    waiting, *_ = team()
    end_without_fault(mentorship=mentorship, by=mentor)
    end_without_fault(mentorship=waiting, by=waiting.members.first().person)
    open_rows = [
        row
        for kind in ("sign_agreement", "write_plan", "log_meetings")
        for row in rows(kind)
        if not row.done_at
    ]
    assert open_rows == []


def test_a_supervisor_is_asked_until_the_answer() -> None:
    mentorship, mentor, mentee, supervisor = team()
    agreement = signed(mentorship, mentor, mentee)
    assert verbs("supervisor_approves") == {
        supervisor.pk: f"Approve the mentoring agreement of {mentee.name}, or send it back"
    }
    supervisor_decide(
        agreement=agreement,
        link=link_of(agreement),
        decision="approve",
        typed_name=supervisor.full_name,
        note="",
        address=None,
    )
    assert [row.done_at is not None for row in rows("supervisor_approves")] == [True]


def test_help_is_owed_by_those_who_manage_mentorships() -> None:
    mentorship, _mentor, mentee, _supervisor = team()
    program = mentorship.cohort.program
    staff = {
        role: MembershipFactory(program=program, role=role).person
        for role in (Role.MANAGER, Role.COORDINATOR, Role.SPONSOR, Role.HR_LIAISON)
    }
    MembershipFactory(
        program=program, role=Role.COORDINATOR, person=staff[Role.MANAGER]
    )  # two roles, one row
    MembershipFactory(role=Role.MANAGER)
    asked = ask_for_help(mentorship=mentorship, by=mentee, wish="advice")
    assert sorted(row.person_id for row in rows("give_help")) == sorted(
        [staff[Role.MANAGER].pk, staff[Role.COORDINATOR].pk]
    )
    assert kinds()["give_help"].staff
    handle_help(request=asked, by=staff[Role.MANAGER])
    assert {row.done_at is not None for row in rows("give_help")} == {True}


@pytest.mark.parametrize(
    "kind", ["sign_agreement", "write_plan", "log_meetings", "supervisor_approves", "give_help"]
)
def test_wording_costs_the_same_for_one_and_for_thirty(kind: str, count_queries: Any) -> None:
    spent = []
    manager = None
    for number in (1, 29):
        for _ in range(number):
            mentorship, mentor, mentee, _supervisor = team(
                starts_on=date(2026, 1, 1), ends_on=date(2027, 1, 1)
            )
            if manager is None:
                manager = MembershipFactory(program=mentorship.cohort.program).person
            MembershipFactory(program=mentorship.cohort.program, person=manager, role=Role.COORDINATOR)
            ActionPlanFactory(mentorship=mentorship, mentee=mentee)
            signed(mentorship, mentor, mentee)
            Agreement.objects.filter(mentorship=mentorship).update(
                in_force_at=datetime(2026, 1, 1, tzinfo=UTC)
            )
            ask_for_help(mentorship=mentorship, by=mentee, wish="advice")
        found = rows(kind)
        with count_queries() as counted:
            kinds()[kind].words(found)
        spent.append(len(counted))
    assert spent[0] == spent[1]


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_what_came_to_be_this_minute_is_there_at_once_wherever_one_is(zone: str) -> None:
    with time_machine.travel(datetime(2027, 3, 2, 0, 17, tzinfo=UTC), tick=False):
        mentorship, mentor, mentee, supervisor = team()
        manager = MembershipFactory(program=mentorship.cohort.program, role=Role.MANAGER).person
        Person.objects.update(timezone=zone)
        people = [Person.objects.get(pk=one.pk) for one in (mentee, supervisor, manager)]
        ask_for_help(mentorship=mentorship, by=mentee, wish="advice")
        before = {row.kind for row in open_for(people[0])}
        signed(mentorship, mentor, mentee)
        after = {row.kind for one in people[1:] for row in open_for(one)}
    assert ("sign_agreement" in before, after) == (True, {"supervisor_approves", "give_help"})
