"""Who comes in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from core.roles import Permission
from participants.queries import sees_everyone
from programs.models import Cohort
from programs.views.desk import desk_context, get_cohort, reader


def whole_cohort(request: HttpRequest, program: str, cohort: str, permission: Permission) -> Cohort:
    """The cohort of this address. A run concerns everyone in it, so a role limited to one organization gets 403."""
    return get_cohort(request, program, cohort, permission, whole=True)


def matching_context(request: HttpRequest, cohort: Cohort) -> dict[str, Any]:
    """The desk's context, and whether the reader may run the matching."""
    may_run = sees_everyone(cohort, viewer=reader(request), permission=Permission.RUN_MATCHING)
    return {**desk_context(request, cohort), "may_run": may_run}
