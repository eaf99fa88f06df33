"""Fields of any size, solved on few candidates and proven on every pair.

A large field is solved on the best pairs of each mentee. The prices of that optimum tell of any other pair
whether it would improve the result: its score has to exceed the prices of both. Pairs that do are added
and the field is solved anew, until no pair of the whole field improves it: the optimum is then that of the
whole field, in every goal. A pool of good pairs is asked first, every pair only when the pool has no more.
Pairs that would change nothing but who wins among equals are added last, so that equals are settled as if
all pairs had been there.

    field = build_field(mentees, mentors, criteria, links, any_size=True)
    found = solve_field(field, locks=locks)
    found.solution, found.problem, found.proof
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from matching.engine.candidates import Found, Prices, best_of_each, gaining
from matching.engine.field import Field
from matching.engine.pairs import Pairs
from matching.engine.people import Ints, Pair, People
from matching.engine.problem import Problem
from matching.engine.solution import Certificate, Solution, targets, unit_rewards, weights
from matching.engine.solver import best_minimum, checked, priced, settled, solve

WHOLE = 8_000_000  # a field of more pairs is not solved whole
LEAD = 25  # candidates of each mentee to begin with
POOL = 120  # pairs of each mentee to look at before all are
MORE = 30  # pairs of each mentee added at once
CROWD = 60  # and of each mentor
MARGIN = 40  # pairs short of gaining by one part in so many of the highest score are added along
_STEP = 1 << 20

Progress = Callable[[str, int, int], None]  # what is done, how much of it, of how much


@dataclass(frozen=True)
class Proof:
    """How far a solution is proven, and what it took."""

    complete: bool  # no pair of the whole field improves it
    ties: bool  # and equals were settled as if every pair had been a candidate
    eligible: int  # pairs of the whole field
    considered: int  # candidates of the problem
    rounds: int = 1  # times the candidates were solved
    passes: int = 0  # times every pair was looked at
    covered_gap: int | None = 0  # so many more at most are possible; None where nothing is known
    pairs_gap: int | None = 0
    total_gap: int | None = 0  # points at most that the total of as many people and pairs can be higher


@dataclass(frozen=True, eq=False)
class FieldSolution:
    """A solution, with the candidates that it was found on."""

    field: Field  # its pairs are those of the problem
    problem: Problem
    solution: Solution
    proof: Proof


def solve_field(
    field: Field,
    *,
    objective: str = "people",
    locks: Sequence[Pair] = (),
    keep: Sequence[Pair] = (),
    min_score: int | str = 0,
    time_limit: float | None = None,
    progress: Progress = lambda stage, done, total: None,
) -> FieldSolution:
    """The best pairs of the whole field; locks and keep are pairs of person ids.

    Fields of up to `WHOLE` pairs are solved at once. Larger ones stop after `time_limit` seconds, at the
    end of the step that is under way, with the gap that is left. `min_score="best"` solves a large field
    several times over. Raises what `Field.problem` and `solve` raise.
    """
    lowest = checked(objective, min_score)
    if field.size <= WHOLE:
        progress("solving", 0, 1)
        problem = field.problem(locks=locks, keep=keep)
        solution = solve(problem, objective=objective, min_score=min_score)
        return FieldSolution(field, problem, solution, Proof(True, True, field.size, len(problem.score)))
    end = None if time_limit is None else time.monotonic() + time_limit
    pricing = _Pricing(field, locks, keep, end, progress)
    if lowest is None:
        lowest = pricing.best_minimum()
    return pricing.solve(objective, lowest)


@dataclass(frozen=True, eq=False)
class _State:
    """Where proving has got to."""

    field: Field
    problem: Problem
    optimum: Solution  # of the candidates, with the prices
    complete: bool
    ties: bool
    spare: int | None  # the weighted objective is at most so much higher; None where nothing is known


class _Pricing:
    def __init__(
        self, field: Field, locks: Sequence[Pair], keep: Sequence[Pair], end: float | None, progress: Progress
    ) -> None:
        self._field, self._locks, self._keep, self._end, self._progress = field, locks, keep, end, progress
        self._rounds, self._passes, self._late = 0, 0, False
        locked = field.locked_rows(locks)
        held = [
            np.bincount(locked[:, side], minlength=len(people)) for side, people in enumerate(self._sides)
        ]
        # A person whose places are all locked can have no other pair.
        self._open = self._sides[0].limit > held[0], self._sides[1].limit > held[1]
        self._most = max(MORE, int(self._sides[0].limit.max(initial=0)) + 1)
        self._pool = best_of_each(field.ground, POOL, LEAD, *self._open, self._told("candidates"))
        pairs, lead = self._pool.pairs, self._pool.lead
        mentee, mentor = self._named(locked)
        self._pairs = Pairs.of(
            self._size,
            np.concatenate([pairs.mentee[lead], mentee]),
            np.concatenate([pairs.mentor[lead], mentor]),
            np.concatenate([pairs.score[lead], field.ground.worth(mentee, mentor)]),
        )

    @property
    def _sides(self) -> tuple[People, People]:
        return self._field.mentees, self._field.mentors

    @property
    def _size(self) -> tuple[int, int]:
        return len(self._field.mentees), len(self._field.mentors)

    def solve(self, objective: str, lowest: int) -> FieldSolution:
        """The field with this minimum score, as far as there is time."""
        state = self._prove(objective, lowest)
        solution = settled(state.problem, state.optimum)
        field = self._field
        if objective != "people" or not state.complete:
            solution = replace(solution, certificate=bounded(field, solution.certificate))
        covered, pairs, total = (
            (0, 0, 0) if state.complete else _gap(field, state.problem, solution, state.spare)
        )
        proof = Proof(
            complete=state.complete and not self._late,
            ties=state.ties,
            eligible=field.size,
            considered=len(state.problem.score),
            rounds=self._rounds,
            passes=self._passes,
            covered_gap=covered,
            pairs_gap=pairs,
            total_gap=total,
        )
        return FieldSolution(state.field, state.problem, solution, proof)

    def best_minimum(self) -> int:
        """Highest minimum score of the whole field that costs neither a covered mentee nor a pair.

        The highest of the candidates is raised by one point until the whole field cannot follow.
        """
        state = self._prove("people", 0)
        goal = state.optimum.covered, state.optimum.pairs
        if goal[1] == len(state.problem.locked):
            return 0
        while True:
            lowest = best_minimum(state.problem)
            state = self._prove("people", lowest + 1, goal)
            if self._late or (state.optimum.covered, state.optimum.pairs) != goal:
                return lowest

    def _prove(self, objective: str, lowest: int, goal: tuple[int, int] | None = None) -> _State:
        """Add pairs until none of the field gains, time is up, or so many are covered and paired."""
        spare: int | None = None
        while True:
            field = replace(self._field, considered=self._pairs)
            problem = field.problem(locks=self._locks, keep=self._keep)
            self._progress("solving", self._rounds, 0)
            optimum = priced(problem, objective, lowest)
            self._rounds += 1
            state = _State(field, problem, optimum, False, False, spare)
            if goal == (optimum.covered, optimum.pairs) or self._is_late():
                return state
            unit = weights(problem, objective)["score"]
            prices = Prices.of(problem, optimum, unit)
            margin = int(problem.score.max(initial=0)) // MARGIN
            found = self._in_pool(prices, margin)
            if found is None:
                found = gaining(
                    self._field.ground,
                    prices,
                    margin,
                    self._most,
                    self._pairs,
                    self._open,
                    self._told("checking"),
                )
                self._passes += 1
                spare = _spare(self._field, found)
            if not (found.gain > 0).any():
                return self._complete(state, found)
            self._add(found.foremost(MORE, CROWD))

    def _complete(self, state: _State, found: Found) -> _State:
        """Nothing gains: pairs that gain nothing are equals, and may be chosen by lot."""
        self._add(found.where(found.gain == 0))
        field = replace(self._field, considered=self._pairs)
        problem = field.problem(locks=self._locks, keep=self._keep)
        return _State(field, problem, state.optimum, True, not found.cut, 0)

    def _in_pool(self, prices: Prices, margin: int) -> Found | None:
        """The pairs of the pool that gain, and those short of it by the margin; None if none gains."""
        pairs = self._pool.pairs
        gain = np.concatenate([
            prices.gain(pairs.mentee[part], pairs.mentor[part], pairs.score[part])
            for part in (slice(start, start + _STEP) for start in range(0, len(pairs), _STEP))
        ] or [np.zeros(0, dtype=np.int64)])  # fmt: skip
        near = np.flatnonzero((gain >= -margin * prices.unit) & (pairs.score >= prices.lowest))
        near = near[self._pairs.find(pairs.mentee[near], pairs.mentor[near]) < 0]
        if not (gain[near] > 0).any():
            return None
        return Found(pairs.mentee[near], pairs.mentor[near], pairs.score[near], gain[near], False)

    def _add(self, found: Found) -> None:
        self._pairs = self._pairs.joined(self._size[1], found.mentee, found.mentor, found.score)

    def _named(self, locked: Ints) -> tuple[Ints, Ints]:
        """Locks, pairs to keep, wishes and introductions, as far as they are allowed."""
        bonds, kept = self._field.ground.bonds, np.stack(self._field.rows_of(self._keep), axis=1)
        rows = np.concatenate([np.stack([bonds.mentee, bonds.mentor], axis=1), kept[(kept >= 0).all(axis=1)]])
        rows = rows[self._open[0][rows[:, 0]] & self._open[1][rows[:, 1]]]
        ground = self._field.ground
        rows = rows[ground.book.broken(rows[:, 0], rows[:, 1]) == 0]
        rows = rows[ground.worth(rows[:, 0], rows[:, 1]) >= ground.least[rows[:, 0]]]
        rows = np.concatenate([rows, locked])
        return rows[:, 0], rows[:, 1]

    def _told(self, stage: str) -> Callable[[int], None]:
        total = int(self._open[0].sum())
        return lambda done: self._progress(stage, done, total)

    def _is_late(self) -> bool:
        self._late = self._late or (self._end is not None and time.monotonic() >= self._end)
        return self._late


def _spare(field: Field, found: Found) -> int:
    """How much higher than that of the candidates the weighted objective of the whole field can be.

    Whatever pairs are added, each of a mentee's places gains at most what the mentee's best pair does.
    """
    best = np.zeros(len(field.mentees), dtype=np.int64)
    np.maximum.at(best, found.mentee, found.gain)
    gains = np.flatnonzero(best)
    return sum(
        int(most) * int(gain) for most, gain in zip(field.mentees.limit[gains], best[gains], strict=True)
    )


def _gap(
    field: Field, problem: Problem, solution: Solution, spare: int | None
) -> tuple[int, int, int | None]:
    """So many more at most: covered mentees, pairs, and points of the total for as many of these."""
    limits = _limits(field)
    gaps = [most - reached for most, reached in zip(limits, (solution.covered, solution.pairs), strict=True)]
    if spare is None:
        return gaps[0], gaps[1], None
    weight = weights(problem, solution.objective)
    reached = {
        "people": int(unit_rewards(problem).max(initial=0)) * solution.pairs,
        "floor": int(targets(problem).sum() - solution.shortfall.sum()),
        "needs": solution.needs,
        "score": solution.total,
    }
    rest = spare + sum(weight[name] * reached[name] for name in weight)
    more: dict[str, int] = {}
    for name in list(weight)[::-1]:  # the goal that weighs most first
        rest -= weight[name] * reached[name]
        more[name] = rest // weight[name]
        if more[name]:
            break  # where a goal may still rise, nothing is known of those after it
    people = more.get("people", max(gaps))
    return min(gaps[0], people), min(gaps[1], people), more.get("score")


def _limits(field: Field) -> tuple[int, int]:
    """Bounds on covered mentees and on pairs: what each side could have alone."""
    mine, theirs = field.ground.tallies
    places = int(np.minimum(field.mentors.limit, theirs.eligible).sum())
    wants = np.minimum(field.mentees.limit, mine.eligible)
    return min(int((wants > 0).sum()), places), min(int(wants.sum()), places)


def bounded(field: Field, certificate: Certificate) -> Certificate:
    """Bounds of the whole field, for where prices prove none on people: the score comes first, or time was up."""
    covered, pairs = _limits(field)
    reachable = field.ground.tallies[0].eligible > 0
    tiers = field.mentees.tier
    by_tier = tuple(int(reachable[tiers == tier].sum()) for tier in np.unique(tiers))
    return replace(certificate, covered=covered, pairs=pairs, by_tier=by_tier)
