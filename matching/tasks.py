"""Tasks: ids in, domain verbs do the work."""

from celery import shared_task

from matching.domain.execution import execute_run
from matching.domain.runs import sweep


@shared_task
def run_matching(run_id: int) -> None:
    """Do a queued run; a second delivery does nothing."""
    execute_run(run_id)


@shared_task
def sweep_runs() -> None:
    """Every minute: runs whose worker died, and runs that no worker has heard of."""
    sweep()
