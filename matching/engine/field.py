"""People and criteria to a `Problem`: who may be paired with whom, and what each pair is worth.

    field = build_field(mentees, mentors, criteria, links)
    problem = field.problem(locks=[(mentee_person, mentor_person)])
    solution = solve(problem)

What goes in speaks of person ids; what comes out speaks of rows, the places of people in the columns
given. Every eligible pair is a candidate, so the optimum is that of the whole field. More than `MAX_PAIRS`
eligible pairs are refused with a ValueError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import BONUSES, CRITERIA, RULES, Criteria, Rules, Weights
from matching.engine.ground import Ground
from matching.engine.parts import Part, parts_of
from matching.engine.people import UNKNOWN, Ints, Links, Pair, People, Ragged
from matching.engine.problem import Problem
from matching.engine.rules import names
from matching.engine.scoring import Floats, attainable

__all__ = [
    "BONUSES", "CRITERIA", "MAX_PAIRS", "RULES", "UNKNOWN", "Criteria", "Field", "Links", "Part", "People",
    "Ragged", "Removal", "Rules", "Weights", "build_field",
]  # fmt: skip

MAX_PAIRS = 30_000_000

Ints32 = npt.NDArray[np.int32]


class Removal(NamedTuple):
    """What one hard rule took from one person."""

    rule: str  # one of RULES
    removed: int  # people of the other side whom the rule forbids
    only: int  # of these, how many no other rule forbids: what relaxing the rule would win


@dataclass(frozen=True, eq=False)
class Field:
    """All candidate pairs, sorted by mentee row and mentor row, and what the rules removed."""

    mentees: People
    mentors: People
    criteria: Criteria
    links: Links
    mentee: Ints32
    mentor: Ints32
    score: Ints32
    attainable: Ints  # points of a perfect mentor for each mentee, wishes and introductions apart
    group_ids: Ints  # group of `Problem.group` k is `group_ids[k]` of the column `People.group`
    start: Ints  # candidates of mentee row r are `start[r]` to `start[r + 1]`
    ground: Ground

    def eligible(self, *, mentee: int) -> int:
        """How many mentors this mentee may be paired with."""
        return int(self.start[mentee + 1] - self.start[mentee])

    def too_low(self, *, mentee: int | None = None, mentor: int | None = None) -> int:
        """How many of the other side the rules leave this person, but the minimum fit does not."""
        mine, theirs = self.ground.tallies
        if mentee is not None:
            return int(mine.eligible[mentee]) - self.eligible(mentee=mentee)
        return int(theirs.eligible[mentor]) - int((self.mentor == mentor).sum())

    def removals(self, *, mentee: int | None = None, mentor: int | None = None) -> list[Removal]:
        """What each hard rule took from one person, the most first; rules that took nothing are left out."""
        if (mentee is None) == (mentor is None):
            raise ValueError("removals: give a mentee or a mentor")
        mine, theirs = self.ground.tallies
        tally, row = (mine, mentee) if mentee is not None else (theirs, mentor)
        counts = zip(RULES, tally.removed[row].tolist(), tally.only[row].tolist(), strict=True)
        return sorted(
            (Removal(*count) for count in counts if count[1]),
            key=lambda item: -item.removed,
        )

    def blocked_by(self, mentee: int, mentor: int) -> tuple[str, ...]:
        """Names of the hard rules that forbid the pair; empty if the two may be paired."""
        return names(int(self.ground.book.broken(np.array([mentee]), np.array([mentor]))[0]))

    def score_of(self, mentee: int, mentor: int) -> int | None:
        """Score of a candidate pair, None for a forbidden one."""
        edge = int(self._edges(np.array([mentee]), np.array([mentor]))[0])
        return None if edge < 0 else int(self.score[edge])

    def score_percent(self, mentee: npt.ArrayLike, score: npt.ArrayLike) -> Ints:
        """Scores as people see them, 0 to 100: the share of what a perfect mentor would score.

        Wishes and introductions lift the figure, up to 100; their absence lowers nobody's.
        """
        whole = np.maximum(self.attainable[np.asarray(mentee)], 1)
        return np.asarray(np.minimum(100, np.asarray(score, dtype=np.int64) * 100 // whole))

    def parts(self, mentee: int, mentor: int) -> list[Part]:
        """What the score of a pair is made of, by criterion, with the facts; points sum to the score."""
        return parts_of(self.mentees, self.mentors, self.criteria, self.ground.bonds, mentee, mentor)

    def problem(self, *, locks: Sequence[Pair] = (), keep: Sequence[Pair] = ()) -> Problem:
        """The problem to solve; `locks` and `keep` (pairs of the run before) are person ids.

        A lock of a forbidden pair raises ValueError with the names of the rules; one under the minimum fit
        is a candidate all the same. A kept pair that is no longer allowed is passed over.
        """
        locked = self._locked(locks)
        whole = self._with_low(locked)
        kept = np.zeros(len(whole.mentee), dtype=bool)
        edges = whole._edges(*self._rows(keep))
        kept[edges[edges >= 0]] = True
        group: Ints | None = None
        if self.criteria.floor and len(self.group_ids):
            group = np.searchsorted(self.group_ids, self.mentees.group)
            group[self.mentees.group == UNKNOWN] = -1
        return Problem(
            demand=self.mentees.limit,
            capacity=self.mentors.limit,
            mentee=whole.mentee,
            mentor=whole.mentor,
            score=whole.score,
            locked=locked,
            tier=self.mentees.tier if self.criteria.left_out_first else None,
            group=group,
            floor=None if group is None else np.full(len(self.group_ids), self.criteria.floor),
            keep=kept if len(keep) else None,
            key=(self.mentees.person, self.mentors.person),
        )

    def _locked(self, locks: Sequence[Pair]) -> Ints | None:
        mentee, mentor = self._rows(locks)
        for pair, row, column in zip(locks, mentee.tolist(), mentor.tolist(), strict=True):
            if row < 0 or column < 0:
                raise ValueError(f"locks: {pair} names somebody who is not in the field")
            if blocked := self.blocked_by(row, column):
                raise ValueError(f"locks: {pair} is forbidden by {', '.join(blocked)}")
        return np.stack([mentee, mentor], axis=1) if len(locks) else None

    def _with_low(self, locked: Ints | None) -> Field:
        """This field, and in it the locks that are no candidates because they do not reach the minimum fit."""
        if locked is None or not len(low := locked[self._edges(*locked.T) < 0]):
            return self
        points = np.array([sum(part.points for part in self.parts(*pair)) for pair in low.tolist()])
        given = (self.mentee, low[:, 0]), (self.mentor, low[:, 1]), (self.score, points)
        mentee, mentor, score = (np.concatenate(both).astype(np.int32) for both in given)
        order = np.lexsort((mentor, mentee))
        start = np.searchsorted(mentee[order], np.arange(len(self.start)))
        return replace(self, mentee=mentee[order], mentor=mentor[order], score=score[order], start=start)

    def _rows(self, pairs: Sequence[Pair]) -> tuple[Ints, Ints]:
        flat = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return self.mentees.rows_of(flat[:, 0]), self.mentors.rows_of(flat[:, 1])

    def _edges(self, mentee: Ints, mentor: Ints) -> Ints:
        """Place of each pair among the candidates, -1 where it is none: a search within each mentee's."""
        here = np.flatnonzero((mentee >= 0) & (mentor >= 0))
        low, end = self.start[mentee[here]], self.start[mentee[here] + 1]
        high = end.copy()
        while (low < high).any():
            middle = (low + high) // 2
            before = (low < high) & (self.mentor[np.minimum(middle, len(self.mentor) - 1)] < mentor[here])
            low, high = np.where(before, middle + 1, low), np.where(before, high, middle)
        found = np.full(len(mentee), -1, dtype=np.int64)
        there = low < end
        there[there] = self.mentor[low[there]] == mentor[here[there]]
        found[here[there]] = low[there]
        return found


