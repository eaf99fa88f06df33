"""What the worker does for participants."""

from celery import shared_task

from participants.domain.introductions import settle_introductions
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


@shared_task(name="participants.tasks.settle_introductions")
def settle_all_introductions() -> None:
    """Close requests that nobody has answered in time."""
    settle_introductions()
