"""What decisions by hand would lead to, for pairs and for circles: solved beside the present run, nothing stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.html import format_html
from django.utils.translation import gettext as _

from core.errors import Refused
from core.french import elided
from matching.circles_snapshot import read_circles
from matching.domain.circles import CircleFindings, Filled
from matching.domain.decisions import Pair
from matching.domain.failures import Failure, check_locks
from matching.domain.findings import Findings
from matching.domain.fixed import Checker
from matching.domain.solving import circles_at_once
from matching.domain.undo import Wanted
from matching.engine import EngineError
from matching.engine.field import Field
from matching.engine.minimum import highest_fit
from matching.engine.pricing import solve_field
from matching.failure_words import locks_told
from matching.floors import share_rows
from matching.left_words import names_of
from matching.lexicon import listed
from matching.models import Run
from matching.moves import FigureRow, Held, Move, different, figures, held, held_by, moves
from matching.options import criteria_for
from matching.queries import decisions_since
from matching.snapshot import Snapshot, read_snapshot

MOST_PAIRS = 100_000_000  # of which a page waits until the best are found
NAMED = 3  # locks that a refusal names
Persons = set[tuple[int, int]]  # mentee and mentor by person


@dataclass(frozen=True, slots=True)
class Consequences:
    """The figures of both, who would change, and how many of each kind."""

    figures: list[FigureRow]
    moves: list[Move]
    counts: dict[str, int]
    costs_people: int  # mentees fewer than in the present run
    since: int  # decisions that stand since the run, and have their part in this
    circles: str = ""  # "proven", "close" (could be better still), "late" (left out here)


def consequences(*, run: Run, wanted: Wanted) -> Consequences:
    """Solve the cohort as it is now with these decisions, under the run's criteria, and compare with the run.

    What nothing speaks against stays as it is in the run. Raises Refused as `lock_pair` does, and "contradiction"
    where locks that stand already leave no solution, "too_large" where a page cannot wait for it.
    """
    check(wanted)
    [before] = held_by(run)
    after, numbers = _solved(run, wanted)
    known, circles = run.numbers, _gathered(run, wanted)
    if circles:
        after |= held(circles.pairs())
        numbers["circles"] = circles.numbers()
        said = "proven" if circles.filled.found.certificate.proven else "close"
    else:
        # None to form, or too many while the page waits: nothing is said of them.
        seated = set(run.proposals.exclude(circle=None).values_list("mentee", flat=True))
        before = {mentee: mentors for mentee, mentors in before.items() if mentee not in seated}
        known = {name: value for name, value in known.items() if name != "circles"}
        said = "late" if circles is None else ""
    changed = different(before, after)
    parted = [(a, b) for a, b in wanted.never if b.pk in before.get(a.pk, {})]
    by_hand = [(a.pk, b.pk) for a, b in [*wanted.lock, *parted]]
    found = moves(before, after, changed, by_hand=by_hand)
    kinds = [move.kind for move in found]
    return Consequences(
        figures=[*figures(known, numbers), *share_rows(known, numbers)],
        moves=found,
        counts={kind: kinds.count(kind) for kind in ("out", "into", "moved")},
        costs_people=len(before) - len(after),
        since=decisions_since(run),
        circles=said,
    )


def check(wanted: Wanted) -> None:
    """Raises Refused with the first decision that could not be made; changes nothing."""
    if wanted.lock:
        checker = Checker(wanted.lock, without=[*wanted.unlock, *wanted.never])
        for mentee, mentor in wanted.lock:
            if (mentee.pk, mentor.pk) not in checker.stand:
                checker.take(mentee, mentor)


def _solved(run: Run, wanted: Wanted) -> tuple[Held, dict[str, Any]]:
    snapshot = _decided(read_snapshot(run.cohort, criteria_for(run)), run, wanted)
    field = snapshot.field(any_size=True)
    if field.size > MOST_PAIRS:
        raise Refused(
            "too_large",
            _("With so many people, a page cannot wait until it is worked out what this leads to."),
            _("Run again afterwards to see it: nobody is told of a run."),
        )
    _check_locks(field, snapshot)
    try:
        if run.raise_lowest:
            snapshot = snapshot.at_least(highest_fit(field, snapshot.locks))
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


def _gathered(run: Run, wanted: Wanted) -> CircleFindings | Literal[False] | None:
    """The circles with these decisions; False where there are none to form, None where it takes too long."""
    circles = read_circles(run.cohort, criteria_for(run))
    if circles is None:
        return False
    circles = replace(circles, people=_decided(circles.people, run, wanted))
    field = circles.people.field()
    _check_locks(field, circles.people)
    try:
        problem = circles.problem(field)
        found = circles_at_once(problem)
    except (ValueError, EngineError) as error:
        raise _unseated(circles.people, wanted) from error
    return CircleFindings(circles, Filled(field, problem, found)) if found else None


def _decided(snapshot: Snapshot, run: Run, wanted: Wanted) -> Snapshot:
    """What was read, with these decisions made and the pairs of the run kept."""
    never = _persons(wanted.never)
    known = set(snapshot.mentees.person), set(snapshot.mentors.person)
    locks = (set(snapshot.locks) - _persons(wanted.unlock) - never) | _persons(wanted.lock)
    return replace(
        snapshot,
        locks=sorted(pair for pair in locks if pair[0] in known[0] and pair[1] in known[1]),
        exclusions=sorted((set(snapshot.exclusions) - _persons(wanted.allow)) | never),
        keep=sorted(run.proposals.values_list("mentee__person_id", "mentor__person_id")),
    )


def _check_locks(field: Field, snapshot: Snapshot) -> None:
    """Raises Refused("contradiction") naming the locks that stand already and no longer fit."""
    try:
        check_locks(field, snapshot)
    except Failure as failure:
        if failure.code == "lock_rule":
            told = [
                _("A lock that stands already breaks a rule."),
                *locks_told(failure.details["pairs"][:NAMED]),
            ]
            raise Refused("contradiction", " ".join(told), _("Unlock that pair first.")) from failure
        names = listed(sorted(names_of(failure.details["enrollments"]).values()))
        text = _("More pairs are locked than there are places with {names}.")
        why = elided(format_html(text, names=names))
        raise Refused("contradiction", why, _("Unlock one of these pairs first.")) from failure


def _unseated(people: Snapshot, wanted: Wanted) -> Refused:
    """What the circles stumble over: the seats wanted alone, or together with others that are locked."""
    if set(people.standing_locks()) - _persons(wanted.lock):
        return Refused(
            "contradiction",
            _(
                "No way was found to keep all locked seats: no time suits everyone, or too few people could sit there."
            ),
            _("Unlock a seat in a circle first."),
        )
    mentee, host = wanted.lock[0]
    text = _(
        "No circle can be formed with %(mentee)s in it and %(host)s as its host: no time suits everyone, or too few "
        "people could sit there."
    )
    names = {"mentee": mentee.person.name, "host": host.person.name}
    return Refused("contradiction", text % names, _("Choose another host."))


def _persons(pairs: Iterable[Pair]) -> Persons:
    return {(mentee.person_id, mentor.person_id) for mentee, mentor in pairs}
