"""The action plan."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agreements.domain.plans import (
    FIELDS,
    add_activity,
    edit_activity,
    move_activity,
    save_plan,
    share_plan,
    unshare_plan,
)
from agreements.forms import ActivityForm, PlanForm
from agreements.models import ActionPlan, Activity, Mentorship
from agreements.queries import activities_of, plans_visible_to
from agreements.views.common import get_mentorship, pair_context, reader
from core.access import fetch
from core.errors import Refused


def own_plan(request: HttpRequest, mentorship: Mentorship) -> ActionPlan:
    """The reader's own plan here; 404 for the other side."""
    me = reader(request)
    return fetch(plans_visible_to(me).filter(mentee=me.pk), mentorship=mentorship)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The plans one may read here; one's own with a line to add an activity."""
    found = get_mentorship(request, uid)
    context = pair_context(request, found)
    if not found.plans.exists():
        raise Http404
    form = ActivityForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        add_activity(plan=own_plan(request, found), by=reader(request), **form.cleaned_data)
        messages.success(request, _("Added."))
        return redirect("plan", uid=uid)
    visible = plans_visible_to(reader(request)).filter(mentorship=found).prefetch_related("activities")
    plans = [
        {"plan": each, "parts": _parts(each), "is_own": each.mentee == reader(request)} for each in visible
    ]
    return render(request, "agreements/plan.html", context | {"plans": plans, "form": form})


def _parts(plan: ActionPlan) -> list[tuple[str, str]]:
    return [(str(plan._meta.get_field(name).verbose_name), getattr(plan, name)) for name in FIELDS]  # type: ignore[union-attr]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Write the plan's texts."""
    found = get_mentorship(request, uid)
    own = own_plan(request, found)
    form = PlanForm(request.POST or None, instance=own)
    theirs: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["edit_version"]
        try:
            save_plan(plan=own, by=reader(request), edit_version=version, texts=form.texts)
        except Refused as refusal:
            if refusal.code != "edited_meanwhile":
                raise
            own.refresh_from_db()
            data = request.POST.copy()
            data["edit_version"] = str(own.edit_version)
            form, theirs = PlanForm(data, instance=own), _parts(own)
        else:
            messages.success(request, _("Saved."))
            return redirect("plan", uid=uid)
    context = pair_context(request, found) | {"form": form, "theirs": theirs}
    return render(request, "agreements/plan_edit.html", context, status=409 if theirs else 200)


@login_required
@require_POST
def share(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Share the plan with the mentor, or take it back (`back=1`)."""
    found = get_mentorship(request, uid)
    own = own_plan(request, found)
    if request.POST.get("back"):
        unshare_plan(plan=own, by=reader(request))
        messages.success(request, _("Only you see your plan again."))
    else:
        share_plan(plan=own, by=reader(request))
        messages.success(request, _("Shared. It is something to talk about at your next meeting."))
    return redirect("plan", uid=uid)


def own_activity(request: HttpRequest, mentorship: Mentorship, activity: UUID) -> Activity:
    """One activity of the reader's own plan in this mentorship."""
    return fetch(activities_of(reader(request)).filter(plan__mentorship=mentorship), uid=activity)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def activity(request: HttpRequest, uid: UUID, activity: UUID) -> HttpResponse:
    """Change an activity's words or date."""
    mentorship = get_mentorship(request, uid)
    found = own_activity(request, mentorship, activity)
    form = ActivityForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        edit_activity(activity=found, by=reader(request), **form.cleaned_data)
        return redirect("plan", uid=uid)
    context = pair_context(request, mentorship) | {"form": form, "activity": found}
    return render(request, "agreements/activity.html", context)


@login_required
@require_POST
def move(request: HttpRequest, uid: UUID, activity: UUID) -> HttpResponse:
    """Done, dropped, or taken up again."""
    to = request.POST.get("to", "")
    if to not in Activity.State.values:
        raise Http404
    found = own_activity(request, get_mentorship(request, uid), activity)
    move_activity(activity=found, by=reader(request), to=to)
    return redirect("plan", uid=uid)
