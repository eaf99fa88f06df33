"""Second opinions on the engine: random problems, brute force, and HiGHS."""

from __future__ import annotations

from itertools import combinations, product
from operator import add
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from matching.engine import Problem, Solution
from matching.engine.solution import count, targets


def random_problem(seed: int, mentees: int, mentors: int, density: float = 0.5, **change: Any) -> Problem:
    """A seeded problem with every option on; `change` overrides single fields."""
    rng = np.random.default_rng(seed)
    mentee, mentor = np.nonzero(rng.random((mentees, mentors)) < density)
    demand, capacity = rng.integers(1, 4, mentees), rng.integers(0, 4, mentors)
    groups = int(rng.integers(1, 4))
    fields: dict[str, Any] = {
        "demand": demand,
        "capacity": capacity,
        "mentee": mentee,
        "mentor": mentor,
        "score": rng.integers(0, int(rng.choice([3, 30, 300_000])), len(mentee)),
        "tier": rng.integers(0, int(rng.integers(1, 4)), mentees),
        "group": rng.integers(-1, groups, mentees),
        "floor": np.round(rng.random(groups), 2),
        "keep": rng.random(len(mentee)) < 0.3,
        "key": (rng.permutation(10_000)[:mentees] + 1, rng.permutation(10_000)[:mentors] + 1),
        "locked": random_locks(rng, demand, capacity, mentee, mentor),
        "need": rng.integers(0, 8, mentees) << 2,
        "serves": rng.integers(0, 8, mentors) << 2,
    }
    return Problem(**{**fields, **change})


def random_locks(rng: Any, demand: Any, capacity: Any, mentee: Any, mentor: Any) -> list[tuple[int, int]]:
    wants, takes, locks = demand.copy(), capacity.copy(), []
    for edge in rng.permutation(len(mentee))[: int(rng.integers(0, 4))]:
        row, column = int(mentee[edge]), int(mentor[edge])
        if wants[row] and takes[column]:
            wants[row] -= 1
            takes[column] -= 1
            locks.append((row, column))
    return locks


def goals(
    objective: str, covered: int, pairs: int, tiers: Any, shortfall: int, needs: int, total: int
) -> tuple[Any, ...]:
    """The lexicographic value of a solution, larger is better."""
    people = (covered, pairs, *tiers, -shortfall, needs)
    return (*people, total) if objective == "people" else (total, *people)


def goals_of(solution: Solution) -> tuple[Any, ...]:
    values = solution.covered, solution.pairs, solution.covered_by_tier, int(solution.shortfall.sum())
    return (*goals(solution.objective, *values, solution.needs, solution.total), solution.kept)


def needs_count(problem: Problem, mentee: int) -> bool:
    """Whether different mentors for different needs are a goal, now or beside those of before."""
    need, met = int(problem.need[mentee]), int(problem.met[mentee])
    mentors = int(problem.demand[mentee]) + met.bit_count()
    return need > 0 and mentors > 1 and (need | met).bit_count() > 1


def most_different(problem: Problem, edges: Any) -> int:
    """Most needs that these pairs can cover, one each, of mentees whose needs count."""
    found = 0
    for mentee in filter(lambda row: needs_count(problem, row), range(len(problem.demand))):
        own = edges[problem.mentee[edges] == mentee]
        served = problem.need[mentee] & problem.serves[problem.mentor[own]]
        choices = [[bit for bit in range(6) if mask >> bit & 1] or [None] for mask in served.tolist()]
        found += max(len({*chosen} - {None}) for chosen in product(*choices))
    return found


def brute_force(problem: Problem, objective: str, min_score: int = 0) -> tuple[Any, ...]:
    """The best goals over every set of candidate pairs."""
    locked = set(problem.locked_edges.tolist())
    edges = [e for e in range(len(problem.score)) if e in locked or problem.score[e] >= min_score]
    return max(
        told
        for size in range(len(edges) + 1)
        for chosen in combinations(edges, size)
        if locked <= set(chosen) and (told := told_of(problem, objective, np.array(chosen, dtype=np.int64)))
    )


def told_of(problem: Problem, objective: str, edges: Any) -> tuple[Any, ...]:
    """Goals of these pairs, empty if they break a limit."""
    load = np.bincount(problem.mentee[edges], minlength=len(problem.demand))
    if (load > problem.demand).any():
        return ()
    if (np.bincount(problem.mentor[edges], minlength=len(problem.capacity)) > problem.capacity).any():
        return ()
    found = count(problem, edges, np.full(len(edges), -1, dtype=np.int8))
    values = found.covered, found.pairs, found.by_tier, int(found.shortfall.sum())
    return (*goals(objective, *values, most_different(problem, edges), found.total), found.kept)


def step_by_step(problem: Problem, objective: str, min_score: int = 0) -> tuple[Any, ...]:
    """As `brute_force`, mentee after mentee: of all that leaves the same places and groups, only the best is kept.

    All goals but the floors are sums over the mentees; how many of each group are covered is remembered for those.
    """
    goal = targets(problem)
    states = {(tuple(problem.capacity.tolist()), (0,) * len(goal)): (0,) * (6 + len(np.unique(problem.tier)))}
    for mentee in range(len(problem.demand)):
        options = choices_of(problem, objective, mentee, min_score)
        group = int(problem.group[mentee])
        after: dict[Any, tuple[int, ...]] = {}
        for (places, reached), value in states.items():
            for mentors, worth in options:
                if all(places[mentor] for mentor in mentors):
                    left = tuple(many - (mentor in mentors) for mentor, many in enumerate(places))
                    now = tuple(many + (bool(mentors) and each == group) for each, many in enumerate(reached))
                    told = tuple(map(add, value, worth))
                    after[left, now] = max(after.get((left, now), told), told)
        states = after
    place = len(np.unique(problem.tier)) + (2 if objective == "people" else 3)
    return max(
        (*value[:place], -int(np.maximum(goal - reached, 0).sum()), *value[place + 1 :])
        for (_places, reached), value in states.items()
    )


