"""What is to be solved, checked on construction, so that nothing later meets a malformed problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Ints8 = npt.NDArray[np.int8]
Ints32 = npt.NDArray[np.int32]
Ints64 = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Problem:
    """Mentees, mentors and the candidate pairs between them (hard rules already applied).

    Arrays may be given as lists; they are kept as NumPy arrays that cannot be written to. One given with the
    right type is not copied: whoever gave it must leave it as it is. Raises ValueError saying which field is
    wrong, where and why.
    """

    demand: Any  # int32 (n_mentees,): most mentors each mentee wants, >= 1
    capacity: Any  # int32 (n_mentors,): most mentees each mentor takes, >= 0
    mentee: Any  # int32 (E,): candidate pairs, no pair twice
    mentor: Any  # int32 (E,)
    score: Any  # int32 (E,), >= 0
    locked: Any = None  # int32 (L, 2): candidate pairs that must stand; they use demand and capacity
    tier: Any = None  # int8 (n_mentees,): 0 is served first
    group: Any = None  # int32 (n_mentees,): index of a group, -1 for none
    floor: Any = None  # float64 (n_groups,): share of each group to cover, if it can be
    keep: Any = None  # bool (E,): pairs of the run before
    key: Any = None  # int64 (n_mentees,), int64 (n_mentors,): stable ids that order ties; default row numbers
    need: Any = None  # int64 (n_mentees,): a bit for each need
    met: Any = None  # int64 (n_mentees,): needs that mentors of before serve, also as bits
    serves: Any = None  # int64 (n_mentors,): a bit for each need that the mentor can serve

    def __post_init__(self) -> None:
        mentees = self._set("demand", np.int32, None, 1)
        mentors = self._set("capacity", np.int32, None, 0)
        edges = self._set("mentee", np.int32, None, 0, mentees)
        self._set("mentor", np.int32, edges, 0, mentors)
        self._set("score", np.int32, edges, 0)
        self._check_twice()
        self._set("tier", np.int8, mentees, 0, default=0)
        self._set_floors(mentees)
        self._set_keep(edges)
        self._set_keys(mentees, mentors)
        self._set_needs(mentees, mentors)
        self._set_locked()

    @cached_property
    def order(self) -> Ints64 | None:
        """The candidate pairs in the order of mentee and mentor row; None if they stand so."""
        mentee, mentor = self.mentee, self.mentor
        rising = (mentee[1:] == mentee[:-1]) & (mentor[1:] > mentor[:-1])
        rising |= mentee[1:] > mentee[:-1]
        return None if rising.all() else np.lexsort((mentor, mentee))

    @cached_property
    def begin(self) -> Ints64:
        """Where the candidate pairs of each mentee begin in that order; the last place is the end."""
        if self.order is None:
            return np.searchsorted(self.mentee, np.arange(len(self.demand) + 1, dtype=np.int32))
        return np.concatenate(([0], np.cumsum(np.bincount(self.mentee, minlength=len(self.demand)))))

    def edges_of(self, mentee: npt.ArrayLike, mentor: npt.ArrayLike) -> Ints64:
        """Place of each pair among the candidates, -1 where it is none; bisects the pairs of each mentee."""
        row, wanted = np.asarray(mentee, dtype=np.int64), np.asarray(mentor, dtype=np.int64)
        low, end = self.begin[row], self.begin[row + 1]
        high, last = end, max(len(self.mentor) - 1, 0)
        while (low < high).any():
            middle = (low + high) // 2
            under = (low < high) & (self.mentor[self._nth(np.minimum(middle, last))] < wanted)
            low, high = np.where(under, middle + 1, low), np.where(under, high, np.minimum(middle, high))
        edge = self._nth(np.minimum(low, last))
        hit = low < end
        hit[hit] = self.mentor[edge[hit]] == wanted[hit]
        return np.where(hit, edge, -1)

    def _nth(self, place: Ints64) -> Ints64:
        return place if self.order is None or not len(self.order) else self.order[place]

    @cached_property
    def needy(self) -> Bools:
        """Mentees whose needs count as a goal: of several mentors and several needs, those of before included."""
        mentors = self.demand + np.bitwise_count(self.met)
        several = (mentors > 1) & (np.bitwise_count(self.need | self.met) > 1) & (self.need > 0)
        return np.asarray(several, dtype=np.bool_)

    @property
    def locked_edges(self) -> Ints64:
        """Place of each lock among the candidates."""
        return self.edges_of(self.locked[:, 0], self.locked[:, 1])

    def _put(self, name: str, value: npt.NDArray[Any]) -> None:
        object.__setattr__(self, name, closed(value))

    def _set(
        self,
        name: str,
        kind: type[np.signedinteger[Any]],
        size: int | None,
        least: int,
        below: int | None = None,
        default: int | None = None,
    ) -> int:
        given = getattr(self, name)
        raw = listed(name, np.full(size or 0, default) if given is None and default is not None else given)
        self._put(name, whole(name, raw, kind, size, least, below))
        return len(raw)

    def _check_twice(self) -> None:
        if (order := self.order) is None:
            return
        mentee, mentor = self.mentee[order], self.mentor[order]
        if len(same := np.flatnonzero((mentee[1:] == mentee[:-1]) & (mentor[1:] == mentor[:-1]))):
            first, second = order[same[0]], order[same[0] + 1]
            pair = f"mentee {self.mentee[first]} with mentor {self.mentor[first]}"
            raise ValueError(f"mentee, mentor: pair {second} repeats pair {first} ({pair})")

    def _set_floors(self, mentees: int) -> None:
        if (self.group is None) != (self.floor is None):
            raise ValueError("group, floor: one needs the other")
        floor = listed("floor", [] if self.floor is None else self.floor)
        numbers = floor.dtype.kind in "fiub"
        if floor.ndim != 1 or not (numbers and ((floor >= 0) & (floor <= 1)).all()):
            raise ValueError("floor: a share between 0 and 1 is needed for each group")
        self._set("group", np.int32, mentees, -1, len(floor), default=-1)
        self._put("floor", floor.astype(np.float64))

    def _set_keep(self, edges: int) -> None:
        self._put("keep", marks("keep", self.keep, edges))

    def _set_keys(self, mentees: int, mentors: int) -> None:
        object.__setattr__(self, "key", keys(self.key, {"mentees": mentees, "mentors": mentors}))

    def _set_needs(self, mentees: int, mentors: int) -> None:
        if (self.need is None) != (self.serves is None):
            raise ValueError("need, serves: one needs the other")
        self._set("need", np.int64, mentees, 0, default=0)
        self._set("met", np.int64, mentees, 0, default=0)
        self._set("serves", np.int64, mentors, 0, default=0)

    def _set_locked(self) -> None:
        raw = listed("locked", [] if self.locked is None else self.locked)
        raw = raw.reshape(0, 2).astype(np.int32) if not raw.size else raw
        if raw.ndim != 2 or raw.shape[1] != 2:
            raise ValueError("locked: two columns are needed, mentee and mentor")
        sides = (("mentee", self.demand), ("mentor", self.capacity))
        columns = [
            whole(f"locked {side}", raw[:, place], np.int32, None, 0, len(limit))
            for place, (side, limit) in enumerate(sides)
        ]
        self._put("locked", np.stack(columns, axis=1))
        if len(missing := np.flatnonzero(self.locked_edges < 0)):
            mentee, mentor = self.locked[missing[0]].tolist()
            raise ValueError(
                f"locked[{missing[0]}]: mentee {mentee} with mentor {mentor} is no candidate pair"
            )
        unique, count = np.unique(self.locked, axis=0, return_counts=True)
        if len(twice := unique[count > 1]):
            raise ValueError(f"locked: mentee {twice[0, 0]} with mentor {twice[0, 1]} stands twice")
        for place, (side, limit) in enumerate(sides):
            self._check_limit(side, columns[place], columns[1 - place], limit)

    @staticmethod
    def _check_limit(side: str, rows: Ints32, partners: Ints32, limit: Ints32) -> None:
        over = np.flatnonzero(np.bincount(rows, minlength=len(limit)) > limit)
        if len(over):
            row = int(over[0])
            names = ", ".join(str(partner) for partner in sorted(partners[rows == row].tolist()))
            other, limited = ("mentors", "wants") if side == "mentee" else ("mentees", "takes")
            raise ValueError(
                f"locked: {side} {row} {limited} {limit[row]} but is locked with {other} {names}"
            )


def whole(
    name: str,
    raw: npt.NDArray[Any],
    kind: type[np.signedinteger[Any]],
    size: int | None,
    least: int,
    below: int | None = None,
) -> npt.NDArray[Any]:
    """`raw` as a one-dimensional array of `kind`, or ValueError with the first place that is wrong."""
    if raw.ndim != 1:
        raise ValueError(f"{name}: a list of whole numbers is needed")
    if size is not None and len(raw) != size:
        raise ValueError(f"{name}: {len(raw)} values where {size} are needed")
    if not len(raw):
        return raw.astype(kind)
    if raw.dtype.kind not in "iu":
        raise ValueError(f"{name}: whole numbers are needed, not {raw.dtype}")
    lowest, highest = int(raw.min()), int(raw.max())
    if lowest < least:
        raise ValueError(f"{name}[{(raw < least).argmax()}]: {raw[raw < least][0]} is under {least}")
    if below is not None and highest >= below:
        place = (raw >= below).argmax()
        raise ValueError(f"{name}[{place}]: {raw[place]} names none of the {below} there are")
    if highest > (most := int(np.iinfo(kind).max)):
        raise ValueError(f"{name}[{(raw > most).argmax()}]: {raw[raw > most][0]} is too large")
    return raw.astype(kind, copy=False)


def listed(name: str, value: Any) -> npt.NDArray[Any]:
    """Lists as an array, or ValueError where they are of different length."""
    try:
        return np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: rows of one length are needed") from error


def closed(value: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A view of the same numbers that cannot be written to."""
    view = value.view()
    view.flags.writeable = False
    return view


def marks(name: str, value: Any, pairs: int) -> Bools:
    """True or false for each pair, false where nothing is given, or ValueError."""
    found = np.zeros(pairs, dtype=bool) if value is None else listed(name, value)
    if found.shape != (pairs,) or (pairs and found.dtype != np.bool_):
        raise ValueError(f"{name}: true or false is needed for each of the {pairs} pairs")
    return found.astype(np.bool_)


def keys(value: Any, sizes: dict[str, int]) -> tuple[Ints64, ...]:
    """The stable ids of both sides, row numbers where nothing is given, or ValueError."""
    given = [np.arange(size) for size in sizes.values()] if value is None else value
    if not isinstance(given, Sequence | np.ndarray) or len(given) != len(sizes):
        raise ValueError(f"key: ids of the {' and ids of the '.join(sizes)} are needed")
    found, lowest = [], int(np.iinfo(np.int64).min)
    for (side, size), ids in zip(sizes.items(), given, strict=True):
        name = f"key of {side}"
        found.append(closed(whole(name, listed(name, ids), np.int64, size, lowest)))
        unique, count = np.unique(found[-1], return_counts=True)
        if len(twice := unique[count > 1]):
            raise ValueError(f"{name}: {twice[0]} stands twice")
    return tuple(found)
