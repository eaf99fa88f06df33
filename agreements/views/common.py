"""What the pages of a mentorship share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from agreements.models import Member, Mentorship
from agreements.queries import mentorships_of, with_members
from core.access import fetch
from core.dates import today_in
from programs.labels import words
from programs.models import Strand
from programs.views.desk import reader

__all__ = ["get_mentorship", "listed", "pair_context", "reader"]


def get_mentorship(request: HttpRequest, uid: Any) -> Mentorship:
    """The reader's own mentorship with its `.people`; 404 for everybody else, staff included."""
    return fetch(with_members(mentorships_of(reader(request))), uid=uid)


def pair_context(request: HttpRequest, mentorship: Mentorship) -> dict[str, Any]:
    """Who is who, in the program's words, and whether anything can still be done."""
    me = reader(request).pk
    people: list[Member] = mentorship.people  # type: ignore[attr-defined]
    mine = next(member for member in people if member.person_id == me)
    partners = [member for member in people if member.person_id != me]
    return {
        "mentorship": mentorship,
        "cohort": mentorship.cohort,
        "program": mentorship.cohort.program,
        "words": words(mentorship.cohort.program),
        "mine": mine,
        "partners": partners,
        "partner_names": listed([member.person.name for member in partners]),
        "is_mentee": mine.side == Member.Side.MENTEE,
        "is_open": mentorship.state != Mentorship.State.ENDED,
        "is_circle": mentorship.strand.format == Strand.Format.CIRCLE,
        "leaves": any(member.side == mine.side for member in partners),  # alone, and the others go on
        "today": today_in(mentorship.cohort.timezone),
    }


def listed(names: list[str]) -> str:
    """Names in one phrase."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
