"""Solving as a worker does it: small problems at once, large ones in a process that can be stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings

from matching.domain.failures import Failure
from matching.domain.stages import Stopped, is_wanted
from matching.engine import EngineError, Problem, Solution, solve
from matching.engine.field import Field
from matching.engine.pricing import FieldSolution, solve_field
from matching.engine.process import Halted, Limits, solve_apart, solve_field_apart
from matching.snapshot import Snapshot

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
