"""All runs of a cohort, and starting a run."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.roles import Permission
from matching.criteria import read_criteria
from matching.domain.runs import request_run
from matching.forms import RunForm
from matching.queries import (
    UNDER_WAY,
    exclusions_of,
    locks_of,
    only_seats,
    runs_of,
    scheme_of,
    shortlist_counts,
    waiting,
)
from matching.summary import criteria_bars, rules_in_words, run_lines
from matching.views.common import matching_context, whole_cohort
from participants.models import Introduction
from participants.queries import introductions_for_staff
from programs.models import Cohort
from programs.views.desk import reader


@login_required
@require_safe
def index(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """What waits to be matched, the criteria, and the runs as versions."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    return _page(request, found, _form(found))


def _form(cohort: Cohort, given: Any = None) -> RunForm:
    return RunForm(given, cohort=cohort, min_fit=read_criteria(scheme_of(cohort).criteria).min_fit)


def _page(request: HttpRequest, cohort: Cohort, form: RunForm) -> HttpResponse:
    runs = list(runs_of(cohort))
    criteria = read_criteria(scheme_of(cohort).criteria)
    context: dict[str, Any] = {
        **matching_context(request, cohort),
        "waiting": waiting(cohort),
        "runs": run_lines(runs),
        "at_work": next((run for run in runs if run.state in UNDER_WAY), None),
        "rules": rules_in_words(criteria),
        "weights": criteria_bars(criteria),
        "locks": locks_of(cohort).filter(stands=True).count(),
        "exclusions": exclusions_of(cohort).count(),
        "seats": only_seats(cohort),
        "form": form,
        "to_confirm": introductions_for_staff(cohort).filter(state=Introduction.State.AGREED).count(),
        "lists": shortlist_counts(cohort),
    }
    return render(request, "matching/index.html", context)


@login_required
@require_POST
def start(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Ask for a run, and go to where its progress shows; the first page again where the choices make no sense."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    form = _form(found, request.POST)
    if not form.is_valid():
        return _page(request, found, form)
    run = request_run(cohort=found, by=reader(request), **form.chosen)
    return redirect("matching_run", program, cohort, run.number)
