"""All runs of a cohort, and starting a run."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.roles import Permission
from matching.domain.runs import request_run
from matching.engine.field import Criteria
from matching.forms import RunForm
from matching.queries import (
    UNDER_WAY,
    exclusions_of,
    locks_of,
    runs_of,
    scheme_of,
    shortlist_counts,
    waiting,
)
from matching.summary import criteria_bars, rules_in_words, run_lines
from matching.views.common import matching_context, whole_cohort
from participants.models import Introduction
from participants.queries import introductions_for_staff
from programs.views.desk import reader


@login_required
@require_safe
def index(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """What waits to be matched, the criteria, and the runs as versions."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    runs = list(runs_of(found))
    criteria = Criteria.from_dict(scheme_of(found).criteria)
    context: dict[str, Any] = {
        **matching_context(request, found),
        "waiting": waiting(found),
        "runs": run_lines(runs),
        "at_work": next((run for run in runs if run.state in UNDER_WAY), None),
        "rules": rules_in_words(criteria),
        "weights": criteria_bars(criteria),
        "locks": locks_of(found).count(),
        "exclusions": exclusions_of(found).count(),
        "form": RunForm(),
        "to_confirm": introductions_for_staff(found).filter(state=Introduction.State.AGREED).count(),
        "lists": shortlist_counts(found),
    }
    return render(request, "matching/index.html", context)


@login_required
@require_POST
def start(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Ask for a run, and go to where its progress shows."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    form = RunForm(request.POST)
    objective = (
        form.cleaned_data["objective"] if form.is_valid() else RunForm.base_fields["objective"].initial
    )
    run = request_run(cohort=found, by=reader(request), objective=objective)
    return redirect("matching_run", program, cohort, run.number)
