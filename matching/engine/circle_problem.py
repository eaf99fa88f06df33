"""What circles are to be formed from, checked on construction, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.problem import Ints64, whole

Masks = npt.NDArray[np.uint64]
NOBODY = -1


@dataclass(frozen=True, eq=False)
class Gathering:
    """Candidate circles, and who may sit in which (hard rules already applied).

    A slot of the week is a bit; a mask of 0 states nothing, so that any time suits. Raises ValueError saying
    which field is wrong, where and why.
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
        for name in ("free", "host_free"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)).astype(np.uint64))
        mentees, hosts = len(self.free), len(self.host_free)
        pairs = np.asarray(self.hosts, dtype=np.int64).reshape(-1, 2)
        for place in (0, 1):
            whole(f"hosts, column {place}", pairs[:, place], np.int64, None, -place, hosts)
        if len(same := np.flatnonzero(pairs[:, 0] == pairs[:, 1])):
            raise ValueError(f"hosts[{same[0]}]: {pairs[same[0], 0]} stands twice")
        object.__setattr__(self, "hosts", pairs)
        circles = len(pairs)
        self._set("least", circles, 1)
        self._set("most", circles, 1)
        if len(under := np.flatnonzero(self.most < self.least)):
            raise ValueError(
                f"most[{under[0]}]: {self.most[under[0]]} is under {self.least[under[0]]}, the least"
            )
        edges = len(np.asarray(self.mentee))
        self._set("mentee", edges, 0, mentees)
        self._set("circle", edges, 0, circles)
        self._set("score", edges, 0)
        if len(np.unique(self.mentee * max(circles, 1) + self.circle)) < edges:
            raise ValueError("mentee, circle: a seat stands twice")
        self._set("tier", mentees, 0)
        keep = np.zeros(edges, dtype=bool) if self.keep is None else np.asarray(self.keep, dtype=bool)
        object.__setattr__(self, "keep", keep)
        keys = (np.arange(mentees), np.arange(hosts)) if self.key is None else self.key
        object.__setattr__(self, "key", tuple(np.asarray(ids, dtype=np.int64) for ids in keys))
        locked = np.asarray([] if self.locked is None else self.locked, dtype=np.int64).reshape(-1, 2)
        whole("locked mentee", locked[:, 0], np.int64, None, 0, mentees)
        whole("locked host", locked[:, 1], np.int64, None, 0, hosts)
        object.__setattr__(self, "locked", locked)

    def _set(self, name: str, size: int, least: int, below: int | None = None) -> None:
        value = getattr(self, name)
        raw = (
            np.asarray([] if value is None and not size else value)
            if value is not None
            else np.zeros(size, int)
        )
        raw = raw.astype(np.int64) if not len(raw) else raw
        object.__setattr__(self, name, whole(name, raw, np.int64, size, least, below))

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


@dataclass(frozen=True)
class Proof:
    """Whether circles may be shown, and how far from the best they can be at most; why not where `ok` is false."""

    ok: bool
    reason: str = ""
    placed: int = 0  # most people that can be placed
    by_tier: tuple[int, ...] = ()  # most of each tier, earlier tiers first
    worth: int = 0  # most points, with so many people placed
    gap: float = 0.0  # share of people, or where all are placed of points, that a better answer could win
    proven: bool = False  # no better answer exists


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
