"""Applying: one thing per page, saved at each step."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Refused
from participants.domain import applications
from participants.domain.answers import pages_to_do, values_of
from participants.forms import StrandForm, application_page, refuse
from participants.models import Enrollment
from participants.parts import rendered_parts
from participants.queries import open_strands, questionnaire_for, visible_enrollments
from participants.rules import call_is_open
from participants.views.common import (
    answered_pages,
    apply_url,
    cohort_to_apply,
    page_url,
    posted,
    reader,
)
from programs.labels import in_language, word
from programs.models import Cohort
from programs.question_forms import QuestionsForm
from programs.questions import Page, Questionnaire, parse

S = Enrollment.State
MINUTES = 1.5  # that a question takes, roughly


@login_required
@require_safe
def choose_role(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """As what would you like to take part?"""
    found = cohort_to_apply(program, cohort)
    if not call_is_open(found):
        return _closed(request, found)
    mine = {row.role: row for row in visible_enrollments(reader(request)).filter(cohort=found)}
    roles = [
        {"role": role, "word": word(found.program, role), "mine": mine.get(role), "text": _text(found, role)}
        for role in (Enrollment.Role.MENTEE, Enrollment.Role.MENTOR)
        if questionnaire_for(found.program, role)
    ]
    return render(
        request, "participants/apply/role.html", {"cohort": found, "program": found.program, "roles": roles}
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest, program: str, cohort: str, role: str) -> HttpResponse:
    """What it takes and who sees what; for a draft, the list of its pages."""
    found = _cohort(program, cohort, role)
    mine = _mine(request, found, role)
    if mine and mine.state not in (S.DRAFT, S.WITHDRAWN):
        return redirect("my_application", mine.uid)
    if not call_is_open(found):
        return _closed(request, found)
    person = reader(request)
    strands = open_strands(found, person, role)
    initial = {"strand": mine.strand.slug if mine else None}
    form = StrandForm(posted(request), strands=strands, initial=initial)
    if request.method == "POST" and form.is_valid():
        return redirect(_begin(request, found, role, form))
    context = _start_context(found, role, mine, form, has_strands=bool(strands))
    return render(request, "participants/apply/start.html", context)


def _begin(request: HttpRequest, cohort: Cohort, role: str, form: StrandForm) -> str:
    person = reader(request)
    strand = form.cleaned_data["strand"]
    mine = applications.start_application(person=person, cohort=cohort, role=role, strand=strand, by=person)
    if mine.state == S.WITHDRAWN:
        mine = applications.reopen(enrollment=mine, by=person)
    if mine.state != S.DRAFT:
        return reverse("my_application", args=[mine.uid])
    to_do = applications.missing_pages(mine)
    return page_url(mine, to_do[0]) if to_do else apply_url("apply_check", cohort, role)


def _start_context(
    cohort: Cohort, role: str, mine: Enrollment | None, form: StrandForm, *, has_strands: bool
) -> dict[str, Any]:
    questionnaire = _form(cohort, role)
    draft = mine if mine and mine.state == S.DRAFT else None
    to_do = pages_to_do(questionnaire, values_of(draft, questionnaire), draft.pages_done) if draft else []
    pages = [
        {
            "title": in_language(page.title),
            "about": in_language(page.about),
            "url": page_url(draft, page.key) if draft else "",
            "done": draft is not None and page.key not in to_do,
        }
        for page in questionnaire.pages
    ]
    return {
        **_base(cohort, role),
        "text": _text(cohort, role),
        "form": form,
        "pages": pages,
        "draft": draft,
        "left": len(to_do),
        "minutes": 5 * max(1, round(len(questionnaire.questions) * MINUTES / 5)),
        "has_strands": has_strands,
    }


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, program: str, cohort: str, role: str, page: str) -> HttpResponse:
    """One page of questions."""
    found = _cohort(program, cohort, role)
    mine = _mine(request, found, role)
    if mine is None or mine.state != S.DRAFT or not call_is_open(found):
        return redirect(apply_url("apply_start", found, role))
    questionnaire = _form(found, role)
    asked = _asked(questionnaire, page)
    later = "later" in request.POST
    form = application_page(asked, mine, values_of(mine, questionnaire), data=posted(request), later=later)
    if request.method == "POST" and form.is_valid() and _saved(request, mine, asked, form, later):
        return redirect(_after(request, mine, questionnaire, asked, later=later))
    number = questionnaire.pages.index(asked) + 1
    context = {
        **_base(found, role),
        "form": form,
        "page_title": in_language(asked.title),
        "about": in_language(asked.about),
        "number": number,
        "total": len(questionnaire.pages),
        "then": "check" if request.GET.get("then") == "check" else "",
        "back": _before(mine, questionnaire, number),
    }
    return render(request, "participants/apply/page.html", context)


def _saved(request: HttpRequest, mine: Enrollment, asked: Page, form: QuestionsForm, later: bool) -> bool:
    """Keep the page; a refusal becomes an error of the form."""
    try:
        applications.save_page(
            enrollment=mine, page=asked.key, values=form.answers(), by=reader(request), complete=not later
        )
    except Refused as refusal:
        refuse(form, refusal)
        return False
    return True


def _after(request: HttpRequest, mine: Enrollment, form: Questionnaire, asked: Page, *, later: bool) -> str:
    if later:
        messages.success(request, _("Saved. Come back whenever you like, until the call closes."))
        return reverse("my_applications")
    place = form.pages.index(asked) + 1
    if request.GET.get("then") == "check" or place == len(form.pages):
        return apply_url("apply_check", mine.cohort, mine.role)
    return page_url(mine, form.pages[place].key)


def _before(mine: Enrollment, form: Questionnaire, number: int) -> str:
    if number == 1:
        return apply_url("apply_start", mine.cohort, mine.role)
    return page_url(mine, form.pages[number - 2].key)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, program: str, cohort: str, role: str) -> HttpResponse:
    """Check your answers, then submit."""
    found = _cohort(program, cohort, role)
    mine = _mine(request, found, role)
    if mine is None:
        return redirect(apply_url("apply_start", found, role))
    if request.method == "POST":
        applications.submit_application(enrollment=mine, by=reader(request))
        return redirect(apply_url("apply_received", found, role))
    if mine.state != S.DRAFT:
        return redirect("my_application", mine.uid)
    to_do = tuple(applications.missing_pages(mine))
    pages = answered_pages(mine, _form(found, role), to_do=to_do, linked=True)
    parts = rendered_parts(request, mine)
    context = {
        **_base(found, role),
        "pages": pages,
        "parts": parts,
        "to_do": [row for row in pages if not row.is_complete],
    }
    return render(request, "participants/apply/check.html", context)


@login_required
@require_safe
def received(request: HttpRequest, program: str, cohort: str, role: str) -> HttpResponse:
    """What happens next."""
    found = _cohort(program, cohort, role)
    mine = _mine(request, found, role)
    if mine is None or mine.submitted_at is None:
        return redirect(apply_url("apply_start", found, role))
    return render(request, "participants/apply/received.html", {**_base(found, role), "enrollment": mine})


def _cohort(program: str, cohort: str, role: str) -> Cohort:
    if role not in Enrollment.Role.values:
        raise Http404
    return cohort_to_apply(program, cohort)


def _mine(request: HttpRequest, cohort: Cohort, role: str) -> Enrollment | None:
    return visible_enrollments(reader(request)).filter(cohort=cohort, role=role).first()


def _form(cohort: Cohort, role: str) -> Questionnaire:
    found = questionnaire_for(cohort.program, role)
    if found is None:
        raise Http404
    return parse(found.questions)


def _asked(form: Questionnaire, key: str) -> Page:
    try:
        return form.page(key)
    except KeyError:
        raise Http404 from None


def _base(cohort: Cohort, role: str) -> dict[str, Any]:
    return {
        "cohort": cohort,
        "program": cohort.program,
        "role": role,
        "role_word": word(cohort.program, role),
    }


def _text(cohort: Cohort, role: str) -> str:
    """What the program expects of this role."""
    return in_language(cohort.program.texts.get(role, {}))


def _closed(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    context = {"cohort": cohort, "program": cohort.program, "is_over": cohort.state != Cohort.State.CALL_OPEN}
    return render(request, "participants/apply/closed.html", context)
