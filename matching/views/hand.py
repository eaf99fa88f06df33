"""What was decided by hand, and deciding more with the consequences shown before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import Refused
from core.roles import Permission
from matching.decision_words import acts_told, exclusion_reasons
from matching.domain.consequences import consequences
from matching.domain.decisions import last_number
from matching.domain.fixed import lock_pair, refuse_locked
from matching.domain.undo import Wanted, decide, swapped
from matching.forms import LockForm, PairForm
from matching.models import Decision, Run
from matching.queries import (
    READY,
    both_agreed,
    exclusions_of,
    latest_ready,
    locks_of,
    only_seats,
    recent_decisions,
    runs_of,
    sits_in_circle,
)
from matching.ties import ties
from matching.views.acts import Pair, act_of, back_to, decide_url, locked_told, pairs_named, say
from matching.views.common import matching_context, whole_cohort
from participants.models import Enrollment
from programs.labels import word
from programs.models import Cohort
from programs.views.desk import reader

Act = Decision.Act
TWO = 2


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fixed(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All locks and exclusions, the last decisions; a pair of one's choice can be made."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    context = matching_context(request, found)
    may_run = context["may_run"]
    if request.method == "POST" and not may_run:
        raise PermissionDenied
    labels = {role.value: word(found.program, role.value, cap=True) for role in Enrollment.Role}
    run = latest_ready(found)
    run = run if run and run.state == Run.State.CERTIFIED else None
    form = PairForm(request.POST or None, cohort=found, labels=labels, why=not run) if may_run else None
    if form and request.method == "POST" and form.is_valid():
        try:
            return _chosen(request, found, run, form.pair, form.cleaned_data.get("reason", ""))
        except Refused as refused:
            form.add_error(None, f"{refused.message} {refused.hint}")
    people = ("mentee__person", "mentor__person", "by")
    excluded = (
        exclusions_of(found).select_related(*people, "cohort").order_by("mentee__person__full_name", "pk")
    )
    why = exclusion_reasons(excluded)
    context |= {
        "form": form,
        "seats": only_seats(found),
        "seen": last_number(found),
        "decisions": acts_told(recent_decisions(found)),
        "locks": locks_of(found)
        .annotate(is_agreed=both_agreed())
        .select_related(*people)
        .order_by("mentee__person__full_name", "pk"),
        "exclusions": [(row, why[row.pk]) for row in excluded],
    }
    return render(request, "matching/fixed.html", context)


def _chosen(
    request: HttpRequest, cohort: Cohort, run: Run | None, pair: Pair, reason: str = ""
) -> HttpResponse:
    """Where a run is under review, its consequences come first, and there the reason is asked for."""
    refuse_locked(*pair)
    if run:
        return redirect(decide_url(cohort, run.number, Act.ASSIGN, [pair]))
    act = act_of(request, Act.ASSIGN)
    lock_pair(mentee=pair[0], mentor=pair[1], by=reader(request), reason=reason, act=act)
    say(request, locked_told([pair]), act)
    return redirect("matching_fixed", cohort.program.slug, cohort.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def decide_page(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """What an assignment by hand or a swap would lead to (GET); do it (POST).

    Where somebody else was faster, it is shown anew with what was typed: one more press does it.
    """
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    run = get_object_or_404(runs_of(found).filter(state__in=READY), number=number)
    given = request.POST if request.method == "POST" else request.GET
    name = given.get("act", "")
    pairs = pairs_named(found, given.getlist("pair"))
    refused: Refused | None = None
    outcome, wanted, unable, faster = None, None, None, None
    try:
        wanted = _wanted(name, pairs, given.get("reason", ""))
        if request.method == "POST":
            done = _done(request, found, wanted, name)
            if not isinstance(done, Refused):
                return done
            faster = done
        outcome = consequences(run=run, wanted=wanted)
    except Refused as refusal:
        unable, refused = (refusal, None) if refusal.code == "too_large" else (None, refusal)
    context: dict[str, Any] = {
        **matching_context(request, found),
        "run": run,
        "act": name,
        "pairs": pairs,
        "form": LockForm(initial={"reason": given.get("reason", "")}),
        "wanted": wanted,
        "refused": refused,
        "faster": faster,
        "outcome": outcome,
        "unable": unable,
        "known": [text for _pair, text in ties(wanted.unlock)] if wanted else [],
        "in_circles": any(sits_in_circle(mentee) for mentee, _mentor in pairs),
        "seen": last_number(found),
        "back": back_to(request, found),
    }
    return render(request, "matching/decide.html", context)


def _wanted(name: str, pairs: list[Pair], reason: str) -> Wanted:
    why = [reason] * len(pairs)
    if name == Act.ASSIGN and len(pairs) == 1:
        refuse_locked(*pairs[0])
        return Wanted(lock=pairs, why=why)
    if name == Act.SWAP and len(pairs) == TWO:
        return replace(swapped(*pairs), why=why)
    raise Refused("nobody_chosen", _("Choose the people first."))


def _done(request: HttpRequest, cohort: Cohort, wanted: Wanted, name: str) -> HttpResponse | Refused:
    """Do it; the refusal where somebody else has decided about the same people in the meantime."""
    act = act_of(request, name)
    try:
        decide(wanted=wanted, by=reader(request), act=act)
    except Refused as refusal:
        if refusal.code != "decided_since":
            raise
        return refusal
    if name == Act.SWAP:
        text = _("The mentors are swapped: both pairs are locked. Run again to apply it.")
    else:
        text = " ".join([locked_told(wanted.lock), _("Run again to apply it.")])
    say(request, text, act)
    return redirect(back_to(request, cohort))
