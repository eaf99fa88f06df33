"""The desk of one cohort: where it stands, its settings, and its moves."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.dates import today_in
from core.errors import Refused
from core.roles import Permission
from programs import panels
from programs.domain.cohorts import update_cohort
from programs.forms.cohorts import CohortSettingsForm
from programs.forms.fields import show_refusal
from programs.models import Cohort
from programs.moves import MOVES, moves_from
from programs.rules import DATES, POLICY, stamp
from programs.views.desk import desk_context, get_cohort, reader, rendered_panels


@login_required
@require_safe
def show(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Where the cohort stands, what comes next, and the figures of every app."""
    found = get_cohort(request, program, cohort)
    context = desk_context(request, found)
    standing = panels.standing(found, acts=Permission.DECIDE_APPLICATIONS in context["permissions"])
    moves = moves_from(found.state) if context["changes_settings"] else []
    context |= {
        "standing": standing,
        "next_url": _page(found, standing),
        "acts": [move for move in moves if found.state in move.natural],
        "more": [move for move in moves if found.state not in move.natural],
        "phases": panels.phases(found),
        "dates": panels.next_dates(found),
        "today": today_in(found.timezone),
        "public_url": _public_url(request, found),
    }
    panels_of = rendered_panels(request, context)
    context |= {"wide_panels": panels_of[True], "panels": panels_of[False]}
    return render(request, "programs/cohort_desk.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Dates, places and policy."""
    found = get_cohort(request, program, cohort, Permission.CHANGE_SETTINGS)
    form = CohortSettingsForm(request.POST or None, cohort=found, initial=_values(found))
    if request.method == "POST" and form.is_valid():
        try:
            update_cohort(
                cohort=found,
                changes=form.changes(),
                places=form.places(),
                expected=form.cleaned_data["stamp"],
                by=reader(request),
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect("cohort_settings", program, cohort)
    return render(request, "programs/cohort_settings.html", {**desk_context(request, found), "form": form})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, program: str, cohort: str, key: str) -> HttpResponse:
    """Say what a move means, then make it."""
    found = get_cohort(request, program, cohort, Permission.CHANGE_SETTINGS)
    if key not in MOVES:
        raise Http404
    asked = MOVES[key]
    back = reverse("cohort_desk", args=[program, cohort])
    if request.method == "POST":
        asked.act(cohort=found, by=reader(request))
        messages.success(request, str(asked.done))
        return redirect(back)
    if found.state not in asked.states:
        messages.info(
            request,
            _("This is no longer possible: it is now “%(state)s”.") % {"state": found.get_state_display()},
        )
        return redirect(back)
    return render(
        request, "programs/cohort_move.html", {**desk_context(request, found), "move": asked, "back": back}
    )


def _public_url(request: HttpRequest, cohort: Cohort) -> str:
    """Where people apply, to hand on; empty once the call is over."""
    if not cohort.program.is_public or cohort.state not in (Cohort.State.DRAFT, Cohort.State.CALL_OPEN):
        return ""
    return request.build_absolute_uri(reverse("cohort_public", args=[cohort.program.slug, cohort.slug]))


def _page(cohort: Cohort, standing: panels.Standing) -> str:
    if not standing.page:
        return ""
    try:
        return reverse(standing.page, args=[cohort.program.slug, cohort.slug]) + standing.query
    except NoReverseMatch:
        return ""


def _values(cohort: Cohort) -> dict[str, object]:
    places = {
        f"places_{strand}": number for strand, number in cohort.offers.values_list("strand_id", "places")
    }
    strands = {f"places_{pk}": 0 for pk in cohort.program.strands.values_list("pk", flat=True)}
    values = {name: getattr(cohort, name) for name in ("name", "timezone", *DATES, *POLICY)}
    return {**strands, **places, **values, "stamp": stamp(cohort)}
