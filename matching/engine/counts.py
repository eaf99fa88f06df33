"""The most people and the most pairs there can be, whatever they score."""

from __future__ import annotations

import numpy as np
from ortools.graph.python import max_flow

from matching.engine.network import EngineError
from matching.engine.prices import leaving
from matching.engine.problem import Bools, Ints32, Ints64, Problem
from matching.engine.solution import usable


def most_by_tier(problem: Problem, min_score: int, chosen: Ints64 | None = None) -> tuple[int, ...]:
    """Most mentees of each tier that can have a mentor, earlier tiers first. Their sum is the most of all.

    Pairs `chosen` besides the locks, in order, spare the flows that they already prove.
    """
    upto = [
        _covered(problem, min_score, problem.tier <= tier, chosen)
        for tier in np.unique(problem.tier).tolist()
    ]
    return tuple(np.diff([0, *upto]).tolist())


def most_pairs(problem: Problem, min_score: int, chosen: Ints64 | None = None, least: int = 0) -> int:
    """Most pairs that can be made; `chosen` as above. A plain bound under `least` is told as it is."""
    wants = problem.demand - np.bincount(problem.locked[:, 0], minlength=len(problem.demand))
    locks = len(problem.locked)
    return locks + _most(problem, min_score, wants, chosen, least - locks)


def suffices(problem: Problem, min_score: int, covered: int, pairs: int) -> bool:
    """Whether this minimum leaves so many mentees covered and so many pairs."""
    everybody = np.ones(len(problem.demand), dtype=bool)
    return (
        _covered(problem, min_score, everybody, None, covered) >= covered
        and most_pairs(problem, min_score, None, pairs) >= pairs
    )


def _covered(problem: Problem, min_score: int, among: Bools, chosen: Ints64 | None, least: int = 0) -> int:
    held = np.zeros(len(problem.demand), dtype=bool)
    held[problem.locked[:, 0]] = True
    locks = int((held & among).sum())
    return locks + _most(problem, min_score, (among & ~held).astype(np.int32), chosen, least - locks)


def _most(problem: Problem, min_score: int, wants: Ints32, chosen: Ints64 | None, least: int) -> int:
    """Largest number of pairs besides the locks when each mentee takes up to `wants`."""
    free = usable(problem, min_score)
    takes = problem.capacity - np.bincount(problem.locked[:, 1], minlength=len(problem.capacity))
    if chosen is not None:
        rows = problem.mentee[chosen]
        within = np.arange(len(rows)) - np.searchsorted(rows, rows) < wants[rows]
        if _is_most(problem, free, wants, takes, chosen[within]):
            return int(within.sum())
    return _flow(problem, np.flatnonzero(free & (wants[problem.mentee] > 0)), wants, takes, least)


def _is_most(problem: Problem, free: Bools, wants: Ints32, takes: Ints64, chosen: Ints64) -> bool:
    """Whether no chain of changes leads from a mentee who wants more to a mentor with a free place."""
    if len(chosen) == min(int(wants.sum()), int(takes.sum())):
        return True
    load = np.bincount(problem.mentor[chosen], minlength=len(takes))
    asking = np.bincount(problem.mentee[chosen], minlength=len(wants)) < wants
    _, mentors = reached(problem, free, chosen, asking)
    return not (mentors & (load < takes)).any()


def reached(problem: Problem, free: Bools, chosen: Ints64, asking: Bools) -> tuple[Bools, Bools]:
    """Mentees and mentors whom the asking mentees reach over `free` pairs and those who hold their places."""
    mentees, mentors = asking.copy(), np.zeros(len(problem.capacity), dtype=bool)
    open_pairs = free.copy()
    open_pairs[chosen] = False
    rows = np.flatnonzero(asking)
    while len(rows):
        for _, place, _ in leaving(problem.begin, rows):
            edge = place if problem.order is None else problem.order[place]
            mentors[problem.mentor[edge[open_pairs[edge]]]] = True
        holders = problem.mentee[chosen[mentors[problem.mentor[chosen]]]]
        rows = np.unique(holders[~mentees[holders]]).astype(np.int64)
        mentees[rows] = True
    return mentees, mentors


def _flow(problem: Problem, edge: Ints64, wants: Ints32, takes: Ints64, least: int) -> int:
    """Maximum flow; or what each side could take alone, if that is under `least`."""
    mentees, mentors = len(wants), len(takes)
    tail, head = problem.mentee[edge], problem.mentor[edge]
    sides = ((tail, wants), (head, takes))
    bound = min(int(np.minimum(np.bincount(rows, minlength=len(most)), most).sum()) for rows, most in sides)
    if bound < least:
        return bound
    source, sink = mentees + mentors, mentees + mentors + 1
    arcs = (
        (np.full(mentees, source), np.arange(mentees), wants),
        (tail, head + np.int32(mentees), np.ones(len(edge))),
        (np.arange(mentors) + mentees, np.full(mentors, sink), takes),
    )
    solver = max_flow.SimpleMaxFlow()
    for start, end, room in arcs:
        solver.add_arcs_with_capacity(start.astype(np.int32), end.astype(np.int32), room.astype(np.int64))
    status = solver.solve(source, sink)
    if status != solver.OPTIMAL:
        raise EngineError(f"the maximum flow solver returned {status.name}")
    return int(solver.optimal_flow())
