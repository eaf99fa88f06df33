"""People and criteria to a `Problem`: who may be paired with whom, and what each pair is worth.

    field = build_field(mentees, mentors, criteria, links)
    problem = field.problem(locks=[(mentee_person, mentor_person)])
    solution = solve(problem)

What goes in speaks of person ids; what comes out speaks of rows, the places of people in the columns
given. Every eligible pair is a candidate, so the optimum is that of the whole field. A field of more than
`MOST_PAIRS` is never held whole: `matching.engine.pricing.solve_field` solves fields of any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import BONUSES, CRITERIA, RULES, Criteria, Rules, Weights
from matching.engine.ground import Ground
from matching.engine.pairs import Ints32, Pairs
from matching.engine.parts import Part, parts_of
from matching.engine.people import UNKNOWN, Ints, Links, Pair, People, Ragged
from matching.engine.problem import Problem
from matching.engine.rules import names
from matching.engine.scoring import Floats, attainable

__all__ = [
    "BONUSES", "CRITERIA", "MOST_PAIRS", "RULES", "UNKNOWN", "Criteria", "Field", "Links", "Part", "People",
    "Ragged", "Removal", "Rules", "Weights", "build_field",
]  # fmt: skip

MOST_PAIRS = 30_000_000
_TOO_MANY = "the field has more than {:,} eligible pairs: build it for any_size, and use solve_field"


class Removal(NamedTuple):
    """What one hard rule took from one person."""

    rule: str  # one of RULES
    removed: int  # people of the other side whom the rule forbids
    only: int  # of these, how many no other rule forbids: what relaxing the rule would win


@dataclass(frozen=True, eq=False)
class Field:
    """Who may be paired with whom, and what each pair is worth; what the rules removed."""

    mentees: People
    mentors: People
    criteria: Criteria
    links: Links
    ground: Ground
    considered: Pairs | None = None  # of a field too large to hold every pair

    @cached_property
    def complete(self) -> bool:
        """Whether every eligible pair is a candidate."""
        return self.considered is None and self.size <= MOST_PAIRS

    @cached_property
    def size(self) -> int:
        """How many pairs are eligible."""
        return int(self.ground.tallies[0].eligible.sum())

    @cached_property
    def pairs(self) -> Pairs:
        """The candidates, worked out when first asked for. Raises ValueError where they are too many to hold."""
        if self.considered is not None:
            return self.considered
        if not self.complete:
            raise ValueError(_TOO_MANY.format(MOST_PAIRS))
        return every_pair(self.ground)

    @property
    def mentee(self) -> Ints32:
        """Mentee row of each candidate."""
        return self.pairs.mentee

    @property
    def mentor(self) -> Ints32:
        """Mentor row of each candidate."""
        return self.pairs.mentor

    @property
    def score(self) -> Ints32:
        """Points of each candidate."""
        return self.pairs.score

    @property
    def tier(self) -> Ints:
        """When each mentee's turn comes: 0 counts as 1 where those left out before do not come first."""
        tier: Ints = self.mentees.tier
        return tier if self.criteria.left_out_first else np.maximum(tier, 1)

    @cached_property
    def attainable(self) -> Ints:
        """Points of a perfect mentor for each mentee, wishes and introductions apart."""
        return attainable(self.mentees, self.criteria)

    @cached_property
    def group_ids(self) -> Ints:
        """Group of `Problem.group` k is `group_ids[k]` of the column `People.group`."""
        return np.setdiff1d(self.mentees.group, [UNKNOWN])

    @property
    def start(self) -> Ints:
        """Candidates of mentee row r are `start[r]` to `start[r + 1]`."""
        return self.pairs.start

    @cached_property
    def left(self) -> tuple[Ints, Ints]:
        """How many of the other side rules and minimum fit leave each mentee, and each mentor."""
        if not self.ground.least.any():
            mine, theirs = self.ground.tallies
            return mine.eligible, theirs.eligible
        if not self.complete:
            return self.ground.counted()
        return np.diff(self.start), np.bincount(self.mentor, minlength=len(self.mentors))

    def eligible(self, *, mentee: int) -> int:
        """How many mentors this mentee may be paired with."""
        return int(self.left[0][mentee])

    def too_low(self, *, mentee: int | None = None, mentor: int | None = None) -> int:
        """How many of the other side the rules leave this person, but the minimum fit does not."""
        mine, theirs = self.ground.tallies
        if mentee is not None:
            return int(mine.eligible[mentee] - self.left[0][mentee])
        return int(theirs.eligible[mentor] - self.left[1][mentor])

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
        """Score of an eligible pair, None for a forbidden one or one under the minimum fit."""
        score = int(self.ground.worth(np.array([mentee]), np.array([mentor]))[0])
        return None if self.blocked_by(mentee, mentor) or score < self.ground.least[mentee] else score

    def score_percent(self, mentee: npt.ArrayLike, score: npt.ArrayLike) -> Ints:
        """Scores as people see them, 0 to 100: the share of what a perfect mentor would score.

        Wishes and introductions lift the figure, up to 100; their absence lowers nobody's.
        """
        whole = np.maximum(self.attainable[np.asarray(mentee)], 1)
        return np.asarray(np.minimum(100, np.asarray(score, dtype=np.int64) * 100 // whole))

    def in_percent(self, mentee: int, points: int) -> float | None:
        """Points that the program loses or wins, on the scale of this mentee's fit.

        None where the mentee states nothing that is weighed: there is no scale then.
        """
        whole = int(self.attainable[mentee])
        return 100 * points / whole if whole else None

    def parts(self, mentee: int, mentor: int) -> list[Part]:
        """What the score of a pair is made of, by criterion, with the facts; points sum to the score."""
        return parts_of(self.mentees, self.mentors, self.criteria, self.ground.bonds, mentee, mentor)

    def problem(self, *, locks: Sequence[Pair] = (), keep: Sequence[Pair] = ()) -> Problem:
        """The problem to solve; `locks` and `keep` (pairs of the run before) are person ids.

        A lock of a forbidden pair raises ValueError with the names of the rules; one under the minimum fit
        is a candidate all the same. A kept pair that is no longer allowed is passed over.
        """
        locked = self.locked_rows(locks)
        pairs = self._with_low(locked)
        kept = np.zeros(len(pairs), dtype=bool)
        edges = pairs.find(*self.rows_of(keep))
        kept[edges[edges >= 0]] = True
        group: Ints | None = None
        if self.criteria.floor and len(self.group_ids):
            group = np.searchsorted(self.group_ids, self.mentees.group)
            group[self.mentees.group == UNKNOWN] = -1
        return Problem(
            demand=self.mentees.limit,
            capacity=self.mentors.limit,
            mentee=pairs.mentee,
            mentor=pairs.mentor,
            score=pairs.score,
            locked=locked,
            tier=self.tier,
            group=group,
            floor=None if group is None else np.full(len(self.group_ids), self.criteria.floor),
            keep=kept if len(keep) else None,
            key=(self.mentees.person, self.mentors.person),
            need=self.mentees.needs.astype(np.int64),
            met=self.mentees.met.astype(np.int64),
            serves=self.mentors.needs.astype(np.int64),
        )

    def locked_rows(self, locks: Sequence[Pair]) -> Ints:
        """Rows of locked pairs of person ids. Raises ValueError for a forbidden one, with its rules."""
        mentee, mentor = self.rows_of(locks)
        for pair, row, column in zip(locks, mentee.tolist(), mentor.tolist(), strict=True):
            if row < 0 or column < 0:
                raise ValueError(f"locks: {pair} names somebody who is not in the field")
            if blocked := self.blocked_by(row, column):
                raise ValueError(f"locks: {pair} is forbidden by {', '.join(blocked)}")
        return np.stack([mentee, mentor], axis=1)

    def _with_low(self, locked: Ints) -> Pairs:
        """The candidates, and the locks that are none because they do not reach the minimum fit."""
        mentee, mentor = locked[self.pairs.find(*locked.T) < 0].T
        if not len(mentee):
            return self.pairs
        return self.pairs.joined(len(self.mentors), mentee, mentor, self.ground.worth(mentee, mentor))

    def rows_of(self, pairs: Sequence[Pair]) -> tuple[Ints, Ints]:
        """Mentee rows and mentor rows of pairs of person ids, -1 for whoever is not in the field."""
        flat = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        return self.mentees.rows_of(flat[:, 0]), self.mentors.rows_of(flat[:, 1])


def build_field(
    mentees: People,
    mentors: People,
    criteria: Criteria | None = None,
    links: Links | None = None,
    *,
    any_size: bool = False,
) -> Field:
    """A field ready to be asked; its pairs are worked out when they are needed.

    Raises ValueError for a wish of a rank under 1, and for more pairs than can be held, but for `any_size`.
    """
    criteria, links = criteria or Criteria(), links or Links()
    field = Field(mentees, mentors, criteria, links, Ground.of(mentees, mentors, criteria, links))
    if not any_size and not field.complete:
        raise ValueError(_TOO_MANY.format(MOST_PAIRS))
    return field


def every_pair(ground: Ground) -> Pairs:
    """Every eligible pair. The columns are allocated once: the rules leave so many as is known beforehand."""
    start = np.concatenate(([0], np.cumsum(ground.tallies[0].eligible)))
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
        return Pairs(start, mentor, score)
    enough = score >= 0
    left = np.concatenate(([0], np.cumsum(enough)))[start]
    return Pairs(left, mentor[enough], score[enough])
