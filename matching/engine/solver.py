"""Lexicographic optimum of a problem, with its prices.

The flow is found with weights as small as may be, since the solver's time grows with the costs. Prices
under the true weights then prove that it is the lexicographic optimum; where there are none, it is not,
and larger weights are tried, up to the true ones. Where a mentee has many candidates, only the best are
handed over at first, then those that the prices find worth more than they cost, until there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from matching.engine.certificate import certify
from matching.engine.counts import most_by_tier, most_pairs, suffices
from matching.engine.network import Network, cheapest, costs, flow_of, needs_of, network, potential_of, reward
from matching.engine.prices import improve, loose, marked, potentials, redirect, tables
from matching.engine.problem import Bools, Ints32, Ints64, Problem
from matching.engine.solution import OBJECTIVES, Solution, assembled, furthest, largest, usable, weights

_COST_RANGE = 1 << 60  # largest (cost x nodes) handed to the solver, which works in 64 bits
_TIE_BITS = 40
_MANY = 64  # candidates of a mentee, on average, beyond which not all are handed over at once
_FEW = 20  # candidates of each mentee handed over at first


def solve(problem: Problem, *, objective: str = "people", min_score: int | str = 0) -> Solution:
    """The best set of pairs, certified.

    "people": covered mentees, then pairs, tiers, floors, different needs, total score, pairs kept, stable
    tie-break. "score": total score first, then the same. No goal is traded for a later one.
    `min_score` bars pairs that score less, locks excepted; "best" takes the highest minimum that costs
    neither a covered mentee nor a pair. Raises ValueError for a wrong argument, EngineError if the solver
    fails.
    """
    lowest = checked(objective, min_score)
    if lowest is None:
        lowest = best_minimum(problem)
    net = network(problem, usable(problem, lowest))
    flow, potential = optimum(problem, net, objective)
    _settle(problem, objective, net, flow, potential)
    solution = _solution(problem, objective, lowest, net, flow, potential)
    del net, flow, potential
    return replace(solution, certificate=certify(problem, solution))


def checked(objective: str, min_score: int | str) -> int | None:
    """The minimum score, None for "best". Raises ValueError for a wrong argument."""
    if objective not in OBJECTIVES:
        raise ValueError(f"objective: {objective!r} is neither 'people' nor 'score'")
    if min_score == "best":
        return None
    if isinstance(min_score, int | np.integer) and not isinstance(min_score, bool) and min_score >= 0:
        return int(min_score)
    raise ValueError(f"min_score: {min_score!r} is neither a number from 0 on nor 'best'")


def priced(problem: Problem, objective: str, min_score: int) -> Solution:
    """An optimum with its prices, nothing settled among equals and nothing certified yet."""
    net = network(problem, usable(problem, min_score))
    return _solution(problem, objective, min_score, net, *optimum(problem, net, objective))


def settled(problem: Problem, solution: Solution) -> Solution:
    """The optimum that `solve` would choose among those that the prices of an optimal solution leave, certified."""
    net = network(problem, usable(problem, solution.min_score))
    flow, potential = flow_of(problem, solution, net), potential_of(solution, net)
    _settle(problem, solution.objective, net, flow, potential)
    chosen = _solution(problem, solution.objective, solution.min_score, net, flow, potential)
    chosen = replace(chosen, price_mentor=solution.price_mentor)
    return replace(chosen, certificate=certify(problem, chosen))


def best_minimum(problem: Problem) -> int:
    """Highest minimum score that costs neither a covered mentee nor a pair, by bisection."""
    levels = np.unique(problem.score)
    covered, pairs = sum(most_by_tier(problem, 0)), most_pairs(problem, 0)
    low, high = 0, len(levels) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if suffices(problem, int(levels[middle]), covered, pairs):
            low = middle
        else:
            high = middle - 1
    return int(levels[low]) if pairs > len(problem.locked) else 0


def optimum(problem: Problem, net: Network, objective: str) -> tuple[Ints32, Ints64]:
    """A flow that reaches the goals of the certificate, and the potentials that prove it."""
    exact, most = weights(problem, objective), largest(problem)
    for weight in _trials(problem, objective, exact):
        dearest = max(each * most[name] for name, each in weight.items())
        if dearest * net.nodes <= _COST_RANGE and (found := _priced(problem, net, weight, exact)):
            return found
    return _goal_by_goal(problem, net, exact)


def _trials(problem: Problem, objective: str, exact: dict[str, int]) -> Iterator[dict[str, int]]:
    """Weights to try: if scores come last, such as a few scores make up for; then the true ones."""
    if objective == "people":
        yield first_weights(problem)
    yield exact


def first_weights(problem: Problem) -> dict[str, int]:
    """Weights such as a few scores make up for."""
    most = largest(problem)
    unit, weight = 2 * most["score"] + 2, {"score": 1}
    for name in ("needs", "floor", "people"):
        weight[name] = unit
        unit *= 2 if most[name] else 1
    return weight


def _priced(
    problem: Problem, net: Network, weight: dict[str, int], exact: dict[str, int]
) -> tuple[Ints32, Ints64] | None:
    """The flow that is best by `weight` with its potentials by the `exact` weights; None if it has none."""
    cost, least = costs(problem, net, weight), -furthest(problem, exact)
    taken = _strongest(problem, net)
    while True:
        arcs = np.flatnonzero(taken) if taken is not None else slice(None)
        flow = np.zeros(net.size, dtype=np.int32)
        flow[arcs] = cheapest(net.tail[arcs], net.head[arcs], net.room[arcs], cost[arcs], net.supply)
        true = costs(problem, net, exact)
        potential = potentials(net.nodes, tables(net, arcs, true[arcs], flow[arcs]), least)
        if potential is None or taken is None:
            return None if potential is None else (flow, potential)
        gains = marked(net, true, potential, np.less) & ~taken
        if not gains.any():
            return flow, potential
        taken |= gains


def _strongest(problem: Problem, net: Network) -> Bools | None:
    """Marks the arcs to begin with: of each mentee's pairs those that score most. None for all."""
    if net.pairs.stop <= _MANY * len(problem.demand):
        return None
    best = np.ones(len(problem.score), dtype=bool)
    begin = problem.begin.tolist()
    for first, end in pairwise(begin):
        if end - first > _FEW:
            own = slice(first, end) if problem.order is None else problem.order[first:end]
            marks = np.zeros(end - first, dtype=bool)
            marks[np.argpartition(problem.score[own], -_FEW)[-_FEW:]] = True
            best[own] = marks
    taken = np.ones(net.size, dtype=bool)
    taken[net.pairs] = best[net.edge]
    return taken


