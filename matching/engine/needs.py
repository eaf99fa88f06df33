"""What a mentor is for: needs as bits, and the needs that have a node in the network.

The needs of a mentee with several mentors and several needs (`Problem.needy`) are a goal: each has a node,
in the order of mentee and bit. The first mentor for a need earns a unit, a second one for the same need earns
none. A mentor who serves several of the needs is for one of them.
"""

from __future__ import annotations

import numpy as np

from matching.engine.problem import Ints8, Ints32, Ints64, Problem

BITS = np.arange(63, dtype=np.int64)


def need_nodes(problem: Problem) -> tuple[Ints64, Ints64]:
    """Mentee and bit of each need that counts."""
    rows = np.flatnonzero(problem.needy)
    place, bit = bits_of(problem.need[rows])
    return rows[place], bit


def node_of(problem: Problem, mentee: Ints32 | Ints64, bit: Ints64) -> Ints64:
    """Place of these needs of needy mentees among all that count."""
    size = np.where(problem.needy, np.bitwise_count(problem.need), 0)
    begin = np.cumsum(size) - size
    return np.asarray(
        begin[mentee] + np.bitwise_count(problem.need[mentee] & ((1 << bit) - 1)), dtype=np.int64
    )


def shared(problem: Problem, edges: Ints64) -> Ints64:
    """The needs of each pair's mentee that its mentor can serve, as bits."""
    return np.asarray(problem.need[problem.mentee[edges]] & problem.serves[problem.mentor[edges]])


def bits_of(masks: Ints64) -> tuple[Ints64, Ints64]:
    """Place and bit of every bit that is set, in order."""
    used = BITS[(np.bitwise_or.reduce(masks, initial=0) >> BITS & 1) > 0]
    place, column = np.nonzero(masks[:, None] >> used & 1)
    return place.astype(np.int64), used[column]


def lowest(masks: Ints64) -> Ints8:
    """Index of the lowest bit that is set, -1 if none is."""
    return np.where(masks > 0, np.bitwise_count((masks & -masks) - 1), -1).astype(np.int8)


def different(problem: Problem, mentee: Ints64, need: Ints8) -> int:
    """How many different needs of needy mentees are covered by pairs for these needs."""
    counts = problem.needy[mentee] & (need >= 0)
    return len(np.unique(mentee[counts].astype(np.int64) * 64 + need[counts]))
