"""Who sits where, once the open circles are known: a flow with lower bounds; and circles for very many people."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from matching.engine.circle_model import Floats, Option
from matching.engine.circle_problem import NOBODY, Gathering, by_tier
from matching.engine.network import EngineError, cheapest
from matching.engine.problem import Bools, Ints64

UNFOUND = "locked: no way was found to seat these people with their hosts"
_TRIES = 20  # ways to open the circles of locked people
_ROUNDS = 8  # times that closed circles are tried again at a time that suits those who are left


def best_seats(problem: Gathering, opened: list[Option], placed: tuple[int, ...]) -> Ints64:
    """The best seats in these circles, each filled to its bounds, with so many people `placed` of each tier.

    Places among the candidate seats. Raises EngineError where no such seating exists.
    """
    edges, place = _usable(problem, opened)
    mentees, circles, tiers = len(problem.free), len(opened), len(placed)
    rank = np.unique(problem.tier, return_inverse=True)[1]
    circle_node, pool_node = mentees, mentees + circles
    sink = pool_node + tiers
    candidate = np.array([option.circle for option in opened], dtype=np.int64)
    least, most = problem.least[candidate], problem.most[candidate]
    out = np.flatnonzero(~np.isin(np.arange(mentees), problem.locked[:, 0]))
    tail = np.concatenate([problem.mentee[edges], out, np.arange(circles) + circle_node])
    head = np.concatenate([place + circle_node, rank[out] + pool_node, np.full(circles, sink)])
    room = np.concatenate([np.ones(len(edges) + len(out), dtype=np.int64), most - least])
    cost = np.zeros(len(tail), dtype=np.int64)
    cost[: len(edges)] = -(problem.score[edges] * (mentees + 1) + problem.keep[edges])
    supply = np.zeros(sink + 1, dtype=np.int64)
    supply[:mentees] = 1
    supply[circle_node:pool_node] = -least
    supply[pool_node:sink] = np.array(placed, dtype=np.int64) - np.bincount(rank, minlength=tiers)
    supply[sink] = least.sum() - sum(placed)
    flow = cheapest(tail, head, room, cost, supply)
    return edges[flow[: len(edges)] > 0]


def _usable(problem: Gathering, opened: list[Option]) -> tuple[Ints64, Ints64]:
    """Seats in the open circles that suit their times and the locks, and the place of each one's circle."""
    where = np.full(len(problem.hosts), -1)
    slot = np.zeros(len(problem.hosts), dtype=np.uint64)
    for place, option in enumerate(opened):
        where[option.circle], slot[option.circle] = place, option.slot
    edges = np.flatnonzero(_lawful(problem) & (problem.seats & slot[problem.circle] != 0))
    return edges, where[problem.circle[edges]]


def approach(problem: Gathering) -> Ints64:
    """Good circles for more people than can be proven: all open, then the smallest are closed until none is too small.

    Closed circles are tried again at times that suit those who are left; where locks cannot stand, each other circle
    in which one could is tried before all others. Raises ValueError where no way is found to keep them.
    """
    held, times = set(problem.locked[:, 1].tolist()), _times(problem)
    for options in islice(_orders(problem, times), _TRIES):
        try:
            seats, opened = _search(problem, _disjoint(problem, options), held)
            return best_seats(problem, opened, by_tier(problem, problem.mentee[seats]))
        except EngineError:
            continue
    raise ValueError(UNFOUND)


def _orders(problem: Gathering, times: list[Option]) -> Iterator[list[Option]]:
    """The options as they are; then with each in which a lock can stand as the only one of its hosts."""
    yield times
    seats = np.flatnonzero(_locked(problem))
    for circle in np.unique(problem.circle[seats]).tolist():
        slots = int(np.bitwise_or.reduce(problem.seats[seats[problem.circle[seats] == circle]]))
        hosts = problem.hosts[circle][problem.hosts[circle] != NOBODY]
        rivals = np.flatnonzero(np.isin(problem.hosts, hosts).any(axis=1)).tolist()
        others = [option for option in times if option.circle not in rivals]
        yield from ([*others, Option(circle, 1 << bit)] for bit in range(64) if slots >> bit & 1)


def _search(problem: Gathering, opened: list[Option], held: set[int]) -> tuple[Ints64, list[Option]]:
    seats, opened = _shrink(problem, sorted(opened), held)
    for _ in range(_ROUNDS):
        more = _reopened(problem, opened, seats)
        tried, now = _shrink(problem, sorted(opened + more), held)
        if len(tried) <= len(seats):
            break
        seats, opened = tried, now
    return seats, opened


def _times(problem: Gathering) -> list[Option]:
    """The slot of each candidate circle that suits the most people, those with few other circles counted more.

    Those locked to a host count before all others. Circles with too few people at any time are left out.
    """
    choices = np.bincount(problem.mentee, minlength=len(problem.free))
    weight = 1 / np.maximum(choices, 1)[problem.mentee]
    weight[_locked(problem)] = len(weight)
    return _suiting(problem, weight, np.ones(len(weight), dtype=bool))