def _goal_by_goal(problem: Problem, net: Network, exact: dict[str, int]) -> tuple[Ints32, Ints64]:
    """Each goal by itself, on the arcs that are tight under those before: for costs beyond the solver's range."""
    flow, potential = np.zeros(net.size, dtype=np.int32), np.zeros(net.nodes, dtype=np.int64)
    free = np.arange(net.size)
    for name in reversed(exact):
        worth = reward(problem, net, name)[free]
        prices = improve(net, flow, free, worth, net.supply if len(free) == net.size else None)
        potential += exact[name] * prices
        free = free[prices[net.tail[free]] - prices[net.head[free]] == worth]
    return flow, potential


def _settle(problem: Problem, objective: str, net: Network, flow: Ints32, potential: Ints64) -> None:
    """Among the optima, the flow that keeps most pairs of the run before, and then the one drawn by lot."""
    free = np.flatnonzero(marked(net, costs(problem, net, weights(problem, objective)), potential))
    free = loose(net, flow, free)
    if problem.keep.any():
        kept = reward(problem, net, "keep")[free]
        prices = improve(net, flow, free, kept)
        free = free[prices[net.tail[free]] - prices[net.head[free]] == kept]
        free = loose(net, flow, free)
    redirect(net, flow, free, -_lots(problem, net, free))


def _lots(problem: Problem, net: Network, arcs: Ints64) -> Ints64:
    """A fixed random-looking number for each pair and need, from keys and bit alone (splitmix64)."""
    lots = np.zeros(len(arcs), dtype=np.int64)
    ends = np.searchsorted(arcs, [net.pairs.stop, net.entry.start, net.entry.stop])
    entry = arcs[ends[1] : ends[2]]
    bit = net.bit[net.tail[entry] - net.needs]
    for part, edges, kind in (
        (slice(0, ends[0]), net.edge[arcs[: ends[0]]], np.zeros(ends[0], dtype=np.int64)),
        (slice(ends[1], ends[2]), net.serving[entry - net.entry.start], bit + 1),
    ):
        mentee, mentor = (
            key[side[edges]].astype(np.uint64)
            for key, side in zip(problem.key, (problem.mentee, problem.mentor), strict=True)
        )
        mixed = _mix(_mix(mentee) ^ mentor) ^ kind.astype(np.uint64)
        lots[part] = (_mix(mixed) >> np.uint64(64 - _TIE_BITS)).astype(np.int64)
    return lots


def _mix(
    value: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))


def _solution(
    problem: Problem, objective: str, lowest: int, net: Network, flow: Ints32, potential: Ints64
) -> Solution:
    used = net.edge[flow[net.pairs] > 0]
    edges = np.concatenate([problem.locked_edges, used])
    groups = 1 + len(problem.demand) + len(problem.capacity)
    price_mentor = -potential[1 + len(problem.demand) : groups]
    idle = np.ones(len(price_mentor), dtype=bool)
    idle[problem.mentor[used]] = False
    price_mentor[idle] = np.maximum(price_mentor[idle], 0)
    prices = [
        potential[1 : 1 + len(problem.demand)].copy(),
        price_mentor,
        potential[groups : net.needs].copy(),
        potential[net.needs : net.needs + len(net.bit)].copy(),
    ]
    return assembled(problem, objective, lowest, edges, needs_of(problem, net, flow, edges), prices)
