"""One run: under way, failed, or ready for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.roles import Permission
from matching import review, words
from matching.circle_review import circle_cards
from matching.criteria import read_criteria
from matching.domain.decisions import last_number
from matching.domain.runs import OPEN, cancel_run
from matching.facets import chosen, facets
from matching.failure_words import failure
from matching.floors import missed
from matching.forms import LockForm, ReviewFilter, again
from matching.models import Proposal, Run
from matching.option_words import unusual
from matching.others import people_named, why_not_other
from matching.queries import (
    READY,
    UNDER_WAY,
    decisions_since,
    impossible,
    latest_ready,
    runs_of,
    scheme_of,
    unpublished,
    waiting_proposals,
)
from matching.standing import MOST_CHECKED, prospects
from matching.summary import chips, lede, only_circles, run_figures, stage_words
from matching.views.common import matching_context, whole_cohort
from participants.models import Enrollment
from programs.labels import word
from programs.models import Cohort
from programs.views.desk import reader


@login_required
@require_safe
def show(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """Where the run stands; its pairs once they are proven."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    run = get_object_or_404(runs_of(found), number=number)
    context = {**matching_context(request, found), "run": run, "run_url": request.path}
    if run.state in READY:
        context |= {**_review(request, found, run), "under_share": missed(run)}
        return render(request, "matching/review.html", context)
    context["stage"] = stage_words(run)
    context["failure"] = failure(run) if run.state == Run.State.FAILED else None
    context["options"] = unusual(run)
    context["at_work"] = run.state in UNDER_WAY
    return render(request, "matching/run.html", context)


