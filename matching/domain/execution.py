"""Doing a run: read, score, solve, certify, explain, store. Nothing unproven is ever stored."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Iterable
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path
from typing import Any

import structlog
from django.db import models, transaction
from django.utils import timezone

from core.audit import record
from core.lifecycle import move
from matching import engine
from matching.circles_snapshot import CircleSnapshot, read_circles
from matching.domain.circles import CircleFindings, fill_circles
from matching.domain.failures import Failure, check_locks
from matching.domain.findings import Findings
from matching.domain.inputs import drop_old_inputs
from matching.domain.parts import pieces_of, put_together, share_out
from matching.domain.solving import highest_fit, solved, solved_field
from matching.domain.stages import (
    MOST_ATTEMPTS,
    STAGES,
    Stopped,
    enter,
    fail,
    forget_findings,
    forget_work,
    holding,
)
from matching.engine import Certificate, Problem, Solution
from matching.engine.field import Field
from matching.engine.minimum import why_not_highest
from matching.engine.pricing import Proof
from matching.engine.whole import certify
from matching.flags import set_flags
from matching.loaded import keep_inputs, kept_snapshot
from matching.models import Circle, Leftover, Outlook, Proposal, Run, RunPart
from matching.options import criteria_for
from matching.queries import latest_ready
from matching.snapshot import one_moment, read_snapshot
from matching.verbs import Verb

log = structlog.get_logger(__name__)

_BATCH = 1000


def execute_run(run_id: int) -> None:
    """Do a run, or go on with one whose worker died or whose parts are all solved.

    Does nothing for a run that is held by another worker, waits for parts, or is over: a task may come twice.
    """
    with holding(run_id) as alone:
        if not alone or not _begin(run_id):
            return
        try:
            _work(Run.objects.select_related("cohort__program").get(pk=run_id))
        except Stopped:
            log.info("run_stopped", run=run_id)
            forget_work(run_id)
        except Failure as failure:
            fail(run_id, failure.code, failure.details)
        except Exception:
            log.exception("run_failed", run=run_id)
            fail(run_id, "unexpected", {})


@transaction.atomic
def _begin(run_id: int) -> bool:
    """Whether there is something to do now; counted, so that a run that kills its workers ends."""
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state == Run.State.QUEUED:
        run.started_at, run.attempts = timezone.now(), 1
        move(run, Run.State.RUNNING, also=["started_at", "attempts"])
        return True
    if run.state != Run.State.RUNNING or RunPart.objects.filter(run=run, solution=None).exists():
        return False
    if run.attempts >= MOST_ATTEMPTS:
        fail(run_id, "interrupted", {})
        return False
    run.attempts += 1
    run.save(update_fields=["attempts"])
    return True


def _work(run: Run) -> None:
    if RunPart.objects.filter(run=run).exists():
        snapshot = kept_snapshot(run)
        field = snapshot.field()
        problem = snapshot.problem(field)
        solution = put_together(run, problem)
        _finish(run, Findings(snapshot, field, problem, solution, run.raise_lowest), None)
        return
    enter(run, "reading")
    criteria = criteria_for(run)
    with one_moment():
        snapshot = read_snapshot(run.cohort, criteria, near=run.start_run_id)
        circles = read_circles(run.cohort, criteria, near=run.start_run_id)
    run.snapshot_digest = circles.digest(snapshot) if circles else snapshot.digest()
    if _is_the_same(run):
        return
    enter(run, "scoring")
    if not circles and (not snapshot.mentees.person or not any(snapshot.mentors.limit)):
        raise Failure("nobody")
    field = snapshot.field(any_size=True)
    check_locks(field, snapshot)
    enter(run, "solving")
    if run.raise_lowest:  # on the whole, before it falls into pieces
        snapshot = snapshot.at_least(highest_fit(run.pk, field, snapshot))
        field = snapshot.field(any_size=True)
    if not field.complete:
        found = solved_field(run.pk, field, snapshot, run.objective)
        findings = Findings(snapshot, found.field, found.problem, found.solution, run.raise_lowest)
        _finish(run, findings, _filled(run, circles), found.proof)
        return
    problem = snapshot.problem(field)
    # Circles are read, filled and stored by one task, so a run with circles stays in one piece.
    pieces = [] if circles else pieces_of(problem)
    if len(pieces) > 1:
        share_out(run, snapshot, pieces)
    else:
        solution = solved(run.pk, problem, run.objective)
        findings = Findings(snapshot, field, problem, solution, run.raise_lowest)
        _finish(run, findings, _filled(run, circles))


def _filled(run: Run, circles: CircleSnapshot | None) -> CircleFindings | None:
    return CircleFindings(circles, fill_circles(run.pk, circles)) if circles else None


@transaction.atomic
def _is_the_same(run: Run) -> bool:
    """End a run that would give what the newest one gave: nothing that it rests on has changed."""
    before = latest_ready(run.cohort_id)
    mine = (run.snapshot_digest, run.objective, run.raise_lowest, engine_version())
    if before is None or mine != (
        before.snapshot_digest, before.objective, before.raise_lowest, before.engine_version
    ):  # fmt: skip
        return False
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state != Run.State.RUNNING:
        raise Stopped
    locked.problem, locked.finished_at, locked.stage = "same", timezone.now(), ""
    locked.certificate = {"ok": False, "same_as": before.number}
    move(locked, Run.State.CANCELLED, also=["problem", "finished_at", "stage", "certificate"])
    data = {"number": before.number}
    record(Verb.RUN_SAME, by=None, target=run, program_id=run.cohort.program_id, data=data)
    return True


def _finish(run: Run, findings: Findings, circles: CircleFindings | None, proof: Proof | None = None) -> None:
    """Prove, explain, store. What is written before the end is seen by nobody, and dropped if the end never comes.

    `proof` is that of a field too large to hold every pair.
    """
    enter(run, "certifying")
    certificate = _certify(findings.field, findings.problem, findings.solution)
    findings = replace(findings, solution=replace(findings.solution, certificate=certificate))
    minimum = _minimum(run, findings)
    enter(run, "explaining")
    forget_findings(run.pk)
    run.engine_version, run.certificate = engine_version(), {**asdict(certificate), **minimum}
    if proof:
        run.certificate["field"] = asdict(proof)
    run.numbers = findings.numbers()
    _write(run, Outlook, findings.outlooks(run.pk, _explaining(run)))
    _write(run, Leftover, findings.leftovers(run.pk))
    proposals = list(findings.proposals(run.pk))
    set_flags(proposals, findings.snapshot)
    _write(run, Proposal, proposals)
    if circles:
        _write_circles(run, circles)
    enter(run, "storing")
    _store(run, findings)


def _write_circles(run: Run, told: CircleFindings) -> None:
    run.certificate["circles"] = asdict(told.filled.found.certificate)
    run.numbers["circles"] = told.numbers()
    made, seats = told.circles(run.pk)
    _write(run, Circle, made)
    _write(run, Proposal, seats)
    _write(run, Leftover, told.leftovers(run.pk))
    _write(run, Outlook, told.outlooks(run.pk))


def _write(run: Run, model: type[models.Model], rows: Iterable[Any]) -> None:
    """Store rows as they come, a batch at a time. Raises Stopped for a cancelled run."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            model._default_manager.bulk_create(batch)
            batch = []
    model._default_manager.bulk_create(batch)


