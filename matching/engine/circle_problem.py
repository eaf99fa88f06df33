"""What circles are to be formed from, checked on construction, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.problem import Ints64, keys, listed, marks, whole

Masks = npt.NDArray[np.uint64]
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Gathering:
    """Candidate circles, and who may sit in which (hard rules already applied).

    A slot of the week is a bit; a mask of 0 states nothing, so that any time suits. Sizes, points and the price are
    below 2**31; where the price outweighs the points of a seat a million times, the solver's tolerance may leave the
    best circles unproven. Raises ValueError saying which field is wrong, where and why.
    """

    hosts: Any  # int64 (C, 2): host rows of each candidate circle, the second NOBODY for a single host
    least: Any  # int64 (C,): mentees without whom it does not open, >= 1
    most: Any  # int64 (C,): mentees it can take, >= least
    mentee: Any  # int64 (E,): candidate seats, no seat twice
    circle: Any  # int64 (E,)
    score: Any  # int64 (E,), >= 0
    free: Any  # uint64 (n_mentees,): slots that suit each mentee
    host_free: Any  # uint64 (n_hosts,): slots that suit each host
    locked: Any = None  # int64 (L, 2): mentee row and host row who must be in one circle
    tier: Any = None  # int64 (n_mentees,): 0 is placed first
    keep: Any = None  # bool (E,): seats of the run before
    key: Any = None  # stable ids of mentees and of hosts, which order ties; default row numbers
    price: int = 0  # points of fit that one more circle must win

    def __post_init__(self) -> None:
        mentees, hosts = (self._set_free(name) for name in ("free", "host_free"))
        circles = self._set_hosts(hosts)
        self._set("least", circles, 1)
        self._set("most", circles, 1)
        if len(under := np.flatnonzero(self.most < self.least)):
            raise ValueError(
                f"most[{under[0]}]: {self.most[under[0]]} is under {self.least[under[0]]}, the least"
            )
        edges = len(listed("mentee", self.mentee))
        self._set("mentee", edges, 0, mentees)
        self._set("circle", edges, 0, circles)
        self._set("score", edges, 0)
        if len(np.unique(self.mentee * max(circles, 1) + self.circle)) < edges:
            raise ValueError("mentee, circle: a seat stands twice")
        self._set("tier", mentees, 0)
        object.__setattr__(self, "keep", marks("keep", self.keep, edges))
        object.__setattr__(self, "key", keys(self.key, {"mentees": mentees, "hosts": hosts}))
        self._set_locked(mentees, hosts)
        price = whole("price", listed("price", [self.price]), np.int32, 1, 0)
        object.__setattr__(self, "price", int(price[0]))

    def _set(self, name: str, size: int, least: int, below: int | None = None) -> None:
        value = getattr(self, name)
        raw = listed(name, np.zeros(size, dtype=np.int64) if value is None else value)
        found = whole(name, raw, np.int32, size, least, below).astype(np.int64)
        object.__setattr__(self, name, found)

    def _set_free(self, name: str) -> int:
        raw = listed(name, getattr(self, name))
        raw = raw if len(raw) else raw.astype(np.uint64)
        if raw.dtype != np.uint64:  # whole numbers with the highest bit set fit no signed type
            raw = whole(name, raw, np.int64, None, 0)
        object.__setattr__(self, name, raw.astype(np.uint64))
        return len(raw)

    def _set_hosts(self, hosts: int) -> int:
        pairs = _two_columns("hosts", self.hosts)
        columns = [whole(f"hosts, column {at}", pairs[:, at], np.int64, None, -at, hosts) for at in (0, 1)]
        if len(same := np.flatnonzero(columns[0] == columns[1])):
            raise ValueError(f"hosts[{same[0]}]: {columns[0][same[0]]} stands twice")
        object.__setattr__(self, "hosts", np.stack(columns, axis=1))
        return len(pairs)

    def _set_locked(self, mentees: int, hosts: int) -> None:
        raw = _two_columns("locked", [] if self.locked is None else self.locked)
        sides = (("mentee", mentees), ("host", hosts))
        columns = [
            whole(f"locked {side}", raw[:, at], np.int64, None, 0, size)
            for at, (side, size) in enumerate(sides)
        ]
        object.__setattr__(self, "locked", np.stack(columns, axis=1))

    @cached_property
    def week(self) -> np.uint64:
        """All slots that anybody states; one that suits all where nobody states any."""
        every = np.bitwise_or.reduce(np.concatenate([self.free, self.host_free]), initial=np.uint64(0))
        return np.uint64(every or 1)

    @cached_property
    def times(self) -> Masks:
        """Slots that suit the hosts of each candidate circle."""
        suits = self.suiting(self.host_free)
        second = np.where(self.hosts[:, 1] == NOBODY, self.week, suits[self.hosts[:, 1]])
        return np.asarray(suits[self.hosts[:, 0]] & second, dtype=np.uint64)

    @cached_property
    def seats(self) -> Masks:
        """Slots that suit the mentee and the hosts of each candidate seat."""
        return np.asarray(self.suiting(self.free)[self.mentee] & self.times[self.circle], dtype=np.uint64)

    def suiting(self, masks: Masks) -> Masks:
        """Masks with any time where none is stated."""
        return np.where(masks == 0, self.week, masks).astype(np.uint64)

    def common(self, hosts: tuple[int, ...], members: tuple[int, ...]) -> int:
        """Slots that suit all of these people; 0 where nobody states any."""
        stated = [int(self.host_free[row]) for row in hosts] + [int(self.free[row]) for row in members]
        if not any(stated):
            return 0
        shared = int(self.week)
        for mask in filter(None, stated):
            shared &= mask
        return shared


def _two_columns(name: str, value: Any) -> npt.NDArray[Any]:
    raw = listed(name, value)
    raw = raw if raw.size else np.zeros((0, 2), dtype=np.int64)
    if raw.ndim != 2 or raw.shape[1] != 2:
        raise ValueError(f"{name}: two columns are needed")
    return raw


@dataclass(frozen=True)
class Circle:
    """An open circle; rows."""

    hosts: tuple[int, ...]
    members: tuple[int, ...]  # sorted
    slots: int  # mask of all times that suit everyone; 0 where nobody stated any
    candidate: int  # which of the candidate circles it is


@dataclass(frozen=True)
class Bound:
    """What no answer exceeds, each figure among those that reach the ones before."""

    placed: int
    by_tier: tuple[int, ...]
    worth: int
    kept: int


@dataclass(frozen=True)
class Proof:
    """Whether circles may be shown, and how far from the best they can be at most; why not where `ok` is false."""

    ok: bool
    reason: str = ""
    placed: int = 0  # most people that can be placed
    by_tier: tuple[int, ...] = ()  # most of each tier, earlier tiers first
    worth: int = 0  # most points, with so many people placed
    gap: float = 0.0  # share of people, or where all are placed of points, that a better answer could win
    proven: bool = False  # no better answer exists, nor one as good that keeps more seats of the run before


@dataclass(frozen=True, eq=False)
class Gathered:
    """The circles of a run, ordered by their candidate."""

    circles: tuple[Circle, ...]
    placed: int
    by_tier: tuple[int, ...]  # people placed of each tier that occurs, in order
    total: int  # points of fit of all seats
    worth: int  # the same less the price of the circles
    kept: int
    certificate: Proof = field(default_factory=lambda: Proof(False, "not certified yet"))
    bound: Bound | None = None  # what the search has proven; None where circles were only approached

    @cached_property
    def circle_of(self) -> dict[int, int]:
        """Place in `circles` by mentee row."""
        return {row: place for place, circle in enumerate(self.circles) for row in circle.members}


def gathered(problem: Gathering, taken: Ints64) -> Gathered:
    """The circles that these seats (places among the candidates) make."""
    by_circle: dict[int, list[int]] = {}
    for circle, mentee in zip(problem.circle[taken].tolist(), problem.mentee[taken].tolist(), strict=True):
        by_circle.setdefault(circle, []).append(mentee)
    circles = []
    for candidate in sorted(by_circle):
        hosts = tuple(row for row in problem.hosts[candidate].tolist() if row != NOBODY)
        members = tuple(sorted(by_circle[candidate]))
        circles.append(Circle(hosts, members, problem.common(hosts, members), candidate))
    total = int(problem.score[taken].sum())
    return Gathered(
        tuple(circles),
        len(taken),
        by_tier(problem, problem.mentee[taken]),
        total,
        total - problem.price * len(circles),
        int(problem.keep[taken].sum()),
    )


def by_tier(problem: Gathering, mentees: Ints64) -> tuple[int, ...]:
    """How many of these mentees are of each tier that occurs, in order."""
    tiers, rank = np.unique(problem.tier, return_inverse=True)
    return tuple(np.bincount(rank[mentees], minlength=len(tiers)).tolist())
