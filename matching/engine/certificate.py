"""Proof of a solution, found apart from `solve`: nothing here trusts how the solution was made.

1. Feasible: candidate pairs, locks, limits, minimum score, and the counts that the solution states.
2. The counts of people and pairs equal those of maximum flows (or of a plainer bound that meets them).
3. Complementary slackness with the prices: no other solution has a higher weighted objective. Each goal
   weighs more than all that follow it together, so the solution is the lexicographic optimum.
4. Pairs kept: a second solve on exactly the optima that the prices leave.
"""

from __future__ import annotations

import numpy as np
from ortools.graph.python import max_flow

from matching.engine.network import EngineError, Optimizer, flow_of, network, reduced_costs, reward
from matching.engine.problem import Bools, Ints64, Problem
from matching.engine.solution import (
    Certificate,
    Solution,
    count,
    targets,
    unit_rewards,
    usable,
    weights,
)

_PRICE_RANGE = 1 << 61


def certify(problem: Problem, solution: Solution) -> Certificate:
    """Check a solution; `.ok` or the first reason why not. Raises EngineError if a flow cannot be found."""
    bounds: tuple[int, int, tuple[int, ...]] = (0, 0, ())
    reason = _infeasible(problem, solution) or _misstated(problem, solution)
    if not reason:
        by_tier = most_by_tier(problem, solution.min_score, solution.covered_by_tier)
        bounds = sum(by_tier), most_pairs(problem, solution.min_score, solution.pairs), by_tier
        if solution.objective == "people":
            reason = _short_of(bounds, (solution.covered, solution.pairs, solution.covered_by_tier))
        reason = reason or _slack(problem, solution) or _unkept(problem, solution)
    return Certificate(not reason, reason, *bounds)


