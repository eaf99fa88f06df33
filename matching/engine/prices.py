"""Dual prices of a flow, and what they leave undecided.

A flow of least cost has potentials under which no arc that a change could use has a negative reduced
cost. They are shortest distances in the residual network. Arcs whose reduced cost is 0 and that lie on a
ring of such arcs are all in which optima differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when they are first used

from matching.engine.network import HUB, EngineError, Network, cheapest
from matching.engine.problem import Bools, Ints32, Ints64

_CLOSED = np.int64(1 << 61)  # cost of an arc that no change can use
_PIECE = 1 << 18  # arcs looked at at once
_LOOK = 64  # rounds after which a ring is looked for; then after twice as many, and so on


@dataclass(frozen=True, eq=False)
class Table:
    """Arcs by the node they leave: those of node n are begin[n] up to begin[n + 1]."""

    begin: Ints64
    head: Ints32
    cost: Ints64
    arc: Ints32  # ~arc where it is walked backward


def leaving(begin: Ints64, nodes: Ints64) -> Iterator[tuple[Ints64, Ints64, Ints64]]:
    """Some of the nodes at a time, the arcs that leave them, and how many leave each."""
    count = begin[nodes + 1] - begin[nodes]
    total = np.cumsum(count)
    cuts = np.searchsorted(total, np.arange(_PIECE, total[-1], _PIECE), side="right")
    for part in np.split(np.arange(len(nodes)), np.unique(cuts)):
        some, size = nodes[part], count[part]
        offset = np.cumsum(size) - size
        yield some, np.arange(size.sum()) + np.repeat(begin[some] - offset, size), size


def tables(net: Network, arcs: Ints64 | slice, cost: Ints64, flow: Ints32) -> tuple[Table, Table]:
    """The residual network of some arcs: pairs to choose, and everything else. `arcs` are in order."""
    tail, head, room = net.tail[arcs], net.head[arcs], net.room[arcs]
    wide = net.pairs.stop if isinstance(arcs, slice) else int(np.searchsorted(arcs, net.pairs.stop))
    every = np.arange(net.nodes + 1, dtype=np.int32)
    open_cost = np.where(flow[:wide] > 0, _CLOSED, cost[:wide])
    pairs = Table(
        np.searchsorted(tail[:wide], every),
        head[:wide],
        open_cost,
        np.arange(net.size, dtype=np.int32)[arcs][:wide],
    )
    back = np.flatnonzero(flow)
    ahead = wide + np.flatnonzero(flow[wide:] < room[wide:])
    start = np.concatenate([tail[ahead], head[back]])
    order = np.argsort(start, kind="stable")
    others = Table(
        np.searchsorted(start[order], every),
        np.concatenate([head[ahead], tail[back]])[order],
        np.concatenate([cost[ahead], -cost[back]])[order],
        np.concatenate([ahead, ~back]).astype(np.int32)[order],
    )
    return pairs, others


def potentials(nodes: int, residual: tuple[Table, ...], least: int) -> Ints64 | None:
    """Potentials that leave no reduced cost below 0; that of the hub is 0. None if there are none.

    Label correction from the nodes that changed in the round before. Without a ring of negative cost no
    distance is under `least`; a ring of little cost would take ages to get there, so it is looked for as well.
    """
    distance = np.zeros(nodes, dtype=np.int64)
    changed, rounds, look = np.arange(nodes), 0, _LOOK
    while len(changed):
        before = distance.copy()
        for table in residual:
            for some, arcs, count in leaving(table.begin, changed):
                np.minimum.at(distance, table.head[arcs], table.cost[arcs] + np.repeat(before[some], count))
        changed, rounds = np.flatnonzero(distance < before), rounds + 1
        if distance.min() < least:
            return None
        if rounds == look:
            look *= 2
            if _has_ring(distance, residual):
                return None
    return np.asarray(distance - distance[HUB])


def _has_ring(distance: Ints64, residual: tuple[Table, ...]) -> bool:
    """Whether arcs whose reduced costs are 0 or less make a ring that is not all 0: its cost is negative."""
    tails, heads, costs = [], [], []
    for table in residual:
        tail = np.repeat(np.arange(len(distance)), np.diff(table.begin))
        cost = table.cost + distance[tail] - distance[table.head]
        tight = cost <= 0
        tails.append(tail[tight])
        heads.append(table.head[tight])
        costs.append(cost[tight])
    tail, head, cost = (np.concatenate(part) for part in (tails, heads, costs))
    size = len(distance), len(distance)
    graph = scipy.sparse.csr_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=size)
    _, part = scipy.sparse.csgraph.connected_components(graph, connection="strong")
    return bool((part[tail] == part[head])[cost < 0].any())


def reduced(net: Network, cost: Ints64, potential: Ints64) -> Iterator[tuple[slice, Ints64]]:
    """The reduced costs of all arcs, piece by piece."""
    for begin in range(0, net.size, _PIECE):
        part = slice(begin, begin + _PIECE)
        yield part, cost[part] + potential[net.tail[part]] - potential[net.head[part]]


def marked(net: Network, cost: Ints64, potential: Ints64, relation: np.ufunc = np.equal) -> Bools:
    """The arcs whose reduced cost is (or is less than, ...) 0."""
    found = np.zeros(net.size, dtype=bool)
    for part, value in reduced(net, cost, potential):
        found[part] = relation(value, 0)
    return found


def loose(net: Network, flow: Ints32, arcs: Ints64) -> Ints64:
    """Those of the arcs, all tight, that lie on a ring of them: all others have one flow in every optimum."""
    tail, head = net.tail[arcs], net.head[arcs]
    ahead, back = flow[arcs] < net.room[arcs], flow[arcs] > 0
    start, end = np.concatenate([tail[ahead], head[back]]), np.concatenate([head[ahead], tail[back]])
    graph = scipy.sparse.csr_array(
        (np.ones(len(start), dtype=np.int8), (start, end)), shape=(net.nodes, net.nodes)
    )
    _, part = scipy.sparse.csgraph.connected_components(graph, connection="strong")
    ring = part[tail] == part[head]
    return np.asarray(arcs[ring])


def redirect(net: Network, flow: Ints32, arcs: Ints64, cost: Ints64, supply: Ints64 | None = None) -> None:
    """Change the flow on these arcs to that of least cost; all others keep theirs."""
    if not len(arcs):
        return
    nodes, ends = np.unique(np.concatenate([net.tail[arcs], net.head[arcs]]), return_inverse=True)
    tail, head = ends[: len(arcs)], ends[len(arcs) :]
    if supply is None:
        now = flow[arcs].astype(np.int64)
        wanted = np.zeros(len(nodes), dtype=np.int64)
        np.add.at(wanted, tail, now)
        np.subtract.at(wanted, head, now)
    else:
        wanted = supply[nodes]
    flow[arcs] = cheapest(tail, head, net.room[arcs], cost, wanted)


def improve(net: Network, flow: Ints32, arcs: Ints64, worth: Ints64, supply: Ints64 | None = None) -> Ints64:
    """Change the flow on these arcs to that worth most, and return the potentials that prove it."""
    redirect(net, flow, arcs, -worth, supply)
    least = -int(worth.max(initial=0)) * net.nodes
    found = potentials(net.nodes, tables(net, arcs, -worth, flow[arcs]), least)
    if found is None:
        raise EngineError("the flow that the solver returned is not the cheapest")
    return found
