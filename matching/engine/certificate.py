"""Proof of a solution, found apart from `solve`: nothing here trusts how the solution was made.

1. Feasible: candidate pairs, locks, limits, minimum score, and the counts that the solution states.
2. The counts of people and pairs are the most there can be: no chain of changes leads from anybody who
   wants a mentor to a free place; where one does, a maximum flow tells how many there can be.
3. Complementary slackness with the prices: no other solution has a higher weighted objective. Each goal
   outweighs all that follow it (see `weights`), so the solution is the lexicographic optimum.
4. Pairs kept: a second solve on exactly the optima that the prices leave.
"""

from __future__ import annotations

import numpy as np

from matching.engine.counts import most_by_tier, most_pairs
from matching.engine.needs import bits_of, need_nodes, node_of, shared
from matching.engine.network import costs, flow_of, network, potential_of, reward
from matching.engine.prices import loose, marked, redirect
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
_PIECE = 1 << 18  # pairs looked at at once


def certify(problem: Problem, solution: Solution) -> Certificate:
    """Check a solution; `.ok` or the first reason why not. Raises EngineError if a flow cannot be found."""
    bounds: tuple[int, int, tuple[int, ...]] = (0, 0, ())
    reason = _infeasible(problem, solution) or _misstated(problem, solution)
    if not reason:
        edges = problem.edges_of(solution.mentee, solution.mentor)
        chosen = edges[usable(problem, solution.min_score)[edges]]
        by_tier = most_by_tier(problem, solution.min_score, chosen)
        bounds = sum(by_tier), most_pairs(problem, solution.min_score, chosen), by_tier
        if solution.objective == "people":
            reason = _short_of(bounds, (solution.covered, solution.pairs, solution.covered_by_tier))
        reason = reason or _slack(problem, solution) or _unkept(problem, solution)
    return Certificate(not reason, reason, *bounds)


def _infeasible(problem: Problem, solution: Solution) -> str:
    limits = (("mentee", problem.demand, solution.mentee), ("mentor", problem.capacity, solution.mentor))
    for side, limit, rows in limits:
        if not ((rows >= 0) & (rows < len(limit))).all():
            return f"a pair names a {side} who is not there"
    if not len(solution.mentee) == len(solution.mentor) == len(solution.score) == len(solution.need):
        return "pairs, scores and needs are not as many"
    edges = problem.edges_of(solution.mentee, solution.mentor)

    def told(place: int) -> str:
        return _told(solution.mentee[place], solution.mentor[place])

    if len(bad := np.flatnonzero(edges < 0)):
        return f"{told(bad[0])} is no candidate pair"
    if len(bad := np.flatnonzero(problem.score[edges] != solution.score)):
        return f"{told(bad[0])} scores {problem.score[edges[bad[0]]]}, not {solution.score[bad[0]]}"
    if len(np.unique(edges)) < len(edges):
        return "a pair stands twice"
    if len(missing := np.setdiff1d(problem.locked_edges, edges)):
        return f"the lock of {_told(problem.mentee[missing[0]], problem.mentor[missing[0]])} is not kept"
    low = (problem.score[edges] < solution.min_score) & ~np.isin(edges, problem.locked_edges)
    if low.any():
        return f"{told(low.argmax())} scores less than {solution.min_score}"
    if len(bad := _unserved(problem, solution, edges)):
        return f"{told(bad[0])} is for need {solution.need[bad[0]]}, which does not fit"
    for side, limit, rows in limits:
        if len(over := np.flatnonzero(np.bincount(rows, minlength=len(limit)) > limit)):
            return f"{side} {over[0]} has more partners than the {limit[over[0]]} allowed"
    return ""


def _unserved(problem: Problem, solution: Solution, edges: Ints64) -> Ints64:
    """Places of the pairs that are for no need though they could be, or for one that they cannot serve."""
    need, serves = solution.need.astype(np.int64), shared(problem, edges)
    fits = np.where(serves > 0, (need >= 0) & (serves >> np.maximum(need, 0) & 1 > 0), need == -1)
    return np.flatnonzero(~fits)


