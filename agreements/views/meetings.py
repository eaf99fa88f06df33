"""Meetings: what took place, logged in ten seconds."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from agreements.domain.meetings import delete_meeting, edit_meeting, log_meeting
from agreements.forms import MeetingForm
from agreements.models import Meeting, Mentorship
from agreements.queries import meetings_of
from agreements.views.common import get_mentorship, pair_context, reader
from core.access import fetch
from core.errors import Refused

FIELD_OF = {"in_the_future": "held_on", "outside_the_term": "held_on", "odd_length": "minutes"}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def meetings(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The list, newest first, and the form to log one."""
    found = get_mentorship(request, uid)
    context = pair_context(request, found)
    rows = meetings_of(reader(request)).filter(mentorship=found)
    form = MeetingForm(request.POST or None, mentorship=found, last=rows.first())
    if request.method == "POST" and form.is_valid():
        try:
            log_meeting(mentorship=found, by=reader(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(FIELD_OF.get(refusal.code), f"{refusal.message} {refusal.hint}".strip())
        else:
            messages.success(request, _("Logged."))
            return redirect("meetings", uid=uid)
    today = context["today"]
    context |= {
        "page": Paginator(rows, 20).get_page(request.GET.get("page")),
        "form": form,
        "met": rows.filter(held_on__year=today.year, held_on__month=today.month).count(),
        "can_log": context["is_open"] and context["begun"],
    }
    return render(request, "agreements/meetings.html", context)


def own_meeting(request: HttpRequest, mentorship: Mentorship, meeting: UUID) -> Meeting:
    """A meeting of this mentorship; only whoever logged it may change it (403 for the other side)."""
    me = reader(request)
    rows = meetings_of(me).filter(mentorship=mentorship)
    return fetch(rows, allowed=rows.filter(logged_by=me.pk), uid=meeting)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def meeting(request: HttpRequest, uid: UUID, meeting: UUID) -> HttpResponse:
    """Put right what one logged."""
    mentorship = get_mentorship(request, uid)
    found = own_meeting(request, mentorship, meeting)
    form = MeetingForm(request.POST or None, instance=found, mentorship=mentorship)
    if request.method == "POST" and form.is_valid():
        try:
            edit_meeting(meeting=found, by=reader(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(FIELD_OF.get(refusal.code), f"{refusal.message} {refusal.hint}".strip())
        else:
            messages.success(request, _("Saved."))
            return redirect("meetings", uid=uid)
    context = pair_context(request, mentorship) | {"form": form, "meeting": found}
    return render(request, "agreements/meeting.html", context)


@login_required
@require_POST
def delete(request: HttpRequest, uid: UUID, meeting: UUID) -> HttpResponse:
    """Take back what one logged."""
    found = own_meeting(request, get_mentorship(request, uid), meeting)
    delete_meeting(meeting=found, by=reader(request))
    messages.success(request, _("Deleted."))
    return redirect("meetings", uid=uid)
