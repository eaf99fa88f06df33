"""Ways to match beside runs: introductions that wait for a word, and shortlists."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from core.errors import Refused
from core.roles import Permission
from matching.domain.introductions import confirm_introduction, recommend_change
from matching.domain.shortlists import SIZE, in_the_way, mentees_to_ask, mentors_to_show, request_shortlists
from matching.forms import WordForm
from matching.models import ShortlistRound
from matching.queries import how_they_stand, shortlist_counts
from matching.views.common import matching_context, whole_cohort
from participants.models import Introduction
from participants.queries import introductions_for_staff
from programs.forms.fields import show_refusal
from programs.views.desk import reader

State = Introduction.State


@login_required
@require_safe
def introductions(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Those on which both have agreed: to decide, and decided."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    rows = list(how_they_stand(introductions_for_staff(found)))
    return render(request, "matching/introductions.html", {
        **matching_context(request, found),
        "to_decide": [row for row in rows if row.state == State.AGREED],
        "decided": [(row, *_standing(row)) for row in rows if row.state != State.AGREED],
    })  # fmt: skip


def _standing(row: Any) -> tuple[str, str, str]:
    """Of a decided introduction: the tag's color, what stands in it, and what is to be known beside it."""
    if row.state == State.CHANGED:
        return "plain", row.get_state_display(), row.word
    if row.is_pair:
        return "ok", _("A pair"), ""
    if row.is_excluded:
        note = _("Both were told that they are a pair. To lock it again, lift the exclusion first.")
        return "late", _("Excluded since"), note
    if row.is_locked:
        return "ok", row.get_state_display(), ""
    return "wait", _("No longer locked"), _("A run may pair them, or not. Lock the pair by hand to keep it.")


def _introduction(request: HttpRequest, program: str, cohort: str, uid: UUID) -> Introduction:
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    return fetch(introductions_for_staff(found), uid=uid)


@login_required
@require_POST
def confirm(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Every run keeps the two; both are told."""
    row = _introduction(request, program, cohort, uid)
    try:
        confirm_introduction(introduction=row, by=reader(request))
    except Refused as refused:
        messages.error(request, f"{refused.message} {refused.hint}")
    else:
        names = {"mentee": row.mentee.person.name, "mentor": row.mentor.person.name}
        text = _("Confirmed: %(mentee)s and %(mentor)s. Both get a mail, and every run keeps the pair.")
        messages.success(request, text % names)
    return redirect("matching_introductions", program, cohort)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Recommend another match, with a word to both."""
    row = _introduction(request, program, cohort, uid)
    form = WordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            recommend_change(introduction=row, word=form.cleaned_data["word"], by=reader(request))
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(
                request, _("Both get a mail that leads to your word. The matching goes on for them.")
            )
            return redirect("matching_introductions", program, cohort)
    context = {**matching_context(request, row.cohort), "row": row, "form": form}
    return render(request, "matching/introduction_change.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def shortlists(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Who has a shortlist, who has ranked it; make those that are missing."""
    asked = Permission.RUN_MATCHING if request.method == "POST" else Permission.SEE_PEOPLE
    found = whole_cohort(request, program, cohort, asked)
    if request.method == "POST":
        try:
            request_shortlists(cohort=found, by=reader(request))
        except Refused as refused:
            messages.error(request, f"{refused.message} {refused.hint}")
        else:
            messages.success(
                request, _("The shortlists are being made. It takes seconds; the mails wait as drafts.")
            )
        return redirect("matching_shortlists", program, cohort)
    return render(request, "matching/shortlists.html", {
        **matching_context(request, found),
        "counts": shortlist_counts(found),
        "refused": in_the_way(found),
        "last": ShortlistRound.objects.filter(cohort=found).first(),
        "waiting": len(mentees_to_ask(found)),
        "mentors": len(mentors_to_show(found)),
        "size": SIZE,
    })  # fmt: skip
