"""What the pages of a mentorship share."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreements.models import Member, Mentorship
from agreements.queries import mentorships_of, with_members
from core.access import fetch
from core.dates import today_in
from programs.labels import words
from programs.models import Strand
from programs.views.desk import reader

__all__ = ["get_mentorship", "listed", "named", "pair_context", "reader"]

FEW = 3  # partners who are all named


def get_mentorship(request: HttpRequest, uid: Any) -> Mentorship:
    """The reader's own mentorship with its `.people`; 404 for everybody else, staff included."""
    return fetch(with_members(mentorships_of(reader(request))), uid=uid)


def pair_context(request: HttpRequest, mentorship: Mentorship) -> dict[str, Any]:
    """Who is who, in the program's words, and whether anything can still be done."""
    me = reader(request).pk
    people: list[Member] = mentorship.people  # type: ignore[attr-defined]
    mine = next(member for member in people if member.person_id == me)
    partners = [member for member in people if member.person_id != me]
    is_circle, today = mentorship.strand.format == Strand.Format.CIRCLE, today_in(mentorship.cohort.timezone)
    labels = words(mentorship.cohort.program)
    names, circle = _partners_named(partners, is_circle), named(mentorship) if is_circle else ""
    return {
        "mentorship": mentorship,
        "cohort": mentorship.cohort,
        "program": mentorship.cohort.program,
        "words": labels,
        "mine": mine,
        "partners": partners,
        "partner_names": names,
        "heading": circle or _("You and %(names)s") % {"names": names},
        "crumb": circle or names,
        "mentor_names": listed([row.person.name for row in partners if row.side == Member.Side.MENTOR]),
        "is_mentee": mine.side == Member.Side.MENTEE,
        "is_open": mentorship.state != Mentorship.State.ENDED,
        "begun": today >= mentorship.starts_on,
        "is_circle": is_circle,
        "agreement_readers": _agreement_readers(labels["supervisor"], is_circle),
        "leaves": any(member.side == mine.side for member in partners),  # alone, and the others go on
        "today": today,
    }


def named(mentorship: Mentorship) -> str:
    """Everybody by full name, hosts alone of a circle; of a row with its `.people`."""
    people: list[Member] = mentorship.people  # type: ignore[attr-defined]
    if mentorship.strand.format != Strand.Format.CIRCLE:
        return listed([member.person.full_name for member in people])
    hosts = [member.person.full_name for member in people if member.side == Member.Side.MENTOR]
    return _("Circle of %(hosts)s") % {"hosts": listed(hosts)}


def _agreement_readers(supervisor: str, is_circle: bool) -> str:
    if is_circle:
        text = _("everybody in the circle, the %(supervisor)s who approves it, and the program managers")
    else:
        text = _("the two of you, the %(supervisor)s who approves it, and the program managers")
    return text % {"supervisor": supervisor}


def _partners_named(partners: list[Member], is_circle: bool) -> str:
    """By name; of a large circle the hosts and how many others, and to its only host the circle."""
    names = [member.person.name for member in partners]
    if not is_circle or len(names) <= FEW:
        return listed(names)
    hosts = [member.person.name for member in partners if member.side == Member.Side.MENTOR]
    if not hosts:
        return _("your circle")
    others = len(names) - len(hosts)
    return listed([*hosts, ngettext("%(n)d other", "%(n)d others", others) % {"n": others}])


def listed(names: list[str]) -> str:
    """Names in one phrase."""
    if len(names) < 2:
        return "".join(names)
    return _("%(first)s and %(last)s") % {"first": ", ".join(names[:-1]), "last": names[-1]}
