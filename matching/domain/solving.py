"""Solving as a worker does it: small problems at once, large ones in a process that can be stopped."""

from __future__ import annotations

import structlog
from django.conf import settings

from matching.domain.failures import Failure
from matching.domain.stages import Stopped, is_wanted
from matching.engine import EngineError, Problem, Solution, solve
from matching.engine.process import Halted, solve_apart

log = structlog.get_logger(__name__)


def solved(run_id: int, problem: Problem, objective: str) -> Solution:
    """The best pairs, within the limits of time and memory. Raises Failure, or Stopped once the run is called off."""
    if len(problem.score) < settings.MATCHING_APART_PAIRS:
        try:
            return solve(problem, objective=objective)
        except EngineError as error:
            log.warning("engine_failed", run=run_id, error=str(error))
            raise Failure("engine") from error
    try:
        return solve_apart(
            problem,
            objective=objective,
            wanted=lambda: is_wanted(run_id),
            megabytes=settings.MATCHING_MEMORY_MB,
            seconds=settings.MATCHING_SECONDS,
        )
    except Halted as halted:
        if halted.reason == "unwanted":
            raise Stopped from halted
        log.warning("solver_halted", run=run_id, reason=halted.reason, error=str(halted))
        raise Failure(halted.reason) from halted
