"""Surveys on the manager's desk."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from core.roles import Permission
from evaluations import queries
from evaluations.domain import surveys
from evaluations.forms import SurveyForm
from people.access import person_of
from programs.labels import in_language
from programs.questions import parse
from programs.views.desk import desk_context, get_cohort


@login_required
@require_safe
def cohort_surveys(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All surveys of a cohort."""
    found = get_cohort(request, program, cohort, Permission.SEE_RESULTS)
    rows = [(in_language(survey.title), survey) for survey in queries.surveys_of(found)]
    return render(request, "evaluations/surveys.html", {**desk_context(request, found), "rows": rows})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def survey_new(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Make a survey; it is opened on its own page."""
    found = get_cohort(request, program, cohort, Permission.MANAGE_SURVEYS, whole=True)
    form = SurveyForm(request.POST if request.method == "POST" else None, cohort=found)
    if form.is_bound and form.is_valid():
        survey = surveys.create_survey(cohort=found, by=person_of(request), **form.cleaned_data)
        return redirect("survey_desk", program, cohort, survey.uid)
    return render(request, "evaluations/survey_new.html", {**desk_context(request, found), "form": form})


@login_required
@require_safe
def survey_desk(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """One survey: how many answered, and once closed what they said."""
    found = get_cohort(request, program, cohort, Permission.SEE_RESULTS)
    survey = fetch(queries.surveys_of(found), uid=uid)
    asked = [q for page in parse(survey.questionnaire.questions).pages for q in page.questions]
    context = {
        **desk_context(request, found),
        "survey": survey,
        "title": in_language(survey.title),
        "questions": [in_language(question.label) for question in asked],
        "results": queries.results(survey),
        "to_ask": queries.audience_of(survey).values("person").distinct().count()
        if survey.state == "draft"
        else 0,
    }
    return render(request, "evaluations/survey_desk.html", context)


@login_required
@require_POST
def survey_open(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Ask everyone now."""
    found = get_cohort(request, program, cohort, Permission.MANAGE_SURVEYS, whole=True)
    surveys.open_survey(survey=fetch(queries.surveys_of(found), uid=uid), by=person_of(request))
    messages.success(request, _("The survey is open, and the invitations are on their way."))
    return redirect("survey_desk", program, cohort, uid)


@login_required
@require_POST
def survey_close(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """No more answers."""
    found = get_cohort(request, program, cohort, Permission.MANAGE_SURVEYS, whole=True)
    surveys.close_survey(survey=fetch(queries.surveys_of(found), uid=uid), by=person_of(request))
    messages.success(request, _("The survey is closed. Here are the results."))
    return redirect("survey_desk", program, cohort, uid)
