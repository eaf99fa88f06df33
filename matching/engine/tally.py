"""What each hard rule takes from each person, counted without looking at every pair.

People who stated the same are alike to the rules that compare columns: pairs of such profiles are judged,
and counted as often as there are people of each. Pairs that a rule names are then put right one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import RULES
from matching.engine.people import Ints
from matching.engine.rules import BIT, Bools, Broken, Compared, Rulebook

_CHUNK = 1 << 20  # pairs of profiles judged at once


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts for the people of one side: column r is the rule `RULES[r]`."""

    removed: Ints  # pairs that break the rule, whatever else they break
    only: Ints  # pairs that break this rule alone: what relaxing it would win
    eligible: Ints  # pairs that break none


@dataclass(frozen=True, eq=False)
class Profiles:
    """People of one side who are alike to some rules."""

    first: Ints  # a row of each profile
    of: Ints  # profile of each row
    size: Ints  # rows of each profile


def profiles(columns: Sequence[npt.NDArray[np.generic]], size: int) -> Profiles:
    """Those of `size` rows that agree in every column."""
    of = np.zeros(size, dtype=np.int64)
    for column in columns:
        _, code = np.unique(column, return_inverse=True)
        _, of = np.unique(of * (int(code.max(initial=0)) + 1) + code, return_inverse=True)
    _, first, count = np.unique(of, return_index=True, return_counts=True)
    return Profiles(first, of, count)


def tallies(book: Rulebook, mentees: int, mentors: int) -> tuple[Tally, Tally]:
    """Of the mentees, of the mentors."""
    mine = profiles([rule.mine for rule in book.compared], mentees)
    theirs = profiles([rule.theirs for rule in book.compared], mentors)
    counts = [np.zeros((len(side.size), 2 * len(RULES) + 1), dtype=np.int64) for side in (mine, theirs)]
    step = max(1, _CHUNK // max(1, len(theirs.size)))
    for start in range(0, len(mine.size), step):
        rows = slice(start, start + step)
        value = judged(book.compared, mine.first[rows], theirs.first)
        for place, found in _columns(book.compared, value):
            weight = found.astype(np.float64)  # counts stay far below 2**53
            counts[0][rows, place] = weight @ theirs.size
            counts[1][:, place] += (mine.size[rows] @ weight).astype(np.int64)
    sides = [count[side.of] for count, side in zip(counts, (mine, theirs), strict=True)]
    _put_right(book, sides)
    rules = len(RULES)
    first, second = (Tally(side[:, :rules], side[:, rules : 2 * rules], side[:, -1]) for side in sides)
    return first, second


def _columns(compared: Sequence[Compared], value: Broken) -> Iterator[tuple[int, Bools]]:
    """Column of a count, and which pairs it counts."""
    for rule in compared:
        place, bit = RULES.index(rule.rule), BIT[rule.rule]
        yield place, (value & bit) != 0
        yield len(RULES) + place, value == bit
    yield 2 * len(RULES), value == 0


def _put_right(book: Rulebook, sides: Sequence[Ints]) -> None:
    """Take the named pairs out of where the other rules alone had put them."""
    named = book.named
    other = book.broken(named.mentee, named.mentor) & ~named.bit
    for side, rows in zip(sides, (named.mentee, named.mentor), strict=True):
        for place, rule in enumerate(RULES):
            bit = BIT[rule]
            np.add.at(side[:, place], rows[(named.bit & bit) != 0], 1)
            np.add.at(side[:, len(RULES) + place], rows[(other == 0) & (named.bit == bit)], 1)
            np.subtract.at(side[:, len(RULES) + place], rows[other == bit], 1)
        np.subtract.at(side[:, -1], rows[other == 0], 1)


def judged(compared: Sequence[Compared], mentee: Ints, mentor: Ints) -> Broken:
    """The rules among these that each of these mentees breaks with each of these mentors."""
    value = np.zeros((len(mentee), len(mentor)), dtype=np.uint16)
    for rule in compared:
        broken = rule.broken(rule.mine[mentee][:, None], rule.theirs[mentor][None, :])
        value |= broken * BIT[rule.rule]
    return value
