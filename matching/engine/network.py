"""The problem as a circulation, and lexicographic optimization on it.

hub -> [group ->] mentee -> mentor -> hub. Each level of the objective is a cost on the arcs. A level is
solved, its duals are recovered, and every arc that has a reduced cost is fixed: what is left free is
exactly the set of optimal circulations, on which the next level is solved. No level can be traded for a
lower one, whatever the numbers are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.engine.problem import Bools, Ints64, Problem
from matching.engine.solution import Solution, targets, unit_rewards, weights

HUB = 0


class EngineError(RuntimeError):
    """The solver did not return an optimum; its status is named."""


@dataclass(frozen=True, eq=False)
class Network:
    """Arcs in the order first units, further units, pairs, places, group arcs; arcs without room left out."""

    nodes: int
    edge: Ints64  # candidate pair of each arc of `pairs`
    tail: Ints64
    head: Ints64
    room: Ints64
    first: slice  # one arc for each mentee without a lock
    more: slice
    pairs: slice
    places: slice  # one arc for each mentor with a place
    within: slice  # group units up to the floor
    beyond: slice

    @property
    def size(self) -> int:
        return len(self.tail)


def network(problem: Problem, usable: Bools) -> Network:
    """The arcs that are left when locks stand; `usable` marks the pairs that may be chosen."""
    mentees, mentors, groups = len(problem.demand), len(problem.capacity), len(problem.floor)
    held = np.bincount(problem.locked[:, 0], minlength=mentees)
    covered = held > 0
    wants, takes = (
        problem.demand - held,
        problem.capacity - np.bincount(problem.locked[:, 1], minlength=mentors),
    )
    mentor_node, group_node = 1 + mentees, 1 + mentees + mentors
    free, more, open_mentors = np.flatnonzero(~covered), wants - ~covered, np.flatnonzero(takes)
    edge = np.flatnonzero(usable)
    edge = edge[np.argsort(problem.edge_keys[edge], kind="stable")]
    need = targets(problem) - np.bincount(problem.group[covered & (problem.group >= 0)], minlength=groups)
    group_nodes = np.arange(groups, dtype=np.int64) + group_node
    hub = np.zeros(mentees + mentors + groups, dtype=np.int64)
    one = np.ones(max(mentees, len(edge)), dtype=np.int64)
    wanting = np.flatnonzero(more)
    own_group = problem.group[free].astype(np.int64)
    parts: tuple[tuple[Ints64, Ints64, Ints64], ...] = (
        (np.where(own_group >= 0, own_group + group_node, HUB), free + 1, one[: len(free)]),
        (hub[: len(wanting)], wanting + 1, more[wanting]),
        (
            problem.mentee[edge].astype(np.int64) + 1,
            problem.mentor[edge].astype(np.int64) + mentor_node,
            one[: len(edge)],
        ),
        (open_mentors + mentor_node, hub[: len(open_mentors)], takes[open_mentors]),
        (hub[:groups], group_nodes, np.maximum(need, 0)),
        (hub[:groups], group_nodes, np.full(groups, mentees + 1, dtype=np.int64)),  # never full
    )
    ends = np.cumsum([0, *(len(part[0]) for part in parts)]).tolist()
    cuts = [slice(ends[place], ends[place + 1]) for place in range(len(parts))]
    tail, head, room = (np.concatenate([part[side] for part in parts]) for side in range(3))
    return Network(1 + mentees + mentors + groups, edge, tail, head, room, *cuts)


def reward(problem: Problem, net: Network, goal: str) -> Ints64:
    """What a unit on each arc is worth to one goal: "people", "floor", "score" or "keep"."""
    found = np.zeros(net.size, dtype=np.int64)
    if goal == "people":
        found[net.first] = unit_rewards(problem)[net.head[net.first] - 1]
        found[net.more] = 1
    elif goal == "floor":
        found[net.within] = 1
    else:
        column = problem.score if goal == "score" else problem.keep
        found[net.pairs] = column[net.edge]
    return found


def flow_of(problem: Problem, solution: Solution, net: Network) -> Ints64:
    """The circulation of a feasible solution, locks apart."""
    used = np.zeros(len(problem.score), dtype=bool)
    used[problem.edges_of(solution.mentee, solution.mentor)] = True
    flow = np.zeros(net.size, dtype=np.int64)
    flow[net.pairs] = used[net.edge]
    out = np.bincount(net.tail[net.pairs], weights=flow[net.pairs], minlength=net.nodes).astype(np.int64)
    flow[net.first] = np.minimum(out[net.head[net.first]], 1)
    out -= np.bincount(net.head[net.first], weights=flow[net.first], minlength=net.nodes).astype(np.int64)
    flow[net.more] = out[net.head[net.more]]
    into = np.bincount(net.head[net.pairs], weights=flow[net.pairs], minlength=net.nodes).astype(np.int64)
    flow[net.places] = into[net.tail[net.places]]
    grouped = np.bincount(net.tail[net.first], weights=flow[net.first], minlength=net.nodes).astype(np.int64)
    flow[net.within] = np.minimum(grouped[net.head[net.within]], net.room[net.within])
    flow[net.beyond] = grouped[net.head[net.beyond]] - flow[net.within]
    return flow


def reduced_costs(problem: Problem, solution: Solution, net: Network) -> Ints64:
    """Reduced cost of each arc under the prices of a solution, in points of the weighted objective."""
    cost = np.zeros(net.size, dtype=np.int64)
    for goal, weight in weights(problem, solution.objective).items():
        cost -= weight * reward(problem, net, goal)
    prices = [
        np.zeros(1, dtype=np.int64),
        solution.price_mentee,
        -solution.price_mentor,
        solution.price_group,
    ]
    potential = np.concatenate(prices)
    return np.asarray(cost + potential[net.tail] - potential[net.head], dtype=np.int64)


class Optimizer:
    """Solves level after level, each on the optima of those before; keeps the dual prices of each."""

    def __init__(self, net: Network, flow: Ints64 | None = None, free: Bools | None = None) -> None:
        self.net = net
        self.flow = np.zeros(net.size, dtype=np.int64) if flow is None else flow
        self._free = np.flatnonzero(net.room > 0 if free is None else free)

    def maximize(self, reward: Ints64) -> Ints64:
        """Solve one level; returns the potential of each node (that of the hub is 0). Raises EngineError."""
        net, free = self.net, self._free
        cost = -reward[free]
        fixed = self.flow.copy()
        fixed[free] = 0
        used = np.flatnonzero(fixed)
        supply = np.zeros(net.nodes, dtype=np.int64)
        np.add.at(supply, net.head[used], fixed[used])
        np.subtract.at(supply, net.tail[used], fixed[used])
        tail, head, room = net.tail[free], net.head[free], net.room[free]
        part = cheapest(tail, head, room, cost, supply)
        self.flow[free] = part
        potential = potentials(net.nodes, tail, head, cost, part < room, part > 0)
        self._free = free[cost + potential[tail] == potential[head]]
        return potential


def cheapest(tail: Ints64, head: Ints64, room: Ints64, cost: Ints64, supply: Ints64) -> Ints64:
    """Flow of least cost on each arc. Raises EngineError with the solver's status if there is none."""
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        tail.astype(np.int32), head.astype(np.int32), room, cost
    )
    solver.set_nodes_supplies(np.arange(len(supply), dtype=np.int32), supply)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise EngineError(f"the flow solver returned {status.name}")
    return np.asarray(solver.flows(arcs), dtype=np.int64)


def potentials(
    nodes: int, tail: Ints64, head: Ints64, cost: Ints64, forward: Bools, backward: Bools
) -> Ints64:
    """Potentials under which no residual arc has a negative reduced cost: shortest distances on them.

    Label correction from the nodes that changed in the round before.
    """
    start = np.concatenate([tail[forward], head[backward]])
    order = np.argsort(start, kind="stable")
    end = np.concatenate([head[forward], tail[backward]])[order]
    length = np.concatenate([cost[forward], -cost[backward]])[order]
    begin = np.concatenate(([0], np.cumsum(np.bincount(start, minlength=nodes))))
    distance = np.zeros(nodes, dtype=np.int64)
    changed = np.arange(nodes)
    while len(changed):
        count = begin[changed + 1] - begin[changed]
        offset = np.cumsum(count) - count
        arc = np.arange(int(count.sum())) + np.repeat(begin[changed] - offset, count)
        before = distance.copy()
        np.minimum.at(distance, end[arc], length[arc] + np.repeat(distance[changed], count))
        changed = np.flatnonzero(distance < before)
    return np.asarray(distance - distance[HUB])
