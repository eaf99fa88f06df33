"""Publishing a run, at once or in parts: choose, read whom it concerns, then do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from agreements.domain.publishing import publish_run
from agreements.forms import PublishFilter
from agreements.models import Mentorship
from agreements.panels import mentorships_url
from agreements.publishable import first_ends, lines, with_people
from agreements.views.common import reader
from core.access import fetch
from core.errors import Refused
from core.roles import Permission
from matching.domain.asked_mails import ended_with
from matching.models import Proposal, Run, SideAnswer
from matching.queries import READY, questions_about, said, unpublished
from matching.standing import Prospects, prospects
from matching.ties import own_noes
from programs.models import Cohort
from programs.views.desk import desk_context, get_cohort

PAGE = 50
Given = Mapping[str, Any]  # what the filter says
Answers = Mapping[int, dict[str, SideAnswer]]  # by proposal and role


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """GET shows the pairs, ticked where nothing speaks against them; POST of ticks, or of `which=all`, names them.

    POST of `sure`, the pairs that were named, publishes these and no other. A refusal keeps the ticks.
    """
    found = get_cohort(request, program, cohort, Permission.RUN_MATCHING, whole=True)
    run = fetch(Run.objects.filter(cohort=found), number=number)
    form = PublishFilter(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    pairs = _narrow(run, unpublished(run), given)
    refused: Refused | None = None
    if request.method == "POST" and "back" not in request.POST:
        chosen = _chosen(request, run, pairs, given)
        if chosen and "sure" not in request.POST and _can_publish(run, found):
            return render(request, "agreements/desk/publish_sure.html", _named(request, found, run, chosen))
        try:
            return _published(request, found, publish_run(run=run, by=reader(request), proposals=chosen))
        except Refused as refusal:
            refused = refusal
    context = _context(request, found, run, pairs, given) | {"form": form, "refused": refused}
    return render(request, "agreements/desk/publish.html", context, status=409 if refused else 200)


def _can_publish(run: Run, cohort: Cohort) -> bool:
    return run.state in READY and cohort.state in {Cohort.State.MATCHING, Cohort.State.RUNNING}


def _narrow(run: Run, pairs: QuerySet[Proposal], chosen: Given) -> QuerySet[Proposal]:
    """By name, and by what both sides said."""
    if words := chosen.get("q"):
        pairs = pairs.filter(
            Q(mentee__person__full_name__icontains=words)
            | Q(mentor__person__full_name__icontains=words)
            | Exists(
                Proposal.objects.filter(
                    Q(mentee__person__full_name__icontains=words)
                    | Q(mentor__person__full_name__icontains=words),
                    circle=OuterRef("circle"),
                )
            )
        )
    if chosen.get("said"):
        wanted = _both_yes if chosen["said"] == "both" else _is_open
        pairs = pairs.filter(pk__in=[pk for pk, answers in said(run).items() if wanted(answers)])
    by_circle = F("circle__number").asc(nulls_first=True)
    return pairs.order_by(by_circle, "mentee__person__full_name", "pk")


def _chosen(request: HttpRequest, run: Run, pairs: QuerySet[Proposal], given: Given) -> list[Proposal]:
    """The pairs named before, or those ticked, or every one of the filter that would be ticked."""
    named = _ticked(request)
    if "sure" in request.POST:
        return [pair for pair in run.proposals.all() if str(pair.uid) in named]
    if request.POST.get("which") == "all":
        rows = list(pairs)
        ready = _ready(rows, prospects(run.cohort, rows), said(run), given)
        return [pair for pair in rows if pair.pk in ready]
    return [pair for pair in pairs if str(pair.uid) in named]


def _ticked(request: HttpRequest) -> set[str]:
    """What was ticked, or was named on the page that asks whether one is sure."""
    return {*request.POST.getlist("chosen"), *request.POST.get("sure", "").split()}


def _still_ticked(request: HttpRequest, rows: Sequence[Proposal]) -> set[int]:
    named = _ticked(request)
    return {pair.pk for pair in rows if str(pair.uid) in named}


def _named(request: HttpRequest, cohort: Cohort, run: Run, chosen: Sequence[Proposal]) -> dict[str, Any]:
    """How many and who, before it happens."""
    order = {pair.pk: place for place, pair in enumerate(chosen)}
    found = with_people(run.proposals.filter(pk__in=order))
    pairs = sorted(found, key=lambda pair: order[pair.pk])
    circles = sum(pair.circle_id is not None for pair in pairs)
    people, mails = ended_with(questions_about(found))
    return desk_context(request, cohort) | {
        "run": run,
        "rows": lines(pairs, prospects(cohort, pairs)),
        "noes": list(own_noes([(pair.mentee, pair.mentor) for pair in pairs]).values()),
        "sure": " ".join(str(pair.uid) for pair in pairs),
        "questions": {"people": people, "mails": mails},
        "what": "pairs" if not circles else "circles" if circles == len(pairs) else "both",
        "ends": first_ends(run, pairs) if cohort.state == Cohort.State.MATCHING else None,
        "here": request.get_full_path(),
    }


def _ready(rows: Sequence[Proposal], found: Prospects, answers: Answers, given: Given) -> set[int]:
    """What can still be made, by id; where both sides were asked only what both agreed to, unless filtered by it."""
    heard = not answers or bool(given.get("said"))
    return {pair.pk for pair in rows if pair.pk not in found.why and (heard or _settled(pair, answers))}


def _settled(pair: Proposal, given: Answers) -> bool:
    """Whether both said yes; those of circles are not asked."""
    return pair.circle_id is not None or _both_yes(given.get(pair.pk, {}))


def _both_yes(answers: Mapping[str, SideAnswer]) -> bool:
    return len(answers) == 2 and all(row.answer == SideAnswer.Answer.YES for row in answers.values())


def _is_open(answers: Mapping[str, SideAnswer]) -> bool:
    return any(not row.answer for row in answers.values())


def _context(
    request: HttpRequest, cohort: Cohort, run: Run, pairs: QuerySet[Proposal], given: Given
) -> dict[str, Any]:
    page = Paginator(with_people(pairs), PAGE).get_page(request.GET.get("page"))
    rows, answers = list(pairs), said(run)
    found = prospects(cohort, rows)
    shown = lines(page.object_list, found)
    ready = _ready(rows, found, answers, given)
    ticked = _still_ticked(request, rows) if request.method == "POST" else ready
    published = run.proposals.exclude(published_at=None)
    count = published.aggregate(
        pairs=Count("pk", filter=Q(circle=None)), circles=Count("circle", distinct=True)
    )
    every = run.proposals.aggregate(pairs=Count("pk", filter=Q(circle=None)), circles=Count("circle"))
    return desk_context(request, cohort) | {
        "run": run,
        "page": page,
        "rows": [(row, row.proposal.pk in ticked, answers.get(row.proposal.pk)) for row in shown],
        "all_ticked": all(row.proposal.pk in ticked for row in shown if not row.why),
        "asked": bool(answers),
        "only_agreed": bool(answers) and not given.get("said"),
        "possible": len(ready),
        "agreed": sum(pair.circle_id is None and pair.pk in ready for pair in rows),
        "published": sum(count.values()),
        "what": "both" if all(every.values()) else "circles" if every["circles"] else "pairs",
        "is_published": any(count.values()) and not unpublished(run).exists(),
        "can_publish": _can_publish(run, cohort),
        "starts_running": cohort.state == Cohort.State.MATCHING,
        "here": request.get_full_path(),
    }


def _published(request: HttpRequest, cohort: Cohort, made: Sequence[Mentorship]) -> HttpResponse:
    text = ngettext(
        "%(n)d mentorship is published. The mails to both sides wait under Mail for you to send.",
        "%(n)d mentorships are published. The mails to both sides wait under Mail for you to send.",
        len(made),
    )
    messages.success(request, text % {"n": len(made)})
    return redirect(mentorships_url(cohort))
