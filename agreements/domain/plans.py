"""The mentee's action plan and its activities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agreements.domain.common import check_not_ended, lock_mentorship
from agreements.models import ActionPlan, Activity
from agreements.verbs import Verb
from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from people.models import Person

FIELDS = ("short_term_goals", "long_term_goals", "competencies", "strengths", "needs")


@transaction.atomic
def save_plan(*, plan: ActionPlan, by: Person, edit_version: int, texts: Mapping[str, str]) -> ActionPlan:
    """Write the plan's texts; a shared plan stays shared.

    Raises Refused: "not_own_plan", "ended", "edited_meanwhile".
    """
    plan = _lock(plan, by)
    if plan.edit_version != edit_version:
        raise Refused(
            "edited_meanwhile",
            _("The plan was changed while you had it open."),
            _("Nothing is lost: compare both texts below."),
        )
    for name in FIELDS:
        setattr(plan, name, texts[name])
    plan.edit_version += 1
    plan.save(update_fields=[*FIELDS, "edit_version"])
    _record(Verb.PLAN_SAVED, plan, by)
    return plan


@transaction.atomic
def share_plan(*, plan: ActionPlan, by: Person) -> ActionPlan:
    """Let the mentor read it. Raises Refused: "not_own_plan", "ended", "empty_plan", "illegal_move"."""
    plan = _lock(plan, by)
    if not any(getattr(plan, name).strip() for name in FIELDS):
        raise Refused(
            "empty_plan", _("The plan is still empty."), _("Write at least one of its parts, then share it.")
        )
    plan.shared_at = plan.shared_at or timezone.now()
    move(plan, ActionPlan.State.SHARED, also=["shared_at"])
    _record(Verb.PLAN_SHARED, plan, by)
    return plan


@transaction.atomic
def unshare_plan(*, plan: ActionPlan, by: Person) -> ActionPlan:
    """Take it back to work on it alone; that it was handed in once stays known.

    Raises Refused: "not_own_plan", "ended", "illegal_move".
    """
    plan = _lock(plan, by)
    move(plan, ActionPlan.State.DRAFT)
    _record(Verb.PLAN_REOPENED, plan, by)
    return plan


@transaction.atomic
def add_activity(
    *, plan: ActionPlan, by: Person, kind: str, text: str, due_on: date | None = None
) -> Activity:
    """Add something to do. Raises Refused: "not_own_plan", "ended"."""
    plan = _lock(plan, by)
    activity = Activity.objects.create(plan=plan, kind=kind, text=text, due_on=due_on)
    _record(Verb.ACTIVITY_ADDED, plan, by, activity=activity.pk)
    return activity


@transaction.atomic
def edit_activity(
    *, activity: Activity, by: Person, kind: str, text: str, due_on: date | None = None
) -> Activity:
    """Change an activity's words, purpose or date. Raises Refused: "not_own_plan", "ended"."""
    plan = _lock(activity.plan, by)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    activity.kind, activity.text, activity.due_on = kind, text, due_on
    activity.save(update_fields=["kind", "text", "due_on"])
    _record(Verb.ACTIVITY_CHANGED, plan, by, activity=activity.pk)
    return activity


@transaction.atomic
def move_activity(*, activity: Activity, by: Person, to: str) -> Activity:
    """Mark it done or dropped, or take it up again. Raises Refused: "not_own_plan", "ended", "illegal_move"."""
    plan = _lock(activity.plan, by)
    activity = Activity.objects.select_for_update().get(pk=activity.pk)
    move(activity, to)
    _record(Verb.ACTIVITY_CHANGED, plan, by, activity=activity.pk, state=to)
    return activity


def _lock(plan: ActionPlan, by: Person) -> ActionPlan:
    mentorship = lock_mentorship(plan.mentorship_id)
    locked = ActionPlan.objects.select_for_update().get(pk=plan.pk)
    locked.mentorship = mentorship
    if locked.mentee_id != by.pk:
        raise Refused("not_own_plan", _("Only the person whose plan it is can change it."))
    check_not_ended(mentorship)
    return locked


def _record(verb: Verb, plan: ActionPlan, by: Person, **data: Any) -> None:
    record(verb, by=by, target=plan, program_id=plan.mentorship.cohort.program_id, data=data)