def build_field(
    mentees: People,
    mentors: People,
    criteria: Criteria | None = None,
    links: Links | None = None,
) -> Field:
    """Score every eligible pair. Raises ValueError for more than `MAX_PAIRS` of them."""
    criteria, links = criteria or Criteria(), links or Links()
    ground = Ground.of(mentees, mentors, criteria, links)
    start = np.concatenate(([0], np.cumsum(ground.tallies[0].eligible)))
    if start[-1] > MAX_PAIRS:
        raise ValueError(f"the field has more than {MAX_PAIRS:,} eligible pairs: split it by strand")
    start, mentor, score = _candidates(ground, start)
    return Field(
        mentees=mentees,
        mentors=mentors,
        criteria=criteria,
        links=links,
        mentee=np.repeat(np.arange(len(mentees), dtype=np.int32), np.diff(start)),
        mentor=mentor,
        score=score,
        attainable=attainable(mentees, criteria),
        group_ids=np.setdiff1d(mentees.group, [UNKNOWN]),
        start=start,
        ground=ground,
    )


def _candidates(ground: Ground, start: Ints) -> tuple[Ints, Ints32, Ints32]:
    """Where each mentee's candidates begin; mentor row and score of each. The rules leave so many as `start` says."""
    mentor, score = np.empty(start[-1], dtype=np.int32), np.full(start[-1], -1, dtype=np.int32)

    def fill(rows: Ints, columns: Ints, worth: Floats) -> None:
        for row, mine in zip(rows.tolist(), worth, strict=True):
            eligible = mine >= 0
            part = slice(start[row], start[row] + int(eligible.sum()))
            mentor[part] = columns[eligible]
            score[part] = mine[eligible]

    for _done in ground.pieces(fill):
        pass
    if not ground.least.any():
        return start, mentor, score
    enough = score >= 0
    left = np.concatenate(([0], np.cumsum(enough)))[start]
    return left, mentor[enough], score[enough]
