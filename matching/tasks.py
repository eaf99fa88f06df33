"""Tasks: ids in, domain verbs do the work."""

from typing import Any

from celery import shared_task

from matching.asking import work_out
from matching.domain import shortlists
from matching.domain.execution import execute_run
from matching.domain.parts import solve_part
from matching.domain.runs import ring, sweep
from matching.whatif import Question


@shared_task
def run_matching(run_id: int) -> None:
    """Do a queued run; a second delivery does nothing."""
    execute_run(run_id)


@shared_task
def solve_run_part(part_id: int) -> None:
    """Solve one part of a run; the last one lets the run go on."""
    if run_id := solve_part(part_id):
        ring(run_id)


@shared_task
def sweep_runs() -> None:
    """Every minute: runs whose worker died, and runs that no worker has heard of."""
    sweep()


@shared_task
def answer_what_if(cohort_id: int, present: list[Any], asked: list[Any], person_id: int, key: str) -> None:
    """Answer a what-if question of a large cohort; the page that asked polls for it."""
    work_out(cohort_id, Question(*present), Question(*asked), person_id=person_id, key=key)


@shared_task
def make_shortlists(round_id: int) -> None:
    """Make the shortlists that were asked for; a second delivery does nothing."""
    shortlists.make_shortlists(round_id)
