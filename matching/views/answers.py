"""Both sides are asked about a pair: the desk asks, the two answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_http_methods

from core.access import fetch
from core.dates import today_in
from core.errors import Refused
from core.roles import Permission
from matching import review
from matching.answer_forms import AnswerForm, AskForm
from matching.domain.answers import answer_pair, ask_sides, to_ask
from matching.models import SideAnswer
from matching.queries import READY, questions_to, runs_of
from matching.views.common import matching_context, whole_cohort
from matching.why import why_matched
from programs.labels import word
from programs.views.desk import reader


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """The page says who will be asked and what they will read; the button writes the mails."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    run = get_object_or_404(runs_of(found).filter(state__in=READY), number=number)
    today = today_in(found.timezone)
    start = {"due_on": today + timedelta(days=found.answer_days or 7)}
    form = AskForm(request.POST or None, initial=start, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            people = ask_sides(run=run, due_on=form.cleaned_data["due_on"], by=reader(request))
        except Refused as refusal:
            form.add_error(None, f"{refusal.message} {refusal.hint}")
        else:
            text = ngettext(
                "%(n)d person is asked. The mail waits under Mail for you to send.",
                "%(n)d people are asked. The mails wait under Mail for you to send.",
                people,
            )
            messages.success(request, text % {"n": people})
            return redirect("matching_run", program, cohort, run.number)
    pairs = to_ask(run)
    context = {
        "run": run,
        "form": form,
        "pairs": len(pairs),
        "is_on": found.answer_days > 0,
        "example": _example(pairs[:1]),
    }
    return render(request, "matching/ask.html", {**matching_context(request, found), **context})


def _example(pairs: list[Any]) -> dict[str, Any] | None:
    """What the first mentee will read."""
    for pair in pairs:
        told = why_matched([pair], get_language() or "en")
        return {"pair": pair, "reasons": told[pair.pk, "mentee"]}
    return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Who is proposed and why; yes or no."""
    people = ("proposal__mentee__person__unit__top", "proposal__mentor__person__unit__top")
    mine = questions_to(reader(request)).select_related(*people, "enrollment__cohort__program")
    question = fetch(mine, uid=uid)
    pair, cohort = question.proposal, question.enrollment.cohort
    partner = pair.mentor if pair.mentee_id == question.enrollment_id else pair.mentee
    is_open = question.is_open and question.answer != SideAnswer.Answer.NO
    said = {"answer": question.answer, "word": question.word}
    form = AnswerForm(request.POST or None, initial=said, name=partner.person.get_short_name())
    if request.method == "POST" and form.is_valid():
        answer_pair(question=question, by=reader(request), **form.cleaned_data)
        return redirect("answer_pair", uid)
    told = why_matched([pair], get_language() or "en")
    context = {
        "question": question,
        "cohort": cohort,
        "partner": partner,
        "partner_word": word(cohort.program, partner.role),
        "about": review.directorate(partner.person),
        "reasons": told[pair.pk, question.enrollment.role],
        "is_open": is_open,
        "is_late": question.due_on < today_in(cohort.timezone),
        "form": form,
    }
    return render(request, "matching/answer.html", context)