def _misstated(problem: Problem, solution: Solution) -> str:
    goals = count(problem, problem.edges_of(solution.mentee, solution.mentor), solution.need)
    for name, stated, found in (
        ("covered", solution.covered, goals.covered),
        ("pairs", solution.pairs, goals.pairs),
        ("total", solution.total, goals.total),
        ("covered_by_tier", solution.covered_by_tier, goals.by_tier),
        ("shortfall", solution.shortfall.tolist(), goals.shortfall.tolist()),
        ("kept", solution.kept, goals.kept),
        ("needs", solution.needs, goals.needs),
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
    needs = len(need_nodes(problem)[0])
    prices = (solution.price_mentee, solution.price_mentor, solution.price_group, solution.price_need)
    if [len(price) for price in prices] != [mentees, mentors, groups, needs]:
        return "prices are missing"
    if any((np.abs(price) >= _PRICE_RANGE).any() for price in prices):
        return "a price is out of range"
    weight = weights(problem, solution.objective)
    used = np.zeros(len(problem.score), dtype=bool)
    used[problem.edges_of(solution.mentee, solution.mentor)] = True
    return (
        _pairs_slack(problem, solution, weight["score"], used)
        or _needs_slack(problem, solution, weight["needs"])
        or _mentors_slack(problem, solution)
        or _mentees_slack(problem, solution, weight["people"], used)
        or _groups_slack(problem, solution, weight["floor"])
    )


def _pairs_slack(problem: Problem, solution: Solution, weight: int, used: Bools) -> str:
    free = usable(problem, solution.min_score)
    for begin in range(0, len(used), _PIECE):
        edges = np.arange(begin, min(begin + _PIECE, len(used)))
        gain = problem.score[edges] * np.int64(weight) - solution.price_mentor[problem.mentor[edges]]
        gain -= _place_price(problem, solution, edges)
        for wrong, text in (
            (used[edges] & free[edges] & (gain < 0), "is not worth"),
            (~used[edges] & free[edges] & (gain > 0), "is worth more than"),
        ):
            if wrong.any():
                edge = edges[wrong.argmax()]
                return f"{_told(problem.mentee[edge], problem.mentor[edge])} {text} its prices"
    return ""


def _place_price(problem: Problem, solution: Solution, edges: Ints64) -> Ints64:
    """What a place of each pair's mentee costs; where needs count, for the cheapest need that is served."""
    price = solution.price_mentee[problem.mentee[edges]]
    rows = np.flatnonzero(problem.needy[problem.mentee[edges]])
    serves = shared(problem, edges[rows])
    rows, serves = rows[serves > 0], serves[serves > 0]
    place, bit = bits_of(serves)
    asked = solution.price_need[node_of(problem, problem.mentee[edges[rows[place]]], bit)]
    price[rows] = np.iinfo(np.int64).max
    np.minimum.at(price, rows[place], asked)
    return np.asarray(price)


def _needs_slack(problem: Problem, solution: Solution, weight: int) -> str:
    """Each pair is for the cheapest need it can serve, and each need is paid for as often as it is served."""
    mentee, bit = need_nodes(problem)
    rows = np.flatnonzero(problem.needy[solution.mentee] & (solution.need >= 0))
    node = node_of(problem, solution.mentee[rows], solution.need[rows].astype(np.int64))
    edges = problem.edges_of(solution.mentee[rows], solution.mentor[rows])
    if len(bad := np.flatnonzero(solution.price_need[node] > _place_price(problem, solution, edges))):
        row = rows[bad[0]]
        return f"{_told(solution.mentee[row], solution.mentor[row])} is for a need that is wanted less than another"
    served = np.bincount(node, minlength=len(bit))
    again = solution.price_need - solution.price_mentee[mentee]
    first = again + weight
    wrong = (
        (again > 0)
        | ((served > 1) & (again < 0))
        | ((served > 0) & (first < 0))
        | ((served < 1) & (first > 0))
    )
    if wrong.any():
        return f"the price of need {bit[wrong.argmax()]} of mentee {mentee[wrong.argmax()]} does not fit"
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
    flow, weight = flow_of(problem, solution, net), weights(problem, solution.objective)
    cost, kept = costs(problem, net, weight), reward(problem, net, "keep")
    free = loose(net, flow, np.flatnonzero(marked(net, cost, potential_of(solution, net))))
    before = int((kept * flow).sum())
    redirect(net, flow, free, -kept[free])
    more = int((kept * flow).sum()) - before
    return f"kept: {solution.kept} reached, {solution.kept + more} possible" if more else ""


def _told(mentee: int, mentor: int) -> str:
    return f"mentee {mentee} with mentor {mentor}"
