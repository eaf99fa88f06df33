"""The rows and columns of one part of the field, and the two ways to ask the solver about them."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy  # its parts are loaded when they are first used

from matching.engine.circle_problem import NOBODY, Gathering
from matching.engine.network import EngineError
from matching.engine.problem import Bools, Ints64

Floats = npt.NDArray[np.float64]
UNHELD = "locked: these seats cannot all stand: no time in common, or too few people for their circles"
_LITTLE = 1e-4  # of one person or point: what the solver's sums may be off by
_INFEASIBLE = 2  # the solver's status
_TIGHTEN = 12  # times that a loose answer is made closer


class Option(NamedTuple):
    """A candidate circle at one slot of the week."""

    circle: int
    slot: int  # a single bit


class Part(NamedTuple):
    """Candidate circles, seats and locks that share nobody with the rest of the field."""

    circles: Ints64
    edges: Ints64
    locked: Ints64


class Loose(NamedTuple):
    """The best answer in fractions."""

    value: float
    x: Floats
    cost: Floats  # points lost at least by moving a column to its other end

    @property
    def bound(self) -> int:
        """The most that a whole answer can reach."""
        return int(np.floor(self.value + _LITTLE))


class Found(NamedTuple):
    """The best whole answer on some columns."""

    value: int
    bound: int
    x: Floats
    columns: Ints64


class Model:
    """Columns: an option each (0 or 1), then a seat at an option each (0 to 1)."""

    def __init__(self, problem: Gathering, part: Part, seconds: float) -> None:
        self.problem = problem
        self.options = _options(problem, part)
        self.edge, self.option = _columns(problem, part, self.options)
        self.size = len(self.options) + len(self.edge)
        self._deadline = time.monotonic() + seconds
        self._rows: list[scipy.sparse.csr_array] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._held: list[int] = []
        self._build(part.locked)

    @property
    def late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self._deadline

    def gain(self, worth: Ints64, price: int) -> Floats:
        """What each column is worth."""
        return np.concatenate([np.full(len(self.options), -price), worth[self.edge]]).astype(np.float64)

    def hold(self, gain: Floats, value: int) -> int:
        """From now on, no answer may be worth less than this to the goal; returns the value."""
        column = np.flatnonzero(gain)
        self._held.append(len(self._rows))
        self._add(np.zeros(len(column), dtype=np.int64), column, gain[column], value, np.inf)
        return value

    def release(self, count: int) -> None:
        """Let go of what was held last."""
        for place in [self._held.pop() for _ in range(count)]:
            for kept in (self._rows, self._low, self._high):
                del kept[place]

    def loose(self, gain: Floats, rounds: int = _TIGHTEN) -> Loose | None:
        """The best answer in fractions, made closer `rounds` times; None if there is none."""
        first = len(self.options)
        for left in range(rounds, -1, -1):
            rows, low, high = self._all_rows()
            upper, lower = np.isfinite(high), np.isfinite(low)
            found = scipy.optimize.linprog(
                -gain,
                A_ub=scipy.sparse.vstack([rows[upper], -rows[lower]]),
                b_ub=np.concatenate([high[upper], -low[lower]]),
                bounds=(0, 1),
                method="highs",
            )
            if found.status == _INFEASIBLE:
                return None
            if found.x is None:
                raise EngineError(f"the solver for circles ended with: {found.message}")
            over = np.flatnonzero(found.x[first:] > found.x[self.option] + 1e-6)
            if not left or not len(over) or self.late:
                break
            row = np.arange(len(over))
            columns, signs = [over + first, self.option[over]], [np.ones(len(over)), -np.ones(len(over))]
            self._add(np.tile(row, 2), np.concatenate(columns), np.concatenate(signs), -np.inf, 0.0)
        return Loose(-found.fun, found.x, found.lower.marginals + found.upper.marginals)

    def whole(self, gain: Floats, columns: Ints64, elsewhere: Floats | None = None) -> Found | None:
        """The best whole answer on these columns, the others being rounded as `elsewhere`; None if there is none."""
        x = np.zeros(self.size) if elsewhere is None else np.round(elsewhere)
        x[columns] = 0
        rows, low, high = self._all_rows()
        fixed = rows @ x
        found = scipy.optimize.milp(
            -gain[columns],
            integrality=(columns < len(self.options)).astype(np.int64),
            bounds=scipy.optimize.Bounds(0, 1),
            constraints=scipy.optimize.LinearConstraint(rows.tocsc()[:, columns], low - fixed, high - fixed),
            options={"mip_rel_gap": 0, "time_limit": max(1.0, self._deadline - time.monotonic())},
        )
        if found.status == _INFEASIBLE:
            return None
        if found.x is None:
            raise EngineError(f"the solver for circles ended with: {found.message}")
        rest = float(gain @ x)
        x[columns] = found.x
        value = round(rest - found.fun)
        least = found.fun if found.mip_dual_bound is None else found.mip_dual_bound
        return Found(value, max(value, int(np.floor(rest - least + _LITTLE))), x, columns)

    def _all_rows(self) -> tuple[scipy.sparse.csr_array, Floats, Floats]:
        return (
            scipy.sparse.vstack(self._rows, format="csr"),
            np.concatenate(self._low),
            np.concatenate(self._high),
        )

    def _build(self, locked: Ints64) -> None:
        problem, first = self.problem, len(self.options)
        choice, seat = np.arange(first), np.arange(len(self.edge)) + first
        circle = np.array([option.circle for option in self.options], dtype=np.int64)
        hosts = problem.hosts[circle]
        paired = np.flatnonzero(hosts[:, 1] != NOBODY)
        self._at_most_one(problem.mentee[self.edge], seat)
        self._at_most_one(np.concatenate([hosts[:, 0], hosts[paired, 1]]), np.concatenate([choice, paired]))
        for size, low, high in ((problem.most, -np.inf, 0.0), (problem.least, 0.0, np.inf)):
            values = np.concatenate([np.ones(len(seat)), -size[circle]])
            self._add(
                np.concatenate([self.option, choice]), np.concatenate([seat, choice]), values, low, high
            )
        for mentee, host in locked.tolist():
            with_host = (problem.hosts[problem.circle[self.edge]] == host).any(axis=1)
            held = seat[with_host & (problem.mentee[self.edge] == mentee)]
            if not len(held):
                raise ValueError(f"locked: mentee {mentee} and host {host} have no circle that suits both")
            self._add(np.zeros(len(held), dtype=np.int64), held, np.ones(len(held)), 1.0, 1.0)

    def _at_most_one(self, who: Ints64, columns: Ints64) -> None:
        _, row = np.unique(who, return_inverse=True)
        self._add(row, columns, np.ones(len(columns)), -np.inf, 1.0)

    def _add(self, row: Ints64, column: Ints64, value: Floats, low: float, high: float) -> None:
        count = int(row.max(initial=-1)) + 1
        self._rows.append(scipy.sparse.csr_array((value, (row, column)), shape=(count, self.size)))
        self._low.append(np.full(count, low))
        self._high.append(np.full(count, high))


def _options(problem: Gathering, part: Part) -> list[Option]:
    """The slots at which each circle could meet.

    One for which too few are free is left out, and one that suits nobody whom another does not suit too.
    """
    found: list[Option] = []
    for circle in part.circles.tolist():
        masks = problem.seats[part.edges[problem.circle[part.edges] == circle]]
        slots = [1 << bit for bit in range(64) if int(problem.times[circle]) >> bit & 1]
        free = {slot: masks & np.uint64(slot) != 0 for slot in slots}
        kept = [slot for slot in slots if free[slot].sum() >= problem.least[circle]]
        found += [Option(circle, slot) for slot in kept if not _outdone(slot, kept, free)]
    return found


def _outdone(slot: int, slots: list[int], free: dict[int, Bools]) -> bool:
    """Whether another slot suits all whom this one suits; of equals the first stays."""
    mine = free[slot]
    return any(
        other != slot and not (mine & ~free[other]).any() and (other < slot or (free[other] & ~mine).any())
        for other in slots
    )


def _columns(problem: Gathering, part: Part, options: list[Option]) -> tuple[Ints64, Ints64]:
    """The candidate seat and the option of each seat column."""
    edges, places = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for place, (circle, slot) in enumerate(options):
        here = part.edges[problem.circle[part.edges] == circle]
        here = here[problem.seats[here] & np.uint64(slot) != 0]
        edges.append(here)
        places.append(np.full(len(here), place))
    return np.concatenate(edges), np.concatenate(places)
