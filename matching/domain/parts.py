"""Sharing a large run among workers: parts are handed out, solved, and put together by whoever solves the last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from kombu.exceptions import OperationalError

from matching.domain.failures import Failure
from matching.domain.solving import solved
from matching.domain.stages import MOST_ATTEMPTS, STAGES, Stopped, fail, holding
from matching.engine import Problem, Solution
from matching.engine.components import Piece, merge, split
from matching.engine.packing import pack, unpack_problem, unpack_solution
from matching.models import Run, RunInput, RunPart
from matching.queries import parts_done
from matching.snapshot import Snapshot

log = structlog.get_logger(__name__)


def pieces_of(problem: Problem) -> list[Piece]:
    """The parts of a run: independent, of some size. The same problem gives the same parts."""
    return split(problem, pairs=settings.MATCHING_PART_PAIRS)


@transaction.atomic
def share_out(run: Run, snapshot: Snapshot, pieces: list[Piece]) -> None:
    """Store the parts and what they rest on, and hand them to the workers. Raises Stopped for a cancelled run."""
    if Run.objects.select_for_update().get(pk=run.pk).state != Run.State.RUNNING:
        raise Stopped
    run.save(
        update_fields=["snapshot_digest"]
    )  # of what was read: whoever goes on knows only what came of it
    RunInput.objects.create(run=run, snapshot=snapshot.pack())
    rows = []
    for number, piece in enumerate(pieces, start=1):
        data = pack(piece.problem)
        digest = hashlib.sha256(data).hexdigest()
        rows.append(RunPart(run=run, number=number, digest=digest, problem=data, handed_at=timezone.now()))
    made = [row.pk for row in RunPart.objects.bulk_create(rows)]
    transaction.on_commit(lambda: hand_out(made))


def hand_out(parts: Iterable[int]) -> None:
    """One task for each part; while the broker is away, the sweep does it later."""
    from celery import group

    from matching.tasks import solve_run_part

    parts = list(parts)
    RunPart.objects.filter(pk__in=parts).update(handed_at=timezone.now())
    try:
        group(solve_run_part.s(part) for part in parts).delay()
    except OperationalError as error:
        log.warning("broker_away", parts=parts, error=str(error))


def solve_part(part_id: int) -> int | None:
    """Solve one part, unless it is held, solved or gone. The id of the run if it was the last one."""
    with holding(part_id, "part") as alone:
        part = RunPart.objects.select_related("run").filter(pk=part_id, solution=None).first()
        if not alone or part is None or part.run.state != Run.State.RUNNING:
            return None
        try:
            return _solve(part)
        except Stopped:
            log.info("run_stopped", run=part.run_id)
        except Failure as failure:
            fail(part.run_id, failure.code, failure.details)
        except Exception:
            log.exception("run_failed", run=part.run_id)
            fail(part.run_id, "unexpected", {})
        return None


def _solve(part: RunPart) -> int | None:
    RunPart.objects.filter(pk=part.pk).update(attempts=F("attempts") + 1)
    if part.attempts >= MOST_ATTEMPTS:
        raise Failure("interrupted")
    solution = solved(part.run_id, unpack_problem(bytes(part.problem)), part.run.objective)
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=part.run_id)
        if run.state != Run.State.RUNNING:
            raise Stopped
        RunPart.objects.filter(pk=part.pk).update(solution=pack(solution))
        done, count = parts_done(run)
        run.progress = STAGES["solving"] + (STAGES["certifying"] - STAGES["solving"]) * done // count
        run.save(update_fields=["progress"])
    return run.pk if done == count else None


def put_together(run: Run, problem: Problem) -> Solution:
    """The solution of the whole, certified. Raises Failure if the parts are not those of the problem."""
    rows, pieces = list(RunPart.objects.filter(run=run).order_by("number")), pieces_of(problem)
    digests = [hashlib.sha256(pack(piece.problem)).hexdigest() for piece in pieces]
    if [row.digest for row in rows] != digests:
        raise Failure("not_proven", reason="the parts are not those of the problem")
    return merge(problem, pieces, [unpack_solution(bytes(row.solution or b"")) for row in rows])


def hand_out_again(run: Run, before: datetime) -> None:
    """Hand parts that nobody works on to the workers once more, if the last time was before that moment."""
    waiting = RunPart.objects.filter(run=run, solution=None, handed_at__lt=before).order_by("number")
    for part in waiting.values_list("pk", flat=True):
        with holding(part, "part") as free:
            if free:
                hand_out([part])