@login_required
@require_safe
def progress(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """The bar alone, asked for every two seconds; once the run is over, the page is loaded anew."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    run = get_object_or_404(runs_of(found), number=number)
    if run.state not in UNDER_WAY:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(
        request, "matching/progress.html", {"run": run, "stage": stage_words(run), "poll_url": request.path}
    )


@login_required
@require_POST
def cancel(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """Call the run off."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    cancel_run(run=get_object_or_404(runs_of(found), number=number), by=reader(request))
    messages.success(request, _("The run was cancelled. Nothing of it is kept."))
    return redirect("matching_review", program, cohort)


def _review(request: HttpRequest, cohort: Cohort, run: Run) -> dict[str, Any]:
    labels = {role.value: word(cohort.program, role.value, cap=True) for role in Enrollment.Role}
    show = request.GET.get("show", "")
    show = show if show in review.SHOWS else ""
    form = ReviewFilter(request.GET, facets=facets(run), labels=labels, left=show in review.LEFT)
    form.is_valid()  # what makes no sense narrows nothing
    given = form.cleaned_data
    seats = review.pairs_of(run)
    pairs = review.filtered(seats.filter(circle=None), show, given)
    counted = review.counts(run)
    if not show and not counted["all"] and counted["circles"]:
        show = "circles"
    before = latest_ready(cohort, before=run.number)
    newest = latest_ready(cohort)
    context: dict[str, Any] = {
        "filter": form,
        "narrowed": list(chosen(given)),
        "show": show,
        "lede": lede(run, cohort.program),
        "figures": run_figures(run, f"{_pictures_url(cohort, run)}#equity"),
        "only_circles": only_circles(run),
        "chips": chips(request, counted, show, _kept_from(run, before), cohort.program),
        **_rest(run, cohort),
        "again": again(run),
        "newest": newest if newest and newest.number > run.number else None,
        "criteria_changed": run.criteria != read_criteria(scheme_of(cohort).criteria).to_dict(),
        "publish_url": _publish_url(cohort, run),
        "is_open": run.state == Run.State.CERTIFIED,
        "here": _here(request),
        "ticked": request.GET.getlist("tick"),
        "seen": last_number(cohort),
        "since": decisions_since(run),
        "previous": before,
        "pair": None,
        "who": None,
    }
    context |= _listed(run, pairs, show, given, request.GET.get("page"), context.pop("stuck"))
    if "left" not in context and (opened := _opened(request, seats)):
        context |= _detail(request, cohort, run, opened)
    return context


def _here(request: HttpRequest) -> str:
    """The page as it is come back to, with nothing selected."""
    query = request.GET.copy()
    query.pop("tick", None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _detail(request: HttpRequest, cohort: Cohort, run: Run, opened: Proposal) -> dict[str, Any]:
    """The opened pair; of a seat in a circle also the same member with each host."""
    detail = {"pair": review.pair_detail(cohort.program, opened), "lock_form": LockForm()}
    if opened.circle_id is None:
        return detail | _asked(request, run, opened)
    same = review.pairs_of(run).filter(circle=opened.circle_id, mentee=opened.mentee_id)
    return detail | {"beside": list(same.order_by("mentor_id"))}


def _rest(run: Run, cohort: Cohort) -> dict[str, Any]:
    """What of a run is not published yet, how much of it can no longer be, and whether that can still be decided on.

    Of many pairs only what the database sees is counted; what a rule forbids by now is marked where it stands.
    """
    heads = unpublished(run).defer("parts", "flags")
    number = heads.count()
    return {
        "rest": number > 0,
        "is_live": (number > 0 or run.state == Run.State.CERTIFIED) and cohort.state in OPEN,
        **(_stuck(cohort, list(heads)) if number <= MOST_CHECKED else _seen_stuck(run)),
    }


def _stuck(cohort: Cohort, heads: Sequence[Proposal]) -> dict[str, Any]:
    told = prospects(cohort, heads)
    return {
        "stuck": told.why,
        "stale": sum(head.pk in told.why for head in heads if not head.circle_id),
        "stale_seats": told.seats,
        "stale_circles": sum(head.pk in told.why for head in heads if head.circle_id),
    }


def _seen_stuck(run: Run) -> dict[str, Any]:
    seats = Count("mentee", filter=~Q(circle=None), distinct=True)
    found = impossible(waiting_proposals(run)).order_by()
    return {"stuck": None, **found.aggregate(stale=Count("pk", filter=Q(circle=None)), stale_seats=seats)}


def _asked(request: HttpRequest, run: Run, opened: Proposal) -> dict[str, Any]:
    """The people whose name is asked for, and why the one chosen is not in this pair."""
    who, wanted = request.GET.get("who", ""), request.GET.get("ask", "")
    people = Enrollment.objects.filter(cohort=run.cohort_id).select_related("person", "cohort__program")
    other = people.filter(uid=wanted).first() if review.is_uid(wanted) else None
    return {
        "who": who,
        "others": people_named(run, opened, who),
        "answer": why_not_other(run, opened, other) if other else None,
        "kept": [item for item in request.GET.items() if item[0] not in ("who", "ask")],
    }


def _kept_from(run: Run, before: Run | None) -> Run | None:
    """The run whose pairs this one was to keep, and against which its changes are counted."""
    if run.start_run or run.start == Run.Start.SCRATCH:
        return run.start_run
    return before  # made before runs named it


def _listed(
    run: Run,
    pairs: Any,
    show: str,
    given: Mapping[str, Any],
    number: str | None,
    stuck: Mapping[int, str] | None,
) -> dict[str, Any]:
    """One page of what is shown: people left over, circles, or pairs."""
    if show in review.LEFT:
        page, left = review.left_rows(run, show, given, number)
        no_gains = bool(left) and show != "free" and run.numbers.get("gains") is False
        return {"page": page, "left": left, "no_gains": no_gains}
    if show == "circles":
        circles, cards = circle_cards(run, given.get("q", ""), number)
        return {"page": circles, "circles": cards}
    found, rows = review.pair_rows(pairs, number, stuck)
    return {
        "page": found,
        "rows": rows,
        "bar_key": [(label, kind) for label, kind, _names in words.GROUPS.values()],
    }


def _opened(request: HttpRequest, pairs: Any) -> Proposal | None:
    """The pair that the address names; none for an address that was cut or comes from another run."""
    wanted = request.GET.get("pair", "")
    return next((row for row in pairs.filter(uid=wanted)), None) if review.is_uid(wanted) else None


def _pictures_url(cohort: Cohort, run: Run) -> str:
    return reverse("matching_pictures", args=[cohort.program.slug, cohort.slug, run.number])


def _publish_url(cohort: Cohort, run: Run) -> str:
    try:
        return reverse("publish_run", args=[cohort.program.slug, cohort.slug, run.number])
    except NoReverseMatch:
        return ""
