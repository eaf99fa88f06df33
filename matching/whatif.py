"""What other criteria would lead to: solved beside the present ones, from one reading, and nothing is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from matching.circles_snapshot import CircleSnapshot, read_circles
from matching.criteria import read_criteria
from matching.domain.failures import broken_locks
from matching.domain.findings import stored_parts
from matching.domain.solving import circles_at_once
from matching.engine import EngineError
from matching.engine.field import Criteria, Field, build_field
from matching.engine.minimum import highest_fit, raised
from matching.engine.pricing import solve_field
from matching.snapshot import Side, Snapshot, one_moment, read_snapshot
from programs.models import Cohort

LISTED = 25  # mentees whose pairs change, told in full
NAMED = 12  # people named in a list; the rest is counted

Pairs = dict[int, list[int]]  # mentor rows by mentee row
Heard = Callable[[str], None]


class Question(NamedTuple):
    """Complete criteria, what matters most, and the options of a run; `near` is the run to keep close to."""

    criteria: Mapping[str, Any]
    objective: str
    least_fit: int = 0
    raise_lowest: bool = False
    near: int | None = None


class Unable(Exception):
    """There is no answer; `code` says why, `pairs` are locks that break a rule, see `failures.broken_locks`."""

    def __init__(self, code: str, pairs: list[dict[str, Any]] | None = None) -> None:
        super().__init__(code)
        self.code, self.pairs = code, pairs or []


class TooLong(Exception):
    """The circles cannot be formed while somebody waits."""


class Result(NamedTuple):
    """One question answered by the engine; of circles `pairs` are members with their hosts."""

    field: Field
    pairs: Pairs
    circles: int = 0
    proven: bool = True


Ask = Callable[[Snapshot, Question, list[tuple[int, int]]], Result]


def compare(
    cohort: Cohort, present: Question, asked: Question, heard: Heard = lambda _stage: None
) -> dict[str, Any]:
    """Both results in plain values: figures, who gains or loses a match, and which pairs change; the same of circles.

    {"figures": {name: [now, then]}, "gained" and "lost": {"mentees" and "mentors": {"count", "shown"}},
    "changed": mentees whose mentors change, "changes": [{"mentee", "now", "then"}], "circles": the same, with "late"
    where they take too long to form and "proven"}, or {"unable": code, "pairs"}. A cohort of circles has these alone.
    Where the criteria in force break locks, these are named as "broken", and both results are the one asked about.
    People are enrollments. `heard` is told the stage at work and may raise to stop. The pairs of the present result
    are kept where nothing speaks against it, so that what changes, changes because of the question.
    """
    try:
        heard("reading")
        wide, near = _widest(present.criteria, asked.criteria), present.near
        with one_moment():
            snapshot, circles = read_snapshot(cohort, wide, near=near), read_circles(cohort, wide, near=near)
        paired = bool(snapshot.mentees.person and any(snapshot.mentors.limit))
        if not paired and circles is None:
            raise Unable("nobody")
        heard("solving")
        return {
            **(_beside(snapshot, present, asked, _result, heard) if paired else {}),
            **({"circles": _beside_circles(circles, present, asked, heard)} if circles else {}),
        }
    except Unable as unable:
        return {"unable": unable.code, "pairs": unable.pairs}


def _beside(
    snapshot: Snapshot, present: Question, asked: Question, result: Ask, heard: Heard
) -> dict[str, Any]:
    try:
        now = result(snapshot, present, snapshot.keep)
    except Unable as unable:
        if unable.code != "lock_rule":
            raise
        return _alone(snapshot, None if asked == present else asked, unable.pairs, result, heard)
    kept = _persons(snapshot, now.pairs)
    heard("asking")
    then = now if asked == present else result(snapshot, asked, kept)
    heard("comparing")
    return _answer(snapshot, now, then)


def _alone(
    snapshot: Snapshot, asked: Question | None, broken: list[dict[str, Any]], result: Ask, heard: Heard
) -> dict[str, Any]:
    """What is asked about, beside itself: the criteria in force break these locks, and to mend that one asks."""
    if asked is None:
        raise Unable("lock_rule_now", broken)
    heard("asking")
    then = result(snapshot, asked, snapshot.keep)
    heard("comparing")
    return {**_answer(snapshot, then, then), "broken": broken}


def _beside_circles(
    circles: CircleSnapshot, present: Question, asked: Question, heard: Heard
) -> dict[str, Any]:
    def result(people: Snapshot, question: Question, keep: list[tuple[int, int]]) -> Result:
        return _gathered(replace(circles, people=replace(people, keep=keep)), question)

    try:
        return _beside(circles.people, present, asked, result, heard)
    except TooLong:
        return {"late": True}


def _widest(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Criteria under which everything is read that either question needs."""
    rules = first["rules"], second["rules"]
    return {**second, "rules": {**rules[1], "chain_levels": max(one["chain_levels"] for one in rules)}}


def _result(snapshot: Snapshot, question: Question, keep: list[tuple[int, int]]) -> Result:
    criteria = raised(read_criteria(question.criteria), question.least_fit)
    field = _field(snapshot, criteria)
    if broken := broken_locks(field, snapshot):
        raise Unable("lock_rule", broken)
    locks = snapshot.standing_locks()
    try:
        if question.raise_lowest:
            field = _field(snapshot, raised(criteria, highest_fit(field, locks)))
        found = solve_field(field, objective=question.objective, locks=locks, keep=keep)
    except ValueError as error:
        raise Unable("lock_places") from error
    except EngineError as error:
        raise Unable("engine") from error
    pairs: Pairs = {}
    for mentee, mentor in zip(found.solution.mentee.tolist(), found.solution.mentor.tolist(), strict=True):
        pairs.setdefault(mentee, []).append(mentor)
    return Result(field, pairs)


