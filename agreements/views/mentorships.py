"""My mentorships, and one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from agreements.domain.endings import end_without_fault
from agreements.domain.help import ask_for_help, last_rematch_day
from agreements.forms import HelpForm
from agreements.models import Member, Mentorship
from agreements.queries import (
    current_agreement,
    mentorships_of,
    plans_visible_to,
    signatures_of,
    with_members,
    with_progress_of,
)
from agreements.together import together
from agreements.views.common import get_mentorship, listed, pair_context, reader
from agreements.views.timeline import next_act, story
from core.errors import Refused
from programs.labels import words


@login_required
@require_safe
def my_mentorships(request: HttpRequest) -> HttpResponse:
    """A card each: with whom, where it stands, the next act."""
    me = reader(request)
    rows = with_progress_of(with_members(mentorships_of(me)), me)
    cards = [_card(row, me.pk) for row in rows.order_by("-starts_on", "pk")]
    groups = {"open": [c for c in cards if c["is_open"]], "ended": [c for c in cards if not c["is_open"]]}
    return render(request, "agreements/my_mentorships.html", groups)


def _card(mentorship: Any, me: int) -> dict[str, Any]:
    partners = [member for member in mentorship.people if member.person_id != me]
    mine = next(member for member in mentorship.people if member.person_id == me)
    labels = words(mentorship.cohort.program)
    partner_side = Member.Side.MENTOR if mine.side == Member.Side.MENTEE else Member.Side.MENTEE
    return {
        "mentorship": mentorship,
        "partners": partners,
        "names": listed([member.person.name for member in partners]),
        "partner_word": labels[partner_side],
        "is_open": mentorship.state != Mentorship.State.ENDED,
        "next": next_act(mentorship, mine, labels),
    }


@login_required
@require_safe
def mentorship(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One mentorship: what to do next, what happened, how to reach each other, who can see what."""
    found = get_mentorship(request, uid)
    context = pair_context(request, found)
    agreement = current_agreement(found)
    me = reader(request)
    progress = with_progress_of(mentorships_of(me), me).get(pk=found.pk)
    signatures = signatures_of(agreement) if agreement else []
    plans = list(plans_visible_to(me).filter(mentorship=found))
    meetings = list(found.meetings.all()[:3])
    context |= {
        "agreement": agreement,
        "agreement_where": progress.agreement_state,
        "signatures": signatures,
        "plans": plans,
        "has_plans": progress.plans_written > 0,
        "latest": meetings,
        "met": progress.met,
        "next": next_act(progress, context["mine"], context["words"]),
        "story": story(found, agreement, signatures, plans, meetings, context),
        "asked": found.help_requests.filter(person=me, handled_at=None).first(),
        "rematch_until": last_rematch_day(found),
        **together(found, context["mine"]),
    }
    return render(request, "agreements/mentorship.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_help(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask the program managers: advice, or another match in the first weeks."""
    found = get_mentorship(request, uid)
    form = HelpForm(request.POST or None, mentorship=found)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_help(mentorship=found, by=reader(request), **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.hint}".strip())
        else:
            messages.success(request, _("The program managers have been asked. They will come back to you."))
            return redirect("mentorship", uid=uid)
    return render(request, "agreements/ask_help.html", pair_context(request, found) | {"form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, uid: UUID) -> HttpResponse:
    """End it early: the page says what follows, the button does it."""
    found = get_mentorship(request, uid)
    context = pair_context(request, found)
    if request.method == "POST":
        end_without_fault(mentorship=found, by=reader(request))
        if context["leaves"]:
            messages.success(request, _("You have left the circle. The others go on."))
        else:
            messages.success(request, _("It has ended. Thank you for the time you gave each other."))
        return redirect(reverse("my_mentorships"))
    return render(request, "agreements/end.html", context)
