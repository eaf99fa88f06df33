"""Who would break a matching up: pairs in which both sides would rather have each other."""

from __future__ import annotations

import numpy as np

from matching.engine.problem import Ints32, Ints64, Problem
from matching.engine.solution import Solution


def blocking_pairs(problem: Problem, solution: Solution) -> Ints64:
    """Candidate pairs that block the solution, as places among the candidates of the problem.

    Both sides judge a pair by its score, and any candidate is better than a free place. A pair blocks if it is
    not in the solution and each of the two either has a free place or scores higher with the other than with the
    worst partner held (locked ones are held like any other); equal scores tempt nobody. These are the
    blocking pairs of Gale and Shapley, "College Admissions and the Stability of Marriage" (1962), with
    several places on both sides. Takes time in proportion to the candidates.
    """
    mentee = _bar(problem.demand, solution.mentee, solution.score)
    mentor = _bar(problem.capacity, solution.mentor, solution.score)
    blocks = (problem.score > mentee[problem.mentee]) & (problem.score > mentor[problem.mentor])
    blocks[problem.edges_of(solution.mentee, solution.mentor)] = False
    return np.flatnonzero(blocks)


def _bar(limit: Ints32, row: Ints32, score: Ints32) -> Ints64:
    """The score that a new partner must exceed, by row: -1 with a free place, beyond reach with no place at all."""
    worst = np.full(len(limit), np.iinfo(np.int64).max)
    np.minimum.at(worst, row, score)
    worst[np.bincount(row, minlength=len(limit)) < limit] = -1
    return worst
