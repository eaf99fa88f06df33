"""Logging meetings. The note is sealed and belongs to the pair alone."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agreements.domain.common import lock_mentorship, member_of
from agreements.models import Meeting, Mentorship
from agreements.verbs import Verb
from core.audit import record
from core.dates import today_in
from core.errors import Refused
from people.models import Person


@transaction.atomic
def log_meeting(
    *, mentorship: Mentorship, by: Person, held_on: date, minutes: int, medium: str, note: str = ""
) -> Meeting:
    """Log a meeting that took place; days are those of the cohort's time zone.

    Raises Refused: "not_a_party", "in_the_future", "outside_the_term", "odd_length".
    """
    mentorship = lock_mentorship(mentorship)
    member_of(mentorship, by)
    _check(mentorship, held_on, minutes)
    meeting = Meeting.objects.create(
        mentorship=mentorship,
        held_on=held_on,
        minutes=minutes,
        medium=medium,
        note=note.strip(),
        logged_by=by,
    )
    _record(Verb.MEETING_LOGGED, meeting, by)
    return meeting


@transaction.atomic
def edit_meeting(
    *, meeting: Meeting, by: Person, held_on: date, minutes: int, medium: str, note: str = ""
) -> Meeting:
    """Put right what one logged oneself. Raises Refused: "not_own_meeting" and those of `log_meeting`."""
    meeting = _lock_own(meeting, by)
    _check(meeting.mentorship, held_on, minutes)
    meeting.held_on, meeting.minutes, meeting.medium, meeting.note = held_on, minutes, medium, note.strip()
    meeting.save(update_fields=["held_on", "minutes", "medium", "note"])
    _record(Verb.MEETING_CHANGED, meeting, by)
    return meeting


@transaction.atomic
def delete_meeting(*, meeting: Meeting, by: Person) -> None:
    """Take back what one logged oneself. Raises Refused: "not_a_party", "not_own_meeting"."""
    meeting = _lock_own(meeting, by)
    _record(Verb.MEETING_DELETED, meeting, by)
    meeting.delete()


def _check(mentorship: Mentorship, held_on: date, minutes: int) -> None:
    last = mentorship.ended_on or mentorship.ends_on
    if held_on > today_in(mentorship.cohort.timezone):
        raise Refused(
            "in_the_future", _("That day is still to come."), _("Log a meeting once it has taken place.")
        )
    if not mentorship.starts_on <= held_on <= last:
        days = {"first": date_format(mentorship.starts_on), "last": date_format(last)}
        raise Refused(
            "outside_the_term",
            _("The mentorship runs from %(first)s to %(last)s: choose a day in between.") % days,
        )
    if not 5 <= minutes <= 600:
        raise Refused("odd_length", _("A meeting takes between 5 minutes and 10 hours."))


def _lock_own(meeting: Meeting, by: Person) -> Meeting:
    mentorship = lock_mentorship(meeting.mentorship_id)
    member_of(mentorship, by)
    locked = Meeting.objects.select_for_update().get(pk=meeting.pk)
    locked.mentorship = mentorship
    if locked.logged_by_id != by.pk:
        raise Refused("not_own_meeting", _("Whoever logged a meeting can change it."))
    return locked


def _record(verb: Verb, meeting: Meeting, by: Person, **data: Any) -> None:
    program_id = meeting.mentorship.cohort.program_id
    record(
        verb, by=by, target=meeting, program_id=program_id, data=data | {"mentorship": meeting.mentorship_id}
    )
