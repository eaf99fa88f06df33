"""The circulation: solver failures are named, prices are those of shortest paths."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from matching.engine import EngineError, Problem, solve
from matching.engine.network import Network, cheapest, costs, flow_of, network, potential_of
from matching.engine.prices import loose, potentials, tables
from matching.engine.solution import furthest, usable, weights
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


def ring(*rows: tuple[int, ...], pairs: int = 0) -> tuple[Network, np.ndarray]:
    """A network of these arcs and nothing else, and their costs."""
    tail, head, room, cost = arcs(*rows)
    whole = network(Problem(demand=[], capacity=[], mentee=[], mentor=[], score=[]), np.zeros(0, dtype=bool))
    net = replace(whole, nodes=3, tail=tail, head=head, room=room, pairs=slice(0, pairs))
    return net, cost


@pytest.mark.parametrize("pairs", [0, 1, 3])
def test_potentials_are_shortest_distances(pairs: int) -> None:
    """Whichever of the arcs are pairs."""
    net, cost = ring((0, 1, 1, -5), (0, 2, 1, -1), (1, 2, 1, 2), pairs=pairs)
    flow = np.zeros(3, dtype=np.int32)
    found = potentials(3, tables(net, slice(None), cost, flow), -100)
    assert found is not None
    assert found.tolist() == [0, -5, -3]


@pytest.mark.parametrize("pairs", [0, 3])
def test_used_arcs_are_walked_backward_only(pairs: int) -> None:
    net, cost = ring((0, 1, 1, -5), (0, 2, 1, -1), (1, 2, 1, 2), pairs=pairs)
    found = potentials(3, tables(net, slice(None), cost, np.array([1, 0, 1], dtype=np.int32)), -100)
    assert found is not None
    assert (found - found.max()).tolist() == [0, -3, -1]


def test_a_ring_that_still_pays_has_no_potentials() -> None:
    net, cost = ring((0, 1, 1, -5), (1, 2, 1, 2), (2, 0, 1, 2))
    assert potentials(3, tables(net, slice(None), cost, np.zeros(3, dtype=np.int32)), -100) is None
    assert potentials(3, tables(net, slice(None), cost, np.ones(3, dtype=np.int32)), -100) is not None


def test_only_arcs_on_a_ring_are_left_to_decide() -> None:
    net, _ = ring((0, 1, 1, 0), (1, 0, 1, 0), (0, 2, 1, 0))
    assert loose(net, np.zeros(3, dtype=np.int32), np.arange(3)).tolist() == [0, 1]
    assert loose(net, np.array([1, 0, 0], dtype=np.int32), np.arange(3)).tolist() == []


@pytest.mark.parametrize("seed", range(10))
def test_flow_of_a_solution_circulates_within_its_room(seed: int) -> None:
    problem = random_problem(seed, 12, 8)
    solution = solve(problem)
    net = network(problem, usable(problem, 0))
    flow, potential = flow_of(problem, solution, net), potential_of(solution, net)
    cost = costs(problem, net, weights(problem, "people")) + potential[net.tail] - potential[net.head]
    assert ((flow >= 0) & (flow <= net.room)).all()
    balance = np.zeros(net.nodes, dtype=np.int64)
    np.add.at(balance, net.head, flow)
    np.subtract.at(balance, net.tail, flow)
    assert (balance == -net.supply).all()
    assert (cost[flow > 0] <= 0).all()
    assert (cost[flow < net.room] >= 0).all()


def hundred_thousand(score: int, groups: int) -> Problem:
    """100,000 mentees of two tiers with three needs each, and as many floors as groups."""
    mentees, mentors = 100_000, 60_000
    return Problem(
        demand=[2] * mentees, capacity=[3] * mentors, mentee=[0], mentor=[0], score=[score],
        tier=np.arange(mentees) % 2, group=np.arange(mentees) % groups, floor=[0.5] * groups,
        need=[7] * mentees, serves=[7] * mentors,
    )  # fmt: skip


@pytest.mark.parametrize("objective", ["people", "score"])
def test_every_option_fits_a_hundred_thousand_people_at_real_scores(objective: str) -> None:
    problem = hundred_thousand(470_000, 30)
    weight = weights(problem, objective)
    assert furthest(problem, weight) < 1 << 61
    ring = {"people": 6, "floor": 1, "needs": 100_000, "score": 60_000 * 470_000}
    order = sorted(weight, key=lambda goal: -weight[goal])
    for place, goal in enumerate(order):
        assert weight[goal] > sum(weight[lower] * ring[lower] for lower in order[place + 1 :])


def test_scores_beyond_proof_are_refused() -> None:
    """With floors, needs, a hundred thousand people and scores of two thousand million the weights exceed 64 bits."""
    words = "with 100000 mentees, 60000 mentors, 2 tiers, 30 floors and needs of 100000"
    with pytest.raises(
        ValueError, match=rf"^score: 2147483647 is too large to be proven in 64 bits {words}$"
    ):
        weights(hundred_thousand(2**31 - 1, 30), "people")


@pytest.mark.parametrize("objective", ["people", "score"])
def test_each_goal_outweighs_all_that_follow(objective: str) -> None:
    problem = random_problem(1, 12, 8)
    weight = weights(problem, objective)
    units, tiers = min(int(problem.demand.sum()), int(problem.capacity.sum())), len(np.unique(problem.tier))
    assert np.bitwise_count(problem.need[problem.needy]).tolist() == [2] * 5
    totals = {
        "people": units * (tiers + 1),
        "floor": 12,
        "needs": 10,
        "score": units * int(problem.score.max()),
    }
    people = ["people", "floor", "needs"]
    order = [*people, "score"] if objective == "people" else ["score", *people]
    for place, goal in enumerate(order):
        assert weight[goal] > sum(weight[lower] * totals[lower] for lower in order[place + 1 :])


def test_engine_needs_no_django() -> None:
    code = (
        "import sys; sys.modules['django'] = None; import matching.engine, matching.engine.field;"
        "print([name for name in sys.modules if name.startswith('django.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
