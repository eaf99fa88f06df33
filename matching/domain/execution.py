"""Doing a run: read, score, solve, certify, explain, store. Nothing unproven is ever stored."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from core.audit import record
from core.lifecycle import move
from matching.circles_snapshot import CircleSnapshot, read_circles
from matching.domain.circles import CircleFindings, fill_circles
from matching.domain.failures import Failure, check_locks
from matching.domain.findings import Findings
from matching.domain.inputs import drop_old_inputs
from matching.engine import Certificate, EngineError, Problem, Solution, certify, solve
from matching.engine.field import Field
from matching.flags import set_flags
from matching.loaded import packed_inputs
from matching.models import Circle, Leftover, Outlook, Proposal, Run, RunInput
from matching.snapshot import Snapshot, one_moment, read_snapshot
from matching.verbs import Verb

log = structlog.get_logger(__name__)

# Stage and how far a run is when it begins, in percent.
STAGES = {"reading": 3, "scoring": 15, "solving": 30, "certifying": 55, "explaining": 65, "storing": 95}
_BATCH = 2000


class Stopped(Exception):
    """The run was cancelled while it was at work."""


def execute_run(run_id: int) -> None:
    """Do a queued run. Does nothing for a run that is under way or over, so a task may come twice."""
    with holding(run_id) as alone:
        if not alone or not _begin(run_id):
            return
        try:
            _work(Run.objects.select_related("cohort__program").get(pk=run_id))
        except Stopped:
            log.info("run_stopped", run=run_id)
        except Failure as failure:
            fail(run_id, failure.code, failure.details)
        except Exception:
            log.exception("run_failed", run=run_id)
            fail(run_id, "unexpected", {})


@contextmanager
def holding(run_id: int) -> Iterator[bool]:
    """Hold the run for this database session. It is free again when the session ends, even by a crash."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended('matching.run:' || %s, 0))", [run_id])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(hashtextextended('matching.run:' || %s, 0))", [run_id]
                )


@transaction.atomic
def fail(run_id: int, code: str, details: dict[str, Any]) -> None:
    """Mark a run that is not over as failed."""
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state not in (Run.State.QUEUED, Run.State.RUNNING):
        return
    run.problem, run.finished_at = code, timezone.now()
    run.certificate = {"ok": False, **details}
    move(run, Run.State.FAILED, also=["problem", "finished_at", "certificate"])
    record(Verb.RUN_FAILED, by=None, target=run, program_id=run.cohort.program_id, data={"code": code})


@transaction.atomic
def _begin(run_id: int) -> bool:
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state != Run.State.QUEUED:
        return False
    run.started_at = timezone.now()
    move(run, Run.State.RUNNING, also=["started_at"])
    return True


def _enter(run: Run, stage: str, more: int = 0) -> None:
    """Show where the run is, in a short transaction of its own. Raises Stopped if it has been cancelled."""
    at_work = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
    if not at_work.update(stage=stage, progress=STAGES[stage] + more):
        raise Stopped


def _work(run: Run) -> None:
    _enter(run, "reading")
    with one_moment():
        snapshot = read_snapshot(run.cohort, run.criteria)
        circles = read_circles(run.cohort, run.criteria)
    _enter(run, "scoring")
    field = _field(snapshot, circles)
    problem = _problem(field, snapshot)
    _enter(run, "solving")
    try:
        solution = solve(problem, objective=run.objective)
    except EngineError as error:
        log.warning("engine_failed", run=run.pk, error=str(error))
        raise Failure("engine") from error
    _enter(run, "certifying")
    certificate = _certify(field, problem, solution)
    solution = replace(solution, certificate=certificate)
    groups = fill_circles(circles) if circles else None
    _enter(run, "explaining")
    findings = Findings(snapshot, field, problem, solution)
    outlooks = list(findings.outlooks(run.pk, _explaining(run)))
    leftovers = list(findings.leftovers(run.pk))
    proposals = list(findings.proposals(run.pk))
    set_flags(proposals, snapshot)
    _enter(run, "storing")
    run.snapshot_digest = circles.digest(snapshot) if circles else snapshot.digest()
    run.engine_version = engine_version()
    run.certificate = asdict(certificate)
    run.numbers = findings.numbers()
    made: list[Circle] = []
    if circles and groups:
        told = CircleFindings(circles, groups)
        run.certificate["circles"] = asdict(groups.found.certificate)
        run.numbers["circles"] = told.numbers()
        made, seats = told.circles(run.pk)
        proposals += seats
        leftovers += told.leftovers(run.pk)
        outlooks += told.outlooks(run.pk)
    _store(run, packed_inputs(run.pk, snapshot, solution), made, proposals, leftovers, outlooks)


def _field(snapshot: Snapshot, circles: CircleSnapshot | None) -> Field:
    if not circles and (not snapshot.mentees.person or not any(snapshot.mentors.limit)):
        raise Failure("nobody")
    try:
        return snapshot.field()
    except ValueError as error:
        log.warning("field_refused", error=str(error))
        raise Failure("too_many") from error


def _problem(field: Field, snapshot: Snapshot) -> Problem:
    check_locks(field, snapshot)
    return snapshot.problem(field)


def _certify(field: Field, problem: Problem, solution: Solution) -> Certificate:
    """Fail closed: the proof is made anew here, and the hard rules are asked again for each pair."""
    certificate = certify(problem, solution)
    if not certificate.ok:
        log.error("run_not_proven", reason=certificate.reason)
        raise Failure("not_proven", reason=certificate.reason)
    for mentee, mentor in zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True):
        if rules := field.blocked_by(mentee, mentor):
            raise Failure("not_proven", reason=f"a pair breaks {', '.join(rules)}")
    return certificate


def _explaining(run: Run) -> Any:
    """Passes on each tenth of the way, and notices a cancellation."""
    shown = [0]
    width = STAGES["storing"] - STAGES["explaining"]

    def progress(percent: int) -> None:
        if percent >= shown[0] + 10:
            shown[0] = percent
            _enter(run, "explaining", width * percent // 100)

    return progress


@transaction.atomic
def _store(
    run: Run,
    inputs: RunInput,
    circles: list[Circle],
    proposals: list[Proposal],
    leftovers: list[Leftover],
    outlooks: list[Outlook],
) -> None:
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state != Run.State.RUNNING:
        raise Stopped
    Circle.objects.bulk_create(circles, batch_size=_BATCH)
    Proposal.objects.bulk_create(proposals, batch_size=_BATCH)
    Leftover.objects.bulk_create(leftovers, batch_size=_BATCH)
    Outlook.objects.bulk_create(outlooks, batch_size=_BATCH)
    inputs.save()
    drop_old_inputs(run.cohort_id)
    for name in ("snapshot_digest", "engine_version", "certificate", "numbers"):
        setattr(locked, name, getattr(run, name))
    locked.stage, locked.progress, locked.finished_at = "", 100, timezone.now()
    also = ["snapshot_digest", "engine_version", "certificate", "numbers", "stage", "progress", "finished_at"]
    move(locked, Run.State.CERTIFIED, also=also)
    data = {name: run.numbers[name] for name in ("mentees", "covered", "pairs")}
    record(Verb.RUN_CERTIFIED, by=None, target=locked, program_id=locked.cohort.program_id, data=data)


def engine_version() -> str:
    """What produced the run: the product and its solver."""
    versions = {name: importlib.metadata.version(name) for name in ("ortools", "scipy", "numpy")}
    return ", ".join(f"{name} {version}" for name, version in versions.items())
