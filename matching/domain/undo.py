"""Several decisions as one act, all or none: exchanging mentors, a file, and taking an act back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from matching.decision_words import what
from matching.domain.decisions import Act, Pair, hold_cohort
from matching.domain.fixed import drop_exclusions, drop_locks, hold_people, put_exclusions, put_locks
from matching.models import Decision
from matching.ties import own_noes
from matching.verbs import Verb
from people.models import Person
from programs.models import Cohort

KIND = Decision.Kind


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be decided: pairs to unlock, to lock, to allow again, and to exclude, each with its reason.

    `why` are the reasons of those to lock, where there are any.
    """

    lock: Sequence[Pair] = ()
    unlock: Sequence[Pair] = ()
    exclude: Sequence[tuple[Pair, str]] = ()
    allow: Sequence[Pair] = ()
    why: Sequence[str] = ()

    @property
    def never(self) -> list[Pair]:
        """The pairs to exclude."""
        return [pair for pair, _reason in self.exclude]

    @property
    def pairs(self) -> list[Pair]:
        """All of them, in the order in which they are decided: what gives places goes before what takes them."""
        return [*self.unlock, *self.never, *self.allow, *self.lock]


@transaction.atomic
def decide(*, wanted: Wanted, by: Person, act: Act) -> None:
    """Do all of it or nothing. Raises Refused as `lock_pair` and `exclude_pair` do."""
    hold_cohort(wanted.pairs[0][0].cohort_id)
    decide_held(wanted, by, act)


def decide_held(wanted: Wanted, by: Person, act: Act) -> None:
    """`decide` for a cohort that is held already."""
    held = iter(hold_people(wanted.pairs, act=act, by=by))
    groups = (wanted.unlock, wanted.exclude, wanted.allow, wanted.lock)
    unlock, exclude, allow, lock = ([next(held) for _one in group] for group in groups)
    if unlock:
        drop_locks(unlock, by, act)
    if exclude:
        put_exclusions(exclude, [reason for _pair, reason in wanted.exclude], by, act)
    if allow:
        drop_exclusions(allow, by, act)
    if lock:
        _all_locked(lock, wanted.why or [""] * len(lock), by, act)


def _all_locked(pairs: Sequence[Pair], reasons: Sequence[str], by: Person, act: Act) -> None:
    _locks, refused = put_locks(pairs, reasons, by, act)
    if refused:
        raise refused[0]


def swapped(first: Pair, second: Pair) -> Wanted:
    """Each mentee gets the other's mentor. Raises Refused: same_pair."""
    (a, x), (b, y) = first, second
    if a.pk == b.pk or x.pk == y.pk:
        raise Refused(
            "same_pair",
            _("Choose two pairs with different people: there is nothing to swap."),
        )
    return Wanted(lock=[(a, y), (b, x)], unlock=[first, second])


@transaction.atomic
def undo_decisions(*, cohort: Cohort, batch: UUID, by: Person, seen: int | None = None) -> list[Decision]:
    """Take back all that one act decided; what was undone. What one of the two said no to is not locked again.

    Raises Refused: nothing_to_undo, undo_in_order (something later concerns the same pair), decided_since, or what
    `lock_pair` raises where a lock cannot stand again.
    """
    hold_cohort(cohort.pk)
    rows = list(
        Decision.objects.filter(cohort=cohort, batch=batch, undone_at=None)
        .exclude(act=Decision.Act.UNDO)
        .select_related("mentee__person", "mentor__person", "by")
        .order_by("-number")
    )
    if not rows:
        raise Refused("nothing_to_undo", _("This has been undone already."))
    _check_order(rows)
    act = Act(Decision.Act.UNDO, seen=seen)
    ended = own_noes([(row.mentee, row.mentor) for row in rows if row.kind == KIND.EXCLUDE])
    back = [row for row in rows if row.kind != KIND.UNLOCK or (row.mentee_id, row.mentor_id) not in ended]
    _reverse(back, hold_people([(row.mentee, row.mentor) for row in back], act=act, by=by), by, act)
    done = [row.pk for row in rows] + _locks_of(cohort, ended)
    Decision.objects.filter(pk__in=done).update(undone_by=by, undone_at=timezone.now())
    record(
        Verb.DECISIONS_UNDONE,
        by=by,
        target=cohort,
        program_id=cohort.program_id,
        data={"first": rows[-1].number, "last": rows[0].number},
    )
    return rows


def _locks_of(cohort: Cohort, ended: Collection[tuple[int, int]]) -> list[int]:
    """Decisions to lock these, by id: with the lock gone for good, nothing of them is left to undo."""
    locks = Decision.objects.filter(
        cohort=cohort, kind=KIND.LOCK, undone_at=None, mentee__in=[mentee for mentee, _mentor in ended]
    ).exclude(act=Decision.Act.UNDO)
    rows = locks.values_list("pk", "mentee", "mentor")
    return [pk for pk, mentee, mentor in rows if (mentee, mentor) in ended]


def _check_order(rows: Sequence[Decision]) -> None:
    pairs = {(row.mentee_id, row.mentor_id) for row in rows}
    later = (
        Decision.objects.filter(cohort=rows[0].cohort_id, number__gt=rows[-1].number, undone_at=None)
        .exclude(batch=rows[0].batch)
        .exclude(act=Decision.Act.UNDO)
        .filter(mentee__in=[pair[0] for pair in pairs])
        .select_related("mentee__person", "mentor__person")
        .order_by("-number")
    )
    for row in later:
        if (row.mentee_id, row.mentor_id) in pairs:
            raise Refused(
                "undo_in_order",
                _("Something later concerns the same pair: %(what)s.") % {"what": what(row)},
                _("Undo that first."),
            )


def _reverse(rows: Sequence[Decision], held: Sequence[Pair], by: Person, act: Act) -> None:
    """What holds places goes before what takes them."""
    of: dict[str, list[Pair]] = {}
    for row, pair in zip(rows, held, strict=True):
        of.setdefault(row.kind, []).append(pair)
    if (locked := of.get(KIND.LOCK)) and drop_locks(locked, by, act) < len(locked):
        raise _gone(next(row for row in rows if row.kind == KIND.LOCK))
    if excluded := of.get(KIND.EXCLUDE):
        drop_exclusions(excluded, by, act)
    if allowed := of.get(KIND.ALLOW):
        put_exclusions(allowed, _reasons(rows, KIND.ALLOW), by, act)
    if unlocked := of.get(KIND.UNLOCK):
        _all_locked(unlocked, _reasons(rows, KIND.UNLOCK), by, act)


def _reasons(rows: Sequence[Decision], kind: str) -> list[str]:
    return [row.reason for row in rows if row.kind == kind]


def _gone(row: Decision) -> Refused:
    return Refused(
        "already_served",
        _("%(mentee)s and %(mentor)s are a pair already, so their lock has done its work.")
        % {"mentee": row.mentee.person.name, "mentor": row.mentor.person.name},
        _("End the mentorship if they should part."),
    )
