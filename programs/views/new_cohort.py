"""A new cohort, one thing per page: dates, places, policy, check."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.dates import add_months, today_in
from core.errors import Refused
from core.forms import PageForm
from core.roles import Permission
from core.ui import Answer
from programs.domain.cohorts import create_cohort
from programs.forms.cohorts import DatesForm, PlacesForm, PolicyForm
from programs.forms.fields import DATE_TEXTS, show_refusal
from programs.labels import in_language
from programs.models import Cohort, Policy, Program
from programs.rules import DATES, POLICY
from programs.views.desk import get_program, reader

STEPS = ("dates", "places", "policy", "check")
Draft = dict[str, dict[str, Any]]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def step(request: HttpRequest, program: str, step: str = "dates") -> HttpResponse:
    """One step. What was said stays in the session until the cohort is made."""
    found = get_program(request, program, Permission.CHANGE_SETTINGS)
    if step not in STEPS:
        raise Http404
    draft: Draft = request.session.get(_key(found), {})
    missing = next((one for one in STEPS[: STEPS.index(step)] if one not in draft), None)
    if missing:
        return redirect("cohort_new", program, missing)
    if step == "check":
        return _check(request, found, draft)
    form = _form(step, found, request, draft)
    if request.method == "POST" and form.is_valid():
        request.session[_key(found)] = {**draft, step: _plain(form)}
        return redirect("cohort_new", program, _after(step, draft))
    context = {
        "program": found,
        "form": form,
        "step": step,
        "number": STEPS.index(step) + 1,
        "total": len(STEPS),
        "back": _back(found, step),
    }
    return render(request, "programs/cohort_new.html", context)


def _check(request: HttpRequest, program: Program, draft: Draft) -> HttpResponse:
    form = PageForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        try:
            cohort = _make(request, program, draft)
        except Refused as refusal:
            form.full_clean()
            show_refusal(form, refusal)
        else:
            del request.session[_key(program)]
            messages.success(request, _("The cohort is made. Strangers do not see it before its call opens."))
            return redirect("cohort_desk", program.slug, cohort.slug)
    context = {
        "program": program,
        "form": form,
        "answers": _answers(program, draft),
        "number": len(STEPS),
        "total": len(STEPS),
        "back": _back(program, "check"),
    }
    return render(request, "programs/cohort_new_check.html", context)


def _make(request: HttpRequest, program: Program, draft: Draft) -> Cohort:
    return create_cohort(
        program=program,
        name=draft["dates"]["name"],
        slug=draft["dates"]["slug"],
        dates={name: date.fromisoformat(draft["dates"][name]) for name in DATES},
        places={int(name.removeprefix("places_")): number for name, number in draft["places"].items()},
        policy=draft["policy"],
        by=reader(request),
    )


def _form(step: str, program: Program, request: HttpRequest, draft: Draft) -> PageForm:
    data = request.POST if request.method == "POST" else None
    said = draft.get(step)
    if step == "dates":
        return DatesForm(data, program=program, initial=said or _proposed(program))
    if step == "places":
        return PlacesForm(data, strands=program.strands.order_by("pk"), initial=said)
    return PolicyForm(data, initial=said or {name: getattr(program, name) for name in POLICY})


def _proposed(program: Program) -> dict[str, Any]:
    """Dates that leave time for everything, and the first year that has no cohort yet."""
    opens = today_in(program.timezone) + timedelta(days=14)
    starts = opens + timedelta(days=56)
    taken = set(program.cohorts.values_list("slug", flat=True))
    year = next(year for year in itertools.count(starts.year) if str(year) not in taken)
    return {
        "name": _("Cohort %(year)d") % {"year": year},
        "slug": str(year),
        "call_opens_on": opens,
        "call_closes_on": opens + timedelta(days=28),
        "starts_on": starts,
        "ends_on": add_months(starts, program.term_months) - timedelta(days=1),
    }


def _plain(form: PageForm) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in form.cleaned_data.items()
    }


def _after(step: str, draft: Draft) -> str:
    """The next step, or the check where all others are done already."""
    rest = STEPS[STEPS.index(step) + 1 :]
    return next((one for one in rest if one not in draft), "check")


def _back(program: Program, step: str) -> str:
    place = STEPS.index(step)
    if place == 0:
        return reverse("program_desk", args=[program.slug])
    return reverse("cohort_new", args=[program.slug, STEPS[place - 1]])


def _answers(program: Program, draft: Draft) -> list[Answer]:
    def url(step: str) -> str:
        return reverse("cohort_new", args=[program.slug, step])

    dates, places, policy = (draft[step] for step in STEPS[:-1])
    found = [
        Answer(_("Name"), dates["name"], url("dates")),
        Answer(_("Address"), dates["slug"], url("dates")),
    ]
    for name in DATES:
        day = date_format(date.fromisoformat(dates[name]), "j F Y")
        found.append(Answer(DATE_TEXTS[name][0], day, url("dates")))
    for strand in program.strands.order_by("pk"):
        label = _("Places: %(strand)s") % {"strand": in_language(strand.name)}
        found.append(Answer(label, str(places.get(f"places_{strand.pk}", 0)), url("places")))
    for field in Policy._meta.fields:
        value = policy[field.name]
        words = (_("Yes") if value else _("No")) if isinstance(value, bool) else str(value)
        found.append(Answer(capfirst(field.verbose_name), words, url("policy")))
    return found


def _key(program: Program) -> str:
    return f"new-cohort-{program.pk}"