def _lawful(problem: Gathering) -> Bools:
    """Marks the candidate seats that keep the locks of their mentee."""
    found = np.ones(len(problem.mentee), dtype=bool)
    for mentee, host in problem.locked.tolist():
        found &= (problem.mentee != mentee) | (problem.hosts[problem.circle] == host).any(axis=1)
    return found


def _locked(problem: Gathering) -> Bools:
    """Of these, the seats of locked mentees."""
    return _lawful(problem) & np.isin(problem.mentee, problem.locked[:, 0])


def _suiting(problem: Gathering, weight: Floats, chosen: Bools) -> list[Option]:
    """The slot of each circle with the most weight among the chosen seats, where these are enough to open it."""
    circles = len(problem.hosts)
    best, slot = np.zeros(circles), np.zeros(circles, dtype=np.uint64)
    for bit in range(64):
        here = np.uint64(1 << bit)
        if not problem.week & here:
            continue
        free = chosen & (problem.seats & here != 0)
        count = np.bincount(problem.circle[free], minlength=circles)
        sums = np.bincount(problem.circle[free], weights=weight[free], minlength=circles)
        better = (count >= problem.least) & (sums > best)
        best[better], slot[better] = sums[better], here
    return [Option(circle, int(slot[circle])) for circle in np.flatnonzero(slot).tolist()]


def _disjoint(problem: Gathering, options: list[Option]) -> list[Option]:
    """At most one circle for each host: those in which most locks can stand first, then those with most seats."""
    circles = len(problem.hosts)
    seats, slot = np.bincount(problem.circle, minlength=circles), np.zeros(circles, dtype=np.uint64)
    for option in options:
        slot[option.circle] = option.slot
    standing = _locked(problem) & (problem.seats & slot[problem.circle] != 0)
    locks = np.minimum(np.bincount(problem.circle[standing], minlength=circles), problem.most)
    taken: set[int] = {NOBODY}
    found = []
    for option in sorted(options, key=lambda option: (-locks[option.circle], -seats[option.circle], option)):
        hosts = set(problem.hosts[option.circle].tolist()) - {NOBODY}
        if not hosts & taken:
            taken |= hosts
            found.append(option)
    return sorted(found)


def _shrink(problem: Gathering, opened: list[Option], held: set[int]) -> tuple[Ints64, list[Option]]:
    """Close the smaller half of the circles that are too small, and seat everyone anew, until none is."""
    while True:
        seats, fill = _seated(problem, opened, held)
        least = problem.least[[option.circle for option in opened]] if opened else fill
        small = [place for place in np.argsort(fill, kind="stable").tolist() if fill[place] < least[place]]
        if not small:
            return seats, opened
        empty = sum(fill[place] == 0 for place in small)
        closed = set(small[: max(empty, (len(small) + 1) // 2)])
        opened = [option for place, option in enumerate(opened) if place not in closed]


def _seated(problem: Gathering, opened: list[Option], held: set[int]) -> tuple[Ints64, Ints64]:
    """As many people as can be in these circles, and how many in each; only those of locked people have their least."""
    edges, place = _usable(problem, opened)
    mentees, circles = len(problem.free), len(opened)
    sink = mentees + circles
    candidate = np.array([option.circle for option in opened], dtype=np.int64)
    bound = np.isin(problem.hosts[candidate], list(held)).any(axis=1)
    least = np.where(bound, problem.least[candidate], 0)
    out = np.flatnonzero(~np.isin(np.arange(mentees), problem.locked[:, 0]))
    tail = np.concatenate([problem.mentee[edges], out, np.arange(circles) + mentees])
    head = np.concatenate([place + mentees, np.full(len(out) + circles, sink)])
    room = np.concatenate([np.ones(len(edges) + len(out), dtype=np.int64), problem.most[candidate] - least])
    outweighs = mentees * (int(problem.score.max(initial=0)) + 1)
    cost = np.zeros(len(tail), dtype=np.int64)
    cost[: len(edges)] = -(outweighs * _rewards(problem)[problem.mentee[edges]] + problem.score[edges])
    supply = np.concatenate([np.ones(mentees, dtype=np.int64), -least, [least.sum() - mentees]])
    flow = np.asarray(cheapest(tail, head, room, cost, supply)[: len(edges)] > 0)
    return edges[flow], np.bincount(place[flow], minlength=circles)


def _rewards(problem: Gathering) -> Ints64:
    """What placing somebody is worth, falling from tier to tier."""
    tiers, rank = np.unique(problem.tier, return_inverse=True)
    return np.asarray(len(tiers) + 1 - rank, dtype=np.int64)


def _reopened(problem: Gathering, opened: list[Option], seats: Ints64) -> list[Option]:
    """Closed circles that enough of those left over could fill at one time."""
    busy = {host for option in opened for host in problem.hosts[option.circle].tolist()} - {NOBODY}
    idle: Bools = np.asarray(~np.isin(problem.hosts, list(busy)).any(axis=1))
    left = np.ones(len(problem.free), dtype=bool)
    left[problem.mentee[seats]] = False
    chosen = left[problem.mentee] & idle[problem.circle]
    return _disjoint(problem, _suiting(problem, np.ones(len(chosen)), chosen))
