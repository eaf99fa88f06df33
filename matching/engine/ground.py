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
from functools import cache, cached_property
from threading import local
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from matching.engine.criteria import Criteria
from matching.engine.pairs import Rows
from matching.engine.people import Ints, Links, People
from matching.engine.rules import Bools, Compared, Rulebook
from matching.engine.scoring import Bonds, Floats, attainable, bonds, factors
from matching.engine.tally import Tally, judged, profiles, tallies

PIECE = 1 << 21  # pairs worked out at once by one thread
MENTEES_TO_A_BLOCK = 128  # on average, at least
FORBIDDEN = -1.0

T = TypeVar("T")


@cache
def _libraries() -> ThreadpoolController:
    """What computes with threads of its own; looking for it takes longer than a small field."""
    return ThreadpoolController()


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

    def worth(self, mentee: Ints, mentor: Ints) -> Ints:
        """Score of each of these pairs of rows, rules apart."""
        found = np.zeros(len(mentee), dtype=np.int64)
        step = max(1, PIECE // max(1, self.left.shape[1]))
        for start in range(0, len(mentee), step):
            part = slice(start, start + step)
            found[part] = np.einsum("ij,ij->i", self.left[mentee[part]], self.right[mentor[part]])
        keys = self.bonds.mentee * len(self.right) + self.bonds.mentor
        if len(keys):
            wanted = mentee * len(self.right) + mentor
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            found += np.where(keys[place] == wanted, self.bonds.points[place], 0)
        return found

    def counted(self) -> tuple[Ints, Ints]:
        """How many of the other side rules and minimum fit leave each mentee and mentor, by looking at every pair."""
        counts = np.zeros(len(self.left), dtype=np.int64), np.zeros(len(self.right), dtype=np.int64)

        def work(rows: Ints, columns: Ints, worth: Floats) -> tuple[Ints, Ints, Ints, Ints]:
            enough = worth >= 0
            return rows, enough.sum(axis=1), columns, enough.sum(axis=0)

        for _, (rows, mine, columns, theirs) in self.pieces(work):
            counts[0][rows] += mine
            counts[1][columns] += theirs
        return counts

    def pieces(
        self,
        work: Callable[[Ints, Ints, Floats], T],
        mentees: Bools | None = None,
        mentors: Bools | None = None,
    ) -> Iterator[tuple[int, T]]:
        """What `work` makes of mentee rows, mentor rows, and their scores (FORBIDDEN where a rule is broken or
        the minimum fit is not reached).

        Each with the number of mentees it stands for, in a fixed order; `work` is called by several threads
        at once, and may not hold on to the scores. `mentees` and `mentors` mark those among whom to look.
        """
        room = local()  # each thread's own: to ask for memory at each piece would cost more than the sums
        with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
            for block in self.blocks:
                rows = block.mentees if mentees is None else block.mentees[mentees[block.mentees]]
                columns = block.mentors if mentors is None else block.mentors[mentors[block.mentors]]
                right = np.ascontiguousarray(self.right[columns].T)
                step = max(1, PIECE // max(1, len(columns)))
                parts = [rows[start : start + step] for start in range(0, len(rows), step)]

                def piece(rows: Ints, columns: Ints = columns, right: Floats = right) -> tuple[int, T]:
                    size = len(rows) * len(columns)
                    if not hasattr(room, "worth") or size > len(room.worth):
                        room.worth = np.empty(max(size, PIECE), dtype=np.float32)
                    worth = room.worth[:size].reshape(len(rows), len(columns))
                    return len(rows), work(rows, columns, self._score(rows, columns, right, worth))

                yield from pool.map(piece, parts)

    def _score(self, rows: Ints, columns: Ints, right: Floats, worth: Floats) -> Floats:
        np.matmul(self.left[rows], right, out=worth)
        row, column, entry = self._entries(rows, columns, self.bonds.mentee, self.bonds.mentor)
        worth[row, column] += self.bonds.points[entry]
        self.forbid(worth, rows, columns, self.book.named.mentee, self.book.named.mentor)
        if self.least.any():
            worth[worth < self.least[rows][:, None]] = FORBIDDEN
        for rule in self.book.compared:
            if rule not in self.parting:
                worth[rule.broken(rule.mine[rows][:, None], rule.theirs[columns][None, :])] = FORBIDDEN
        return worth

    def forbid(self, worth: Floats, rows: Ints, columns: Ints, mentee: Rows, mentor: Rows) -> None:
        """Take these pairs, in the order of their mentees, out of the scores of a piece."""
        row, column, _entry = self._entries(rows, columns, mentee, mentor)
        worth[row, column] = FORBIDDEN

    def _entries(self, rows: Ints, columns: Ints, mentee: Rows, mentor: Rows) -> tuple[Ints, Ints, Ints]:
        """Where pairs, in the order of their mentees, stand in a piece: row, column, and which pair it is."""
        begin, end = (np.searchsorted(mentee, rows, side) for side in ("left", "right"))
        count = end - begin
        row = np.repeat(np.arange(len(rows)), count)
        entry = np.arange(int(count.sum())) + np.repeat(begin - (np.cumsum(count) - count), count)
        place = np.full(len(self.right), -1)
        place[columns] = np.arange(len(columns))
        column = place[mentor[entry]]
        here = column >= 0
        return row[here], column[here], entry[here]
