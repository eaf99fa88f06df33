"""The manager's word on two who agreed to be a pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from matching.domain.fixed import Sides, lock_pair
from matching.models import Lock
from matching.queries import noes
from matching.verbs import Verb
from participants.domain.introduction_letters import tell_decided
from participants.domain.introductions import close_moot
from participants.models import Enrollment, Introduction
from people.models import Person
from programs.models import Cohort

State = Introduction.State
_BOTH = ("proposal__mentee__person", "proposal__mentor__person")


@transaction.atomic
def confirm_introduction(*, introduction: Introduction, by: Person, of_itself: bool = False) -> Lock:
    """Every run keeps this pair from now on, and both are told. Confirming twice changes nothing.

    `of_itself` is for a yes of both that needs no manager: `by` is then the one who said it.
    Raises Refused as `lock_pair`, rule_<name> for a broken hard rule among them; and illegal_move.
    """
    try:
        lock = lock_pair(mentee=introduction.mentee, mentor=introduction.mentor, by=by)  # holds both sides
    except Refused as refused:
        raise (refused.code == "rule_exclusion" and _whose_no(introduction)) or refused from refused
    row = _held(introduction)
    if row.state != State.CONFIRMED:
        row.decided_at, row.decided_by = timezone.now(), None if of_itself else by
        move(row, State.CONFIRMED, also=["decided_at", "decided_by"])
        _record(Verb.INTRODUCTION_CONFIRMED, row, by)
        tell_decided(row)
        close_moot(cohort=row.cohort)
    return lock


@transaction.atomic
def recommend_change(*, introduction: Introduction, word: str, by: Person) -> Introduction:
    """Advise the two to look elsewhere, with a word to both, which only they read.

    Raises Refused: no_word, illegal_move.
    """
    if not word.strip():
        raise Refused(
            "no_word", _("Say a word to both: what you would recommend instead, and why."), _("Both read it.")
        )
    row = _held(introduction)
    row.word, row.decided_at, row.decided_by = word.strip(), timezone.now(), by
    move(row, State.CHANGED, also=["word", "decided_at", "decided_by"])
    _record(Verb.INTRODUCTION_CHANGED, row, by)
    tell_decided(row)
    return row


def settle_published(*, cohort: Cohort, pairs: Iterable[tuple[int, int]], by: Person) -> None:
    """These (mentee, mentor) enrollments have been made pairs, which confirms who agreed; the rest is moot by now.

    The mail about the match tells them.
    """
    made = set(pairs)
    rows = Introduction.objects.select_for_update(of=("self",)).filter(cohort=cohort, state=State.AGREED)
    for row in rows.select_related("cohort").order_by("pk"):
        if (row.mentee_id, row.mentor_id) in made:
            row.decided_at, row.decided_by = timezone.now(), by
            move(row, State.CONFIRMED, also=["decided_at", "decided_by"])
            _record(Verb.INTRODUCTION_CONFIRMED, row, by)
    close_moot(cohort=cohort)


def confirm_at_once(introduction: Introduction, by: Person) -> None:
    """Where a yes of both is enough. What a rule forbids is left to the manager."""
    try:
        with transaction.atomic():
            confirm_introduction(introduction=introduction, by=by, of_itself=True)
    except Refused:
        return
    introduction.refresh_from_db(fields=["state", "decided_at", "decided_by"])


def forbidden(mine: Enrollment, others: Sequence[Enrollment]) -> dict[int, Refused]:
    """Whom of these no run and no manager could pair with somebody: their yes would come to nothing.

    One's own no is told. For the rest it is the same whatever keeps the two apart, or it would give away what the
    other said in confidence. People who are not accepted yet are let pass.
    """
    if not others:
        return {}
    sides = Sides(mine.cohort, [mine.pk, *(other.pk for other in others)], is_circle=False)
    is_mentee = mine.role == Enrollment.Role.MENTEE
    found: dict[int, Refused] = {}
    for other in others:
        mentee, mentor = (mine, other) if is_mentee else (other, mine)
        there = mentee.pk in sides.mentees and mentor.pk in sides.mentors
        if there and sides.field.blocked_by(sides.mentees[mentee.pk], sides.mentors[mentor.pk]):
            found[other.pk] = _apart(other)
    return found | own_noes(mine, others)


def _apart(other: Enrollment) -> Refused:
    return Refused(
        "kept_apart",
        _("You and %(name)s cannot be paired in this round.") % {"name": other.person.name},
        _("Please choose somebody else."),
    )


def own_noes(mine: Enrollment, others: Iterable[Enrollment]) -> dict[int, Refused]:
    """To whom of these somebody has said no when both sides were asked, as long as that keeps the two apart."""
    side = "mentor" if mine.role == Enrollment.Role.MENTEE else "mentee"
    people = {other.pk: other.person.name for other in others}
    rows = noes().filter(enrollment=mine, **{f"proposal__{side}__in": people})
    return {
        pk: Refused(
            "said_no",
            _("You said no to %(name)s on %(day)s.") % {"name": people[pk], "day": _day(at)},
            _("Please choose somebody else."),
        )
        for pk, at in rows.values_list(f"proposal__{side}", "answered_at")
    }


def _day(at: datetime | None) -> str:
    assert at, "a no has a time"
    return date_format(timezone.localtime(at), "DATE_FORMAT")


def _whose_no(introduction: Introduction) -> Refused | None:
    """For the manager: which of the two said no before."""
    two = noes().filter(proposal__mentee=introduction.mentee_id, proposal__mentor=introduction.mentor_id)
    row = two.select_related("enrollment__person", *_BOTH).order_by("-answered_at").first()
    if row is None:
        return None
    mine, pair = row.enrollment, row.proposal
    other = pair.mentor if mine.pk == pair.mentee_id else pair.mentee
    names = {"name": mine.person.name, "other": other.person.name, "day": _day(row.answered_at)}
    return Refused(
        "rule_exclusion",
        _("%(name)s said no to %(other)s on %(day)s, so the two are kept apart.") % names,
        _("Ask whether that still holds. If not, lift the exclusion; otherwise recommend a change."),
    )


def _held(introduction: Introduction) -> Introduction:
    rows = Introduction.objects.select_for_update(of=("self",)).select_related(
        "cohort__program", "mentee__person", "mentor__person"
    )
    return rows.get(pk=introduction.pk)


def _record(verb: Verb, row: Introduction, by: Person) -> None:
    data = {"mentee": row.mentee_id, "mentor": row.mentor_id}
    record(verb, by=by, target=row, program_id=row.cohort.program_id, data=data)