def choices_of(problem: Problem, objective: str, mentee: int, min_score: int) -> list[tuple[Any, Any]]:
    """Every set of mentors that one mentee may have, with the goals it adds to; the floors are left at 0."""
    own = np.flatnonzero(problem.mentee == mentee)
    locked = set(problem.locked_edges.tolist()) & set(own.tolist())
    free = [edge for edge in own.tolist() if edge not in locked and problem.score[edge] >= min_score]
    tiers, found = np.unique(problem.tier), []
    for size in range(int(problem.demand[mentee]) - len(locked) + 1):
        for chosen in combinations(free, size):
            edges = np.array([*locked, *chosen], dtype=np.int64)
            covered = int(len(edges) > 0)
            tier = (covered * (tiers == problem.tier[mentee])).tolist()
            values = len(edges), tier, 0, most_different(problem, edges), int(problem.score[edges].sum())
            kept = int(problem.keep[edges].sum())
            found.append((problem.mentor[edges].tolist(), (*goals(objective, covered, *values), kept)))
    return found


class Highs:
    """The same problem as a mixed-integer program for HiGHS; goals are settled one after the other.

    Columns: pairs, covered mentees, shortfall of groups, the need each pair is for, needs covered.
    SciPy's own build of HiGHS is used: the library
    that the package highspy loads has the name of the one inside OR-Tools, and only one can be loaded.
    """

    def __init__(self, problem: Problem, min_score: int) -> None:
        self.problem = problem
        edges, mentees, groups = len(problem.score), len(problem.demand), len(problem.floor)
        self.uses = self._uses()
        self.wishes = sorted({(mentee, bit) for _, mentee, bit in self.uses})
        self.size = edges + mentees + groups + len(self.uses) + len(self.wishes)
        self.pairs = np.arange(edges)
        self.covered = edges + np.arange(mentees)
        self.short = edges + mentees + np.arange(groups)
        self.used = edges + mentees + groups + np.arange(len(self.uses))
        self.met = edges + mentees + groups + len(self.uses) + np.arange(len(self.wishes))
        locked = np.isin(self.pairs, problem.locked_edges)
        lower, upper = np.zeros(self.size), np.ones(self.size)
        lower[:edges], upper[:edges] = locked, locked | (problem.score >= min_score)
        upper[self.short] = mentees
        self.bounds = Bounds(lower, upper)
        self.rows: list[Any] = []
        self.least: list[float] = []
        self._limits()

    def _uses(self) -> list[tuple[int, int, int]]:
        """Pair, mentee and bit of every need that counts and can be served."""
        problem = self.problem
        return [
            (edge, mentee, bit)
            for edge, mentee in enumerate(problem.mentee.tolist())
            for bit in range(6)
            if needs_count(problem, mentee)
            if (problem.need[mentee] & problem.serves[problem.mentor[edge]]) >> bit & 1
        ]

    def _row(self, columns: Any, values: Any) -> Any:
        row = np.zeros(self.size)
        row[columns] = values
        return row

    def _at_least(self, row: Any, least: float) -> None:
        self.rows.append(row)
        self.least.append(least)

    def _limits(self) -> None:
        problem = self.problem
        for side, limits in ((problem.mentee, problem.demand), (problem.mentor, problem.capacity)):
            for row, limit in enumerate(limits.tolist()):
                self._at_least(self._row(self.pairs[side == row], -1), -limit)
        for row, column in enumerate(self.covered.tolist()):
            self._at_least(self._row(self.pairs[problem.mentee == row], 1) - self._row(column, 1), 0)
        for group, target in enumerate(targets(problem).tolist()):
            members = self.covered[problem.group == group]
            self._at_least(self._row(members, 1) + self._row(self.short[group], 1), target)
        for edge in range(len(problem.score)):
            uses = [column for column, use in zip(self.used, self.uses, strict=True) if use[0] == edge]
            self._at_least(self._row(edge, 1) - self._row(uses, 1), 0)
        for column, wish in zip(self.met, self.wishes, strict=True):
            uses = [place for place, use in zip(self.used, self.uses, strict=True) if use[1:] == wish]
            self._at_least(self._row(uses, 1) - self._row(column, 1), 0)

    def best(self, objective: str) -> tuple[Any, ...]:
        """Goals of the optimum, in the order of `goals_of`."""
        problem = self.problem
        tiers = [self.covered[problem.tier == tier] for tier in np.unique(problem.tier)]
        levels = [self._row(columns, 1) for columns in (self.covered, self.pairs, *tiers)]
        levels += [self._row(self.short, -1), self._row(self.met, 1)]
        total = self._row(self.pairs, problem.score)
        levels = [*levels, total] if objective == "people" else [total, *levels]
        levels.append(self._row(self.pairs, problem.keep))
        return tuple(self._settle(level) for level in levels)

    def _settle(self, level: Any) -> int:
        limits = LinearConstraint(np.array(self.rows), lb=np.array(self.least))
        answer = milp(-level, integrality=np.ones(self.size), bounds=self.bounds, constraints=limits)
        assert answer.success, answer.message
        value = round(-answer.fun)
        self._at_least(level, value)
        return value
