"""What the workers run."""

from celery import shared_task

from programs.domain import advance


@shared_task
def advance_cohorts() -> None:
    """Move cohorts whose day has come."""
    advance.advance_cohorts()
