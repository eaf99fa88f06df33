"""Choosing applicants: decisions are set aside first, then released together, then places move on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.audit import record, record_many
from core.errors import Refused
from core.lifecycle import move
from participants.domain.letters import write_letters
from participants.domain.places import free_place, holds_place, lock_offers, take_places
from participants.models import Enrollment
from participants.rules import offer_is_over
from participants.verbs import Verb
from people.models import Person
from programs.models import Cohort

S = Enrollment.State
DECISIONS = (S.ACCEPTED, S.WAITLISTED, S.DECLINED)
VERB_OF = {S.ACCEPTED: Verb.ACCEPTED, S.WAITLISTED: Verb.WAITLISTED, S.DECLINED: Verb.DECLINED}
OVER = frozenset({Cohort.State.CLOSING, Cohort.State.CLOSED})
PLACES_MOVE_ON = frozenset({Cohort.State.CALL_OPEN, Cohort.State.SELECTING, Cohort.State.MATCHING})


@dataclass(frozen=True, slots=True)
class Released:
    """How many people were told what, and how many letters stand in the outbox."""

    accepted: int
    waitlisted: int
    declined: int
    letters: int


def can_decide(state: str, decision: str) -> bool:
    """Whether a decision can be set aside for somebody in this state."""
    return state in (S.SUBMITTED, S.WAITLISTED) and Enrollment.lifecycle.may(state, decision)


@transaction.atomic
def set_decision(
    *, enrollments: Iterable[Enrollment], decision: str, by: Person, note: str | None = None
) -> int:
    """Set a decision aside for people who wait for one; an empty decision takes it back. Nobody is told yet.

    `note` is for staff and replaces the one there. Returns how many changed.
    Raises Refused: bad_decision, not_waiting (one of them is decided already; nothing is changed then).
    """
    if decision and decision not in DECISIONS:
        raise Refused("bad_decision", _("This is no decision: %(decision)s.") % {"decision": decision})
    keys = [enrollment.pk for enrollment in enrollments]
    rows = list(Enrollment.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    for row in rows:
        if row.state not in (S.SUBMITTED, S.WAITLISTED) or (decision and not can_decide(row.state, decision)):
            raise Refused(
                "not_waiting",
                _("One of the people chosen is not waiting for this decision any more."),
                _("Reload the list and choose again."),
            )
    changed = [row for row in rows if row.pending_decision != decision]
    Enrollment.objects.filter(pk__in=keys).update(
        pending_decision=decision, **({} if note is None else {"decision_note": note})
    )
    program_id = _program_of(changed)
    record_many(Verb.DECISION_SET, by=by, targets=changed, program_id=program_id, data={"decision": decision})
    return len(changed)


@transaction.atomic
def release_decisions(
    *, cohort: Cohort, by: Person | None, among: QuerySet[Enrollment] | None = None, draft: bool = True
) -> Released:
    """Make the decisions set aside valid and write everybody's letter, as drafts or to be sent at once.

    Accepted mentees take their places: all fit, or nothing happens. `among` narrows it to some enrollments.
    Raises Refused: cohort_over, nothing_to_release, no_places, illegal_decision.
    """
    if cohort.state in OVER:
        raise Refused("cohort_over", _("This cohort is closing: nobody can join it any more."))
    offers = lock_offers(cohort)
    chosen = Enrollment.objects.filter(cohort=cohort) if among is None else among.filter(cohort=cohort)
    keys = chosen.exclude(pending_decision="").values("pk")
    rows = list(Enrollment.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
    rows = [row for row in rows if row.pending_decision]
    if not rows:
        raise Refused(
            "nothing_to_release",
            _("No decision is waiting to be released."),
            _("Choose people in the list and decide first."),
        )
    for row in rows:
        if not can_decide(row.state, row.pending_decision):
            raise Refused(
                "illegal_decision",
                _("Somebody is not waiting for a decision any more."),
                _("Reload the page and look at the list again."),
            )
    mentees = [row for row in rows if row.role == Enrollment.Role.MENTEE]
    take_places(offers, Counter(row.strand_id for row in mentees if row.pending_decision == S.ACCEPTED))
    counts = _apply(rows, by=by, program_id=cohort.program_id)
    letters = write_letters(rows, batch=f"decisions-{timezone.now():%Y%m%d-%H%M%S}", draft=draft)
    return Released(counts[S.ACCEPTED], counts[S.WAITLISTED], counts[S.DECLINED], letters)


def _apply(rows: list[Enrollment], *, by: Person | None, program_id: int) -> Counter[str]:
    """Bring locked rows where their decisions say, one statement a decision."""
    now, counts = timezone.now(), Counter[str]()
    for decision in DECISIONS:
        group = [row for row in rows if row.pending_decision == decision]
        counts[decision] = len(group)
        Enrollment.objects.filter(pk__in=[row.pk for row in group]).update(
            state=decision, pending_decision="", decided_at=now
        )
        for row in group:
            row.state, row.pending_decision, row.decided_at = decision, "", now
        record_many(VERB_OF[decision], by=by, targets=group, program_id=program_id)
    return counts


def _program_of(rows: list[Enrollment]) -> int | None:
    if not rows:
        return None
    return Cohort.objects.values_list("program_id", flat=True).get(pk=rows[0].cohort_id)


@transaction.atomic
def promote_from_waiting_list(
    *,
    cohort: Cohort,
    strand_id: int,
    by: Person | None = None,
    limit: int | None = None,
    draft: bool = False,
) -> list[Enrollment]:
    """Offer a strand's free places to the first on its waiting list, at most `limit`; each offer holds its place.

    Those left out in an earlier cohort come first, then by the time of application.
    """
    offers = lock_offers(cohort, [strand_id])
    free = offers[strand_id].places - offers[strand_id].used if offers else 0
    number = free if limit is None else min(free, limit)
    if number <= 0:
        return []
    waiting = (
        Enrollment.objects.select_for_update()
        .filter(
            cohort=cohort,
            strand=strand_id,
            role=Enrollment.Role.MENTEE,
            state=S.WAITLISTED,
            pending_decision="",
        )
        .order_by("-left_out_before", "submitted_at", "pk")[:number]
    )
    chosen = list(waiting)
    take_places(offers, {strand_id: len(chosen)})
    now = timezone.now()
    Enrollment.objects.filter(pk__in=[row.pk for row in chosen]).update(state=S.OFFERED, decided_at=now)
    for row in chosen:
        row.state, row.decided_at = S.OFFERED, now
    record_many(Verb.OFFERED, by=by, targets=chosen, program_id=cohort.program_id)
    write_letters(chosen, batch=f"offers-{now:%Y%m%d-%H%M%S}", draft=draft)
    return chosen


@transaction.atomic
def accept_offer(*, enrollment: Enrollment, by: Person) -> Enrollment:
    """The applicant takes the place that was offered. A second answer changes nothing.

    Raises Refused: no_offer when there is none (any more), offer_over after its last day.
    """
    row = Enrollment.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=enrollment.pk)
    if row.state == S.ACCEPTED:
        return row
    if row.state != S.OFFERED:
        raise Refused(
            "no_offer",
            _("There is no place to accept here (any more)."),
            _("Reload the page to see where it stands."),
        )
    if offer_is_over(row):
        raise Refused(
            "offer_over",
            _("The time to accept this place has passed."),
            _("Write to the program team if you still want it."),
        )
    row.decided_at = timezone.now()
    move(row, S.ACCEPTED, also=["decided_at"])
    record(Verb.ACCEPTED, by=by, target=row, program_id=row.cohort.program_id)
    write_letters([row])
    return row


@transaction.atomic
def give_up(enrollment: Enrollment, to: str, verb: Verb, *, by: Person | None) -> Enrollment:
    """Leave for `to` (withdrawn or lapsed); a place held goes to the next on the waiting list. Twice changes nothing.

    Raises Refused: has_mentorship, illegal_move.
    """
    offers = lock_offers(enrollment.cohort_id, [enrollment.strand_id])
    row = Enrollment.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=enrollment.pk)
    if row.state == to:
        return row
    if row.used:
        raise Refused(
            "has_mentorship",
            _("A mentorship is under way."),
            _("End the mentorship first: its page shows how."),
        )
    held = holds_place(row)
    row.pending_decision = ""
    move(row, to, also=["pending_decision"])
    record(verb, by=by, target=row, program_id=row.cohort.program_id)
    if held:
        free_place(offers[row.strand_id])
        if row.cohort.state in PLACES_MOVE_ON:
            promote_from_waiting_list(cohort=row.cohort, strand_id=row.strand_id, limit=1)
    return row


@transaction.atomic
def lapse_offers(*, cohort: Cohort) -> int:
    """Let offers go whose last day has ended, tell their people, and offer the places to the next."""
    offered = (
        Enrollment.objects.filter(cohort=cohort, state=S.OFFERED).select_related("cohort").order_by("pk")
    )
    late = [row for row in offered if offer_is_over(row)]
    lapsed = [give_up(row, S.LAPSED, Verb.LAPSED, by=None) for row in late]
    write_letters(lapsed)
    return len(lapsed)
