"""Bringing in applications from a file: choose, see what would happen, confirm."""

from __future__ import annotations

import defusedcsv.csv as csv
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Refused
from core.roles import Permission
from participants.domain.import_checks import read_rows
from participants.domain.import_sample import sample_rows
from participants.domain.imports import import_applications, plan_import
from participants.forms import ApplicationsForm
from participants.panels import people_url
from participants.views.common import posted, reader
from programs.models import Cohort
from programs.views.desk import desk_context, get_cohort

SHOWN = 200  # problems listed; the rest is counted


def _cohort(request: HttpRequest, program: str, cohort: str) -> Cohort:
    """A file may name anybody, so a role limited to one organization cannot bring one in."""
    return get_cohort(request, program, cohort, Permission.DECIDE_APPLICATIONS, whole=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Nothing changes before the preview is confirmed; the file travels in the page meanwhile."""
    found = _cohort(request, program, cohort)
    if request.method == "POST" and "content" in request.POST:
        return _confirmed(request, found)
    form = ApplicationsForm(posted(request), request.FILES)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return _preview(request, found, file.read(), file.name)
        except Refused as refusal:
            form.add_error("file", f"{refusal.message} {refusal.hint}".strip())
    return render(request, "participants/people/import.html", {**desk_context(request, found), "form": form})


def _preview(
    request: HttpRequest, cohort: Cohort, content: bytes, name: str, refused: Refused | None = None
) -> HttpResponse:
    """What the file would do; `refused` says why it could not be done just now."""
    plan = plan_import(cohort=cohort, rows=read_rows(content))
    return render(request, "participants/people/import_preview.html", {
        **desk_context(request, cohort),
        "plan": plan,
        "problems": plan.problems[:SHOWN],
        "more": max(0, len(plan.problems) - SHOWN),
        "content": content.decode("utf-8-sig"),
        "file_name": name,
        "refused": refused,
    })  # fmt: skip


def _confirmed(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """A refusal brings the preview back, with the file and what has changed since."""
    content = request.POST["content"].encode()
    try:
        done = import_applications(cohort=cohort, rows=read_rows(content), by=reader(request))
    except Refused as refusal:
        return _preview(request, cohort, content, request.POST.get("file_name", ""), refusal)
    text = _("Brought in: %(new)d new, %(changed)d changed. Decided already and left alone: %(decided)d.")
    messages.success(request, text % {"new": done.new, "changed": done.changed, "decided": done.decided})
    return redirect(people_url(cohort))


@login_required
@require_safe
def sample(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """A file with all columns of this cohort and two rows to overwrite."""
    found = _cohort(request, program, cohort)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="applications-sample.csv"'
    csv.writer(response).writerows(sample_rows(found))
    return response
