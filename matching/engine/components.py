"""A problem in pieces that have nothing to do with each other, and their solutions put together again.

Two people belong together if they are a candidate pair, and mentees if a floor counts them in one group. No goal
links different components: each is a sum over pairs and people, so the lexicographic best of the whole is that of
every component, tie-break included. `min_score="best"` is not such a sum: it has to be found on the whole before.

Prices of a piece are whole numbers of its own weights of the goals; put together, they are told in the weights of
the whole. `certify` on the whole is what proves that all this went well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # its parts are loaded when they are first used

from matching.engine.certificate import certify
from matching.engine.needs import need_nodes
from matching.engine.problem import Ints64, Problem
from matching.engine.solution import Solution, assembled, weights


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of a problem; `problem` has `mentees` first, then mentees without candidates, one for each tier missing.

    All pieces have the same tiers, so that the prices of people mean the same in each.
    """

    problem: Problem
    mentees: Ints64  # rows of the whole
    mentors: Ints64
    groups: Ints64


def split(problem: Problem, *, most: int = 16, pairs: int = 300_000) -> list[Piece]:
    """At most `most` pieces of about as many candidate pairs each, and about `pairs` of them at least.

    One piece where there is but one component, or nothing to win.
    """
    bins = _bins(problem, most, pairs)
    mentees, numbers = len(problem.demand), np.unique(bins) if len(bins) else np.zeros(1)
    return [_piece(problem, bins[:mentees] == number, bins[mentees:] == number) for number in numbers]


def merge(problem: Problem, pieces: Sequence[Piece], solutions: Sequence[Solution]) -> Solution:
    """The solution of the whole out of those of the pieces, certified."""
    objective, lowest = solutions[0].objective, solutions[0].min_score
    edges = [
        problem.edges_of(piece.mentees[part.mentee], piece.mentors[part.mentor])
        for piece, part in zip(pieces, solutions, strict=True)
    ]
    chosen, need = np.concatenate(edges), np.concatenate([part.need for part in solutions])
    prices = _prices(problem, objective, pieces, solutions)
    solution = assembled(problem, objective, lowest, chosen, need, prices)
    return replace(solution, certificate=certify(problem, solution))


def _prices(
    problem: Problem, objective: str, pieces: Sequence[Piece], solutions: Sequence[Solution]
) -> list[Ints64]:
    """Those of mentees, mentors, groups and needs, in the weights of the whole."""
    needing, _ = need_nodes(problem)
    prices = [
        np.zeros(len(rows), dtype=np.int64)
        for rows in (problem.demand, problem.capacity, problem.floor, needing)
    ]
    whole = weights(problem, objective)
    for piece, part in zip(pieces, solutions, strict=True):
        own = weights(piece.problem, objective)
        sides = (
            (prices[0], piece.mentees, part.price_mentee),
            (prices[1], piece.mentors, part.price_mentor),
            (prices[2], piece.groups, part.price_group),
            (prices[3], np.flatnonzero(np.isin(needing, piece.mentees)), part.price_need),
        )
        for side, rows, price in sides:
            side[rows] = _reweighed(price[: len(rows)], own, whole)
    return prices


def _bins(problem: Problem, most: int, pairs: int) -> Ints64:
    """The number of the piece of each mentee and mentor."""
    labels = _labels(problem)
    weight = np.bincount(labels[problem.mentee], minlength=int(labels.max(initial=0)) + 1)
    wanted = max(1, min(most, len(problem.score) // max(pairs, 1)))
    bins, load = np.zeros(len(weight), dtype=np.int64), np.zeros(wanted, dtype=np.int64)
    for label in np.argsort(-weight, kind="stable").tolist():
        lightest = int(np.argmin(load))
        bins[label] = lightest
        load[lightest] += weight[label]
    return bins[labels]


def _labels(problem: Problem) -> Ints64:
    """The component of each mentee and mentor."""
    mentees, mentors = len(problem.demand), len(problem.capacity)
    floored = np.flatnonzero((problem.group >= 0) & (np.append(problem.floor, 0)[problem.group] > 0))
    tail = np.concatenate([problem.mentee, floored.astype(np.int32)])
    head = np.concatenate([problem.mentor + mentees, problem.group[floored] + (mentees + mentors)])
    nodes = mentees + mentors + len(problem.floor)
    links = scipy.sparse.coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes))
    labels: Ints64 = scipy.sparse.csgraph.connected_components(links, directed=False)[1].astype(np.int64)
    return labels[: mentees + mentors]


def _piece(problem: Problem, mine: np.ndarray[tuple[int], np.dtype[np.bool_]], theirs: Ints64) -> Piece:
    mentees, mentors = np.flatnonzero(mine), np.flatnonzero(theirs)
    edge = np.flatnonzero(mine[problem.mentee])
    row, column = np.cumsum(mine) - 1, np.cumsum(theirs) - 1
    tiers = np.setdiff1d(problem.tier, problem.tier[mentees])
    floors = np.append(problem.floor, 0)
    own_groups = problem.group[mentees]
    groups = np.setdiff1d(own_groups[floors[own_groups] > 0], [-1]).astype(np.int64)
    number = np.full(len(problem.floor) + 1, -1, dtype=np.int32)
    number[groups] = np.arange(len(groups))
    locked = problem.locked[mine[problem.locked[:, 0]]]
    keys = problem.key[0]
    spare = int(keys.min(initial=0)) - 1 - np.arange(len(tiers), dtype=np.int64)
    part = Problem(
        demand=np.append(problem.demand[mentees], np.ones(len(tiers), dtype=np.int32)),
        capacity=problem.capacity[mentors],
        mentee=row[problem.mentee[edge]].astype(np.int32),
        mentor=column[problem.mentor[edge]].astype(np.int32),
        score=problem.score[edge],
        locked=np.stack([row[locked[:, 0]], column[locked[:, 1]]], axis=1),
        tier=np.append(problem.tier[mentees], tiers),
        group=np.append(number[own_groups], np.full(len(tiers), -1, dtype=np.int32)),
        floor=problem.floor[groups],
        keep=problem.keep[edge],
        key=(np.append(keys[mentees], spare), problem.key[1][mentors]),
        need=np.append(problem.need[mentees], np.zeros_like(tiers, dtype=np.int64)),
        met=np.append(problem.met[mentees], np.zeros_like(tiers, dtype=np.int64)),
        serves=problem.serves[mentors],
    )
    return Piece(part, mentees, mentors, groups)


def _reweighed(price: Ints64, own: dict[str, int], whole: dict[str, int]) -> Ints64:
    """A price is a sum of (units of a goal) x (its weight), each far below the next weight: taken apart and told anew.

    Both dicts name the goals from the least weight to the most, as `weights` does.
    """
    rest, told = price.astype(np.int64), np.zeros(len(price), dtype=np.int64)
    for goal, weight in reversed(
        own.items()
    ):  # the weightiest first; of two alike the lower one is worth nothing
        units = (rest + weight // 2) // weight
        rest = rest - units * weight
        told += units * whole[goal]
    return told
