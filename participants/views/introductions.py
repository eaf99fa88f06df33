"""Introductions: asking somebody to be a pair, and answering."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from core.errors import Refused
from participants.domain import introductions
from participants.forms import ApproachForm
from participants.models import Introduction
from participants.queries import introductions_of, may_browse, may_introduce
from participants.rules import BEFORE_PAIRS
from participants.views.common import posted, reader
from people.models import Person
from programs.forms.fields import show_refusal
from programs.labels import word

State = Introduction.State
TAG_OF = {
    State.ASKED: "wait", State.AGREED: "on", State.REFUSED: "plain", State.EXPIRED: "plain",
    State.WITHDRAWN: "plain", State.CLOSED: "plain", State.CONFIRMED: "ok", State.CHANGED: "plain",
}  # fmt: skip
# What each side reads; the one who asked first.
WORDS: dict[str, tuple[str | Promise, str | Promise]] = {
    State.ASKED: (
        gettext_lazy("You have asked. You get a mail as soon as there is an answer."),
        gettext_lazy("Asks whether the two of you could be a pair."),
    ),
    State.REFUSED: (
        gettext_lazy("It does not fit this time. People say no for many reasons, mostly of time."),
        gettext_lazy("You have said no. Nobody but the two of you knows."),
    ),
    State.EXPIRED: (
        gettext_lazy("No answer came in time, so the request has ended by itself."),
        gettext_lazy("The time to answer has passed, and the request has ended by itself."),
    ),
    State.WITHDRAWN: (
        gettext_lazy("The request has been taken back."),
        gettext_lazy("The request has been taken back."),
    ),
    State.CLOSED: (
        gettext_lazy("One of you has found a partner meanwhile, so the request has ended by itself."),
        gettext_lazy("One of you has found a partner meanwhile, so the request has ended by itself."),
    ),
    State.AGREED: (
        gettext_lazy("You have both said yes. The program manager looks at it next."),
        gettext_lazy("You have both said yes. The program manager looks at it next."),
    ),
    State.CONFIRMED: (
        gettext_lazy("It is confirmed. You hear how to begin when the pairs of the round are published."),
        gettext_lazy("It is confirmed. You hear how to begin when the pairs of the round are published."),
    ),
    State.CHANGED: (
        gettext_lazy("The program manager recommends another match for each of you."),
        gettext_lazy("The program manager recommends another match for each of you."),
    ),
}
# What both read instead once the pairs of the round are made.
AFTERWARDS: dict[str, str | Promise] = {
    State.CLOSED: gettext_lazy(
        "Pairs of this round have been published, so the request has ended by itself."
    ),
    State.CONFIRMED: gettext_lazy(
        "It is confirmed. Once your pair is published, your next steps show how to begin."
    ),
}


def _words(introduction: Introduction, *, is_asker: bool) -> str | Promise:
    state, is_before = introduction.state, introduction.cohort.state in BEFORE_PAIRS
    return (not is_before and AFTERWARDS.get(state)) or WORDS[state][0 if is_asker else 1]


def row_of(introduction: Introduction, viewer: Person) -> dict[str, Any]:
    """One introduction as one of the two sees it."""
    is_asker = introduction.asker.person_id == viewer.pk
    other = introduction.asked if is_asker else introduction.asker
    state, unit = State(introduction.state), other.person.unit
    return {
        "introduction": introduction,
        "cohort": introduction.cohort,
        "person": other.person,
        "detail": ", ".join(filter(None, [other.person.job_title, unit.name if unit else ""])),
        "role": word(introduction.cohort.program, other.role, cap=True),
        "is_asker": is_asker,
        "state": _("Please answer") if state == State.ASKED and not is_asker else state.label,
        "tag": TAG_OF[state],
        "words": _words(introduction, is_asker=is_asker),
        "can_answer": state == State.ASKED and not is_asker,
        "can_take_back": state == State.AGREED or (state == State.ASKED and is_asker),
        "answer_by": introduction.expires_on if state == State.ASKED else None,
    }


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Whom I asked, who asked me, and what became of it."""
    person = reader(request)
    rows = [row_of(introduction, person) for introduction in introductions_of(person)]
    return render(request, "participants/introductions/index.html", {
        "rows": sorted(rows, key=lambda row: not row["can_answer"]),
        "browsing": may_browse(person),
        "mentoring": [
            (mine, word(mine.cohort.program, "mentee")) for mine in may_introduce(person)
        ],
    })  # fmt: skip


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One of them, with the note if it is for me."""
    found = fetch(introductions_of(reader(request)), uid=uid)
    return render(request, "participants/introductions/show.html", {"row": row_of(found, reader(request))})


@login_required
@require_POST
def answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Yes or no, by the button pressed."""
    visible = introductions_of(reader(request))
    mine = [one.pk for one in visible.filter(uid=uid) if one.asked.person_id == reader(request).pk]
    found = fetch(visible, allowed=visible.filter(pk__in=mine), uid=uid)
    row = introductions.answer(introduction=found, agrees="yes" in request.POST, by=reader(request))
    name = found.asker.person.name
    if row.state == State.REFUSED:
        text = _("You have said no to %(name)s, who gets a kind mail. Nobody else learns of it.")
    elif row.state == State.CONFIRMED:
        text = _(
            "You and %(name)s are a pair. You hear how to begin when the pairs of the round are published."
        )
    else:
        text = _("You have said yes to %(name)s. The program manager looks at it next, and you hear by mail.")
    messages.success(request, text % {"name": name})
    return redirect("my_introduction", uid)


def _may_take_back(introduction: Introduction, person: Person) -> bool:
    """The one who asked; the other once both have agreed."""
    return introduction.asker.person_id == person.pk or introduction.state != State.ASKED


@login_required
@require_POST
def take_back(request: HttpRequest, uid: UUID) -> HttpResponse:
    """I thought better of it."""
    visible = introductions_of(reader(request))
    mine = [one.pk for one in visible.filter(uid=uid) if _may_take_back(one, reader(request))]
    found = fetch(visible, allowed=visible.filter(pk__in=mine), uid=uid)
    introductions.take_back(introduction=found, by=reader(request))
    messages.success(request, _("It is taken back."))
    return redirect("my_introductions")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approach(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A mentor asks somebody by address; `uid` is the mentor's own enrollment."""
    mine = fetch(may_introduce(reader(request)), uid=uid)
    form = ApproachForm(posted(request), mentor=mine)
    if request.method == "POST" and form.is_valid():
        try:
            asked = introductions.ask(
                mentee=form.mentee, mentor=mine, by=reader(request), note=form.cleaned_data["note"]
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has your request.") % {"name": form.mentee.person.name})
            return redirect("my_introduction", asked.uid)
    context = {"form": form, "cohort": mine.cohort, "mentee_word": word(mine.cohort.program, "mentee")}
    return render(request, "participants/introductions/approach.html", context)
