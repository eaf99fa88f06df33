"""Solving as a worker does it: small problems at once, large ones in a process that can be stopped; circles too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings

from matching.domain.failures import Failure
from matching.domain.stages import Stopped, is_wanted
from matching.engine import EngineError, Problem, Solution, minimum, solve
from matching.engine.circles import Gathered, Gathering, columns_of, gather
from matching.engine.field import Field
from matching.engine.pricing import FieldSolution, solve_field
from matching.engine.process import (
    Halted,
    Limits,
    gather_apart,
    highest_fit_apart,
    solve_apart,
    solve_field_apart,
)
from matching.snapshot import Snapshot

PART_AT_ONCE = 2.0  # seconds for a part of the circles while a page waits
AT_ONCE = 8.0  # seconds for all of them

log = structlog.get_logger(__name__)


def solved(run_id: int, problem: Problem, objective: str) -> Solution:
    """The best pairs, within the limits of time and memory. Raises Failure, or Stopped once the run is called off."""
    with _told(run_id):
        if len(problem.score) < settings.MATCHING_APART_PAIRS:
            return solve(problem, objective=objective)
        return solve_apart(problem, objective=objective, limits=_limits(run_id))


def solved_field(run_id: int, field: Field, snapshot: Snapshot, objective: str) -> FieldSolution:
    """As `solved`, of a field too large to hold every pair: proven on all of them.

    Failure "time" tells how far from the best it was when time was over.
    """
    locks, keep = snapshot.standing_locks(), snapshot.keep
    with _told(run_id):
        if field.size < settings.MATCHING_APART_PAIRS:
            found = solve_field(field, objective=objective, locks=locks, keep=keep)
        else:
            limits = _limits(run_id)
            found = solve_field_apart(field, objective=objective, locks=locks, keep=keep, limits=limits)
    if not found.proof.complete:
        raise Failure("time", covered_gap=found.proof.covered_gap)
    return found


def circles_solved(run_id: int, problem: Gathering) -> Gathered:
    """The best circles, likewise. Failure "lock_circle" for locked seats that cannot all stand."""
    with _told(run_id):
        try:
            if columns_of(problem) < settings.MATCHING_APART_SEATS:
                return gather(problem)
            return gather_apart(problem, limits=_limits(run_id))
        except ValueError as error:  # the only thing a checked field can be refused for
            log.warning("circle_locks_refused", run=run_id, error=str(error))
            raise Failure("lock_circle") from error


def circles_at_once(problem: Gathering) -> Gathered | None:
    """The best circles while a page waits; None where that takes too long. Raises ValueError for the locked seats.

    What is not proven in time is stated by its gap.
    """
    if columns_of(problem) < settings.MATCHING_APART_SEATS:
        return gather(problem, seconds=PART_AT_ONCE)
    limits = Limits(megabytes=settings.MATCHING_MEMORY_MB, seconds=AT_ONCE)
    try:
        return gather_apart(problem, limits=limits, each=PART_AT_ONCE)
    except Halted:
        return None


def highest_fit(run_id: int, field: Field, snapshot: Snapshot) -> int:
    """The highest minimum fit that costs nobody, in the same way."""
    locks = snapshot.standing_locks()
    with _told(run_id):
        if field.size < settings.MATCHING_APART_PAIRS:
            return minimum.highest_fit(field, locks)
        return highest_fit_apart(field, locks, limits=_limits(run_id))


def _limits(run_id: int) -> Limits:
    return Limits(lambda: is_wanted(run_id), settings.MATCHING_MEMORY_MB, settings.MATCHING_SECONDS)


@contextmanager
def _told(run_id: int) -> Iterator[None]:
    """What ends a solver, in the terms of a run."""
    try:
        yield
    except EngineError as error:
        log.warning("engine_failed", run=run_id, error=str(error))
        raise Failure("engine") from error
    except Halted as halted:
        if halted.reason == "unwanted":
            raise Stopped from halted
        log.warning("solver_halted", run=run_id, reason=halted.reason, error=str(halted))
        raise Failure(halted.reason) from halted
