"""Whether circles may be shown, and why somebody sits in none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.engine.circle_problem import NOBODY, Bound, Circle, Gathered, Gathering, Proof, by_tier
from matching.engine.problem import Problem
from matching.engine.solver import solve


@dataclass(frozen=True)
class Absence:
    """Why a mentee has no seat.

    "no_host": the rules leave no host; "no_time": no time of the week suits the mentee and one of these hosts;
    "too_few": whenever the mentee is free, too few people could meet with one of these hosts; "full": circles that
    meet when the mentee is free are full; "other_time": circles have places, at times that do not suit; "away":
    circles are open, but full and at times that do not suit; "not_opened": one more circle could only open by taking
    people from others.
    """

    reason: str
    hosts: int = 0  # candidate circles whose hosts the rules allow
    in_time: int = 0  # of these, with a time that suits the mentee
    full: int = 0
    other_time: int = 0
    away: int = 0
    closed: int = 0
    most: int = 0  # people who could meet at the best time of a closed circle, this mentee too
    least: int = 0  # people that this circle needs


def certify_circles(problem: Gathering, found: Gathered, bound: Bound | None = None) -> Proof:
    """Check the circles anew, from the people alone, and set them beside what nothing can exceed.

    A limit that leaves out least sizes and times in common is worked out here, as a flow; `bound` is what the search
    has proven.
    """
    if reason := _broken(problem, found):
        return Proof(False, reason)
    loose = _loose(problem)
    if bound is None:
        bound = loose
    elif (found.placed, *found.by_tier[:-1]) > (loose.placed, *loose.by_tier[:-1]):
        return Proof(False, "more people are placed than there are seats for")
    mine = (found.placed, found.by_tier[:-1])
    best = (bound.placed, bound.by_tier[:-1])
    if (*mine, found.worth, found.kept) > (*best, bound.worth, bound.kept):
        return Proof(False, "the circles are better than what was proven to be the best")
    proven = (*mine, found.worth, found.kept) == (*best, bound.worth, bound.kept)
    return Proof(True, "", bound.placed, bound.by_tier, bound.worth, _gap(found, bound), proven)


def _loose(problem: Gathering) -> Bound:
    usable = np.flatnonzero(problem.seats)
    answer = solve(
        Problem(
            demand=np.ones(len(problem.free), dtype=np.int64),
            capacity=problem.most,
            mentee=problem.mentee[usable],
            mentor=problem.circle[usable],
            score=problem.score[usable],
            tier=problem.tier,
        )
    )
    fewest = -(-answer.covered // int(problem.most.max(initial=1)))
    kept = len(np.unique(problem.mentee[problem.keep]))
    return Bound(answer.covered, answer.covered_by_tier, answer.total - problem.price * fewest, kept)


def _gap(found: Gathered, bound: Bound) -> float:
    """The share of people, where these are all placed of those left out before, where these are too of points."""
    levels = [
        (found.placed, bound.placed),
        *zip(found.by_tier, bound.by_tier, strict=True),
        (found.worth, bound.worth),
    ]
    for mine, best in levels:
        if best != mine:
            return (best - mine) / max(abs(best), 1)
    return 0.0


def _broken(problem: Gathering, found: Gathered) -> str:
    """What is wrong with the circles; empty if nothing is."""
    seats = {
        (mentee, circle): (score, keep)
        for mentee, circle, score, keep in zip(
            problem.mentee.tolist(), problem.circle.tolist(), problem.score.tolist(), problem.keep.tolist(),
            strict=True,
        )
    }  # fmt: skip
    members = [row for circle in found.circles for row in circle.members]
    hosts = [row for circle in found.circles for row in circle.hosts]
    if len(set(members)) < len(members):
        return "a mentee sits in two circles"
    if len(set(hosts)) < len(hosts):
        return "somebody hosts two circles"
    total = kept = 0
    for circle in found.circles:
        if reason := _broken_circle(problem, circle, seats):
            return reason
        total += sum(seats[row, circle.candidate][0] for row in circle.members)
        kept += sum(seats[row, circle.candidate][1] for row in circle.members)
    together = {(row, host) for circle in found.circles for row in circle.members for host in circle.hosts}
    for mentee, host in problem.locked.tolist():
        if (mentee, host) not in together:
            return f"mentee {mentee} does not sit with host {host}, though locked"
    worth = total - problem.price * len(found.circles)
    told = (found.placed, found.by_tier, found.total, found.worth, found.kept)
    counted = (len(members), by_tier(problem, np.array(members, dtype=np.int64)), total, worth, kept)
    return "" if told == counted else "the figures are not those of the circles"


def _broken_circle(problem: Gathering, circle: Circle, seats: Mapping[tuple[int, int], object]) -> str:
    candidate = circle.candidate
    name = "the circle of host " + " and ".join(map(str, circle.hosts))
    if circle.hosts != tuple(row for row in problem.hosts[candidate].tolist() if row != NOBODY):
        return f"{name} has other hosts"
    if not problem.least[candidate] <= len(circle.members) <= problem.most[candidate]:
        return f"{name} has {len(circle.members)} members"
    if any((row, candidate) not in seats for row in circle.members):
        return f"{name} has a member whom a rule forbids"
    stated = [int(problem.host_free[row]) for row in circle.hosts]
    stated += [int(problem.free[row]) for row in circle.members]
    shared = -1
    for mask in filter(None, stated):
        shared &= mask
    if not shared or circle.slots != (shared if any(stated) else 0):
        return f"{name} has no such time in common"
    return ""


def why_not_placed(problem: Gathering, found: Gathered, mentee: int) -> Absence:
    """Why this mentee has no seat. Raises ValueError for one who has."""
    if mentee in found.circle_of:
        raise ValueError(f"mentee {mentee} sits in a circle")
    edges = np.flatnonzero(problem.mentee == mentee)
    timely = edges[problem.seats[edges] != 0]
    open_ = {circle.candidate: circle for circle in found.circles}
    full = other_time = away = 0
    closed: list[int] = []
    for edge in timely.tolist():
        circle = open_.get(int(problem.circle[edge]))
        if circle is None:
            closed.append(edge)
        elif len(circle.members) < problem.most[circle.candidate]:
            other_time += 1
        elif int(problem.free[mentee]) & circle.slots or not problem.free[mentee] or not circle.slots:
            full += 1
        else:
            away += 1
    most, least = _gatherable(problem, closed)
    if not len(timely):
        reason = "no_time" if len(edges) else "no_host"
    elif len(closed) == len(timely) and most < least:
        reason = "too_few"
    elif full and full >= other_time:
        reason = "full"
    else:
        reason = "other_time" if other_time else "away" if away else "not_opened"
    return Absence(reason, len(edges), len(timely), full, other_time, away, len(closed), most, least)


def _gatherable(problem: Gathering, edges: list[int]) -> tuple[int, int]:
    """Of these seats' circles the one that comes nearest to opening: people at its best time, and how many it needs."""
    best = (0, 0)
    for edge in edges:
        circle = int(problem.circle[edge])
        others = problem.seats[problem.circle == circle]
        mine = int(problem.seats[edge])
        counts = [int((others & np.uint64(1 << bit) != 0).sum()) for bit in range(64) if mine >> bit & 1]
        here = (max(counts), int(problem.least[circle]))
        best = max(best, here, key=lambda pair: (pair[0] - pair[1], pair)) if best[1] else here
    return best
