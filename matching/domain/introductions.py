"""The manager's word on two who agreed to be a pair."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from matching import rule_words
from matching.domain.fixed import Sides, lock_pair
from matching.models import Lock
from matching.verbs import Verb
from participants.domain.introduction_letters import tell_decided
from participants.domain.introductions import close_moot
from participants.models import Enrollment, Introduction
from people.models import Person
from programs.models import Cohort

State = Introduction.State


@transaction.atomic
def confirm_introduction(*, introduction: Introduction, by: Person, of_itself: bool = False) -> Lock:
    """Every run keeps this pair from now on, and both are told. Confirming twice changes nothing.

    `of_itself` is for a yes of both that needs no manager: `by` is then the one who said it.
    Raises Refused as `lock_pair`, rule_<name> for a broken hard rule among them; and illegal_move.
    """
    lock = lock_pair(mentee=introduction.mentee, mentor=introduction.mentor, by=by)  # holds both sides
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


def refuse_forbidden(mentee: Enrollment, mentor: Enrollment) -> None:
    """Whom no run and no manager could pair need not ask: their yes would come to nothing.

    An exclusion is not told of: it may come from what the other said in confidence. People who are not accepted yet
    are let pass. Raises Refused: rule_<name> for a broken hard rule.
    """
    sides = Sides(mentee.cohort, [mentee.pk, mentor.pk], is_circle=False)
    if mentee.pk not in sides.mentees or mentor.pk not in sides.mentors:
        return
    for rule in sides.field.blocked_by(sides.mentees[mentee.pk], sides.mentors[mentor.pk]):
        if rule != "exclusion":
            why = rule_words.broken(rule, mentee.person.name, mentor.person.name)
            raise Refused(f"rule_{rule}", why, _("Please choose somebody else."))


def _held(introduction: Introduction) -> Introduction:
    rows = Introduction.objects.select_for_update(of=("self",)).select_related(
        "cohort__program", "mentee__person", "mentor__person"
    )
    return rows.get(pk=introduction.pk)


def _record(verb: Verb, row: Introduction, by: Person) -> None:
    data = {"mentee": row.mentee_id, "mentor": row.mentor_id}
    record(verb, by=by, target=row, program_id=row.cohort.program_id, data=data)
