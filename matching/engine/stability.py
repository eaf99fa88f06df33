"""Who would break a matching up: pairs in which both sides would rather have each other."""

from __future__ import annotations

import numpy as np

from matching.engine.field import Field
from matching.engine.people import Ints
from matching.engine.problem import Ints32, Ints64, Problem
from matching.engine.scoring import Floats
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


def blocking_in(field: Field, problem: Problem, solution: Solution) -> int:
    """How many pairs of the whole field block the solution, those in it apart."""
    sides = (problem.demand, solution.mentee), (problem.capacity, solution.mentor)
    mentee, mentor = (_bar(limit, row, solution.score).astype(np.float32) for limit, row in sides)

    def work(rows: Ints, columns: Ints, worth: Floats) -> int:
        field.ground.forbid(worth, rows, columns, solution.mentee, solution.mentor)
        blocks = (worth >= 0) & (worth > mentee[rows, None]) & (worth > mentor[columns])
        return int(np.count_nonzero(blocks))

    return sum(found for _count, found in field.ground.pieces(work))


def _bar(limit: Ints32, row: Ints32, score: Ints32) -> Ints64:
    """The score that a new partner must exceed, by row: -1 with a free place, beyond reach with no place at all."""
    worst = np.full(len(limit), np.iinfo(np.int64).max)
    np.minimum.at(worst, row, score)
    worst[np.bincount(row, minlength=len(limit)) < limit] = -1
    return worst
