"""Ending: at the end of the term, or earlier and nobody's fault. And asking for help before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from agreements.domain.agreements import sign_agreement
from agreements.domain.endings import complete, end_without_fault
from agreements.domain.help import ask_for_help, handle_help
from agreements.mails import still_together
from agreements.models import Agreement, HelpRequest, Member, Mentorship
from agreements.queries import mentorships_of
from agreements.tasks import end_mentorships
from core.errors import Refused
from core.models import AuditEvent
from core.roles import Role
from notifications.models import EmailLink, Message
from participants.models import Enrollment
from people.models import Person
from tests.agreements.helpers import circle_with, current, signed, team
from tests.factories import (
    MemberFactory,
    MembershipFactory,
    MessageFactory,
    PersonFactory,
    pair,
)

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
TERM = {"starts_on": date(2026, 9, 1), "ends_on": date(2027, 8, 31)}


def manager_of(mentorship: Mentorship, role: str = Role.MANAGER) -> Person:
    return MembershipFactory(program=mentorship.cohort.program, role=role).person


def refused(code: str, verb: Any, **arguments: Any) -> None:
    with pytest.raises(Refused) as refusal:
        verb(**arguments)
    assert refusal.value.code == code


@time_machine.travel(NOON)
@pytest.mark.parametrize("who", ["mentor", "mentee", "manager"])
def test_either_side_or_a_manager_ends_it_and_nothing_says_who(who: str) -> None:
    mentorship, mentor, mentee, _supervisor = team(**TERM)
    agreement = signed(mentorship, mentor, mentee)
    Message.objects.all().delete()
    by = {"mentor": mentor, "mentee": mentee, "manager": manager_of(mentorship)}[who]
    events = AuditEvent.objects.count()
    ended = end_without_fault(mentorship=mentorship, by=by)
    assert (ended.state, ended.ending, ended.ended_on) == ("ended", "no_fault", date(2026, 11, 10))
    assert set(Member.objects.values_list("left_on", flat=True)) == {date(2026, 11, 10)}
    assert set(Enrollment.objects.values_list("used", "state")) == {(0, "accepted")}  # eligible again
    agreement.refresh_from_db()
    assert (agreement.state, EmailLink.objects.get().revoked_at is not None) == ("ended", True)
    mails = {mail.recipient_id: mail.body for mail in Message.objects.filter(kind="mentorship_ended")}
    assert set(mails) == {mentor.pk, mentee.pk}
    new_events = AuditEvent.objects.order_by("pk")[events:]
    assert {event.actor_id for event in new_events} == {None}
    with connection.cursor() as cursor:
        cursor.execute("SELECT ended_by FROM agreements_mentorship")
        (sealed,) = cursor.fetchone()
    assert sealed.startswith("gAAAA")
    assert list(mentorships_of(mentee)) == [mentorship]  # it stays to be read


@time_machine.travel(NOON)
@pytest.mark.parametrize(
    ("starts_on", "never_began", "told"),
    [
        (date(2026, 12, 1), True, "was ended on 10 November 2026, before it began."),
        (date(2026, 11, 10), False, "ended on 10 November 2026."),
    ],
)
def test_an_end_before_the_first_day_is_told_as_it_was(
    starts_on: date, never_began: bool, told: str, client: Client
) -> None:
    mentorship, mentor, _mentee, _supervisor = team(starts_on=starts_on, ends_on=date(2027, 8, 31))
    ended = end_without_fault(mentorship=mentorship, by=mentor)
    assert (ended.ended_on, ended.never_began) == (date(2026, 11, 10), never_began)
    assert set(Member.objects.values_list("left_on", flat=True)) == {date(2026, 11, 10)}
    mail = Message.objects.filter(kind="mentorship_ended").first()
    assert told in mail.body
    client.force_login(mentor)
    for page in ("mentorship", "my_mentorships"):
        shown = client.get(reverse(page, args=[mentorship.uid] if page == "mentorship" else []))
        assert (shown.status_code, "before it began" in shown.content.decode()) == (200, never_began)


def test_the_mails_of_both_sides_read_the_same() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    Person.objects.filter(pk__in=[mentor.pk, mentee.pk]).update(full_name="Alex Same", preferred_name="")
    end_without_fault(mentorship=mentorship, by=mentor)
    assert len(set(Message.objects.values_list("subject", "body"))) == 1


@pytest.mark.parametrize("who", ["other_member", "other_manager", "hr_liaison", "sponsor", "stranger"])
def test_nobody_else_ends_it(who: str) -> None:
    mentorship, _mentor, _mentee, supervisor = team()
    other, other_mentor, _, _ = team(cohort=mentorship.cohort)
    elsewhere, *_ = team()
    people = {
        "other_member": lambda: other_mentor,
        "other_manager": lambda: manager_of(elsewhere),
        "hr_liaison": lambda: manager_of(mentorship, Role.HR_LIAISON),
        "sponsor": lambda: manager_of(mentorship, Role.SPONSOR),
        "stranger": lambda: supervisor,
    }
    refused("not_allowed", end_without_fault, mentorship=mentorship, by=people[who]())
    assert Mentorship.objects.get(pk=mentorship.pk).state == "forming"
    assert end_without_fault(mentorship=other, by=other_mentor).state == "ended"  # near miss


def test_what_has_ended_does_not_end_again() -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    end_without_fault(mentorship=mentorship, by=mentor)
    refused("ended", end_without_fault, mentorship=mentorship, by=manager_of(mentorship))
    assert set(Enrollment.objects.values_list("used", flat=True)) == {0}
    refused(
        "not_a_party", sign_agreement, agreement=current(mentorship), by=mentor, typed_name=mentor.full_name
    )


@time_machine.travel(NOON)
def test_a_mentee_leaves_a_circle_alone() -> None:
    mentorship, mentor, mentee, _supervisor = team(**TERM)
    other = MemberFactory(mentorship=mentorship, side="mentee")
    Enrollment.objects.filter(pk=mentorship.members.get(side="mentor").enrollment_id).update(
        capacity=2, used=2
    )
    assert end_without_fault(mentorship=mentorship, by=mentee).state == "forming"
    assert {m.person_id: m.left_on for m in mentorship.members.all()} == {
        mentor.pk: None,
        mentee.pk: date(2026, 11, 10),
        other.person_id: None,
    }
    used = dict(Enrollment.objects.values_list("person_id", "used"))
    assert used == {mentor.pk: 1, mentee.pk: 0, other.person_id: 1}
    assert (list(mentorships_of(mentee)), list(mentorships_of(mentor))) == ([], [mentorship])
    assert end_without_fault(mentorship=mentorship, by=other.person).state == "ended"


@time_machine.travel(NOON)
@pytest.mark.parametrize(
    ("leaver", "told"),
    [("Ana", ["Hanna Host", "Otto Other"]), ("Otto Other", ["Ana", "Ben", "Hanna Host"])],
)
def test_those_who_stay_in_a_circle_are_told_who_left_and_not_why(leaver: str, told: list[str]) -> None:
    made = circle_with("Hanna Host", "Otto Other")
    end_without_fault(mentorship=made, by=made.members.get(enrollment__person__full_name=leaver).person)
    mails = Message.objects.order_by("recipient__full_name")
    assert list(mails.values_list("recipient__full_name", flat=True)) == told
    assert set(mails.values_list("kind", "state", "subject")) == {
        ("member_left", "pending", f"{leaver} has left your circle")
    }
    first = mails[0].body.splitlines()[2]
    assert first.startswith(f"{leaver} has left your circle in Open Door. That happens")


@pytest.mark.parametrize("ends", [False, True])
def test_nobody_is_told_who_left_a_circle_that_has_ended_since(ends: bool) -> None:
    made = circle_with("Hanna Host")
    end_without_fault(mentorship=made, by=made.members.get(enrollment__person__full_name="Ana").person)
    mail = Message.objects.get(kind="member_left")
    if ends:
        end_without_fault(mentorship=made, by=made.members.get(enrollment__person__full_name="Ben").person)
    assert still_together(mail) is not ends


@pytest.mark.parametrize("broken", ["outbox.queue", "record", "move", "_leave"])
def test_a_failure_on_the_way_changes_nothing(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mentorship, mentor, _mentee, _supervisor = team()

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(broken)

    monkeypatch.setattr(f"agreements.domain.endings.{broken}", fail)
    with pytest.raises(RuntimeError):
        end_without_fault(mentorship=mentorship, by=mentor)
    monkeypatch.undo()
    assert Mentorship.objects.get().state == "forming"
    assert set(Member.objects.values_list("left_on", "enrollment__used")) == {(None, 1)}


@pytest.mark.parametrize(
    ("zone", "at", "over"),
    [
        ("UTC", datetime(2027, 8, 31, 23, 59, tzinfo=UTC), False),
        ("UTC", datetime(2027, 9, 1, tzinfo=UTC), True),
        ("America/New_York", datetime(2027, 9, 1, 3, 59, tzinfo=UTC), False),
        ("America/New_York", datetime(2027, 9, 1, 4, 0, tzinfo=UTC), True),
        ("Pacific/Apia", datetime(2027, 8, 31, 11, 0, tzinfo=UTC), True),
    ],
)
def test_the_term_is_over_when_its_last_day_is_over_there(zone: str, at: datetime, over: bool) -> None:
    mentorship, mentor, mentee, _supervisor = team(cohort__timezone=zone, supervised=False, **TERM)
    signed(mentorship, mentor, mentee)
    with time_machine.travel(at, tick=False):
        assert complete(mentorship=mentorship) is over
        assert complete(mentorship=mentorship) is False  # a second delivery does nothing
    mentorship.refresh_from_db()
    assert (mentorship.state, mentorship.ending) == (("ended", "completed") if over else ("active", ""))
    assert set(Enrollment.objects.values_list("state", flat=True)) == {"completed" if over else "accepted"}
    assert Message.objects.filter(kind="mentorship_ended").count() == (2 if over else 0)


def test_the_task_finds_those_that_are_over() -> None:
    past, *_ = team(starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1))
    open_one, *_ = team()
    assert (end_mentorships(), end_mentorships()) == (1, 0)
    assert dict(Mentorship.objects.values_list("pk", "state")) == {past.pk: "ended", open_one.pk: "forming"}
    assert Agreement.objects.get(mentorship=past).state == "ended"


def test_an_enrollment_is_completed_with_its_last_mentorship() -> None:
    past, mentor, mentee, _supervisor = team(starts_on=date(2020, 1, 1), ends_on=date(2021, 1, 1))
    later, *_ = team(cohort=past.cohort)
    own = past.members.get(side="mentor")
    later.members.filter(side="mentor").update(enrollment=own.enrollment, person=mentor)
    end_mentorships()
    assert Enrollment.objects.get(person=mentor).state == "accepted"
    assert Enrollment.objects.get(person=mentee).state == "completed"


@time_machine.travel(NOON)
def test_asking_for_help_reaches_managers_and_not_the_partner() -> None:
    mentorship, mentor, mentee, _supervisor = team(**TERM)
    asked = ask_for_help(mentorship=mentorship, by=mentee, wish="advice", words=" CANARY-HELP ")
    assert (asked.words, asked.due_on) == ("CANARY-HELP", date(2026, 11, 13))
    refused("asked_already", ask_for_help, mentorship=mentorship, by=mentee, wish="advice")
    assert Message.objects.count() == 0
    assert set(AuditEvent.objects.values_list("actor_id", flat=True)) == {None}
    with connection.cursor() as cursor:
        cursor.execute("SELECT words FROM agreements_helprequest")
        assert cursor.fetchone()[0].startswith("gAAAA")
    other, *_ = team()
    refused("not_allowed", handle_help, request=asked, by=manager_of(other))
    refused("not_allowed", handle_help, request=asked, by=mentor)
    manager = manager_of(mentorship)
    assert handle_help(request=asked, by=manager).handled_by == manager
    refused("handled_already", handle_help, request=asked, by=manager)
    assert ask_for_help(mentorship=mentorship, by=mentee, wish="advice").pk != asked.pk


@pytest.mark.parametrize(("day", "allowed"), [(date(2026, 10, 31), True), (date(2026, 11, 1), False)])
def test_another_match_can_be_asked_for_within_sixty_days(day: date, allowed: bool) -> None:
    mentorship, mentor, _mentee, _supervisor = team(**TERM)
    with time_machine.travel(datetime(day.year, day.month, day.day, 23, 30, tzinfo=UTC)):
        if allowed:
            assert ask_for_help(mentorship=mentorship, by=mentor, wish="rematch").wish == "rematch"
        else:
            refused("rematch_over", ask_for_help, mentorship=mentorship, by=mentor, wish="rematch")
            assert HelpRequest.objects.count() == 0


def test_strangers_do_not_ask() -> None:
    mentorship, *_ = team()
    refused("not_a_party", ask_for_help, mentorship=mentorship, by=PersonFactory(), wish="advice")


@pytest.mark.django_db
def test_ending_settles_what_somebody_asked_for() -> None:
    mentorship, _mentor, mentee = pair(state="active")
    ask_for_help(mentorship=mentorship, by=mentee, wish="advice")
    end_without_fault(mentorship=mentorship, by=mentee)
    assert mentorship.help_requests.filter(handled_at=None).count() == 0


@pytest.mark.parametrize("how", ["early", "term"])
def test_who_was_not_told_of_the_match_is_not_told_of_its_end(how: str) -> None:
    mentorship, mentor, mentee, _supervisor = team()
    draft = {"kind": "matched", "about_id": mentorship.pk}
    waits = MessageFactory(recipient=mentee, state="draft", **draft)
    other = MessageFactory(recipient=mentee, state="draft", kind="matched", about_id=mentorship.pk + 1)
    MessageFactory(recipient=mentor, state="sent", **draft)
    if how == "early":
        end_without_fault(mentorship=mentorship, by=mentee)
    else:
        with time_machine.travel(mentorship.ends_on + timedelta(days=3)):
            assert complete(mentorship=mentorship)
    for row in (waits, other):
        row.refresh_from_db()
    assert (waits.state, other.state) == ("dropped", "draft")
    told = Message.objects.filter(kind="mentorship_ended").values_list("recipient", flat=True)
    assert list(told) == [mentor.pk]
    dropped = AuditEvent.objects.get(verb="mail.dropped")
    assert (dropped.target_id, dropped.actor_id) == (waits.pk, None)


def test_who_leaves_a_circle_before_being_told_of_it_is_not_told_of_it() -> None:
    made = circle_with("Dana")
    leaver = next(member for member in made.open_members if member.side == "mentee")
    waits = MessageFactory(recipient=leaver.person, state="draft", kind="matched", about_id=made.pk)
    end_without_fault(mentorship=made, by=leaver.person)
    waits.refresh_from_db()
    assert waits.state == "dropped"
