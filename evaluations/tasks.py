"""What evaluations do by themselves."""

from celery import shared_task

from evaluations.domain.surveys import close_due_surveys


@shared_task
def close_surveys() -> None:
    """Close surveys that are over."""
    close_due_surveys()
