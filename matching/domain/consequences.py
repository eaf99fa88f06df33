"""What decisions by hand would lead to: solved beside the present run, nothing stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Refused
from matching.domain.decisions import Pair
from matching.domain.findings import Findings
from matching.domain.fixed import Checker
from matching.domain.undo import Wanted
from matching.engine import EngineError
from matching.engine.pricing import solve_field
from matching.models import Run
from matching.moves import FigureRow, Held, Move, different, figures, held, held_by, moves
from matching.snapshot import read_snapshot

Persons = set[tuple[int, int]]  # mentee and mentor by person


@dataclass(frozen=True, slots=True)
class Consequences:
    """The figures of both, who would change, and how many of each kind."""

    figures: list[FigureRow]
    moves: list[Move]
    counts: dict[str, int]
    costs_people: int  # mentees fewer than in the present run


def consequences(*, run: Run, wanted: Wanted) -> Consequences:
    """Solve the cohort as it is now with these decisions, under the run's criteria, and compare with the run.

    What nothing speaks against stays as it is in the run. Raises Refused as `lock_pair` does, and "contradiction"
    where locks that stand already leave no solution.
    """
    check(wanted)
    [before] = held_by(run)
    after, numbers = _solved(run, wanted)
    changed = different(before, after)
    parted = [(a, b) for a, b in wanted.never if b.pk in before.get(a.pk, {})]
    by_hand = [(a.pk, b.pk) for a, b in [*wanted.lock, *parted]]
    found = moves(before, after, changed, by_hand=by_hand)
    kinds = [move.kind for move in found]
    return Consequences(
        figures=figures(run.numbers, numbers),
        moves=found,
        counts={kind: kinds.count(kind) for kind in ("out", "into", "moved")},
        costs_people=len(before) - len(after),
    )


def check(wanted: Wanted) -> None:
    """Raises Refused with the first decision that could not be made; changes nothing."""
    if wanted.lock:
        checker = Checker(wanted.lock, without=[*wanted.unlock, *wanted.never])
        for mentee, mentor in wanted.lock:
            if (mentee.pk, mentor.pk) not in checker.stand:
                checker.take(mentee, mentor)


def _solved(run: Run, wanted: Wanted) -> tuple[Held, dict[str, Any]]:
    snapshot = read_snapshot(run.cohort, run.criteria)
    never = _persons(wanted.never)
    known = set(snapshot.mentees.person), set(snapshot.mentors.person)
    locks = (set(snapshot.locks) - _persons(wanted.unlock) - never) | _persons(wanted.lock)
    snapshot = replace(
        snapshot,
        locks=sorted(pair for pair in locks if pair[0] in known[0] and pair[1] in known[1]),
        exclusions=sorted((set(snapshot.exclusions) - _persons(wanted.allow)) | never),
        keep=sorted(run.proposals.values_list("mentee__person_id", "mentor__person_id")),
    )
    try:
        field = snapshot.field(any_size=True)
        found = solve_field(field, objective=run.objective, locks=snapshot.locks, keep=snapshot.keep)
    except (ValueError, EngineError) as error:
        raise Refused(
            "contradiction",
            _("The locked pairs and the rules of this run leave no solution."),
            _("Look at the pairs decided by hand; unlock what no longer fits."),
        ) from error
    findings = Findings(snapshot, found.field, found.problem, found.solution)
    mentees, mentors = snapshot.mentees.enrollment, snapshot.mentors.enrollment
    pairs = ((mentees[mentee], mentors[mentor], score) for mentee, mentor, score in findings.pairs)
    return held(pairs), findings.numbers()


def _persons(pairs: Iterable[Pair]) -> Persons:
    return {(mentee.person_id, mentor.person_id) for mentee, mentor in pairs}
