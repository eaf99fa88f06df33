"""The recruiting list of a run."""

from __future__ import annotations

import defusedcsv.csv as csv
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import Refused
from core.roles import Permission
from matching.models import Run
from matching.queries import READY, runs_of
from matching.recruiting import recruiting
from matching.views.common import matching_context, whole_cohort
from programs.models import Cohort


@login_required
@require_safe
def show(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """Kinds of mentor and rules, each with the exact number of people it would match."""
    found, run = _run(request, program, cohort, number)
    context = {**matching_context(request, found), "run": run, "told": None, "refused": None}
    try:
        context["told"] = recruiting(run)
    except Refused as refused:
        context["refused"] = refused
    return render(request, "matching/recruiting.html", context)


@login_required
@require_safe
def export(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """The kinds as CSV that no spreadsheet executes."""
    found, run = _run(request, program, cohort, number)
    told = recruiting(run)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"{found.program.slug}-{found.slug}-recruiting-{run.number}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow([_("Mentors"), _("Places each"), _("Matched more"), _("Like this"), _("Who")])
    for kind in told.kinds:
        like = "; ".join(f"{fact.label}: {fact.value}" for fact in kind.facts)
        who = "; ".join(row.person.full_name for row in kind.people)
        writer.writerow([kind.mentors, kind.places, kind.covered, like, who])
    return response


def _run(request: HttpRequest, program: str, cohort: str, number: int) -> tuple[Cohort, Run]:
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    runs = runs_of(found).filter(state__in=READY).select_related("cohort__program")
    return found, get_object_or_404(runs, number=number)
