"""What two people know of being a pair or said of it: whoever parts them, or lifts a no, should know it first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from matching.models import SideAnswer
from participants.models import Enrollment, Introduction

Pair = tuple[Enrollment, Enrollment]


def ties(pairs: Sequence[Pair]) -> list[tuple[Pair, str]]:
    """Those of these pairs who were told that they are one, or both said yes to it, each with a sentence.

    Two queries.
    """
    told, yes = _told(pairs), _both_said_yes(pairs)
    found = []
    for mentee, mentor in pairs:
        key, names = (mentee.pk, mentor.pk), {"a": mentee.person.name, "b": mentor.person.name}
        if key in told:
            text = _("%(a)s and %(b)s were told on %(day)s that they are a pair.")
            found.append(((mentee, mentor), text % {**names, "day": told[key]}))
        elif key in yes:
            text = _("%(a)s and %(b)s were asked about each other, and both said yes.")
            found.append(((mentee, mentor), text % names))
    return found


def own_noes(pairs: Sequence[Pair]) -> dict[tuple[int, int], str]:
    """Those of these pairs, by their ids, about whom one of the two last said no, each with a sentence. One query."""
    names = {(a.pk, b.pk): {a.pk: a.person.name, b.pk: b.person.name} for a, b in pairs}
    rows = SideAnswer.newest().filter(
        proposal__mentee__in=[mentee.pk for mentee, _mentor in pairs], answer=SideAnswer.Answer.NO
    )
    text = _("%(a)s said no to %(b)s on %(day)s, and was told that a no is final.")
    found = {}
    for mentee, mentor, who, at in rows.values_list(
        "proposal__mentee", "proposal__mentor", "enrollment", "answered_at"
    ):
        if two := names.get((mentee, mentor)):
            other = mentor if who == mentee else mentee
            found[mentee, mentor] = text % {"a": two[who], "b": two[other], "day": _day(at)}
    return found


def _told(pairs: Sequence[Pair]) -> dict[tuple[int, int], str]:
    rows = Introduction.objects.filter(
        mentee__in=[mentee.pk for mentee, _mentor in pairs], state=Introduction.State.CONFIRMED
    ).exclude(decided_at=None)
    return {
        (mentee, mentor): _day(at)
        for mentee, mentor, at in rows.values_list("mentee", "mentor", "decided_at")
    }


def _day(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "DATE_FORMAT")


def _both_said_yes(pairs: Sequence[Pair]) -> set[tuple[int, int]]:
    rows = SideAnswer.newest().filter(
        proposal__mentee__in=[mentee.pk for mentee, _mentor in pairs], answer=SideAnswer.Answer.YES
    )
    yes = set(rows.values_list("proposal__mentee", "proposal__mentor", "enrollment"))
    return {(a, b) for a, b, _who in yes if {(a, b, a), (a, b, b)} <= yes}
