"""What criteria would do to the people who wait now, before anything is saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from core.numbers import percentage
from core.ui import Bar
from matching import rule_words
from matching.circles_snapshot import read_circles
from matching.criteria_words import WEIGHTS
from matching.domain.failures import broken_locks
from matching.engine.field import CRITERIA, RULES, Criteria, Field, build_field
from matching.engine.ground import Ground
from matching.engine.people import Ints
from matching.failure_words import locks_told
from matching.snapshot import Side, Snapshot, read_snapshot
from participants.models import Enrollment
from programs.models import Cohort

WHOLE = (
    6_000_000  # possible pairs up to which all are scored; above, what depends on scores is told from a part
)
SAMPLE = 200  # mentees whose best pair says what a typical score is made of
NAMED = 12


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What a rule takes away, whatever else forbids the pair, and by itself alone."""

    name: str
    removed: int
    only: int


@dataclass(frozen=True, slots=True)
class Without:
    """People of one side whom the criteria leave nobody."""

    count: int
    shown: list[Enrollment]

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.shown)


@dataclass(frozen=True, slots=True)
class Effect:
    """Pairs by what becomes of them; `low` is None where too many pairs would have to be scored."""

    possible: int
    eligible: int
    low: int | None  # under the minimum fit
    rules: list[RuleEffect]
    mentees: Without
    mentors: Without
    shares: list[Bar]
    locks: list[str]  # locked pairs that a rule would break: no run could be completed


def effect_of(cohort: Cohort, criteria: Mapping[str, Any]) -> Effect:
    """Read the cohort's pairs and count. Nothing is written."""
    return _effect(read_snapshot(cohort, criteria))


def effect_on_circles(cohort: Cohort, criteria: Mapping[str, Any]) -> Effect | None:
    """The same of those who wait for a circle and those who could host one; None where there are none."""
    circles = read_circles(cohort, criteria)
    return _effect(circles.people) if circles else None


def _effect(snapshot: Snapshot) -> Effect:
    settings = Criteria.from_dict(snapshot.criteria)
    sides = snapshot.people(settings)
    possible = len(sides[0]) * len(sides[1])
    links = snapshot.links()
    sample = field = build_field(*sides, settings, links, any_size=True)
    left, low = field.left if possible <= WHOLE else _by_rules(field), None
    if possible <= WHOLE or not settings.min_fit:
        low = field.size - int(left[0].sum())
    if possible > WHOLE:
        some = _some(snapshot.mentees, SAMPLE).people(settings, snapshot.own_reach)
        sample = build_field(some, sides[1], settings, links)
    mentees, mentors = (
        _without(side, count) for side, count in zip((snapshot.mentees, snapshot.mentors), left, strict=True)
    )
    locks = locks_told(broken_locks(field, snapshot))
    eligible = int(left[0].sum())
    return Effect(possible, eligible, low, _rules(field.ground), mentees, mentors, _shares(sample), locks)


def _by_rules(field: Field) -> tuple[Ints, Ints]:
    """How many of the other side the rules leave each mentee, and each mentor: counted without scoring."""
    mine, theirs = field.ground.tallies
    return mine.eligible, theirs.eligible


def _rules(ground: Ground) -> list[RuleEffect]:
    """Those that take anything away, the most first."""
    tally = ground.tallies[0]
    counts = zip(RULES, tally.removed.sum(axis=0).tolist(), tally.only.sum(axis=0).tolist(), strict=True)
    found = [
        RuleEffect(str(rule_words.RULES[rule]), removed, only) for rule, removed, only in counts if removed
    ]
    return sorted(found, key=lambda rule: -rule.removed)


def _without(side: Side, left: Ints) -> Without:
    """People with a free place and nobody to share it with; one query."""
    rows = [
        enrollment
        for enrollment, limit, count in zip(side.enrollment, side.limit, left.tolist(), strict=True)
        if limit and not count
    ]
    people = (
        Enrollment.objects.filter(pk__in=rows).select_related("person").order_by("person__full_name", "pk")
    )
    return Without(len(rows), list(people[:NAMED]) if rows else [])


def _some(side: Side, most: int) -> Side:
    """At most so many people of a side, spread evenly."""
    step = max(1, len(side.person) // most)
    return Side(**{column.name: getattr(side, column.name)[::step] for column in fields(Side)})


def _shares(field: Field) -> list[Bar]:
    """What the score of a typical good pair is made of, in percent: the best pair of each of some mentees."""
    points = dict.fromkeys(CRITERIA, 0)
    mentees = np.flatnonzero(np.diff(field.start))
    for row in mentees[:: max(1, len(mentees) // SAMPLE)].tolist():
        part = slice(field.start[row], field.start[row + 1])
        best = int(field.mentor[part][field.score[part].argmax()])
        for told in field.parts(row, best):
            points[told.criterion] += told.points
    total = sum(points.values())
    weights = field.criteria.weights
    bars = [
        Bar(
            WEIGHTS[name],
            round(100 * points[name] / total),
            text=percentage(round(100 * points[name] / total)),
        )
        for name in CRITERIA
        if total and (points[name] or getattr(weights, name))
    ]
    return sorted(bars, key=lambda bar: -bar.value)
