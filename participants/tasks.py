"""What the worker does for participants."""

from celery import shared_task

from participants.domain.selection import lapse_offers
from participants.models import Enrollment
from programs.models import Cohort


@shared_task(name="participants.tasks.lapse_offers")
def lapse_all_offers() -> None:
    """Pass on places whose last day to accept has ended."""
    for cohort in (
        Cohort.objects.filter(enrollments__state=Enrollment.State.OFFERED).distinct().order_by("pk")
    ):
        lapse_offers(cohort=cohort)
