"""Why a pair was not made, and why somebody has no mentor."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from matching.engine.network import HUB, flow_of, network, reduced_costs
from matching.engine.problem import Ints64, Problem
from matching.engine.solution import Solution, count, usable


@dataclass(frozen=True)
class Change:
    """What would change for one mentee: mentor rows, None for nobody."""

    mentee: int
    loses: int | None
    takes: int | None


@dataclass(frozen=True)
class Counterfactual:
    """The exact price of making one pair, everybody else placed anew as well as can be.

    Positive figures are lost to the program. They follow the order of the objective: a later one may be
    negative where an earlier one is lost.
    """

    blocked: str = ""  # "rule" (no candidate), "minimum", "mentee_full" or "mentor_full" (by locks or limits)
    paired: bool = False
    covered: int = 0
    pairs: int = 0
    tiers: tuple[int, ...] = ()
    shortfall: int = 0  # mentees more below the floors
    score: int = 0
    changes: tuple[Change, ...] = ()  # the asking mentee first, then along the chain


@dataclass(frozen=True)
class Shortage:
    """Why a mentee has fewer mentors than wanted.

    "no_mentor": no candidate is left; "minimum": those left score too low; "places": `mentees` (this one
    too) can only be served by `mentors`, whose `places` are all taken by them; "score": there is a way,
    but the total score would fall.
    """

    reason: str
    eligible: int  # own candidates that a run may choose, besides the mentors held
    mentees: tuple[int, ...] = ()
    mentors: tuple[int, ...] = ()
    places: int = 0


@dataclass(frozen=True, eq=False)
class _Residual:
    """Arcs that a change may use, by tail, with reduced costs >= 0."""

    begin: Ints64
    head: Ints64
    cost: Ints64

    @classmethod
    def of(cls, problem: Problem, solution: Solution) -> _Residual:
        net = network(problem, usable(problem, solution.min_score))
        flow, cost = flow_of(problem, solution, net), reduced_costs(problem, solution, net)
        forward, backward = flow < net.room, flow > 0
        tail = np.concatenate([net.tail[forward], net.head[backward]])
        order = np.argsort(tail, kind="stable")
        begin = np.concatenate(([0], np.cumsum(np.bincount(tail, minlength=net.nodes))))
        head = np.concatenate([net.head[forward], net.tail[backward]])[order]
        return cls(begin, head, np.concatenate([cost[forward], -cost[backward]])[order])

    def path(self, start: int, end: int) -> list[int]:
        """Nodes of a shortest path (Dijkstra)."""
        distance = np.full(len(self.begin) - 1, np.iinfo(np.int64).max)
        before = np.full(len(distance), -1)
        distance[start] = 0
        queue = [(0, start)]
        while queue:
            length, node = heapq.heappop(queue)
            if node == end:
                break
            if length > distance[node]:
                continue
            arcs = slice(self.begin[node], self.begin[node + 1])
            heads, lengths = self.head[arcs], self.cost[arcs] + length
            better = lengths < distance[heads]
            for head, value in zip(heads[better].tolist(), lengths[better].tolist(), strict=True):
                if value < distance[head]:
                    distance[head], before[head] = value, node
                    heapq.heappush(queue, (value, head))
        nodes = [end]
        while nodes[-1] != start:
            nodes.append(int(before[nodes[-1]]))
        return nodes[::-1]


_residuals: WeakKeyDictionary[Solution, _Residual] = WeakKeyDictionary()


def why_not(problem: Problem, solution: Solution, mentee: int, mentor: int) -> Counterfactual:
    """What the pair would cost the program, exactly, and who would change; rows of an optimal solution.

    Raises ValueError for rows that are not there or a solution that is not certified.
    """
    _check(problem, solution, mentee, mentor)
    edge = int(problem.edges_of([mentee], [mentor])[0])
    before = problem.edges_of(solution.mentee, solution.mentor)
    if blocked := _blocked(problem, solution, mentee, mentor, edge):
        return Counterfactual(blocked=blocked)
    if edge in before:
        return Counterfactual(paired=True)
    if solution not in _residuals:
        _residuals[solution] = _Residual.of(problem, solution)
    mentees, mentors = len(problem.demand), len(problem.capacity)
    path = _residuals[solution].path(1 + mentees + mentor, 1 + mentee)
    changes = _changes(path, mentees, mentors, mentor)
    lost = [(change.mentee, change.loses) for change in changes if change.loses is not None]
    won = [(change.mentee, change.takes) for change in changes if change.takes is not None]
    gone, come = (
        problem.edges_of(*np.array(pairs, dtype=np.int64).reshape(-1, 2).T) for pairs in (lost, won)
    )
    now, then = count(problem, before), count(problem, np.concatenate([np.setdiff1d(before, gone), come]))
    return Counterfactual(
        covered=now.covered - then.covered,
        pairs=now.pairs - then.pairs,
        tiers=tuple(a - b for a, b in zip(now.by_tier, then.by_tier, strict=True)),
        shortfall=int(then.shortfall.sum() - now.shortfall.sum()),
        score=now.total - then.total,
        changes=changes,
    )


def why_unmatched(problem: Problem, solution: Solution, mentee: int) -> Shortage:
    """Why this mentee has fewer mentors than wanted. Raises ValueError if that is not so."""
    _check(problem, solution, mentee, None)
    if np.count_nonzero(solution.mentee == mentee) >= problem.demand[mentee]:
        raise ValueError(f"mentee {mentee} has all the mentors wanted")
    used = np.zeros(len(problem.score), dtype=bool)
    used[problem.edges_of(solution.mentee, solution.mentor)] = True
    free = usable(problem, solution.min_score)
    open_edges, used_edges = np.flatnonzero(free & ~used), np.flatnonzero(free & used)
    eligible = int((problem.mentee[open_edges] == mentee).sum())
    if not eligible:
        low = (problem.mentee == mentee) & (problem.score < solution.min_score) & ~used
        return Shortage("minimum" if low.any() else "no_mentor", 0)
    return _closed_set(problem, solution, mentee, eligible, open_edges, used_edges)


def _closed_set(
    problem: Problem, solution: Solution, mentee: int, eligible: int, edges: Ints64, used: Ints64
) -> Shortage:
    """Everybody who is reached from the mentee over possible mentors and those who hold their places."""
    mentees = np.zeros(len(problem.demand), dtype=bool)
    mentors = np.zeros(len(problem.capacity), dtype=bool)
    mentees[mentee] = True
    reached = 0
    while reached < (reached := int(mentees.sum() + mentors.sum())):
        mentors[problem.mentor[edges[mentees[problem.mentee[edges]]]]] = True
        mentees[problem.mentee[used[mentors[problem.mentor[used]]]]] = True
    held = np.bincount(problem.locked[:, 1], minlength=len(mentors))
    places = int((problem.capacity - held)[mentors].sum())
    holders = np.bincount(solution.mentee, minlength=len(mentees))
    spare = places > int(mentors[problem.mentor[used]].sum())
    richer = not holders[mentee] and (holders[mentees] > 1).any()
    return Shortage(
        "score" if spare or richer else "places", eligible,
        tuple(np.flatnonzero(mentees).tolist()), tuple(np.flatnonzero(mentors).tolist()), places,
    )  # fmt: skip


def _check(problem: Problem, solution: Solution, mentee: int, mentor: int | None) -> None:
    for name, row, size in (
        ("mentee", mentee, len(problem.demand)),
        ("mentor", mentor, len(problem.capacity)),
    ):
        if row is not None and not 0 <= row < size:
            raise ValueError(f"{name}: {row} names none of the {size} there are")
    if not solution.certificate.ok:
        raise ValueError(f"solution: not certified ({solution.certificate.reason})")


def _blocked(problem: Problem, solution: Solution, mentee: int, mentor: int, edge: int) -> str:
    if edge < 0:
        return "rule"
    locked = problem.locked
    if ((locked[:, 0] == mentee) & (locked[:, 1] == mentor)).any():
        return ""
    if problem.score[edge] < solution.min_score:
        return "minimum"
    if np.count_nonzero(locked[:, 0] == mentee) >= problem.demand[mentee]:
        return "mentee_full"
    if np.count_nonzero(locked[:, 1] == mentor) >= problem.capacity[mentor]:
        return "mentor_full"
    return ""


def _changes(path: list[int], mentees: int, mentors: int, wanted: int) -> tuple[Change, ...]:
    """The changes along a path from the wanted mentor's node to the asking mentee's."""

    def mentor(node: int) -> int | None:
        row = node - 1 - mentees
        return row if 0 <= row < mentors else None

    steps = [
        Change(
            node - 1, mentor(path[place - 1]), mentor(path[place + 1]) if place + 1 < len(path) else wanted
        )
        for place, node in enumerate(path)
        if HUB < node <= mentees
    ]
    return (steps[-1], *steps[:-1])
