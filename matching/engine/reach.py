"""How many matches people allow, found without listing the pairs between them.

`Openings` tells which pairs may be made, block by block. `Flow` is a set of pairs; it grows along
alternating paths over all openings until there is none left, which proves that no larger set exists.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from matching.engine.ground import Ground
from matching.engine.people import Ints
from matching.engine.problem import Bools
from matching.engine.rules import Rulebook
from matching.engine.tally import judged, profiles

_BLOCK = 1 << 22  # pairs looked at in one go
_KEPT = 1 << 27  # pairs of which it is kept whether they score enough, a byte each
_ROWS = 512
_TRIES = 4


class Enough:
    """Which pairs score enough, kept once found where the field is small."""

    def __init__(self, ground: Ground, least: Ints) -> None:
        self._ground, self._least = ground, least
        self._size = len(ground.left), len(ground.right)
        self._all = self._whole() if self._size[0] * self._size[1] <= _KEPT else None

    def block(self, mentees: Ints, mentors: Ints) -> Bools:
        """For these mentees (rows) and these mentors (columns)."""
        if self._all is not None:
            return self._all[mentees[:, None], mentors]
        return self._worked_out(mentees, mentors)

    def _whole(self) -> Bools:
        found = np.zeros(self._size, dtype=bool)
        for start in range(0, self._size[0], _ROWS):
            rows = np.arange(start, min(start + _ROWS, self._size[0]))
            found[rows] = self._worked_out(rows, np.arange(self._size[1]))
        return found

    def _worked_out(self, mentees: Ints, mentors: Ints) -> Bools:
        points = self._ground.left[mentees] @ self._ground.right[mentors].T
        bonds = self._ground.bonds
        row, column = _inside(self._size, mentees, mentors, bonds.mentee, bonds.mentor)
        here = (row >= 0) & (column >= 0)
        points[row[here], column[here]] += bonds.points[here].astype(np.float32)
        return np.asarray(points >= self._least[mentees][:, None])


class Openings:
    """The pairs that hard rules and a minimum score allow; pairs `taken` stand already and are not open.

    Where an `order` of the rows of both sides is given, who is asked about is told by the place in it.
    """

    def __init__(
        self,
        book: Rulebook,
        size: tuple[int, int],
        enough: Enough | None = None,
        taken: npt.NDArray[np.int32] | None = None,
        order: tuple[Ints, Ints] | None = None,
    ) -> None:
        self.size = size
        self._order = order
        self._book, self._enough = book, enough
        columns = [rule.mine for rule in book.compared], [rule.theirs for rule in book.compared]
        self._alike = [profiles(side, many) for side, many in zip(columns, size, strict=True)]
        held = np.zeros((0, 2)) if taken is None else taken
        self._never = (
            np.concatenate([book.named.mentee, held[:, 0]]).astype(np.int64),
            np.concatenate([book.named.mentor, held[:, 1]]).astype(np.int64),
        )

    def block(self, mentees: Ints, mentors: Ints) -> Bools:
        """Whether each of these mentees (rows) may have each of these mentors (columns)."""
        mentees, mentors = self._in_rows(mentees, mentors)
        allowed, row, column = self._by_profile(mentees, mentors)
        allowed = allowed[row][:, column]
        strike(allowed, self.size, mentees, mentors, self._never)
        if self._enough:
            allowed &= self._enough.block(mentees, mentors)
        return allowed

    def compatible(self, mentees: Ints, mentors: Ints) -> tuple[Bools, Bools]:
        """Who of each side has anybody on the other, as far as rules that compare two columns go."""
        mentees, mentors = self._in_rows(mentees, mentors)
        allowed, row, column = self._by_profile(mentees, mentors)
        mine, theirs = np.asarray(allowed.any(axis=1)), np.asarray(allowed.any(axis=0))
        return mine[row], theirs[column]

    def _in_rows(self, mentees: Ints, mentors: Ints) -> tuple[Ints, Ints]:
        if self._order is None:
            return mentees, mentors
        return self._order[0][mentees], self._order[1][mentors]

    def _by_profile(self, mentees: Ints, mentors: Ints) -> tuple[Bools, Ints, Ints]:
        """Answers for people who are alike to the rules; the place of each person among those."""
        (mine, row), (theirs, column) = (
            np.unique(side.of[rows], return_inverse=True)
            for side, rows in zip(self._alike, (mentees, mentors), strict=True)
        )
        first, second = self._alike[0].first[mine], self._alike[1].first[theirs]
        return np.asarray(judged(self._book.compared, first, second) == 0), row, column


@dataclass(frozen=True, eq=False)
class Flow:
    """Pairs besides the locks: at most `wants` of a mentee and `takes` of a mentor.

    `extra` (k, mentees) holds mentors who are not in the field, numbered on after those who are: which
    mentees each of them may have. `takes` counts their places too.
    """

    openings: Openings
    mentee: Ints
    mentor: Ints
    wants: Ints
    takes: Ints
    extra: Bools

    @property
    def missing(self) -> Ints:
        """How many more mentors each mentee wants."""
        return np.asarray(self.wants - np.bincount(self.mentee, minlength=len(self.wants)))

    @property
    def spare(self) -> Ints:
        """Free places of each mentor."""
        return np.asarray(self.takes - np.bincount(self.mentor, minlength=len(self.takes)))

    @property
    def could_grow(self) -> bool:
        """Whether somebody wants a mentor and somebody has a place: without both no rule matters."""
        return bool((self.missing > 0).any() and (self.spare > 0).any())

    def __len__(self) -> int:
        return len(self.mentee)

    def joined(self, may: Bools, places: int, first: Ints) -> Flow:
        """With one mentor more, for the mentees that `may`, who takes the mentees `first` at once."""
        return replace(
            self,
            mentee=np.concatenate([self.mentee, first]),
            mentor=np.concatenate([self.mentor, np.full(len(first), len(self.takes))]),
            takes=np.append(self.takes, places),
            extra=np.concatenate([self.extra, may[None, :]]),
        )

    def grown(self) -> Flow:
        """The largest set of pairs. Whoever has a mentor keeps one; who gets one is up to the paths."""
        flow = self
        while flow.could_grow:
            forest = _Forest(flow)
            if not len(ends := forest.ends()):
                break
            flow = flow._changed(*forest.changes(ends))
        return flow

    def block(self, mentees: Ints, mentors: Ints) -> Bools:
        """Pairs that may be made and are not yet."""
        real = mentors < self.openings.size[1]
        allowed = np.empty((len(mentees), len(mentors)), dtype=bool)
        allowed[:, real] = self.openings.block(mentees, mentors[real])
        allowed[:, ~real] = self.extra[mentors[~real] - self.openings.size[1]][:, mentees].T
        strike(allowed, (len(self.wants), len(self.takes)), mentees, mentors, (self.mentee, self.mentor))
        return allowed

    def compatible(self, mentees: Ints, mentors: Ints) -> tuple[Bools, Bools]:
        """A first sieve of both sides; extra mentors always pass, and let everybody pass."""
        real = mentors < self.openings.size[1]
        row, column = np.ones(len(mentees), dtype=bool), np.ones(len(mentors), dtype=bool)
        mine, column[real] = self.openings.compatible(mentees, mentors[real])
        return (mine if real.all() else row), column

    def reaching(self) -> Bools:
        """The mentees from whom an alternating path leads to a free place."""
        spare = self.spare > 0
        seen, found = spare.copy(), np.zeros(len(self.wants), dtype=bool)
        frontier, unseen = np.flatnonzero(spare), np.flatnonzero(self.wants > 0)
        while len(frontier) and len(unseen):
            hit = self._wanting(unseen, frontier)
            found[unseen[hit]] = True
            unseen = unseen[~hit]
            frontier = np.unique(self.mentor[found[self.mentee] & ~seen[self.mentor]])
            seen[frontier] = True
        return found

    def reached(self, mentee: int) -> tuple[Bools, Bools]:
        """Mentees and mentors whom this mentee reaches over pairs that may be made and those who hold the places."""
        found, seen = np.zeros(len(self.wants), dtype=bool), np.zeros(len(self.takes), dtype=bool)
        found[mentee], frontier = True, np.array([mentee])
        while len(frontier) and not seen.all():
            hit = self._offered(frontier, np.flatnonzero(~seen))
            seen[hit] = True
            frontier = np.unique(self.mentee[np.isin(self.mentor, hit)])
            frontier = frontier[~found[frontier]]
            found[frontier] = True
        return found, seen

    def _offered(self, mentees: Ints, mentors: Ints) -> Ints:
        """The mentors among these whom one of these mentees may have."""
        step = max(1, _BLOCK // max(len(mentors), 1))
        hits = [mentors[:0]]
        for start in range(0, len(mentees), step):
            rows = mentees[start : start + step]
            row, column = self.compatible(rows, mentors)
            hit = np.zeros(len(mentors), dtype=bool)
            hit[column] = self.block(rows[row], mentors[column]).any(axis=0)
            hits.append(mentors[hit])
            mentors = mentors[~hit]
        return np.concatenate(hits)

    def _wanting(self, mentees: Ints, mentors: Ints) -> Bools:
        """Which of these mentees may have one of these mentors."""
        found = np.zeros(len(mentees), dtype=bool)
        step = max(1, _BLOCK // max(len(mentees), 1))
        for start in range(0, len(mentors), step):
            part, left = mentors[start : start + step], np.flatnonzero(~found)
            row, column = self.compatible(mentees[left], part)
            left = left[row]
            found[left] = self.block(mentees[left], part[column]).any(axis=1)
        return found

    def _changed(self, come: Ints, gone: Ints) -> Flow:
        width = len(self.takes)
        keys = np.setdiff1d(self.mentee * width + self.mentor, gone[:, 0] * width + gone[:, 1])
        keys = np.concatenate([keys, come[:, 0] * width + come[:, 1]])
        return replace(self, mentee=keys // width, mentor=keys % width)


class _Forest:
    """Alternating trees that share nobody, each from a mentee who wants more to at most one free place."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._dice = np.random.default_rng(0)  # spreads the mentors over the trees, always in the same way
        self._spare = flow.spare > 0
        self._reached_by = np.full(len(flow.takes), -1)  # mentor: the mentee before
        self._freed_by = np.full(len(flow.wants), -1)  # mentee: the mentor before
        self._root = np.full(len(flow.wants), -1)
        self._done = np.zeros(len(flow.wants), dtype=bool)  # roots whose tree has found a place

    def ends(self) -> Ints:
        """Mentors with a free place, one for each tree that reached any."""
        frontier, unseen = np.flatnonzero(self._flow.missing > 0), np.flatnonzero(self._flow.takes > 0)
        self._root[frontier] = frontier
        found = [np.zeros(0, dtype=np.int64)]
        while len(frontier) and len(unseen):
            ends, full, unseen = self._next_mentors(self._dice.permutation(frontier), unseen)
            found.append(ends)
            frontier = self._next_mentees(full)
        return np.concatenate(found)

    def changes(self, ends: Ints) -> tuple[Ints, Ints]:
        """(mentee, mentor) of the pairs that come and go when each path to these ends is used."""
        come, gone = [], [np.zeros((0, 2), dtype=np.int64)]
        while len(ends):
            mentee = self._reached_by[ends]
            come.append(np.stack([mentee, ends], axis=1))
            ends = self._freed_by[mentee]
            mentee, ends = mentee[ends >= 0], ends[ends >= 0]
            gone.append(np.stack([mentee, ends], axis=1))
        return np.concatenate(come), np.concatenate(gone)

    def _next_mentors(self, frontier: Ints, unseen: Ints) -> tuple[Ints, Ints, Ints]:
        """Ends of paths, mentors reached without a free place, mentors still unseen."""
        ends, full = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        step = min(_ROWS, max(1, _BLOCK // max(len(unseen), 1)))
        for start in range(0, len(frontier), step):
            rows = frontier[start : start + step]
            rows = rows[~self._done[self._root[rows]]]
            hit = self._reach(rows, unseen)
            unseen = np.setdiff1d(unseen, hit, assume_unique=True)
            free = hit[self._spare[hit]]
            trees, first = np.unique(self._root[self._reached_by[free]], return_index=True)
            self._done[trees] = True
            ends.append(free[first])
            full.append(hit[~self._spare[hit]])
        return np.concatenate(ends), np.concatenate(full), unseen

    def _reach(self, rows: Ints, unseen: Ints) -> Ints:
        """The unseen mentors whom one of these mentees may have, shared out among them."""
        columns = unseen[self._flow.compatible(rows, unseen)[1]]
        allowed = self._flow.block(rows, columns)
        some = allowed.any(axis=0) if len(rows) else np.zeros(len(columns), dtype=bool)
        allowed, columns = allowed[:, some], columns[some]
        if not len(columns):
            return columns
        choice = allowed.argmax(axis=0)
        places = np.arange(len(columns))
        for _ in range(_TRIES):
            other = self._dice.integers(0, len(rows), len(columns))
            choice = np.where(allowed[other, places], other, choice)
        self._reached_by[columns] = rows[choice]
        return columns

    def _next_mentees(self, mentors: Ints) -> Ints:
        """Those who hold the places of these mentors, in trees that still look for one."""
        reached = np.zeros(len(self._flow.takes), dtype=bool)
        reached[mentors] = True
        pair = np.flatnonzero(reached[self._flow.mentor] & (self._root[self._flow.mentee] < 0))
        mentees, first = np.unique(self._flow.mentee[pair], return_index=True)
        self._freed_by[mentees] = self._flow.mentor[pair[first]]
        self._root[mentees] = self._root[self._reached_by[self._freed_by[mentees]]]
        looking: Bools = ~self._done[self._root[mentees]]
        return np.asarray(mentees[looking])


def strike(
    allowed: Bools, size: tuple[int, int], mentees: Ints, mentors: Ints, pairs: tuple[Ints, Ints]
) -> None:
    """Take these pairs out of a block of such rows and columns."""
    row, column = _inside(size, mentees, mentors, *pairs)
    here = (row >= 0) & (column >= 0)
    allowed[row[here], column[here]] = False


def _inside(size: tuple[int, int], mentees: Ints, mentors: Ints, *pairs: Ints) -> list[Ints]:
    """Place of the mentee and of the mentor of each pair within the rows and columns of a block, or -1."""
    found = []
    for most, rows, wanted in zip(size, (mentees, mentors), pairs, strict=True):
        place = np.full(most, -1)
        place[rows] = np.arange(len(rows))
        found.append(place[wanted])
    return found
