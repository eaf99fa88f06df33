"""The circulation: solver failures are named, prices are those of shortest paths."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from matching.engine import EngineError, Problem, solve
from matching.engine.network import cheapest, flow_of, network, potentials, reduced_costs
from matching.engine.solution import usable, weights
from tests.matching.engine.oracles import random_problem


def arcs(*rows: tuple[int, ...]) -> list[np.ndarray]:
    return [np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]


def test_cost_out_of_range_is_an_error_not_an_answer() -> None:
    supply = np.array([1, 0, -1])
    with pytest.raises(EngineError, match=r"^the flow solver returned BAD_COST_RANGE$"):
        cheapest(*arcs((0, 1, 1, 1 << 61), (1, 2, 1, 0)), supply)


def test_impossible_supply_is_an_error_not_an_answer() -> None:
    with pytest.raises(EngineError, match=r"^the flow solver returned INFEASIBLE$"):
        cheapest(*arcs((0, 1, 1, 3), (1, 2, 1, 0)), np.array([2, 0, -2]))


def test_circulation_takes_what_pays() -> None:
    """Two rings over the hub: one gains 3 a unit, the other costs 1."""
    flow = cheapest(
        *arcs((0, 1, 2, -5), (1, 0, 2, 2), (0, 2, 1, -1), (2, 0, 1, 2)), np.zeros(3, dtype=np.int64)
    )
    assert flow.tolist() == [2, 2, 0, 0]


def test_potentials_are_shortest_distances() -> None:
    tail, head, _, cost = arcs((0, 1, 1, -5), (1, 2, 1, 2), (0, 2, 1, -1))
    every, none = np.ones(3, dtype=bool), np.zeros(3, dtype=bool)
    assert potentials(3, tail, head, cost, every, none).tolist() == [0, -5, -3]


@pytest.mark.parametrize("seed", range(10))
def test_flow_of_a_solution_circulates_within_its_room(seed: int) -> None:
    problem = random_problem(seed, 12, 8)
    solution = solve(problem)
    net = network(problem, usable(problem, 0))
    flow, cost = flow_of(problem, solution, net), reduced_costs(problem, solution, net)
    assert ((flow >= 0) & (flow <= net.room)).all()
    balance = np.zeros(net.nodes, dtype=np.int64)
    np.add.at(balance, net.head, flow)
    np.subtract.at(balance, net.tail, flow)
    assert not balance.any()
    assert (cost[flow > 0] <= 0).all()
    assert (cost[flow < net.room] >= 0).all()


def test_scores_beyond_proof_are_refused() -> None:
    """With a floor, a hundred thousand people and scores of two thousand million the weights exceed 64 bits."""
    size = 100_000
    problem = Problem(
        demand=[1] * size,
        capacity=[1] * size,
        mentee=[0],
        mentor=[0],
        score=[2**31 - 1],
        group=[0] * size,
        floor=[0.5],
    )
    with pytest.raises(ValueError, match=r"^score: 2147483647 is too large for a problem of this size$"):
        weights(problem, "people")


@pytest.mark.parametrize("objective", ["people", "score"])
def test_each_goal_outweighs_all_that_follow(objective: str) -> None:
    problem = random_problem(1, 12, 8)
    weight = weights(problem, objective)
    units, tiers = min(int(problem.demand.sum()), int(problem.capacity.sum())), len(np.unique(problem.tier))
    totals = {"people": units * (tiers + 1), "floor": 12, "score": units * int(problem.score.max())}
    order = ["people", "floor", "score"] if objective == "people" else ["score", "people", "floor"]
    for place, goal in enumerate(order):
        assert weight[goal] > sum(weight[lower] * totals[lower] for lower in order[place + 1 :])


def test_engine_needs_no_django() -> None:
    code = (
        "import sys; sys.modules['django'] = None; import matching.engine, matching.engine.field;"
        "print([name for name in sys.modules if name.startswith('django.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
