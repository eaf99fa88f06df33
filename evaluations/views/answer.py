"""Answering a survey."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from core.access import fetch
from evaluations.domain.surveys import answer_survey
from evaluations.models import Survey
from evaluations.queries import invitations_of
from people.access import person_of
from programs.labels import in_language
from programs.question_forms import page_form
from programs.questions import parse


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def survey_answer(request: HttpRequest, uid: UUID) -> HttpResponse:
    """All questions of a survey on one page; afterwards a thank-you, whenever one comes back."""
    invitation = fetch(invitations_of(person_of(request)), uid=uid)
    survey = invitation.survey
    pages = parse(survey.questionnaire.questions).pages
    forms = [page_form(page, data=request.POST if request.method == "POST" else None) for page in pages]
    valid = [form.is_valid() for form in forms]  # every one, so that all errors are told
    if request.method == "POST" and all(valid):
        answers = {key: value for form in forms for key, value in form.answers().items()}
        answer_survey(invitation=invitation, answers=answers)
        return redirect("survey_answer", uid=uid)
    context = {
        "invitation": invitation,
        "survey": survey,
        "title": in_language(survey.title),
        "closed": survey.state == Survey.State.CLOSED,
        "pages": [
            (in_language(page.title), in_language(page.about), form)
            for page, form in zip(pages, forms, strict=True)
        ],
        "forms": forms,
        "has_errors": any(form.errors for form in forms),
    }
    return render(request, "evaluations/answer.html", context)
