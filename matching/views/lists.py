"""Deciding about many pairs by a file: choose, see every problem and the consequences, apply."""

from __future__ import annotations

import defusedcsv.csv as csv
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Refused
from core.roles import Permission
from matching.domain.consequences import Consequences, consequences
from matching.domain.decisions import last_number
from matching.domain.lists import Plan, decide_list, plan_list
from matching.forms import ListForm
from matching.list_sample import sample_rows
from matching.models import Decision, Run
from matching.queries import latest_ready
from matching.ties import own_noes, ties
from matching.views.acts import act_of, say
from matching.views.common import matching_context, whole_cohort
from programs.models import Cohort
from programs.views.desk import reader

PARTS = (Decision.Kind.EXCLUDE, Decision.Kind.UNLOCK)  # acts that may part two who know that they are a pair
SHOWN = 200  # rows and problems listed; the rest is counted


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Nothing changes before the preview is applied; the file travels in the page meanwhile."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    if request.method == "POST" and "content" in request.POST:
        return _applied(request, found)
    form = ListForm(request.POST, request.FILES) if request.method == "POST" else ListForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return _preview(request, found, file.read(), file.name)
        except Refused as refused:
            form.add_error("file", f"{refused.message} {refused.hint}".strip())
    return render(request, "matching/list.html", {**matching_context(request, found), "form": form})


def _preview(
    request: HttpRequest, cohort: Cohort, content: bytes, name: str, refused: Refused | None = None
) -> HttpResponse:
    """What the file would do; `refused` says why it could not be done just now."""
    seen = last_number(cohort)  # before anything is read: what is decided from here on was not seen
    plan = plan_list(cohort=cohort, content=content)
    run, outcome, unable = _outcome(cohort, plan)
    return render(request, "matching/list_preview.html", {
        **matching_context(request, cohort),
        "plan": plan,
        "lines": plan.new[:SHOWN],
        "problems": plan.problems[:SHOWN],
        "more": max(0, len(plan.problems or plan.new) - SHOWN),
        "run": run,
        "outcome": outcome,
        "unable": unable,
        "refused": refused,
        "known": [text for _pair, text in ties([line.pair for line in plan.new if line.kind in PARTS])],
        "noes": list(own_noes([line.pair for line in plan.new if line.kind == Decision.Kind.ALLOW]).values()),
        "seen": seen,
        "content": content.decode("utf-8-sig"),
        "file_name": name,
    })  # fmt: skip


def _outcome(cohort: Cohort, plan: Plan) -> tuple[Run | None, Consequences | None, Refused | None]:
    """The run under review, and what the decisions would make of it or why that cannot be told."""
    run = latest_ready(cohort)
    if run is None or run.state != Run.State.CERTIFIED or plan.problems or not plan.new:
        return None, None, None
    try:
        return run, consequences(run=run, wanted=plan.wanted), None
    except Refused as refused:
        return run, None, refused


def _applied(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """A refusal brings the preview back, with the file and how it stands now."""
    content, act = request.POST["content"].encode(), act_of(request, Decision.Act.FILE)
    try:
        done = len(decide_list(cohort=cohort, content=content, by=reader(request), act=act).new)
    except Refused as refused:
        return _preview(request, cohort, content, request.POST.get("file_name", ""), refused)
    text = ngettext("%(count)s row of the file is decided.", "%(count)s rows of the file are decided.", done)
    again = _("Run again to apply it.")
    say(request, f"{text % {'count': done}} {again}", act)
    return redirect("matching_fixed", cohort.program.slug, cohort.slug)


@login_required
@require_safe
def sample(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """The pairs as they stand, as CSV that no spreadsheet executes."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    name = f"{found.program.slug}-{found.slug}-decisions.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    csv.writer(response).writerows(sample_rows(found))
    return response
