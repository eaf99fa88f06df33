"""The highest minimum fit, on the scale that people see, that leaves nobody out: found, and proven apart from that.

A fit is the share of what a perfect mentor would score for this mentee, so the weakest pair by fit need not be the one
with the fewest points; `solve(min_score="best")` speaks of points. A minimum is found on the whole problem, never on a
piece of it: each piece could be raised to another height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from matching.engine.counts import most_by_tier, most_pairs, suffices
from matching.engine.criteria import Criteria
from matching.engine.field import Field, build_field
from matching.engine.people import Pair
from matching.engine.pricing import solve_field
from matching.engine.problem import Problem
from matching.engine.solution import Solution
from matching.engine.solver import best_minimum

WHOLE = 100  # the fit of a perfect mentor


def by_fit(field: Field, problem: Problem) -> Problem:
    """The same problem with the fit of each pair, 0 to 100, for its score; only counts may be asked of it.

    A mentee for whom nothing is weighed is under no minimum, as in `Criteria.min_fit`.
    """
    fit = field.score_percent(problem.mentee, problem.score)
    fit[field.attainable[problem.mentee] == 0] = WHOLE
    return replace(problem, score=fit)


def raised(criteria: Criteria, least: int) -> Criteria:
    """The criteria with a minimum fit of so much at least."""
    return replace(criteria, min_fit=max(criteria.min_fit, least))


def highest_fit(field: Field, locks: Sequence[Pair]) -> int:
    """The highest minimum fit that costs neither a covered mentee nor a pair; never less than the criteria's.

    A field too large to be held is solved several times over.
    """
    low, high = field.criteria.min_fit, WHOLE
    if not field.attainable.any():
        return low
    if field.complete:
        return max(low, best_minimum(by_fit(field, field.problem(locks=locks))))
    goal = _reached(field, locks, low)
    while low < high and goal[1] > len(locks):
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _reached(field, locks, middle) == goal else (low, middle - 1)
    return low


def why_not_highest(field: Field, locks: Sequence[Pair], solution: Solution, least: int) -> str:
    """Why `least` is not the highest minimum fit that costs nobody, empty where it is; found apart from the search.

    The field is that before the minimum was raised, with the rows of the solution.
    """
    locked = {(mentee, mentor) for mentee, mentor in field.locked_rows(locks).tolist()}
    pairs = zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True)
    free = np.array([pair not in locked for pair in pairs], dtype=bool)
    fit = field.score_percent(solution.mentee, solution.score)
    if len(low := np.flatnonzero(free & (fit < least) & (field.attainable[solution.mentee] > 0))):
        who = f"mentee {solution.mentee[low[0]]} with mentor {solution.mentor[low[0]]}"
        return f"{who} fits {fit[low[0]]}, less than {least}"
    most, higher = _counted(field, locks, solution, least + 1)
    proven = solution.certificate.covered, solution.certificate.pairs
    if proven != most:
        return f"a minimum fit of {least} leaves {proven} of {most} people and pairs"
    if least < WHOLE and free.any() and field.attainable.any() and higher:
        return f"a minimum fit of {least + 1} would cost nobody"
    return ""


def _counted(
    field: Field, locks: Sequence[Pair], solution: Solution, higher: int
) -> tuple[tuple[int, int], bool]:
    """The most people and pairs without the minimum, and whether a higher one leaves as many."""
    if not field.complete:
        most = _reached(field, locks, field.criteria.min_fit)
        return most, higher <= WHOLE and _reached(field, locks, higher) == most
    problem = field.problem(locks=locks)
    fits, edges = by_fit(field, problem), problem.edges_of(solution.mentee, solution.mentor)
    if (edges < 0).any():
        return (-1, -1), False  # a pair of its own making proves nothing
    chosen = edges[~np.isin(edges, problem.locked_edges)]
    most = sum(most_by_tier(fits, 0, chosen)), most_pairs(fits, 0, chosen)
    return most, suffices(fits, higher, *most)


def _reached(field: Field, locks: Sequence[Pair], least: int) -> tuple[int, int]:
    """People and pairs under a minimum fit, by a solution of the whole field."""
    criteria = raised(field.criteria, least)
    built = build_field(field.mentees, field.mentors, criteria, field.links, any_size=True)
    found = solve_field(built, locks=locks).solution
    return found.covered, found.pairs