def _certify(field: Field, problem: Problem, solution: Solution) -> Certificate:
    """Fail closed: the proof is made anew here, and the hard rules are asked again for each pair."""
    certificate = certify(field, problem, solution)
    if not certificate.ok:
        log.error("run_not_proven", reason=certificate.reason)
        raise Failure("not_proven", reason=certificate.reason)
    for mentee, mentor in zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True):
        if rules := field.blocked_by(mentee, mentor):
            raise Failure("not_proven", reason=f"a pair breaks {', '.join(rules)}")
    return certificate


def _minimum(run: Run, findings: Findings) -> dict[str, Any]:
    """The minimum fit that holds, and whether it is the highest that leaves nobody out: proven against the whole."""
    least = int(findings.field.criteria.min_fit)
    if run.raise_lowest:
        before = replace(findings.snapshot, criteria=criteria_for(run))
        field = before.field(any_size=True)
        reason = why_not_highest(field, before.standing_locks(), findings.solution, least)
        if reason:
            log.error("minimum_not_proven", reason=reason)
            raise Failure("not_proven", reason=reason)
    return {"minimum": {"fit": least, "highest": run.raise_lowest}} if least or run.raise_lowest else {}


def _explaining(run: Run) -> Any:
    """Passes on each tenth of the way, and notices a cancellation."""
    shown = [0]
    width = STAGES["storing"] - STAGES["explaining"]

    def progress(percent: int) -> None:
        if percent >= shown[0] + 10:
            shown[0] = percent
            enter(run, "explaining", width * percent // 100)

    return progress


@transaction.atomic
def _store(run: Run, findings: Findings) -> None:
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if locked.state != Run.State.RUNNING:
        raise Stopped
    keep_inputs(run.pk, findings.snapshot, findings.field, findings.solution)
    drop_old_inputs(run.cohort_id)
    RunPart.objects.filter(run=run).delete()
    for name in ("snapshot_digest", "engine_version", "certificate", "numbers"):
        setattr(locked, name, getattr(run, name))
    locked.stage, locked.progress, locked.finished_at = "", 100, timezone.now()
    also = ["snapshot_digest", "engine_version", "certificate", "numbers", "stage", "progress", "finished_at"]
    move(locked, Run.State.CERTIFIED, also=also)
    data = {name: run.numbers[name] for name in ("mentees", "covered", "pairs")}
    record(Verb.RUN_CERTIFIED, by=None, target=locked, program_id=locked.cohort.program_id, data=data)


@cache
def engine_version() -> str:
    """What produced the run: the engine as it stands, and what it calculates with."""
    digest = hashlib.sha256()
    for path in sorted(Path(engine.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    versions = {name: importlib.metadata.version(name) for name in ("ortools", "scipy", "numpy")}
    told = {"engine": digest.hexdigest()[:8], **versions}
    return ", ".join(f"{name} {version}" for name, version in told.items())
