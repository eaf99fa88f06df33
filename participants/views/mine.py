"""My applications."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.access import fetch
from participants.domain import applications, selection
from participants.models import Enrollment
from participants.parts import rendered_parts
from participants.queries import questionnaire_for, visible_enrollments
from participants.rules import call_is_open, offer_due_on, offer_is_over
from participants.standing import is_without, nobody_yet
from participants.views.common import STATE_WORDS, TAG_OF, answered_pages, apply_url, reader
from programs.labels import in_language, word
from programs.questions import parse

S = Enrollment.State


def _words(enrollment: Enrollment) -> str | Promise:
    """How it stands; once the pairs are made, also whether the person has one."""
    if is_without(enrollment):
        return nobody_yet(enrollment)
    if enrollment.state == S.ACCEPTED and enrollment.used:
        return _("You take part. Your next steps show who your partner is.")
    return STATE_WORDS[S(enrollment.state)]


def _row(enrollment: Enrollment) -> dict[str, Any]:
    """An enrollment as its person sees it: never a decision that is not released."""
    state, cohort = S(enrollment.state), enrollment.cohort
    is_open = call_is_open(cohort)
    is_offer = state == S.OFFERED and not offer_is_over(enrollment)
    return {
        "enrollment": enrollment,
        "program": cohort.program,
        "cohort": cohort,
        "role": word(cohort.program, enrollment.role, cap=True),
        "strand": in_language(enrollment.strand.name),
        "state": _("Draft") if state == S.DRAFT else state.label,
        "tag": TAG_OF[state],
        "words": _words(enrollment),
        "form_url": apply_url("apply_start", cohort, enrollment.role),
        "can_write": is_open and state in (S.DRAFT, S.WITHDRAWN),
        "can_reopen": is_open and state == S.SUBMITTED,
        "can_accept": is_offer,
        "accept_by": offer_due_on(enrollment) if is_offer else None,
        "can_withdraw": Enrollment.lifecycle.may(state, S.WITHDRAWN) and not enrollment.used,
    }


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All of them, newest cohort first."""
    rows = [_row(enrollment) for enrollment in visible_enrollments(reader(request))]
    return render(request, "participants/mine/index.html", {"rows": rows})


@login_required
@require_safe
def show(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One application as it was handed in."""
    mine = fetch(visible_enrollments(reader(request)), uid=uid)
    found = questionnaire_for(mine.cohort.program_id, mine.role)
    pages = answered_pages(mine, parse(found.questions)) if found else []
    context = {"row": _row(mine), "pages": pages, "parts": rendered_parts(request, mine)}
    return render(request, "participants/mine/show.html", context)


@login_required
@require_POST
def reopen(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take a submitted application back to change it."""
    mine = fetch(visible_enrollments(reader(request)), uid=uid)
    applications.reopen(enrollment=mine, by=reader(request))
    messages.success(request, _("Your application is a draft again. Submit it before the call closes."))
    return redirect(apply_url("apply_start", mine.cohort, mine.role))


@login_required
@require_POST
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Leave."""
    mine = fetch(visible_enrollments(reader(request)), uid=uid)
    applications.withdraw(enrollment=mine, by=reader(request))
    messages.success(request, _("You have withdrawn. Thank you for letting us know."))
    return redirect("my_applications")


@login_required
@require_POST
def accept(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take the place offered."""
    mine = fetch(visible_enrollments(reader(request)), uid=uid)
    selection.accept_offer(enrollment=mine, by=reader(request))
    messages.success(request, _("The place is yours. We have sent you a mail that says what comes next."))
    return redirect("my_applications")
