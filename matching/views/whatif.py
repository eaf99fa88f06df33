"""What if: other criteria beside the present ones, in seconds, without saving."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Refused
from core.roles import Permission
from matching.asking import Asked, ask, is_large
from matching.criteria import read_criteria
from matching.criteria_form import CriteriaForm, WhatIfForm, form_values
from matching.domain.criteria import change_criteria
from matching.domain.runs import request_run
from matching.models import Run, Scheme
from matching.option_words import unusual
from matching.options import options_of
from matching.queries import latest_ready, scheme_of
from matching.rule_words import WHAT_IF_STAGES
from matching.views.common import matching_context, whole_cohort
from matching.whatif import Question
from matching.whatif_rows import comparison, unable_words
from programs.models import Cohort
from programs.views.desk import reader


class Setting:
    """The criteria in force, and the question that an address asks."""

    def __init__(self, cohort: Cohort, given: QueryDict) -> None:
        self.scheme: Scheme = scheme_of(cohort)
        self.in_force = read_criteria(self.scheme.criteria).to_dict()
        before = latest_ready(cohort)
        self.objective = before.objective if before else Run.Objective.PEOPLE.value
        self.options = options_of(before)
        self.unusual = unusual(before) if before else []
        values = form_values(self.in_force, self.scheme.version, self.scheme.own_reach)
        self.values = {**values, "objective": self.objective}
        self.form = WhatIfForm(_complete(self.values, given), curve=self.in_force["level_curve"])
        near = self.options.near(cohort)
        self._beside = self.options.least_fit, self.options.raise_lowest, near.pk if near else None
        self.present = Question(self.in_force, self.objective, *self._beside)

    def asked(self) -> Question | None:
        """The question; None where a value is not valid."""
        if not self.form.is_valid():
            return None
        criteria, objective = self.form.criteria(self.in_force), self.form.cleaned_data["objective"]
        return Question(criteria, objective, *self._beside)

    def short(self) -> str:
        """The question as an address that names only what differs from the criteria in force."""
        if not self.form.is_valid():
            return ""
        return query_of(self.values, self.form)


def query_of(values: dict[str, Any], form: CriteriaForm) -> str:
    """What a valid form says otherwise than these values, as a query."""
    said = {name: form.cleaned_data[name] for name in values if name in form.cleaned_data}
    other = {name: value for name, value in said.items() if value != values[name] and name not in UNASKED}
    return urlencode({name: "" if value is None else value for name, value in other.items()})


def opened(form: WhatIfForm, changed: set[str]) -> dict[str, bool]:
    """Parts of the form to show open: where something is asked or wrong; the weights where nothing is."""
    parts = {
        "musts": {bound.name for group in form.musts for bound in group.fields},
        "weights": {bound.name for group in form.weights for bound in group.fields},
        "fairness": {bound.name for bound in form.fairness},
    }
    marked = {part: bool(names & (changed | set(form.errors))) for part, names in parts.items()}
    return marked if any(marked.values()) else {**marked, "weights": True}


UNASKED = ("version", "own_reach")


def _complete(values: dict[str, Any], given: QueryDict) -> dict[str, Any]:
    """What the browser sent, whole (`asked`), or an address that names only what is different."""
    named = {name: value for name, value in given.items() if name in values and name not in UNASKED}
    return named if "asked" in given else {**values, **named}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def what_if(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Ask by GET, so that a question can be shared; POST puts the criteria in force and runs."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    if request.method == "POST":
        return _save_and_run(request, found)
    setting = Setting(found, request.GET)
    large, asked = is_large(found), setting.asked()
    context: dict[str, Any] = {
        **matching_context(request, found),
        "form": setting.form,
        "large": large,
        "options": setting.unusual,
        "query": setting.short(),
        "asked": QueryDict(setting.short(), encoding="utf-8").items(),
        "version": setting.scheme.version,
        "opened": opened(setting.form, set(QueryDict(setting.short()))),
        "changed": asked is not None and asked != setting.present,
    }
    status = 200
    # A large cohort is asked only when there is something to ask.
    if asked and (not large or context["changed"]):
        found_answer = ask(
            found, setting.present, asked, by=reader(request), again=request.GET.get("again", "")
        )
        context |= _shown(request, found, found_answer)
        status = 429 if found_answer.busy else 200
    answer = render(request, "matching/whatif.html", context, status=status)
    if request.headers.get("HX-Request"):
        answer["HX-Push-Url"] = f"{request.path}?{context['query']}" if context["query"] else request.path
    return answer


def _shown(request: HttpRequest, cohort: Cohort, asked: Asked) -> dict[str, Any]:
    if asked.busy:
        return {"busy": True}
    if asked.answer is None:
        here = reverse("matching_what_if_progress", args=[cohort.program.slug, cohort.slug])
        return {
            "percent": asked.percent,
            "stage": WHAT_IF_STAGES[asked.stage],
            "poll_url": f"{here}?{request.GET.urlencode()}",
        }
    if "unable" in asked.answer:
        return {"unable": unable_words(asked.answer)}
    answer, circles = asked.answer, asked.answer.get("circles") or {}
    late = bool(circles.get("late"))
    return {
        "found": comparison(cohort.program, answer) if "figures" in answer else None,
        "seated": comparison(cohort.program, circles, circles=True) if circles and not late else None,
        "circles_late": late,
    }


@login_required
@require_safe
def progress(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """How far the worker is; once it is through, the page is loaded anew."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    setting = Setting(found, request.GET)
    asked = setting.asked()
    if asked is None or not is_large(found):
        return HttpResponse(headers={"HX-Refresh": "true"})
    state = ask(found, setting.present, asked, by=reader(request), again=request.GET.get("again", ""))
    if state.answer is not None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "matching/whatif_progress.html", _shown(request, found, state))


def _save_and_run(request: HttpRequest, cohort: Cohort) -> HttpResponse:
    """Both or neither: criteria that could not be run are not put in force."""
    setting, by = Setting(cohort, request.POST), reader(request)
    asked, version = setting.asked(), request.POST.get("version", "")
    here = reverse("matching_what_if", args=[cohort.program.slug, cohort.slug])
    if asked is None or not version.isdecimal():
        messages.error(request, _("Some values are not valid. Nothing was saved."))
        return redirect(here)
    try:
        with transaction.atomic():
            if asked.criteria != setting.in_force:
                change_criteria(cohort=cohort, criteria=asked.criteria, version=int(version), by=by)
            run = request_run(cohort=cohort, by=by, objective=asked.objective, options=setting.options)
    except Refused as refused:
        nothing = _("Nothing was saved.")
        messages.error(request, f"{refused.message} {nothing}")
        return redirect(f"{here}?{setting.short()}")
    messages.success(request, _("The criteria are saved, and a run with them has begun."))
    return redirect("matching_run", cohort.program.slug, cohort.slug, run.number)
