"""Runs beside each other, a run as pictures, and as a table to download."""

from __future__ import annotations

import defusedcsv.csv as csv
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from core.roles import Permission
from core.ui import Link
from matching.compare import KINDS, compare
from matching.equity import equity, equity_beside
from matching.facets import facets
from matching.floors import missed
from matching.pictures import BAR, HEIGHT, cohort_map, distribution
from matching.queries import READY, runs_of
from matching.run_sheet import rows, workbook
from matching.summary import only_circles
from matching.views.common import matching_context, whole_cohort


@login_required
@require_safe
def comparison(request: HttpRequest, program: str, cohort: str, number: int, other: int) -> HttpResponse:
    """Two runs side by side: figures, what differs, who moves and why."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    ready = {run.number: run for run in runs_of(found).filter(state__in=READY)}
    if number not in ready or other not in ready:
        raise Http404
    before, after = ready[number], ready[other]
    kind = request.GET.get("kind", "")
    kind = kind if kind in KINDS else ""
    result = compare(before, after, kind=kind, number=request.GET.get("page"))
    labels = {
        "": _("All who change"),
        "moved": _("Another circle") if only_circles(before) and only_circles(after) else _("Another mentor"),
        "out": pgettext("who had a place", "Left out"),
        "gone": _("Take no part any more"),
        "done": _("Matched by now"),
        "into": _("Got in"),
    }
    chips = [
        Link(label, f"?kind={code}" if code else "?", current=code == kind, count=result.counts[code])
        for code, label in labels.items()
        if code not in ("done", "gone") or result.counts[code]
    ]
    context = {
        **matching_context(request, found),
        "before": before,
        "after": after,
        "result": result,
        "equity": equity_beside(before, after),
        "has_circles": any(run.numbers.get("circles") for run in (before, after)),
        "only_circles": only_circles(before) and only_circles(after),
        "chips": chips,
        "ready": ready.values(),
    }
    return render(request, "matching/compare.html", context)


@login_required
@require_safe
def pictures(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """The map of the cohort by directorates or levels, and the distribution of the fit."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    run = get_object_or_404(runs_of(found).filter(state__in=READY), number=number)
    page = reverse("matching_run", args=[program, cohort, number])
    by = "level" if request.GET.get("by") == "level" else "unit"
    known = facets(run)
    columns = distribution(run, known, page)
    context = {
        **matching_context(request, found),
        "run": run,
        "by": by,
        "chips": [
            Link(_("Directorates"), "?by=unit", current=by == "unit"),
            Link(_("Career levels"), "?by=level", current=by == "level"),
        ],
        "map": cohort_map(run, known, by, page),
        "columns": columns,
        "equity": equity(run),
        "under_share": missed(run),
        "only_circles": only_circles(run),
        "bars": {"width": BAR * len(columns), "bar": BAR - 8, "middle": (BAR - 8) // 2, "height": HEIGHT},
    }
    return render(request, "matching/pictures.html", context)


SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
@require_safe
def export(request: HttpRequest, program: str, cohort: str, number: int, kind: str) -> HttpResponse:
    """The pairs of a run as CSV or XLSX that no spreadsheet executes."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    ready = runs_of(found).filter(state__in=READY).select_related("cohort__program")
    run = get_object_or_404(ready, number=number)
    if kind == "xlsx":
        response = HttpResponse(workbook(rows(run), _("Run %(n)s") % {"n": number}), content_type=SHEET)
    elif kind == "csv":
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        csv.writer(response).writerows(rows(run))
    else:
        raise Http404
    name = f"{found.program.slug}-{found.slug}-run-{number}.{kind}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
