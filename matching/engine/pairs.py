"""Candidate pairs of a field in three flat columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.people import Ints

Ints32 = npt.NDArray[np.int32]
Rows = npt.NDArray[np.signedinteger[Any]]  # of any width


@dataclass(frozen=True, eq=False)
class Pairs:
    """Sorted by mentee row and mentor row, no pair twice: those of mentee r are `start[r]` to `start[r + 1]`."""

    start: Ints
    mentor: Ints32
    score: Ints32

    @classmethod
    def of(cls, size: tuple[int, int], mentee: Rows, mentor: Rows, score: Rows) -> Pairs:
        """From pairs in any order among so many mentees and mentors; one that stands twice is taken once."""
        mentees, mentors = size
        keys, first = np.unique(mentee.astype(np.int64) * max(mentors, 1) + mentor, return_index=True)
        count = np.bincount(keys // max(mentors, 1), minlength=mentees)
        start = np.concatenate(([0], np.cumsum(count)))
        return cls(start, mentor[first].astype(np.int32), score[first].astype(np.int32))

    def joined(self, mentors: int, mentee: Rows, mentor: Rows, score: Rows) -> Pairs:
        """With some pairs more; of so many mentors."""
        more = ((self.mentee, mentee), (self.mentor, mentor), (self.score, score))
        return Pairs.of((len(self.start) - 1, mentors), *(np.concatenate(columns) for columns in more))

    def __len__(self) -> int:
        return len(self.mentor)

    @cached_property
    def mentee(self) -> Ints32:
        """Mentee row of each pair."""
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))

    def find(self, mentee: Rows, mentor: Rows) -> Ints:
        """Place of each pair, -1 where it is none (or a row is negative): a search among the mentee's own."""
        here = np.flatnonzero((mentee >= 0) & (mentor >= 0))
        low, end = self.start[mentee[here]], self.start[mentee[here] + 1]
        high = end.copy()
        while (low < high).any():
            middle = (low + high) // 2
            before = (low < high) & (self.mentor[np.minimum(middle, len(self) - 1)] < mentor[here])
            low, high = np.where(before, middle + 1, low), np.where(before, high, middle)
        found = np.full(len(mentee), -1, dtype=np.int64)
        there = low < end
        there[there] = self.mentor[low[there]] == mentor[here[there]]
        found[here[there]] = low[there]
        return found
