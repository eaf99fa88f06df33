"""The criteria editor: what a good pair is, with the effect shown before anything is saved."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import Refused
from core.roles import Permission
from matching.criteria import read_criteria
from matching.criteria_form import CriteriaForm, form_values
from matching.domain.criteria import change_criteria, delete_preset, save_preset
from matching.effect import Effect, effect_of, effect_on_circles
from matching.history import Version, versions
from matching.models import Preset, Scheme
from matching.presets import SHIPPED
from matching.queries import scheme_of
from matching.views.common import matching_context, whole_cohort
from matching.views.whatif import query_of
from programs.models import Cohort
from programs.views.desk import reader


class Start(NamedTuple):
    """What the form begins with, and what that is called; empty for the criteria in force."""

    criteria: dict[str, Any]
    own_reach: int
    name: str = ""


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def criteria(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Edit. Buttons: `effect` shows what the values would do, `keep` keeps them as a set, `ask` asks what if."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    scheme = scheme_of(found)
    in_force = read_criteria(scheme.criteria).to_dict()
    start = _start(request, found, scheme, in_force)
    form = CriteriaForm(
        request.POST or None,
        initial=form_values(start.criteria, scheme.version, start.own_reach),
        curve=start.criteria["level_curve"],
    )
    others: list[Version] = []
    if request.method == "POST" and form.is_valid() and "effect" not in request.POST:
        try:
            return _act(request, found, form, start.criteria, in_force)
        except Refused as refused:
            if refused.code == "changed_meanwhile":
                # The next attempt is made knowingly: it carries the version that is in force now.
                others = versions(scheme, since=form.cleaned_data["version"])
                again = request.POST.copy()
                again["version"] = str(scheme.version)
                form = CriteriaForm(again, curve=start.criteria["level_curve"])
            form.add_error(None, f"{refused.message} {refused.hint}")
    context = {
        **matching_context(request, found),
        "form": form,
        "start": start.name,
        "others": others,
        **_effect(found, form, start.criteria),
        "shipped": [(code, preset) for code, preset in SHIPPED.items()],
        "kept": found.program.presets.order_by("name"),
        "kept_name": request.POST.get("name", ""),
        "history": versions(scheme),
        "version": scheme.version,
    }
    return render(request, "matching/criteria.html", context)


def _start(request: HttpRequest, cohort: Cohort, scheme: Scheme, in_force: dict[str, Any]) -> Start:
    """The criteria in force, or those that the address asks for: a set (`preset`) or an earlier version."""
    wanted, number = request.GET.get("preset", ""), request.GET.get("version", "")
    if shipped := SHIPPED.get(wanted):
        return Start(shipped.over(in_force), scheme.own_reach, str(shipped.name))
    if wanted.isdecimal() and (kept := cohort.program.presets.filter(pk=wanted).first()):
        return Start(read_criteria(kept.criteria).to_dict(), scheme.own_reach, kept.name)
    for version in versions(scheme) if number.isdecimal() else []:
        if version.number == int(number) and version.criteria:
            name = _("Version %(number)s") % {"number": version.number}
            return Start(read_criteria(version.criteria).to_dict(), version.own_reach, name)
    return Start(in_force, scheme.own_reach)


def _act(
    request: HttpRequest, cohort: Cohort, form: CriteriaForm, before: dict[str, Any], in_force: dict[str, Any]
) -> HttpResponse:
    wanted, by = form.criteria(before), reader(request)
    if "keep" in request.POST:
        preset = save_preset(
            program=cohort.program, name=request.POST.get("name", ""), criteria=wanted, by=by
        )
        messages.success(
            request, _("“%(name)s” is kept. The criteria in force have not changed.") % {"name": preset}
        )
        here = reverse("matching_criteria", args=[cohort.program.slug, cohort.slug])
        return redirect(f"{here}?preset={preset.pk}")
    clean = form.cleaned_data
    if "ask" in request.POST:
        query = query_of(form_values(in_force, 0, 0), form)
        return redirect(f"{reverse('matching_what_if', args=[cohort.program.slug, cohort.slug])}?{query}")
    change_criteria(
        cohort=cohort, criteria=wanted, version=clean["version"], own_reach=clean["own_reach"], by=by
    )
    messages.success(request, _("The criteria are saved. They apply from the next run on."))
    return redirect("matching_review", cohort.program.slug, cohort.slug)


def _effect(cohort: Cohort, form: CriteriaForm, before: dict[str, Any]) -> dict[str, Effect | None]:
    """Of the values on the screen, on pairs and on circles; none where they are not valid."""
    wrong = set(form.errors) - {NON_FIELD_ERRORS}  # a refusal is not about the values
    if form.is_bound and wrong:
        return {"effect": None, "on_circles": None}
    criteria = form.criteria(before) if form.is_bound else before
    return {"effect": effect_of(cohort, criteria), "on_circles": effect_on_circles(cohort, criteria)}


@login_required
@require_POST
def forget_preset(request: HttpRequest, program: str, cohort: str, pk: int) -> HttpResponse:
    """Delete a set that the program has kept."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    preset = get_object_or_404(Preset.objects.filter(program=found.program), pk=pk)
    delete_preset(preset=preset, by=reader(request))
    messages.success(request, _("“%(name)s” is deleted. No cohort changes by that.") % {"name": preset})
    return redirect("matching_criteria", program, cohort)
