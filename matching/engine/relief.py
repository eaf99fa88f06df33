"""What would win a match for those left without: one relaxed rule, or more mentors of a kind.

Every figure is exact: the largest number of matches with the change less the largest number without,
whatever else is moved around. Minimum score, locks, demand and capacity hold throughout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from matching.engine.criteria import Rules
from matching.engine.field import Field
from matching.engine.ground import Ground
from matching.engine.kinds import Kind, kinds_for
from matching.engine.people import UNKNOWN, Ints, Links, People, Ragged
from matching.engine.problem import Bools, Problem
from matching.engine.reach import Enough, Flow, Openings
from matching.engine.rules import Rulebook
from matching.engine.solution import Solution

LEAST_GAP = -100
MOST_HOURS = 12  # no two time zones are further apart round the clock
MOST_KINDS = 5  # of mentors on one list
SWITCHES = {
    "exclusion": "exclusions", "past_pair": "past_pairs", "strand": "same_strand",
    "language": "shared_language", "availability": "shared_availability", "unit": "unit",
}  # fmt: skip
"""Rules without a figure, with their setting."""


@dataclass(frozen=True)
class Relaxation:
    """One hard rule made weaker, and what that alone wins."""

    rule: str  # one of RULES
    value: int | None  # levels of the chain, level gap, or hours that the rule would ask; None: it is off
    covered: int  # mentees more with a mentor
    pairs: int  # pairs more
    mentees: tuple[int, ...]  # rows of so many mentees who would then be covered together
    could: tuple[int, ...]  # rows of everybody left out who could be one of them


@dataclass(frozen=True)
class Recruit:
    """Mentors of one kind, and what they win on top of those told before."""

    kind: Kind
    mentors: int
    places: int  # that each of them has: what is usual in the program
    covered: int  # mentees more with a mentor
    total: int  # with all the recruits up to this one
    mentees: tuple[int, ...]  # rows of those mentees


@dataclass(frozen=True)
class Wins:
    """What would match one person."""

    relaxations: tuple[Relaxation, ...] = ()
    recruit: Recruit | None = None


def relaxations(field: Field, problem: Problem, solution: Solution) -> list[Relaxation]:
    """What each hard rule that may be relaxed would win on its own; the most first, those of no use left out.

    Rules with a figure are tried one step weaker, and off if that wins more.
    """
    return list(_base(field, problem, solution).relaxations)


def recruits(field: Field, problem: Problem, solution: Solution, *, most: int = MOST_KINDS) -> list[Recruit]:
    """Up to `most` kinds of mentor, each time the one that covers most of those still left out."""
    return _base(field, problem, solution).recruits(most)


def wins(field: Field, problem: Problem, solution: Solution, mentee: int) -> Wins:
    """What would match this mentee, empty for one who has a mentor. Raises ValueError for a row not there."""
    if not 0 <= mentee < len(problem.demand):
        raise ValueError(f"mentee: {mentee} names none of the {len(problem.demand)} there are")
    if (solution.mentee == mentee).any():
        return Wins()
    base = _base(field, problem, solution)
    useful = tuple(found for found in base.relaxations if mentee in found.could)
    return Wins(useful, base.recruit_for(mentee))


def reachable(field: Field, problem: Problem, solution: Solution) -> int:
    """The most mentees who can have a mentor: more than have one where the score comes first."""
    return _base(field, problem, solution).most


class _Base:
    """What is possible as things are; everything else is measured against it.

    People are numbered in the order of their ids: which of several as good is told does not hang on that of the rows.
    """

    def __init__(self, field: Field, problem: Problem, solution: Solution) -> None:
        self._field, self._problem = field, problem
        self._order = np.argsort(problem.key[0]), np.argsort(problem.key[1])
        self._place = np.argsort(self._order[0]), np.argsort(self._order[1])
        self._least = np.maximum(field.ground.least, solution.min_score)
        self._scored = bool(self._least.any())
        self._known: dict[Kind, Bools] = {}
        self._enough = Enough(field.ground, self._least) if self._scored else None
        openings = self._openings(field.ground.book)
        held, taken = (
            np.bincount(place[rows], minlength=len(place))
            for place, rows in zip(self._place, problem.locked.T, strict=True)
        )
        wants, takes = problem.demand[self._order[0]] - held, problem.capacity[self._order[1]] - taken
        mentee, mentor = self._free_pairs(solution)
        extra = np.zeros((0, len(held)), dtype=bool)
        self.pairs = Flow(openings, mentee, mentor, wants, takes, extra).grown()
        one, first = np.unique(mentee, return_index=True)
        one, first = one[held[one] == 0], first[held[one] == 0]
        unlocked = (held == 0).astype(np.int64)
        self.covered = Flow(openings, one, mentor[first], unlocked, takes, extra).grown()
        self.most = len(self.covered) + int((held > 0).sum())

    def _free_pairs(self, solution: Solution) -> tuple[Ints, Ints]:
        """The pairs of the solution but the locks."""
        problem = self._problem
        free = ~np.isin(problem.edges_of(solution.mentee, solution.mentor), problem.locked_edges)
        mentee, mentor = self._place[0][solution.mentee[free]], self._place[1][solution.mentor[free]]
        order = np.lexsort((mentor, mentee))
        return mentee[order], mentor[order]

    def _openings(self, book: Rulebook) -> Openings:
        size = len(self._field.mentees), len(self._field.mentors)
        return Openings(book, size, self._enough, self._problem.locked, self._order)

    def _rows(self, places: Ints) -> tuple[int, ...]:
        """The rows of mentees."""
        return tuple(np.sort(self._order[0][places]).tolist())

    def _weakened(self, rules: Rules) -> Openings:
        field, criteria = self._field, replace(self._field.criteria, rules=rules)
        return self._openings(Rulebook.of(field.mentees, field.mentors, criteria, field.links))

    @cached_property
    def relaxations(self) -> tuple[Relaxation, ...]:
        if not self.pairs.could_grow and not self.covered.could_grow:
            return ()
        found: list[Relaxation] = []
        for rule, steps in _weaker(self._field.criteria.rules):
            worth = 0, 0
            for value, weaker in steps:
                told = self._relaxed(rule, value, self._weakened(weaker))
                if (told.covered, told.pairs) > worth:
                    worth = told.covered, told.pairs
                    found.append(told)
        return tuple(sorted(found, key=lambda told: (-told.covered, -told.pairs)))

    def _relaxed(self, rule: str, value: int | None, openings: Openings) -> Relaxation:
        start = replace(self.covered, openings=openings)
        covered, pairs = start.grown(), replace(self.pairs, openings=openings).grown()
        won = len(covered) - len(start)
        could = start.reaching() & (start.missing > 0) if won else np.zeros(len(start.wants), dtype=bool)
        return Relaxation(
            rule, value, won, len(pairs) - len(self.pairs), self._newly(start, covered),
            self._rows(np.flatnonzero(could)),
        )  # fmt: skip

    def _newly(self, before: Flow, after: Flow) -> tuple[int, ...]:
        return self._rows(np.setdiff1d(after.mentee, before.mentee))

    def recruits(self, most: int) -> list[Recruit]:
        """The greedy list; a kind that comes up again is counted with its first time."""
        flow, found = self.covered, dict[Kind, Recruit]()
        while len(left := np.flatnonzero(flow.missing > 0)):
            options = [
                self._hired(flow, kind, self._place[0][group])
                for kind, group in self._kinds(self._order[0][left])
            ]
            recruit, after = max(options, key=lambda option: option[0].covered)
            before = found.get(recruit.kind)
            if not recruit.covered or (before is None and len(found) == most):
                break
            found[recruit.kind] = _together(before, recruit) if before else recruit
            flow = after
        totals = np.cumsum([recruit.covered for recruit in found.values()]).tolist()
        return [replace(each, total=total) for each, total in zip(found.values(), totals, strict=True)]

    @cached_property
    def usual_recruits(self) -> list[Recruit]:
        return self.recruits(MOST_KINDS)

    def recruit_for(self, mentee: int) -> Recruit | None:
        """A kind of the list that one such mentor serves this mentee with, or one made for the mentee alone."""
        for recruit in self.usual_recruits:
            if mentee in recruit.mentees and self._may(recruit.kind)[mentee]:
                return recruit
        alone = _alone(self._field.mentees, mentee)
        for kind, group in self._kinds(np.array([mentee])):
            if self._serves(kind, alone, self._least[group])[0]:
                return Recruit(kind, 1, self._places, 1, 1, (mentee,))
        return None

    @cached_property
    def _places(self) -> int:
        """What a mentor usually takes."""
        some = self._field.mentors.limit[self._field.mentors.limit > 0]
        return max(1, int(np.median(some))) if len(some) else 1

    def _kinds(self, rows: Ints) -> list[tuple[Kind, Ints]]:
        return kinds_for(self._field.mentees, rows, self._field.criteria, scored=self._scored)

    def _may(self, kind: Kind) -> Bools:
        """The mentees, by row, who may have such a mentor."""
        if not self._scored:  # then only hard rules count
            kind = replace(kind, skills=(), location=UNKNOWN)
        if kind not in self._known:
            self._known[kind] = self._serves(kind, self._field.mentees, self._least)
        return self._known[kind]

    def _serves(self, kind: Kind, mentees: People, least: Ints) -> Bools:
        """Which of these mentees may have such a mentor, each needing so many points at least."""
        criteria, size = self._field.criteria, (len(mentees), 1)
        person = 1 + max(
            int(side.person.max(initial=0)) for side in (self._field.mentees, self._field.mentors)
        )
        one = kind.people(person, self._places)
        if self._scored:
            ground = Ground.of(mentees, one, criteria, Links())
            openings = Openings(ground.book, size, Enough(ground, least))
        else:
            openings = Openings(Rulebook.of(mentees, one, criteria, Links()), size)
        found: Bools = openings.block(np.arange(len(mentees)), np.array([0]))[:, 0]
        return found

    def _hired(self, flow: Flow, kind: Kind, group: Ints) -> tuple[Recruit, Flow]:
        """As many mentors of a kind as the group needs, and what they win."""
        may = self._may(kind)[self._order[0]]
        group = group[may[group]]
        count = -(-len(group) // self._places)
        after = flow.joined(may, count * self._places, group).grown()
        won = len(after) - len(flow)
        return Recruit(kind, -(-won // self._places), self._places, won, won, self._newly(flow, after)), after


def _weaker(rules: Rules) -> Iterator[tuple[str, list[tuple[int | None, Rules]]]]:
    """Each rule that is on and may be relaxed, with its steps: one level or hour, then altogether."""
    levels = rules.chain_levels
    yield (
        "chain",
        [
            (value, replace(rules, chain_levels=value))
            for value in sorted({levels - 1, 1} - {0, levels})[::-1]
        ],
    )
    for rule, setting in SWITCHES.items():
        if getattr(rules, setting):
            yield rule, [(None, replace(rules, **{setting: type(getattr(rules, setting))()}))]
    if (gap := rules.min_level_gap) is not None:
        step: list[tuple[int | None, Rules]] = []
        if gap > LEAST_GAP:
            step = [(gap - 1, replace(rules, min_level_gap=gap - 1))]
        yield "level", [*step, (None, replace(rules, min_level_gap=None))]
    if (hours := rules.max_hours_apart) is not None and hours < MOST_HOURS:
        off = replace(rules, max_hours_apart=None)
        yield "time_zone", [(hours + 1, replace(rules, max_hours_apart=hours + 1)), (None, off)]


def _alone(people: People, row: int) -> People:
    """One of these people."""
    columns = {item.name: getattr(people, item.name) for item in fields(people)}
    return People(**{
        name: [column.row(row)] if isinstance(column, Ragged) else column[row : row + 1]
        for name, column in columns.items()
    })  # fmt: skip


def _together(first: Recruit, second: Recruit) -> Recruit:
    won = first.covered + second.covered
    mentees = tuple(sorted(first.mentees + second.mentees))
    return replace(first, mentors=-(-won // first.places), covered=won, mentees=mentees)


_bases: WeakKeyDictionary[Solution, _Base] = WeakKeyDictionary()


def _base(field: Field, problem: Problem, solution: Solution) -> _Base:
    if solution not in _bases:
        _bases[solution] = _Base(field, problem, solution)
    return _bases[solution]
