"""What all steps of a run share: who holds it, how far it is, how it ends early."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from core.audit import record
from core.lifecycle import move
from matching.models import Circle, Leftover, Outlook, Proposal, Run, RunInput, RunPart
from matching.verbs import Verb

# Stage and how far a run is when it begins, in percent.
STAGES = {"reading": 3, "scoring": 15, "solving": 30, "certifying": 55, "explaining": 65, "storing": 95}
MOST_ATTEMPTS = 5  # beginnings of a run, or of a part, that ended with the worker's death


class Stopped(Exception):
    """The run was cancelled while it was at work."""


@contextmanager
def holding(pk: int, what: str = "run") -> Iterator[bool]:
    """Hold a run or a "part" for this database session. It is free when the session ends, even by a crash."""
    key = f"matching.{what}:{pk}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [key])
        (got,) = cursor.fetchone()
    try:
        yield got
    finally:
        if got:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])


def enter(run: Run, stage: str, more: int = 0) -> None:
    """Show where the run is, in a short transaction of its own. Raises Stopped if it has been cancelled."""
    at_work = Run.objects.filter(pk=run.pk, state=Run.State.RUNNING)
    if not at_work.update(stage=stage, progress=STAGES[stage] + more):
        raise Stopped


def is_wanted(run_id: int) -> bool:
    """Whether the run is still to be done."""
    return Run.objects.filter(pk=run_id, state=Run.State.RUNNING).exists()


@transaction.atomic
def fail(run_id: int, code: str, details: dict[str, Any]) -> None:
    """Mark a run that is not over as failed."""
    run = Run.objects.select_for_update().get(pk=run_id)
    if run.state not in (Run.State.QUEUED, Run.State.RUNNING):
        return
    run.problem, run.finished_at = code, timezone.now()
    run.certificate = {"ok": False, **details}
    move(run, Run.State.FAILED, also=["problem", "finished_at", "certificate"])
    forget_work(run_id)
    record(Verb.RUN_FAILED, by=None, target=run, program_id=run.cohort.program_id, data={"code": code})


def forget_work(run_id: int) -> None:
    """Drop what served only to go on with the run, and what was written of its result."""
    RunPart.objects.filter(run=run_id).delete()
    RunInput.objects.filter(run=run_id, solution=None).delete()
    forget_findings(run_id)


def forget_findings(run_id: int) -> None:
    """Drop what an earlier attempt has written. A run that is proven or published keeps everything."""
    open_run = Run.objects.exclude(state__in=[Run.State.CERTIFIED, Run.State.PUBLISHED]).filter(pk=run_id)
    for model in (Proposal, Leftover, Outlook, Circle):
        model.objects.filter(run__in=open_run).delete()
