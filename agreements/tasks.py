"""Tasks: what time alone brings about. Each can run twice, or at the same time, and does its work once."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.db.models import Count, F, Max, OuterRef, Subquery
from django.db.models.functions import Now

from agreements.domain.approval import PURPOSE, resend_supervisor_link
from agreements.domain.endings import complete
from agreements.models import Agreement, Mentorship
from core.dates import EndOfDay
from core.errors import Refused
from notifications.models import EmailLink

log = structlog.get_logger(__name__)
REMIND_AFTER = timedelta(days=7)
MOST_LINKS = 4  # the first and three reminders; then it is for people to ask


@shared_task
def end_mentorships() -> int:
    """Complete mentorships whose last day is over in their cohort's time zone; gives how many."""
    over = (
        Mentorship.objects.exclude(state=Mentorship.State.ENDED)
        .annotate(over_at=EndOfDay(F("ends_on"), F("cohort__timezone")))
        .filter(over_at__lte=Now())
    )
    return sum(complete(mentorship=mentorship) for mentorship in over.order_by("pk").iterator())


@shared_task
def remind_supervisors() -> int:
    """Send a fresh link to supervisors who have not answered the last one in a week; gives how many agreements."""
    sent = EmailLink.objects.filter(
        purpose=PURPOSE, target_kind=Agreement._meta.label_lower, target_id=OuterRef("pk")
    ).order_by()
    waiting = sent.filter(used_at=None, revoked_at=None)
    due = Agreement.objects.filter(state=Agreement.State.SIGNING).annotate(
        last=Subquery(waiting.values("target_id").annotate(at=Max("created_at")).values("at")),
        links=Subquery(
            sent.values("target_id")
            .annotate(n=Count("recipient") / Count("recipient", distinct=True))
            .values("n")
        ),
    )
    count = 0
    for agreement in due.filter(last__lte=Now() - REMIND_AFTER, links__lt=MOST_LINKS).order_by("pk"):
        try:
            resend_supervisor_link(agreement=agreement, by=None)
        except Refused as refusal:  # answered in this very moment
            log.info("reminder_refused", agreement=agreement.pk, code=refusal.code)
        else:
            count += 1
    return count
