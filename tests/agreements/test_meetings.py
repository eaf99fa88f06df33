"""Logging meetings, and the note that only the pair can read."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from agreements.domain.endings import end_without_fault
from agreements.domain.meetings import delete_meeting, edit_meeting, log_meeting
from agreements.models import Meeting, Mentorship
from agreements.queries import meetings_of
from core.errors import Refused
from core.models import AuditEvent
from people.models import Person
from tests.agreements.helpers import team

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
TERM = {"starts_on": date(2026, 9, 1), "ends_on": date(2027, 8, 31)}


def under_way(zone: str = "UTC") -> tuple[Mentorship, Person, Person]:
    mentorship, mentor, mentee, _supervisor = team(cohort__timezone=zone, **TERM)
    return mentorship, mentor, mentee


def log(mentorship: Mentorship, by: Person, **changes: Any) -> Meeting:
    given = {"held_on": date(2026, 11, 9), "minutes": 45, "medium": "video", "note": ""}
    return log_meeting(mentorship=mentorship, by=by, **(given | changes))


def refused(code: str, verb: Any, *args: Any, **arguments: Any) -> None:
    before = list(Meeting.objects.order_by("pk").values())
    with pytest.raises(Refused) as refusal:
        verb(*args, **arguments)
    assert (refusal.value.code, list(Meeting.objects.order_by("pk").values())) == (code, before)


@time_machine.travel(NOON)
@pytest.mark.parametrize(
    ("held_on", "code"),
    [
        (date(2026, 11, 11), "in_the_future"),
        (date(2026, 11, 10), ""),
        (date(2026, 9, 1), ""),
        (date(2026, 8, 31), "outside_the_term"),
    ],
)
def test_the_day_is_past_and_inside_the_term(held_on: date, code: str) -> None:
    mentorship, mentor, _mentee = under_way()
    if code:
        refused(code, log, mentorship, mentor, held_on=held_on)
    else:
        assert log(mentorship, mentor, held_on=held_on).held_on == held_on


@time_machine.travel(datetime(2026, 11, 10, 11, 30, tzinfo=UTC))
@pytest.mark.parametrize(("zone", "code"), [("Pacific/Apia", ""), ("Asia/Kathmandu", "in_the_future")])
def test_today_is_that_of_the_cohort(zone: str, code: str) -> None:
    mentorship, mentor, _mentee = under_way(zone)
    tomorrow_in_utc = date(2026, 11, 11)
    if code:
        refused(code, log, mentorship, mentor, held_on=tomorrow_in_utc)
    else:
        assert log(mentorship, mentor, held_on=tomorrow_in_utc).pk


@time_machine.travel(NOON)
@pytest.mark.parametrize("minutes", [4, 0, -5, 601])
def test_odd_lengths(minutes: int) -> None:
    mentorship, mentor, _mentee = under_way()
    refused("odd_length", log, mentorship, mentor, minutes=minutes)
    meeting = log(mentorship, mentor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Meeting.objects.filter(pk=meeting.pk).update(minutes=minutes)


@time_machine.travel(NOON)
def test_whoever_logged_it_changes_it() -> None:
    mentorship, mentor, mentee = under_way()
    meeting = log(mentorship, mentee)
    given = {"held_on": date(2026, 11, 2), "minutes": 30, "medium": "phone", "note": "Short"}
    refused("not_own_meeting", edit_meeting, meeting=meeting, by=mentor, **given)
    refused("not_own_meeting", delete_meeting, meeting=meeting, by=mentor)
    edited = edit_meeting(meeting=meeting, by=mentee, **given)
    assert {name: getattr(edited, name) for name in given} == given
    refused(
        "in_the_future", edit_meeting, meeting=meeting, by=mentee, **(given | {"held_on": date(2026, 12, 1)})
    )
    delete_meeting(meeting=meeting, by=mentee)
    assert Meeting.objects.count() == 0
    assert AuditEvent.objects.filter(verb="meeting.deleted", data={"mentorship": mentorship.pk}).count() == 1


@time_machine.travel(NOON)
def test_strangers_and_former_members_log_nothing() -> None:
    mentorship, mentor, _mentee = under_way()
    _other, other_mentor, _ = under_way()
    refused("not_a_party", log, mentorship, other_mentor)
    meeting = log(mentorship, mentor)
    end_without_fault(mentorship=mentorship, by=mentor)
    refused("not_a_party", log, mentorship, mentor)
    refused("not_a_party", delete_meeting, meeting=meeting, by=mentor)


@time_machine.travel(NOON)
def test_the_note_is_ciphertext_in_the_database_and_open_to_the_pair_alone() -> None:
    mentorship, mentor, mentee = under_way()
    _other, other_mentor, _ = under_way()
    meeting = log(mentorship, mentor, note="CANARY-NOTE")
    assert [row.note for row in meetings_of(mentee)] == ["CANARY-NOTE"]
    assert list(meetings_of(other_mentor)) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT note, m::text FROM agreements_meeting m WHERE id = %s", [meeting.pk])
        note, row = cursor.fetchone()
        cursor.execute("SELECT coalesce(string_agg(e::text, ''), '') FROM core_auditevent e")
        (audit,) = cursor.fetchone()
    assert note.startswith("gAAAA")
    assert "CANARY" not in row + audit
