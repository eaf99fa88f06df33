"""Dates move cohorts."""

from __future__ import annotations

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet

from core.dates import today_in
from core.errors import Refused
from programs.domain.cohorts import close_call, open_call, start_closing
from programs.models import Cohort

LOCK = 7_301  # of PostgreSQL's advisory locks
log = structlog.get_logger()
State = Cohort.State


def advance_cohorts() -> int:
    """Bring each cohort where its dates say in its own time zone; returns how many moved.

    Calls open on their day and close after their last, cohorts are closing after their last day. What lies between
    needs people: selecting, matching, publishing. A cohort that cannot move is passed over (its managers are
    reminded); of two runs at once, one does nothing.
    """
    with transaction.atomic():
        if not _alone():
            return 0
        return sum(_advance(cohort) for cohort in _candidates())


def _candidates() -> QuerySet[Cohort]:
    return Cohort.objects.filter(state__in=[State.DRAFT, State.CALL_OPEN, State.RUNNING]).order_by("pk")


def _advance(cohort: Cohort) -> bool:
    today = today_in(cohort.timezone)
    try:
        with transaction.atomic():
            if cohort.state == State.DRAFT and cohort.call_opens_on <= today <= cohort.call_closes_on:
                open_call(cohort=cohort, by=None)
            elif cohort.state == State.CALL_OPEN and cohort.call_closes_on < today:
                close_call(cohort=cohort, by=None)
            elif cohort.state == State.RUNNING and cohort.ends_on < today:
                start_closing(cohort=cohort, by=None)
            else:
                return False
    except Refused as refusal:
        log.info("cohort_not_advanced", cohort=cohort.pk, code=refusal.code)
        return False
    return True


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])
