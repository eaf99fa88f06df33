"""The whole field, scored and judged piece by piece: nothing the size of all pairs is ever held.

Mentees who are alike to a rule that parts the field (a strand, then languages...) make a block, with the
mentors whom these rules leave them. Other pairs are not even scored. A block is worked out in pieces of
bounded size, on all processors.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from matching.engine.criteria import Criteria
from matching.engine.people import Ints, Links, People
from matching.engine.rules import Compared, Rulebook
from matching.engine.scoring import Bonds, Floats, attainable, bonds, factors
from matching.engine.tally import Tally, judged, profiles, tallies

PIECE = 1 << 20  # pairs worked out at once by one thread
MENTEES_TO_A_BLOCK = 128  # on average, at least
FORBIDDEN = -1.0

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Block:
    """Mentee rows, and the mentor rows that the rules which part the field leave them."""

    mentees: Ints
    mentors: Ints


@dataclass(frozen=True, eq=False)
class Ground:
    """The people of a field with their scores and rules, ready to be worked out."""

    left: Floats  # score of a pair without bonuses: left[mentee] @ right[mentor]
    right: Floats
    book: Rulebook
    bonds: Bonds
    least: Ints  # what a pair of each mentee must score, by the minimum fit

    @classmethod
    def of(cls, mentees: People, mentors: People, criteria: Criteria, links: Links) -> Ground:
        """Raises ValueError for a wish of a rank under 1."""
        book = Rulebook.of(mentees, mentors, criteria, links)
        least = -(-attainable(mentees, criteria) * criteria.min_fit // 100)
        found = bonds(mentees, mentors, criteria, links)
        return cls(*factors(mentees, mentors, criteria), book, found, least)

    @cached_property
    def tallies(self) -> tuple[Tally, Tally]:
        """What the rules leave and take, of the mentees and of the mentors."""
        return tallies(self.book, len(self.left), len(self.right))

    @cached_property
    def parting(self) -> tuple[Compared, ...]:
        """The rules that part the field into blocks; the others are asked for each pair."""
        most = max(1, len(self.left) // MENTEES_TO_A_BLOCK)
        found: tuple[Compared, ...] = ()
        for rule in self.book.compared:
            if len(profiles([one.mine for one in (*found, rule)], len(self.left)).size) <= most:
                found = (*found, rule)
        return found

    @cached_property
    def blocks(self) -> list[Block]:
        """All mentees, with whom the parting rules leave them."""
        alike, everybody = (
            profiles([rule.mine for rule in self.parting], len(self.left)),
            np.arange(len(self.right)),
        )
        left_to = judged(self.parting, alike.first, everybody) == 0
        return [
            Block(np.flatnonzero(alike.of == number), np.flatnonzero(mentors))
            for number, mentors in enumerate(left_to)
        ]

    def pieces(self, work: Callable[[Ints, Ints, Floats], T]) -> Iterator[T]:
        """What `work` makes of mentee rows, mentor rows, and their scores (FORBIDDEN where a rule is broken or the
        minimum fit is not reached).

        In order; `work` is called by several threads at once.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for block in self.blocks:
                right = np.ascontiguousarray(self.right[block.mentors].T)
                step = max(1, PIECE // max(1, len(block.mentors)))
                parts = [block.mentees[start : start + step] for start in range(0, len(block.mentees), step)]

                def piece(rows: Ints, columns: Ints = block.mentors, right: Floats = right) -> T:
                    return work(rows, columns, self._worth(rows, columns, right))

                yield from pool.map(piece, parts)

    def _worth(self, rows: Ints, columns: Ints, right: Floats) -> Floats:
        worth = self.left[rows] @ right
        place = np.full(len(self.right), -1)
        place[columns] = np.arange(len(columns))
        for side, value in ((self.bonds, self.bonds.points), (self.book.named, None)):
            row, entry = _entries(side.mentee, rows)
            column = place[side.mentor[entry]]
            row, entry, column = (part[column >= 0] for part in (row, entry, column))
            if value is None:
                worth[row, column] = FORBIDDEN
            else:
                worth[row, column] += value[entry]
        if self.least.any():
            worth[worth < self.least[rows][:, None]] = FORBIDDEN
        for rule in self.book.compared:
            if rule not in self.parting:
                worth[rule.broken(rule.mine[rows][:, None], rule.theirs[columns][None, :])] = FORBIDDEN
        return worth


def _entries(column: Ints, rows: Ints) -> tuple[Ints, Ints]:
    """Where each of the rows stands in a sorted column: place among `rows`, and place in the column."""
    begin, end = (np.searchsorted(column, rows, side) for side in ("left", "right"))
    count = end - begin
    place = np.repeat(np.arange(len(rows)), count)
    return place, np.arange(int(count.sum())) + np.repeat(begin - (np.cumsum(count) - count), count)
