"""What the engine answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.engine.needs import different
from matching.engine.problem import Ints8, Ints32, Ints64, Problem

GOALS = {
    "people": ("people", "floor", "needs", "score"),
    "score": ("score", "people", "floor", "needs"),
}
OBJECTIVES = tuple(GOALS)
_RANGE = 1 << 61  # of prices


@dataclass(frozen=True)
class Certificate:
    """Whether a solution is proven, and where not, why. The bounds are found apart from `solve`."""

    ok: bool
    reason: str = ""
    covered: int = 0  # most mentees that can have a mentor
    pairs: int = 0  # most pairs that can be made
    by_tier: tuple[int, ...] = ()  # most mentees of each tier, earlier tiers first


@dataclass(frozen=True, eq=False)
class Solution:
    """The pairs of a run, sorted by mentee and mentor row, with the prices that prove them."""

    objective: str
    min_score: int  # no pair but a lock scores less
    mentee: Ints32
    mentor: Ints32
    score: Ints32
    covered: int
    pairs: int
    total: int
    covered_by_tier: tuple[int, ...]  # of the tiers that occur, in order
    shortfall: Ints64  # mentees missing to the floor of each group
    kept: int
    price_mentee: Ints64  # dual prices, in points of the weighted objective
    price_mentor: Ints64
    price_group: Ints64
    need: Ints8  # the need each mentor is for, as a bit index; -1 if the mentor serves none of the mentee's
    needs: int  # different needs covered, of the mentees whose needs are a goal
    price_need: Ints64  # of each need of each of those mentees, in order
    certificate: Certificate = field(default_factory=lambda: Certificate(False, "not certified yet"))


@dataclass(frozen=True)
class Counts:
    """The goals of a set of candidate pairs."""

    covered: int
    pairs: int
    total: int
    by_tier: tuple[int, ...]
    shortfall: Ints64
    kept: int
    needs: int


def count(problem: Problem, edges: Ints64, need: Ints8) -> Counts:
    """The goals that these candidate pairs reach, each for a need."""
    covered = np.zeros(len(problem.demand), dtype=bool)
    covered[problem.mentee[edges]] = True
    tiers, rank = np.unique(problem.tier, return_inverse=True)
    by_tier = np.bincount(rank[covered], minlength=len(tiers))
    reached = np.bincount(problem.group[covered & (problem.group >= 0)], minlength=len(problem.floor))
    return Counts(
        int(covered.sum()),
        len(edges),
        int(problem.score[edges].sum(dtype=np.int64)),
        tuple(by_tier.tolist()),
        np.maximum(targets(problem) - reached, 0),
        int(problem.keep[edges].sum()),
        different(problem, problem.mentee[edges], need),
    )


def assembled(
    problem: Problem,
    objective: str,
    min_score: int,
    edges: Ints64,
    need: Ints8,
    prices: Sequence[Ints64],
) -> Solution:
    """The solution of these candidate pairs, each for a need, in any order; not certified yet.

    Prices are those of mentees, mentors, groups and needs.
    """
    order = np.lexsort((problem.mentor[edges], problem.mentee[edges]))
    edges, need = edges[order], need[order]
    goals = count(problem, edges, need)
    return Solution(
        objective=objective,
        min_score=min_score,
        mentee=problem.mentee[edges],
        mentor=problem.mentor[edges],
        score=problem.score[edges],
        covered=goals.covered,
        pairs=goals.pairs,
        total=goals.total,
        covered_by_tier=goals.by_tier,
        shortfall=goals.shortfall,
        kept=goals.kept,
        price_mentee=prices[0],
        price_mentor=prices[1],
        price_group=prices[2],
        need=need,
        needs=goals.needs,
        price_need=prices[3],
    )


def targets(problem: Problem) -> Ints64:
    """Mentees to cover in each group for its floor: the share, rounded up."""
    size = np.bincount(problem.group[problem.group >= 0], minlength=len(problem.floor))
    return np.asarray(np.ceil(np.round(size * problem.floor, 9)), dtype=np.int64)


def usable(problem: Problem, min_score: int) -> npt.NDArray[np.bool_]:
    """Candidates that a run may choose: neither locked nor under the minimum."""
    free: npt.NDArray[np.bool_] = problem.score >= min_score
    free[problem.locked_edges] = False
    return free


def weights(problem: Problem, objective: str) -> dict[str, int]:
    """What one unit of each goal weighs, in points, so that each goal outweighs all that follow it.

    Where 64 bits allow it, a unit weighs more than the whole total of the goals below and more than any
    difference of their prices. In larger problems it weighs more than a ring of changes can win or lose of
    them, which is enough: two solutions differ by such rings, and no ring then wins by weight but loses in
    order. That holds for 100,000 mentees with tiers, thirty floors, needs and up to 470,000 points.
    Raises ValueError for scores too large even so.
    """
    for spans in (_roomy(problem), _ring(problem)):
        found, weight = {}, 1
        for name in reversed(GOALS[objective]):
            found[name] = weight
            weight *= spans[name] + 1
        if furthest(problem, found) < _RANGE:
            return found
    raise ValueError(
        f"score: {largest(problem)['score']} is too large to be proven in 64 bits with {len(problem.demand)} mentees, "
        f"{len(problem.capacity)} mentors, {len(np.unique(problem.tier))} tiers, {len(problem.floor)} floors "
        f"and needs of {int(problem.needy.sum())}"
    )


def furthest(problem: Problem, weight: dict[str, int]) -> int:
    """Largest reduced cost that shortest distances can give with these weights."""
    most, ring = largest(problem), _ring(problem)
    return sum(each * (2 * ring[name] + most[name]) for name, each in weight.items())


def _ring(problem: Problem) -> dict[str, int]:
    """For each goal at least what a ring of changes, or a path, can win or lose.

    A simple one crosses the hub once, each group once, each person once, and each need once: of floors it
    changes one unit, of needs one for each mentee. Twice as much leaves room to tell prices apart.
    """
    most, mentees, mentors = largest(problem), len(problem.demand), len(problem.capacity)
    needs = int(np.bitwise_count(problem.need[problem.needy]).sum())
    return {
        "people": 2 * most["people"] + len(problem.floor) * (most["people"] - 2),
        "floor": 3 * most["floor"],
        "needs": 2 * int(problem.needy.sum()) + most["needs"],
        "score": (min(mentees + needs, mentors) + 1) * most["score"],
    }


def _roomy(problem: Problem) -> dict[str, int]:
    """For each goal its largest total, or the largest difference of prices where that is more.

    Solutions that are kept have prices in weights of these: others would make them worthless.
    """
    most, ring = largest(problem), _ring(problem)
    units = min(int(problem.demand.sum()), int(problem.capacity.sum()))
    needs = np.minimum(np.bitwise_count(problem.need), problem.demand)[problem.needy]
    return {
        "people": max(units * most["people"], 2 * ring["people"] + most["people"]),
        "floor": max(len(problem.demand), 4 + most["floor"]),
        "needs": max(int(needs.sum()), ring["needs"]),
        "score": max(units * most["score"], 2 * ring["score"] + most["score"]),
    }


def largest(problem: Problem) -> dict[str, int]:
    """Largest reward of one unit of each goal."""
    return {
        "people": len(np.unique(problem.tier)) + 1,
        "floor": int(len(problem.floor) > 0),
        "needs": int(problem.needy.any()),
        "score": int(problem.score.max(initial=0)),
    }


def unit_rewards(problem: Problem) -> Ints64:
    """Reward of the first mentor of each mentee, by tier; any further mentor is worth 1.

    Mentees that can be covered together form a matroid, so rewards that merely fall from tier to tier
    serve the tiers in strict order, and cover as many and pair as many as without tiers.
    """
    tiers, rank = np.unique(problem.tier, return_inverse=True)
    return np.asarray(len(tiers) + 1 - rank, dtype=np.int64)
