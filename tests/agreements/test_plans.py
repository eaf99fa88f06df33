"""The action plan and its activities."""

from __future__ import annotations

from typing import Any

import pytest

from agreements.domain.endings import end_without_fault
from agreements.domain.plans import (
    FIELDS,
    add_activity,
    edit_activity,
    move_activity,
    save_plan,
    share_plan,
    unshare_plan,
)
from agreements.models import ActionPlan, Activity
from agreements.queries import plans_visible_to
from core.errors import Refused
from people.models import Person
from tests.agreements.helpers import team
from tests.factories import ActionPlanFactory

pytestmark = pytest.mark.django_db
TEXTS = dict.fromkeys(FIELDS, "") | {"short_term_goals": "Lead a team"}


def planned() -> tuple[ActionPlan, Person, Person]:
    mentorship, mentor, mentee, _supervisor = team()
    return ActionPlanFactory(mentorship=mentorship, mentee=mentee), mentor, mentee


def refused(code: str, verb: Any, **arguments: Any) -> None:
    with pytest.raises(Refused) as refusal:
        verb(**arguments)
    assert refusal.value.code == code


def test_writing_and_the_lost_update() -> None:
    plan, _mentor, mentee = planned()
    saved = save_plan(plan=plan, by=mentee, edit_version=1, texts=TEXTS)
    assert (saved.short_term_goals, saved.edit_version) == ("Lead a team", 2)
    refused("edited_meanwhile", save_plan, plan=plan, by=mentee, edit_version=1, texts=TEXTS | {"needs": "x"})
    plan.refresh_from_db()
    assert (plan.needs, plan.edit_version) == ("", 2)


def test_the_plan_is_the_mentees_own() -> None:
    plan, mentor, mentee = planned()
    activity = add_activity(plan=plan, by=mentee, kind="need", text="Read")
    refused("not_own_plan", save_plan, plan=plan, by=mentor, edit_version=1, texts=TEXTS)
    refused("not_own_plan", share_plan, plan=plan, by=mentor)
    refused("not_own_plan", unshare_plan, plan=plan, by=mentor)
    refused("not_own_plan", add_activity, plan=plan, by=mentor, kind="need", text="x")
    refused("not_own_plan", edit_activity, activity=activity, by=mentor, kind="need", text="x")
    refused("not_own_plan", move_activity, activity=activity, by=mentor, to="done")
    assert list(Activity.objects.values_list("text", "state")) == [("Read", "planned")]


def test_sharing_shows_it_to_the_mentor_and_taking_it_back_hides_it() -> None:
    plan, mentor, mentee = planned()
    _other_plan, other_mentor, _ = planned()
    save_plan(plan=plan, by=mentee, edit_version=1, texts=TEXTS)
    assert list(plans_visible_to(mentor)) == []
    shared = share_plan(plan=plan, by=mentee)
    assert list(plans_visible_to(mentor)) == [plan]
    assert list(plans_visible_to(other_mentor)) == []
    first = shared.shared_at
    unshare_plan(plan=plan, by=mentee)
    assert list(plans_visible_to(mentor)) == []
    assert share_plan(plan=plan, by=mentee).shared_at == first  # it was handed in on that day


def test_an_empty_plan_is_not_shared() -> None:
    plan, _mentor, mentee = planned()
    save_plan(plan=plan, by=mentee, edit_version=1, texts=dict.fromkeys(FIELDS, "  "))
    refused("empty_plan", share_plan, plan=plan, by=mentee)
    refused("illegal_move", unshare_plan, plan=plan, by=mentee)


MOVES = {("planned", "done"), ("planned", "dropped"), ("done", "planned"), ("dropped", "planned")}


@pytest.mark.parametrize("before", Activity.State.values)
@pytest.mark.parametrize("to", Activity.State.values)
def test_moves_of_an_activity(before: str, to: str) -> None:
    plan, _mentor, mentee = planned()
    activity = add_activity(plan=plan, by=mentee, kind="strength", text="Chair a meeting")
    Activity.objects.update(state=before)
    if (before, to) in MOVES:
        assert move_activity(activity=activity, by=mentee, to=to).state == to
    else:
        refused("illegal_move", move_activity, activity=activity, by=mentee, to=to)
        assert Activity.objects.get().state == before


def test_nothing_changes_after_the_end() -> None:
    plan, mentor, mentee = planned()
    activity = add_activity(plan=plan, by=mentee, kind="need", text="Read")
    end_without_fault(mentorship=plan.mentorship, by=mentor)
    refused("ended", save_plan, plan=plan, by=mentee, edit_version=1, texts=TEXTS)
    refused("ended", add_activity, plan=plan, by=mentee, kind="need", text="x")
    refused("ended", move_activity, activity=activity, by=mentee, to="done")
    assert list(plans_visible_to(mentee)) == [plan]  # it stays to be read
