"""Filters of the desk's list: what each choice of `MentorshipFilter` means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from agreements.models import Member, Mentorship
from agreements.queries import OPEN_STATES, is_late, is_silent

AGREEMENT = {
    "open": Q(agreement_state__in=["draft", "signed_mentor", "signed_mentee", "waiting_supervisor"]),
    "draft": Q(agreement_state="draft"),
    "signed_one": Q(agreement_state__in=["signed_mentor", "signed_mentee"]),
    "waiting_supervisor": Q(agreement_state="waiting_supervisor"),
    "in_force": Q(agreement_state="in_force"),
}
PLAN = {
    "open": Q(plans_written__gt=F("plans_shared")),
    "shared": Q(plans_written__gt=0, plans_written=F("plans_shared")),
}
MEETINGS = {"behind": Q(late_months__gt=0), "on_track": Q(late_months=0, agreement_state="in_force")}
STATE = {"": Q(state__in=OPEN_STATES), "ended": Q(state=Mentorship.State.ENDED), "all": Q()}


def narrow(rows: QuerySet[Any], chosen: Mapping[str, Any]) -> QuerySet[Any]:
    """Rows of `with_progress` that fit everything chosen."""
    rows = rows.filter(STATE[chosen.get("state", "")])
    for name, meaning in (("agreement", AGREEMENT), ("plan", PLAN), ("meetings", MEETINGS)):
        if value := chosen.get(name):
            rows = rows.filter(meaning[value])
    if chosen.get("late"):
        rows = rows.filter(is_late())
    if chosen.get("silent"):
        rows = rows.filter(is_silent())
    if chosen.get("help"):
        rows = rows.filter(asks_help=True)
    if chosen.get("small"):
        rows = rows.filter(is_small=True)
    if words := chosen.get("q"):
        named = Member.objects.filter(mentorship=OuterRef("pk"), person__full_name__icontains=words)
        rows = rows.filter(Exists(named))
    return rows
