"""Lexicographic optimum of a problem, with its prices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from matching.engine.certificate import certify, most_by_tier, most_pairs, suffices
from matching.engine.network import Network, Optimizer, flow_of, network, reduced_costs, reward
from matching.engine.problem import Ints64, Problem
from matching.engine.solution import OBJECTIVES, Solution, count, largest, usable, weights

_COST_RANGE = 1 << 60  # largest (cost x nodes) handed to the solver, which works in 64 bits
_TIE_BITS = 40


def solve(problem: Problem, *, objective: str = "people", min_score: int | str = 0) -> Solution:
    """The best set of pairs, certified.

    "people": covered mentees, then pairs, tiers, floors, total score, pairs kept, stable tie-break.
    "score": total score first, then the same. No goal is traded for a later one.
    `min_score` bars pairs that score less, locks excepted; "best" takes the highest minimum that costs
    neither a covered mentee nor a pair. Raises ValueError for a wrong argument, EngineError if the solver
    fails.
    """
    lowest = checked(objective, min_score)
    if lowest is None:
        lowest = best_minimum(problem)
    net = network(problem, usable(problem, lowest))
    optimizer = Optimizer(net)
    potential = _proven(problem, optimizer, weights(problem, objective))
    _settle(problem, optimizer)
    solution = _solution(problem, objective, lowest, optimizer, potential)
    return replace(solution, certificate=certify(problem, solution))


def checked(objective: str, min_score: int | str) -> int | None:
    """The minimum score, None for "best". Raises ValueError for a wrong argument."""
    if objective not in OBJECTIVES:
        raise ValueError(f"objective: {objective!r} is neither 'people' nor 'score'")
    if min_score == "best":
        return None
    if isinstance(min_score, int) and min_score >= 0:
        return min_score
    raise ValueError(f"min_score: {min_score!r} is neither a number from 0 on nor 'best'")


def priced(problem: Problem, objective: str, min_score: int) -> Solution:
    """An optimum with its prices, nothing settled among equals and nothing certified yet."""
    optimizer = Optimizer(network(problem, usable(problem, min_score)))
    potential = _proven(problem, optimizer, weights(problem, objective))
    return _solution(problem, objective, min_score, optimizer, potential)


def settled(problem: Problem, solution: Solution) -> Solution:
    """The optimum that `solve` would choose among those that the prices of an optimal solution leave, certified."""
    net = network(problem, usable(problem, solution.min_score))
    tight = reduced_costs(problem, solution, net) == 0
    optimizer = Optimizer(net, flow_of(problem, solution, net), tight)
    _settle(problem, optimizer)
    chosen = _solution(problem, solution.objective, solution.min_score, optimizer, None)
    prices = {name: getattr(solution, name) for name in ("price_mentee", "price_mentor", "price_group")}
    chosen = replace(chosen, **prices)
    return replace(chosen, certificate=certify(problem, chosen))


def _settle(problem: Problem, optimizer: Optimizer) -> None:
    """Most pairs kept, then the lots, among the optima."""
    if problem.keep.any():
        optimizer.maximize(reward(problem, optimizer.net, "keep"))
    optimizer.maximize(_lots(problem, optimizer.net))


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


def _proven(problem: Problem, optimizer: Optimizer, weight: dict[str, int]) -> Ints64:
    """Solve the goals of the certificate; as many at once as the solver's range of costs takes."""
    most, nodes = largest(problem), optimizer.net.nodes
    potential = np.zeros(nodes, dtype=np.int64)
    goals = list(weight)[::-1]
    while goals:
        size = len(goals)
        while (
            size > 1
            and weight[goals[0]] // weight[goals[size - 1]] * (most[goals[0]] + 1) * nodes > _COST_RANGE
        ):
            size -= 1
        stage, goals = goals[:size], goals[size:]
        unit = weight[stage[-1]]
        worth = np.zeros(optimizer.net.size, dtype=np.int64)
        for name in stage:
            worth += weight[name] // unit * reward(problem, optimizer.net, name)
        potential += unit * optimizer.maximize(worth)
    return potential


def _lots(problem: Problem, net: Network) -> Ints64:
    """A fixed random-looking number for each pair, from the two keys alone (splitmix64)."""
    (mentee, mentor), edges = problem.key, net.edge
    value = _mix(mentee[problem.mentee[edges]].astype(np.uint64)) ^ mentor[problem.mentor[edges]].astype(
        np.uint64
    )
    lots = np.zeros(net.size, dtype=np.int64)
    lots[net.pairs] = (_mix(value) >> np.uint64(64 - _TIE_BITS)).astype(np.int64)
    return lots


def _mix(
    value: np.ndarray[tuple[int, ...], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint64]]:
    value = value + np.uint64(0x9E3779B97F4A7C15)
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(value ^ (value >> np.uint64(31)))


def _solution(
    problem: Problem, objective: str, lowest: int, optimizer: Optimizer, potential: Ints64 | None
) -> Solution:
    net = optimizer.net
    edges = np.concatenate([problem.locked_edges, net.edge[optimizer.flow[net.pairs] > 0]])
    edges = edges[np.argsort(problem.edge_keys[edges])]
    goals = count(problem, edges)
    mentees, mentors = len(problem.demand), len(problem.capacity)
    if potential is None:
        potential = np.zeros(net.nodes, dtype=np.int64)
    price_mentor = -potential[1 + mentees : 1 + mentees + mentors]
    idle = np.ones(mentors, dtype=bool)
    idle[problem.mentor[net.edge[optimizer.flow[net.pairs] > 0]]] = False
    price_mentor[idle] = np.maximum(price_mentor[idle], 0)
    return Solution(
        objective=objective,
        min_score=lowest,
        mentee=problem.mentee[edges],
        mentor=problem.mentor[edges],
        score=problem.score[edges],
        covered=goals.covered,
        pairs=goals.pairs,
        total=goals.total,
        covered_by_tier=goals.by_tier,
        shortfall=goals.shortfall,
        kept=goals.kept,
        price_mentee=potential[1 : 1 + mentees],
        price_mentor=price_mentor,
        price_group=potential[1 + mentees + mentors :],
    )