def most_by_tier(problem: Problem, min_score: int, reached: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Most mentees of each tier that can have a mentor, earlier tiers first, by maximum flows.

    Their sum is the most that can be covered. What was `reached` spares the flows it already proves.
    """
    tiers = np.unique(problem.tier)
    sums = np.cumsum(reached).tolist() if len(reached) == len(tiers) else [-1] * len(tiers)
    upto = [
        _covered(problem, min_score, problem.tier <= tier, known)
        for tier, known in zip(tiers.tolist(), sums, strict=True)
    ]
    return tuple(np.diff([0, *upto]).tolist())


def most_pairs(problem: Problem, min_score: int, reached: int = -1) -> int:
    """Most pairs that can be made, by maximum flow."""
    wants = problem.demand - np.bincount(problem.locked[:, 0], minlength=len(problem.demand))
    locks = len(problem.locked)
    return locks + _flow(problem, min_score, wants, reached - locks)


def suffices(problem: Problem, min_score: int, covered: int, pairs: int) -> bool:
    """Whether this minimum leaves so many mentees covered and so many pairs; a bound below refuses at once."""
    everybody = np.ones(len(problem.demand), dtype=bool)
    return (
        _covered(problem, min_score, everybody, covered - 1) >= covered
        and most_pairs(problem, min_score, pairs - 1) >= pairs
    )


def _covered(problem: Problem, min_score: int, among: Bools, reached: int) -> int:
    held = np.zeros(len(problem.demand), dtype=bool)
    held[problem.locked[:, 0]] = True
    locks = int((held & among).sum())
    return locks + _flow(problem, min_score, (among & ~held).astype(np.int64), reached - locks)


def _flow(problem: Problem, min_score: int, wants: Ints64, reached: int) -> int:
    """Largest number of pairs besides the locks when each mentee takes up to `wants`.

    Where the sum of what each side could take alone is no more than `reached`, that bound is returned.
    """
    mentees, mentors = len(problem.demand), len(problem.capacity)
    takes = problem.capacity - np.bincount(problem.locked[:, 1], minlength=mentors)
    edge = np.flatnonzero(usable(problem, min_score) & (wants[problem.mentee] > 0))
    tail, head = problem.mentee[edge], problem.mentor[edge]
    sides = ((tail, wants), (head, takes))
    bound = min(int(np.minimum(np.bincount(rows, minlength=len(most)), most).sum()) for rows, most in sides)
    if bound <= max(reached, 0):
        return bound
    source, sink = mentees + mentors, mentees + mentors + 1
    tails = [np.full(mentees, source), tail, np.arange(mentors) + mentees]
    heads = [np.arange(mentees), head + mentees, np.full(mentors, sink)]
    room = [wants, np.ones(len(edge)), takes]
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate(tails).astype(np.int32),
        np.concatenate(heads).astype(np.int32),
        np.concatenate(room).astype(np.int64),
    )
    status = solver.solve(source, sink)
    if status != solver.OPTIMAL:
        raise EngineError(f"the maximum flow solver returned {status.name}")
    return int(solver.optimal_flow())


def _infeasible(problem: Problem, solution: Solution) -> str:
    limits = (("mentee", problem.demand, solution.mentee), ("mentor", problem.capacity, solution.mentor))
    for side, limit, rows in limits:
        if not ((rows >= 0) & (rows < len(limit))).all():
            return f"a pair names a {side} who is not there"
    edges = problem.edges_of(solution.mentee, solution.mentor)
    told = [_told(int(a), int(b)) for a, b in zip(solution.mentee, solution.mentor, strict=True)]
    if len(bad := np.flatnonzero(edges < 0)):
        return f"{told[bad[0]]} is no candidate pair"
    if len(bad := np.flatnonzero(problem.score[edges] != solution.score)):
        return f"{told[bad[0]]} scores {problem.score[edges[bad[0]]]}, not {solution.score[bad[0]]}"
    if len(np.unique(edges)) < len(edges):
        return "a pair stands twice"
    if len(missing := np.setdiff1d(problem.locked_edges, edges)):
        return f"the lock of {_told(problem.mentee[missing[0]], problem.mentor[missing[0]])} is not kept"
    low = (problem.score[edges] < solution.min_score) & ~np.isin(edges, problem.locked_edges)
    if low.any():
        return f"{told[np.flatnonzero(low)[0]]} scores less than {solution.min_score}"
    for side, limit, rows in limits:
        if len(over := np.flatnonzero(np.bincount(rows, minlength=len(limit)) > limit)):
            return f"{side} {over[0]} has more partners than the {limit[over[0]]} allowed"
    return ""


def _misstated(problem: Problem, solution: Solution) -> str:
    goals = count(problem, problem.edges_of(solution.mentee, solution.mentor))
    for name, stated, found in (
        ("covered", solution.covered, goals.covered),
        ("pairs", solution.pairs, goals.pairs),
        ("total", solution.total, goals.total),
        ("covered_by_tier", solution.covered_by_tier, goals.by_tier),
        ("shortfall", solution.shortfall.tolist(), goals.shortfall.tolist()),
        ("kept", solution.kept, goals.kept),
    ):
        if stated != found:
            return f"{name} is {found}, not {stated}"
    return ""


def _short_of(bounds: tuple[object, ...], reached: tuple[object, ...]) -> str:
    for name, bound, value in zip(("covered", "pairs", "covered_by_tier"), bounds, reached, strict=True):
        if bound != value:
            return f"{name}: {value} reached, {bound} possible"
    return ""


def _slack(problem: Problem, solution: Solution) -> str:
    """Where complementary slackness fails."""
    mentees, mentors, groups = len(problem.demand), len(problem.capacity), len(problem.floor)
    prices = (solution.price_mentee, solution.price_mentor, solution.price_group)
    if [len(price) for price in prices] != [mentees, mentors, groups]:
        return "prices are missing"
    if any((np.abs(price) >= _PRICE_RANGE).any() for price in prices):
        return "a price is out of range"
    weight = weights(problem, solution.objective)
    used = np.zeros(len(problem.score), dtype=bool)
    used[problem.edges_of(solution.mentee, solution.mentor)] = True
    return (
        _pairs_slack(problem, solution, weight["score"], used)
        or _mentors_slack(problem, solution)
        or _mentees_slack(problem, solution, weight["people"], used)
        or _groups_slack(problem, solution, weight["floor"])
    )


def _pairs_slack(problem: Problem, solution: Solution, weight: int, used: Bools) -> str:
    gain = problem.score * np.int64(weight)
    gain -= solution.price_mentee[problem.mentee]
    gain -= solution.price_mentor[problem.mentor]
    free = usable(problem, solution.min_score)
    for wrong, text in (
        (used & free & (gain < 0), "is not worth"),
        (~used & free & (gain > 0), "is worth more than"),
    ):
        if len(bad := np.flatnonzero(wrong)):
            return f"{_told(problem.mentee[bad[0]], problem.mentor[bad[0]])} {text} its prices"
    return ""


def _mentors_slack(problem: Problem, solution: Solution) -> str:
    price = solution.price_mentor
    load = np.bincount(solution.mentor, minlength=len(price))
    if (bad := np.flatnonzero((price < 0) | ((price > 0) & (load < problem.capacity)))).size:
        return f"the price of mentor {bad[0]} is below 0, or above it in spite of a free place"
    return ""


def _mentees_slack(problem: Problem, solution: Solution, weight: int, used: Bools) -> str:
    size = len(problem.demand)
    held = np.bincount(problem.locked[:, 0], minlength=size)
    got = np.bincount(problem.mentee[used], minlength=size) - held
    shared = np.where(problem.group >= 0, np.append(solution.price_group, 0)[problem.group], 0)
    first = unit_rewards(problem) * weight + solution.price_mentee - shared
    more = weight + solution.price_mentee
    first_room = (held == 0).astype(np.int64)
    taken = np.minimum(got, first_room)
    for value, flow, room in (
        (first, taken, first_room),
        (more, got - taken, problem.demand - held - first_room),
    ):
        if (bad := np.flatnonzero(((flow > 0) & (value < 0)) | ((flow < room) & (value > 0)))).size:
            return f"the price of mentee {bad[0]} does not fit the number of mentors"
    return ""


def _groups_slack(problem: Problem, solution: Solution, weight: int) -> str:
    covered, held = (np.zeros(len(problem.demand), dtype=bool) for _ in range(2))
    covered[solution.mentee] = True
    held[problem.locked[:, 0]] = True
    size = len(problem.floor)
    reached, before = (
        np.bincount(problem.group[who & (problem.group >= 0)], minlength=size) for who in (covered, held)
    )
    need = np.maximum(targets(problem) - before, 0)
    gained, price = reached - before, solution.price_group
    wrong = (price > 0) | ((gained > need) & (price < 0))
    wrong |= ((np.minimum(gained, need) > 0) & (weight + price < 0)) | (
        (gained < need) & (weight + price > 0)
    )
    return f"the price of group {np.flatnonzero(wrong)[0]} does not fit its floor" if wrong.any() else ""


def _unkept(problem: Problem, solution: Solution) -> str:
    """Whether another optimum keeps more pairs of the run before."""
    if not problem.keep.any():
        return ""
    net = network(problem, usable(problem, solution.min_score))
    kept = reward(problem, net, "keep")
    optimizer = Optimizer(net, flow_of(problem, solution, net), reduced_costs(problem, solution, net) == 0)
    optimizer.maximize(kept)
    most = int((kept * optimizer.flow).sum()) + int(problem.keep[problem.locked_edges].sum())
    return "" if most == solution.kept else f"kept: {solution.kept} reached, {most} possible"


def _told(mentee: int, mentor: int) -> str:
    return f"mentee {mentee} with mentor {mentor}"
