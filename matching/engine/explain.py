"""Why a pair was not made, and why somebody has no mentor."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from matching.engine.counts import reached
from matching.engine.network import Network, costs, flow_of, network, potential_of
from matching.engine.prices import Table, leaving, reduced, tables
from matching.engine.problem import Bools, Ints64, Problem
from matching.engine.solution import Solution, usable, weights

_AT_ONCE = 256  # nodes of the search looked at together


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
    needs: int = 0  # different needs fewer
    score: int = 0
    kept: int = 0  # pairs of the run before fewer; of ways that cost as little it is the one with the fewest
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
    """The arcs that a change may use, with reduced costs >= 0."""

    problem: Problem
    net: Network
    tables: tuple[Table, Table]

    @classmethod
    def of(cls, problem: Problem, solution: Solution) -> _Residual:
        net = network(problem, usable(problem, solution.min_score))
        cost = costs(problem, net, weights(problem, solution.objective))
        potential = potential_of(solution, net)
        for part, value in reduced(net, cost, potential):
            cost[part] = value
        return cls(problem, net, tables(net, slice(None), cost, flow_of(problem, solution, net)))

    def path(self, start: int, end: int, keeps: bool) -> tuple[list[int], Ints64]:
        """Arcs of a shortest path, ~arc where it is walked backward; and how far each node is, or the end if nearer.

        Dijkstra's search, but with many of the nearest nodes at a time; over when none is nearer than the end. If it
        `keeps`, it is of paths as short one that keeps most pairs of the run before; nodes as far as the end are then
        looked at as well.
        """
        distance = np.full(self.net.nodes, np.iinfo(np.int64).max)
        before, arc_before = (np.full(self.net.nodes, -1) for _ in range(2))
        waiting = np.zeros(self.net.nodes, dtype=bool)
        distance[start], waiting[start] = 0, True
        while len(nodes := np.flatnonzero(waiting)) and distance[nodes].min() - keeps < distance[end]:
            if len(nodes) > _AT_ONCE:
                nodes = nodes[np.argpartition(distance[nodes], _AT_ONCE)[:_AT_ONCE]]
            waiting[nodes] = False
            for table in self.tables:
                for some, place, count in leaving(table.begin, nodes):
                    head, tail = table.head[place], np.repeat(some, count)
                    length = distance[tail] + table.cost[place]
                    better = np.flatnonzero((length < distance[head]) & (length - keeps < distance[end]))
                    head, tail, length = head[better], tail[better], length[better]
                    np.minimum.at(distance, head, length)
                    best = length == distance[head]
                    before[head[best]], arc_before[head[best]] = tail[best], table.arc[place[better[best]]]
                    waiting[head[best]] = True
        if keeps:
            before, arc_before = self._keeping(start, distance, int(distance[end]))
        arcs, far = [], np.minimum(distance, distance[end])
        while end != start:
            arcs.append(int(arc_before[end]))
            end = int(before[end])
        return arcs[::-1], far

    def _keeping(self, start: int, distance: Ints64, most: int) -> tuple[Ints64, Ints64]:
        """The node and the arc before each, on shortest paths up to this length that lose fewest pairs kept."""
        tail, head, arc = self._shortest(distance, most)
        pair = np.maximum(arc, ~arc)
        lost = np.zeros(len(arc), dtype=np.int64)
        chosen = pair < self.net.pairs.stop
        lost[chosen] = self.problem.keep[self.net.edge[pair[chosen]]] * np.where(arc[chosen] < 0, 1, -1)
        loss = np.full(self.net.nodes, self.net.nodes, dtype=np.int64)  # more than any path loses
        before, arc_before = (np.full(self.net.nodes, -1) for _ in range(2))
        loss[start] = 0
        for _round in range(self.net.nodes + 1):
            told = loss[tail] + lost
            better = np.flatnonzero((loss[tail] < self.net.nodes) & (told < loss[head]))
            if not len(better):
                return before, arc_before
            np.minimum.at(loss, head[better], told[better])
            best = better[told[better] == loss[head[better]]]
            before[head[best]], arc_before[head[best]] = tail[best], arc[best]
        raise ValueError("solution: another one as good keeps more pairs of the run before")

    def _shortest(self, distance: Ints64, most: int) -> tuple[Ints64, Ints64, Ints64]:
        """Tail, head and arc of each step of a shortest path to a node no farther than `most`."""
        found = []
        for table in self.tables:
            for some, place, count in leaving(table.begin, np.flatnonzero(distance <= most)):
                head, tail = table.head[place], np.repeat(some, count)
                tight = np.flatnonzero(
                    (distance[tail] + table.cost[place] == distance[head]) & (distance[head] <= most)
                )
                found.append((tail[tight], head[tight], table.arc[place[tight]]))
        columns = [np.concatenate(column).astype(np.int64) for column in zip(*found, strict=True)]
        return columns[0], columns[1], columns[2]


_residuals: WeakKeyDictionary[Solution, _Residual] = WeakKeyDictionary()


def why_not(problem: Problem, solution: Solution, mentee: int, mentor: int) -> Counterfactual:
    """What the pair would cost the program, exactly, and who would change; rows of an optimal solution.

    Raises ValueError for rows that are not there or a solution that is not certified.
    """
    return forced(problem, solution, mentee, mentor)[0]


def forced(
    problem: Problem, solution: Solution, mentee: int, mentor: int, *, keeps: bool = True
) -> tuple[Counterfactual, Solution | None]:
    """As `why_not`, with the solution under prices that prove the change; None where nothing would change.

    Under these prices no candidate improves what the change leads to. `keeps`: of ways that cost as little it is one
    that keeps most pairs of the run before; only for a problem of which the solution keeps most.
    """
    _check(problem, solution, mentee, mentor)
    edge = int(problem.edges_of([mentee], [mentor])[0])
    before = problem.edges_of(solution.mentee, solution.mentor)
    if blocked := _blocked(problem, solution, mentee, mentor, edge):
        return Counterfactual(blocked=blocked), None
    if edge in before:
        return Counterfactual(paired=True), None
    residual = _residuals.get(solution)
    if residual is None or residual.problem is not problem:
        residual = _residuals[solution] = _Residual.of(problem, solution)
    net, wanted = residual.net, int(np.flatnonzero(residual.net.edge == edge)[0])
    start, end = 1 + len(problem.demand) + mentor, int(net.tail[wanted])
    path, far = residual.path(start, end, keeps and bool(problem.keep.any()))
    groups = 1 + len(problem.demand) + len(problem.capacity)
    moved = replace(
        solution,
        price_mentee=solution.price_mentee + far[1 : 1 + len(problem.demand)],
        price_mentor=solution.price_mentor - far[1 + len(problem.demand) : groups],
        price_need=solution.price_need + far[net.needs : net.needs + len(net.bit)],
    )
    return _counted(problem, net, [*path, wanted]), moved


def _counted(problem: Problem, net: Network, path: list[int]) -> Counterfactual:
    """What changes along a path, the wanted pair being its last arc."""
    arcs = np.array(path)
    step = np.where(arcs < 0, -1, 1)
    arcs = np.maximum(arcs, ~arcs)

    def along(part: slice) -> Ints64:
        return np.flatnonzero((arcs >= part.start) & (arcs < part.stop))

    chosen, first = along(net.pairs), along(net.first)
    edges = net.edge[arcs[chosen]]
    tier = problem.tier[net.head[arcs[first]] - 1]
    return Counterfactual(
        covered=-int(step[first].sum()),
        pairs=-int(step[chosen].sum()),
        tiers=tuple(-int(step[first][tier == each].sum()) for each in np.unique(problem.tier)),
        shortfall=-int(step[along(net.within)].sum()),
        needs=-int(step[along(net.credit)].sum()),
        score=-int((step[chosen] * problem.score[edges]).sum()),
        kept=-int((step[chosen] * problem.keep[edges]).sum()),
        changes=_changes(problem, edges, step[chosen] > 0),
    )


def why_unmatched(problem: Problem, solution: Solution, mentee: int) -> Shortage:
    """Why this mentee has fewer mentors than wanted. Raises ValueError if that is not so."""
    check_short(problem, solution, mentee)
    free = usable(problem, solution.min_score)
    edges = problem.edges_of(solution.mentee, solution.mentor)
    used = edges[free[edges]]
    own = slice(*problem.begin[mentee : mentee + 2].tolist())
    candidates = np.setdiff1d(
        np.arange(len(free))[own] if problem.order is None else problem.order[own], edges
    )
    eligible = int(free[candidates].sum())
    if not eligible:
        low = (problem.score[candidates] < solution.min_score).any()
        return Shortage("minimum" if low else "no_mentor", 0)
    asking = np.zeros(len(problem.demand), dtype=bool)
    asking[mentee] = True
    return closed_set(problem, solution, mentee, eligible, *reached(problem, free, used, asking))


def check_short(problem: Problem, solution: Solution, mentee: int) -> None:
    """Raise ValueError for a mentee who is not there, or has all the mentors wanted."""
    _check(problem, solution, mentee, None)
    if np.count_nonzero(solution.mentee == mentee) >= problem.demand[mentee]:
        raise ValueError(f"mentee {mentee} has all the mentors wanted")


def closed_set(
    problem: Problem, solution: Solution, mentee: int, eligible: int, mentees: Bools, mentors: Bools
) -> Shortage:
    """What it means that the mentee reaches these over possible mentors and those who hold their places."""
    held = np.bincount(problem.locked[:, 1], minlength=len(mentors))
    places = int((problem.capacity - held)[mentors].sum())
    holders = np.bincount(solution.mentee, minlength=len(mentees))
    spare = places > int(mentors[solution.mentor].sum() - held[mentors].sum())
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


def _changes(problem: Problem, edges: Ints64, taken: Bools) -> tuple[Change, ...]:
    """The changes along a path of pairs lost and taken; the last one is the wanted one."""
    steps: list[Change] = []
    lost: tuple[int, int] | None = None
    for mentee, mentor, takes in zip(
        problem.mentee[edges].tolist(), problem.mentor[edges].tolist(), taken.tolist(), strict=True
    ):
        if lost and not (takes and lost[0] == mentee):
            steps.append(Change(*lost, None))
            lost = None
        if takes:
            steps.append(Change(mentee, lost[1] if lost else None, mentor))
        lost = None if takes else (mentee, mentor)
    return (steps[-1], *steps[:-1])
