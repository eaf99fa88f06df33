"""The problem as a circulation: hub -> [group ->] mentee -> [need ->] mentor -> hub.

Each goal of the objective is a cost on some of the arcs. Needs stand between mentee and mentor only for
the mentees whose needs are a goal (see `matching.engine.needs`); there, a mentor who serves several of
them has a node in between as well, so that the two are paired once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from matching.engine.needs import bits_of, lowest, need_nodes, node_of, shared
from matching.engine.problem import Bools, Ints8, Ints32, Ints64, Problem
from matching.engine.solution import Solution, targets, unit_rewards

HUB = 0
_PIECE = 1 << 18  # arcs handed over at once


class EngineError(RuntimeError):
    """The solver did not return an optimum; its status is named."""


@dataclass(frozen=True, eq=False)
class Network:
    """Arcs in the order of the slices; arcs without room are left out. Pairs are sorted by their tail.

    Nodes are the hub, mentees, mentors, groups, needs, pairs for several needs, and locks that can serve
    a need. Such a lock enters at its mentee and leaves at its own node: `supply` is 0 elsewhere.
    """

    nodes: int
    edge: Ints32  # candidate pair of each arc of `pairs`
    serving: Ints64  # candidate pair of each arc of `entry`
    bit: Ints64  # of each need node
    needs: int  # number of the first need node
    supply: Ints64
    tail: Ints32
    head: Ints32
    room: Ints32
    pairs: slice
    first: slice  # one arc for each mentee without a lock
    more: slice
    places: slice  # one arc for each mentor with a place
    within: slice  # group units up to the floor
    beyond: slice
    credit: slice  # the first mentor for each need
    again: slice
    entry: slice  # from needs to pairs and locks that serve them

    @property
    def size(self) -> int:
        return len(self.tail)


_Arcs = tuple[object, object, object]  # tail, head and room, each one number or many


def network(problem: Problem, usable: Bools) -> Network:
    """The arcs that are left when locks stand; `usable` marks the pairs that may be chosen."""
    mentor_node = 1 + len(problem.demand)
    needs = mentor_node + len(problem.capacity) + len(problem.floor)
    edge = np.flatnonzero(usable) if problem.order is None else problem.order[usable[problem.order]]
    tail, middle = _middle(problem, edge, needs)
    if len(middle.bit):
        order = np.argsort(tail, kind="stable")
        edge, tail = edge[order], tail[order]
    need_nodes = np.arange(len(middle.bit)) + needs
    parts: tuple[_Arcs, ...] = (
        (tail, problem.mentor[edge] + np.int32(mentor_node), 1),
        *_ends(problem),
        (middle.mentee + 1, need_nodes, 1),
        (middle.mentee + 1, need_nodes, problem.demand[middle.mentee]),
        (middle.tail, middle.head, 1),
    )
    rows = [np.broadcast_arrays(*(np.asarray(column, dtype=np.int32) for column in part)) for part in parts]
    ends = np.cumsum([0, *(len(row[0]) for row in rows)]).tolist()
    slices = [slice(ends[place], ends[place + 1]) for place in range(len(rows))]
    tails, heads, rooms = (np.concatenate([row[side] for row in rows]) for side in range(3))
    known = middle.nodes, edge.astype(np.int32), middle.serving, middle.bit, needs, middle.supply
    return Network(*known, tails, heads, rooms, *slices)


def _ends(problem: Problem) -> tuple[_Arcs, ...]:
    """The arcs into mentees, out of mentors, and into groups."""
    mentees, mentors, groups = len(problem.demand), len(problem.capacity), len(problem.floor)
    group_node = 1 + mentees + mentors
    held = np.bincount(problem.locked[:, 0], minlength=mentees)
    covered = held > 0
    more = problem.demand - held - ~covered
    takes = problem.capacity - np.bincount(problem.locked[:, 1], minlength=mentors)
    free, wanting, open_mentors = (np.flatnonzero(who) for who in (~covered, more, takes))
    group = problem.group[free]
    short = targets(problem) - np.bincount(problem.group[covered & (problem.group >= 0)], minlength=groups)
    group_nodes = np.arange(groups) + group_node
    return (
        (np.where(group >= 0, group + group_node, HUB), free + 1, 1),
        (HUB, wanting + 1, more[wanting]),
        (open_mentors + 1 + mentees, HUB, takes[open_mentors]),
        (HUB, group_nodes, np.maximum(short, 0)),
        (HUB, group_nodes, mentees + 1),  # never full
    )


@dataclass(frozen=True, eq=False)
class _Middle:
    """What stands between mentees and mentors."""

    nodes: int
    supply: Ints64
    mentee: Ints64  # of each need node
    bit: Ints64
    serving: Ints64
    tail: Ints64  # of each arc of `entry`
    head: Ints64


def _middle(problem: Problem, edge: Ints64, needs: int) -> tuple[Ints32, _Middle]:
    """The node each pair leaves from, and all between; `needs` is the number of the first need node."""
    tail = problem.mentee[edge] + np.int32(1)
    none = np.empty(0, dtype=np.int64)
    if not problem.needy.any():
        return tail, _Middle(needs, np.zeros(needs, dtype=np.int64), none, none, none, none, none)
    mentee, bit = need_nodes(problem)
    pairs = np.flatnonzero(problem.needy[problem.mentee[edge]])
    serves = shared(problem, edge[pairs])
    single, several = np.bitwise_count(serves) == 1, np.bitwise_count(serves) > 1
    one = pairs[single]
    tail[one] = needs + node_of(problem, problem.mentee[edge[one]], lowest(serves[single]).astype(np.int64))
    locks = problem.locked_edges[problem.needy[problem.locked[:, 0]]]
    locks = locks[shared(problem, locks) > 0]
    serving = np.concatenate([edge[pairs[several]], locks])
    begin = needs + len(mentee)
    nodes = begin + len(serving)
    tail[pairs[several]] = begin + np.arange(int(several.sum()))
    place, entry_bit = bits_of(shared(problem, serving))
    supply = np.zeros(nodes, dtype=np.int64)
    np.add.at(supply, problem.mentee[locks] + 1, 1)
    supply[nodes - len(locks) :] = -1
    entry_tail = needs + node_of(problem, problem.mentee[serving[place]], entry_bit)
    return tail, _Middle(nodes, supply, mentee, bit, serving[place], entry_tail, begin + place)


def reward(problem: Problem, net: Network, goal: str) -> Ints64:
    """What a unit on each arc is worth to one goal: "people", "floor", "needs", "score" or "keep"."""
    found = np.zeros(net.size, dtype=np.int64)
    if goal == "people":
        found[net.first] = unit_rewards(problem)[net.head[net.first] - 1]
        found[net.more] = 1
    elif goal in ("floor", "needs"):
        found[net.within if goal == "floor" else net.credit] = 1
    else:
        column = problem.score if goal == "score" else problem.keep
        found[net.pairs] = column[net.edge]
    return found


def costs(problem: Problem, net: Network, weight: dict[str, int]) -> Ints64:
    """Cost of a unit on each arc where each goal weighs so much."""
    found = np.zeros(net.size, dtype=np.int64)
    for goal, each in weight.items():
        part = slice(None) if goal == "score" else slice(net.pairs.stop, None)
        found[part] -= each * reward(problem, net, goal)[part]
    return found


def flow_of(problem: Problem, solution: Solution, net: Network) -> Ints32:
    """The circulation of a feasible solution; locks only where they may serve needs."""
    edges = problem.edges_of(solution.mentee, solution.mentor)
    need = np.full(len(problem.score), -1, dtype=np.int8)
    need[edges] = solution.need
    used = np.zeros(len(problem.score), dtype=bool)
    used[edges] = True
    flow = np.zeros(net.size, dtype=np.int32)
    flow[net.pairs] = used[net.edge]
    chosen = np.flatnonzero(flow[net.pairs])
    got = np.bincount(problem.mentee[net.edge[chosen]], minlength=len(problem.demand))
    flow[net.first] = np.minimum(got[net.head[net.first] - 1], 1)
    got[net.head[net.first] - 1] -= flow[net.first]
    flow[net.more] = got[net.head[net.more] - 1]
    into = np.bincount(net.head[chosen], minlength=net.nodes)
    flow[net.places] = into[net.tail[net.places]]
    grouped = np.bincount(net.tail[net.first][flow[net.first] > 0], minlength=net.nodes)
    flow[net.within] = np.minimum(grouped[net.head[net.within]], net.room[net.within])
    flow[net.beyond] = grouped[net.head[net.beyond]] - flow[net.within]
    flow[net.entry] = need[net.serving] == net.bit[net.tail[net.entry] - net.needs]
    served = np.bincount(net.tail[chosen], minlength=net.nodes)
    served += np.bincount(net.tail[net.entry][flow[net.entry] > 0], minlength=net.nodes)
    flow[net.credit] = np.minimum(served[net.head[net.credit]], 1)
    flow[net.again] = served[net.head[net.again]] - flow[net.credit]
    return flow


def potential_of(solution: Solution, net: Network) -> Ints64:
    """The potential of each node under the prices of a solution."""
    prices = [solution.price_mentee, -solution.price_mentor, solution.price_group, solution.price_need]
    found = np.full(net.nodes, np.iinfo(np.int64).max)
    found[: net.needs + len(net.bit)] = np.concatenate([[0], *prices])
    np.minimum.at(found, net.head[net.entry], found[net.tail[net.entry]])
    return found


def needs_of(problem: Problem, net: Network, flow: Ints32, edges: Ints64) -> Ints8:
    """The need that each of these pairs is for."""
    need = np.full(len(problem.score) if len(net.bit) else 0, -1, dtype=np.int8)
    found = lowest(shared(problem, edges))
    if not len(need):
        return found
    entered = flow[net.entry] > 0
    need[net.serving[entered]] = net.bit[net.tail[net.entry][entered] - net.needs]
    return np.where(need[edges] < 0, found, need[edges])


def cheapest(
    tail: Ints32 | Ints64, head: Ints32 | Ints64, room: Ints32 | Ints64, cost: Ints64, supply: Ints64
) -> Ints64:
    """Flow of least cost on each arc. Raises EngineError with the solver's status if there is none."""
    solver = min_cost_flow.SimpleMinCostFlow()
    for begin in range(0, len(tail), _PIECE):
        part = slice(begin, begin + _PIECE)
        solver.add_arcs_with_capacity_and_unit_cost(
            *(ends[part].astype(np.int32, copy=False) for ends in (tail, head)),
            room[part].astype(np.int64, copy=False),
            cost[part],
        )
    solver.set_nodes_supplies(np.arange(len(supply), dtype=np.int32), supply)
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise EngineError(f"the flow solver returned {status.name}")
    return np.asarray(solver.flows(np.arange(len(tail), dtype=np.int32)), dtype=np.int64)
