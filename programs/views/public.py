"""What anyone may read: the programs, one program, one cohort."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_safe

from core.dates import today_in
from core.roles import Permission
from people.models import Person
from programs import panels
from programs.models import Cohort, Program
from programs.public import asked_of, figures_of, summary_of
from programs.queries import cohorts_for, programs_for, public_cohorts, public_programs


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """All public programs, calls that are open first."""
    rows = [
        {
            "program": program,
            "summary": summary_of(program),
            "calls": [cohort for cohort in program.cohorts.all() if _is_open(cohort)],
        }
        for program in public_programs()
    ]
    rows.sort(key=lambda row: not row["calls"])
    return render(
        request, "programs/front.html", {"rows": rows, "is_open": any(row["calls"] for row in rows)}
    )


@require_safe
def program(request: HttpRequest, program: str) -> HttpResponse:
    """What the program is."""
    found = _program(request, program)
    context = {
        "program": found,
        "summary": summary_of(found),
        "asked": asked_of(found),
        "cohorts": list(public_cohorts().filter(program=found)),
    }
    return render(request, "programs/public_program.html", context)


@require_safe
def cohort(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """What taking part means, the dates, and the way to apply."""
    found = _cohort(request, program, cohort)
    context = {
        "program": found.program,
        "cohort": found,
        "summary": summary_of(found.program),
        "asked": asked_of(found.program),
        "figures": figures_of(found),
        "dates": panels.dates(found),
        "today": today_in(found.timezone),
        "is_draft": found.state == Cohort.State.DRAFT,
        "is_open": _is_open(found),
        "apply_url": _apply_url(found),
    }
    return render(request, "programs/public_cohort.html", context)


def _program(request: HttpRequest, slug: str) -> Program:
    """A public program; for its own staff a hidden one as well."""
    public = Program.objects.filter(is_public=True, slug=slug).first()
    if public is None and isinstance(request.user, Person):
        return get_object_or_404(programs_for(request.user, Permission.SEE_DESK), slug=slug)
    return public or get_object_or_404(Program.objects.none())


def _cohort(request: HttpRequest, program: str, slug: str) -> Cohort:
    """A public cohort; for the program's own staff a draft as well."""
    public = public_cohorts().filter(program__slug=program, slug=slug).first()
    if public is None and isinstance(request.user, Person):
        own = cohorts_for(request.user, Permission.SEE_DESK)
        return get_object_or_404(own, program__slug=program, slug=slug)
    return public or get_object_or_404(Cohort.objects.none())


def _is_open(cohort: Cohort) -> bool:
    return cohort.state == Cohort.State.CALL_OPEN


def _apply_url(cohort: Cohort) -> str:
    try:
        return reverse("apply", args=[cohort.program.slug, cohort.slug]) if _is_open(cohort) else ""
    except NoReverseMatch:
        return ""