def _gathered(circles: CircleSnapshot, question: Question) -> Result:
    people = circles.people
    criteria = raised(read_criteria(question.criteria), question.least_fit)
    try:
        field = build_field(*people.people(criteria), criteria, people.links())
    except ValueError as error:  # too many people for all their pairs to be scored
        raise TooLong from error
    if broken := broken_locks(field, people):
        raise Unable("lock_rule", broken)
    try:
        found = circles_at_once(circles.problem(field))
    except ValueError as error:
        raise Unable("lock_circle") from error
    except EngineError as error:
        raise Unable("engine") from error
    if found is None:
        raise TooLong
    pairs = {member: list(circle.hosts) for circle in found.circles for member in circle.members}
    return Result(field, pairs, len(found.circles), found.certificate.proven)


def _field(snapshot: Snapshot, criteria: Criteria) -> Field:
    return build_field(*snapshot.people(criteria), criteria, snapshot.links(), any_size=True)


def _persons(snapshot: Snapshot, pairs: Pairs) -> list[tuple[int, int]]:
    mentees, mentors = snapshot.mentees.person, snapshot.mentors.person
    return [(mentees[row], mentors[column]) for row, columns in pairs.items() for column in columns]


def _answer(snapshot: Snapshot, now: Result, then: Result) -> dict[str, Any]:
    changed = sorted(row for row in {*now.pairs, *then.pairs} if now.pairs.get(row) != then.pairs.get(row))
    held = [{column for columns in side.pairs.values() for column in columns} for side in (now, then)]
    matched = [set(side.pairs) for side in (now, then)]
    return {
        "figures": _figures(snapshot, now, then),
        "gained": _both(snapshot, matched[1] - matched[0], held[1] - held[0]),
        "lost": _both(snapshot, matched[0] - matched[1], held[0] - held[1]),
        "changed": len(changed),
        "changes": _changes(snapshot, now, then, changed),
        "proven": now.proven and then.proven,
    }


def _figures(snapshot: Snapshot, now: Result, then: Result) -> dict[str, list[float]]:
    """[now, then] by name; the fit of both results is measured by the present criteria, and by those asked about."""
    sides = now, then
    pairs = [set(_persons(snapshot, side.pairs)) for side in sides]
    figures: dict[str, list[float]] = {
        "mentees": [len(snapshot.mentees.person)] * 2,
        "matched": [len(side.pairs) for side in sides],
        "pairs": [len(made) for made in pairs],
        "circles": [side.circles for side in sides],
        "changed": [0, len(pairs[1] - pairs[0])],
    }
    if wishes := snapshot.wishes:  # where nobody wished, no wish was missed
        figures["wishes"] = [
            len({mentee for mentee, mentor, _rank in wishes if (mentee, mentor) in made}) for made in pairs
        ]
    for scale, by in (("present", now.field), ("asked", then.field)):
        fits = [fit_of(by, side.pairs) for side in sides]
        figures[f"{scale}_lowest"] = [min(fit, default=0) for fit in fits]
        figures[f"{scale}_median"] = [median(fit) if fit else 0 for fit in fits]
        figures[f"{scale}_total"] = [sum(fit) for fit in fits]
    return figures


def fit_of(field: Field, pairs: Pairs) -> list[int]:
    """0 to 100 for each pair by the weights of this field, also for a pair that its rules forbid."""
    flat = np.array([(row, column) for row, columns in pairs.items() for column in columns], dtype=np.int64)
    rows, columns = flat.reshape(-1, 2).T
    percent: list[int] = field.score_percent(rows, field.ground.worth(rows, columns)).tolist()
    return percent


def _both(snapshot: Snapshot, mentees: set[int], mentors: set[int]) -> dict[str, Any]:
    return {"mentees": _some(snapshot.mentees, mentees), "mentors": _some(snapshot.mentors, mentors)}


def _some(side: Side, rows: set[int]) -> dict[str, Any]:
    return {"count": len(rows), "shown": [side.enrollment[row] for row in sorted(rows)[:NAMED]]}


def _changes(snapshot: Snapshot, now: Result, then: Result, changed: list[int]) -> list[dict[str, Any]]:
    """Those who lose their match first, then those who gain one, then the others."""
    order = sorted(changed, key=lambda row: (row in then.pairs, row in now.pairs, row))
    return [
        {
            "mentee": snapshot.mentees.enrollment[row],
            "now": _told(snapshot, then.field, row, now.pairs.get(row, []), apart=then.pairs.get(row, [])),
            "then": _told(snapshot, then.field, row, then.pairs.get(row, []), apart=now.pairs.get(row, [])),
        }
        for row in order[:LISTED]
    ]


def _told(
    snapshot: Snapshot, field: Field, row: int, columns: list[int], apart: list[int]
) -> list[dict[str, Any]]:
    """Mentors with the fit by the criteria asked about; those of both results are left out."""
    found = []
    for column in columns:
        if column not in apart:
            [score] = fit_of(field, {row: [column]})
            parts = stored_parts(field.parts(row, column), score, snapshot)
            found.append({"mentor": snapshot.mentors.enrollment[column], "score": score, "parts": parts})
    return found
