"""The desk of one cohort."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from programs.views.desk import desk_context, get_cohort


@login_required
def show(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Where the cohort stands."""
    found = get_cohort(request, program, cohort)
    return render(request, "programs/cohort_desk.html", desk_context(request, found))
