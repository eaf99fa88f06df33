"""Both sides are asked about a pair: the desk asks, the two answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Max, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.views.decorators.http import require_http_methods

from core.access import fetch
from core.dates import today_in
from core.errors import Refused
from core.roles import Permission
from matching import review
from matching.answer_forms import AnswerForm, AskForm
from matching.domain.answers import (
    answer_pair,
    ask_sides,
    call_back,
    last_day,
    move_answer_date,
    to_ask,
)
from matching.models import Run, SideAnswer
from matching.queries import READY, open_questions, questions_to, runs_of
from matching.views.common import matching_context, whole_cohort
from matching.why import why_matched
from people.models import Person
from programs.labels import word
from programs.views.desk import reader

MOVE, BACK = "move", "back"  # on what is asked already; without one, others are asked


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """Who will be asked and what they will read; what is asked already can be given another day, or called back."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    run = get_object_or_404(runs_of(found).filter(state__in=READY), number=number)
    act = BACK if BACK in request.POST else MOVE if f"{MOVE}-due_on" in request.POST else ""
    today, last = today_in(found.timezone), last_day(found)
    usual = {"due_on": min(today + timedelta(days=found.answer_days or 7), last)}
    waiting = _waiting(run)
    present = {"due_on": waiting["last"] or usual["due_on"]}
    given = request.POST or None
    form = AskForm(given if not act else None, initial=usual, today=today, last=last)
    move = AskForm(given if act == MOVE else None, initial=present, today=today, last=last, prefix=MOVE)
    bound = move if act == MOVE else form
    if request.method == "POST" and (act == BACK or bound.is_valid()):
        try:
            text = _asked(run, act, bound, reader(request))
        except Refused as refusal:
            if act == BACK:
                messages.error(request, f"{refusal.message}")
                return redirect("matching_ask", program, cohort, run.number)
            bound.add_error(None, f"{refusal.message} {refusal.hint}")
        else:
            messages.success(request, text)
            return redirect("matching_ask" if act else "matching_run", program, cohort, run.number)
    pairs = to_ask(run)
    context = {
        "run": run,
        "form": form,
        "move": move,
        "back": [(BACK, "1")],
        "pairs": len(pairs),
        "waiting": waiting,
        "is_on": found.answer_days > 0,
        "example": _example(pairs[:1]),
    }
    return render(request, "matching/ask.html", {**matching_context(request, found), **context})


def _waiting(run: Run) -> dict[str, Any]:
    """How many `people` have not answered yet, and the `first` and `last` day of theirs."""
    return (
        open_questions(run)
        .filter(answer="")
        .aggregate(people=Count("enrollment", distinct=True), first=Min("due_on"), last=Max("due_on"))
    )


def _asked(run: Run, act: str, form: AskForm, by: Person) -> str:
    """Do it; what is said afterwards."""
    if act == BACK:
        pairs = call_back(run=run, by=by)
        text = ngettext(
            "The questions about %(n)d pair are called back.",
            "The questions about %(n)d pairs are called back.",
            pairs,
        )
        return text % {"n": pairs}
    day = form.cleaned_data["due_on"]
    if act == MOVE:
        people = move_answer_date(run=run, due_on=day, by=by)
        text = ngettext(
            "%(n)d person has until %(day)s to answer.", "%(n)d people have until %(day)s to answer.", people
        )
        return text % {"n": people, "day": date_format(day)}
    people = ask_sides(run=run, due_on=day, by=by)
    text = ngettext(
        "%(n)d person is asked. The mail waits under Mail for you to send.",
        "%(n)d people are asked. The mails wait under Mail for you to send.",
        people,
    )
    return text % {"n": people}


def _example(pairs: list[Any]) -> dict[str, Any] | None:
    """What the first mentee will read."""
    for pair in pairs:
        told = why_matched([pair], get_language() or "en")
        return {"pair": pair, "reasons": told[pair.pk, "mentee"]}
    return None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Who is proposed and why; yes or no. A no is final, so it is asked for twice (`sure`; `again`: to the form)."""
    people = ("proposal__mentee__person__unit__top", "proposal__mentor__person__unit__top")
    mine = questions_to(reader(request)).select_related(*people, "enrollment__cohort__program")
    question = fetch(mine, uid=uid)
    pair, cohort = question.proposal, question.enrollment.cohort
    partner = pair.mentor if pair.mentee_id == question.enrollment_id else pair.mentee
    is_open = question.is_open and question.answer != SideAnswer.Answer.NO
    said = {"answer": question.answer, "word": question.word}
    form = AnswerForm(request.POST or None, initial=said, name=partner.person.get_short_name())
    to_confirm = False
    if request.method == "POST" and form.is_valid():
        to_confirm = (
            is_open and form.cleaned_data["answer"] == SideAnswer.Answer.NO and "sure" not in request.POST
        )
        if not to_confirm:
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
        "to_confirm": to_confirm and "again" not in request.POST,
    }
    return render(request, "matching/answer.html", context)
