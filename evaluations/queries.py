"""Reading surveys: who was asked, who may answer, and results that tell nothing of one person."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from core.ui import Bar
from evaluations.confidential import LEAST, LEAST_TEXTS, ScaleResult, hidden_groups, scale_result
from evaluations.models import Invitation, Response, Survey
from participants.models import Enrollment
from people.models import Person
from programs.labels import in_language, word
from programs.models import Cohort, Questionnaire
from programs.questions import Kind, Question, answer_in_words, parse


def surveys_of(cohort: Cohort) -> QuerySet[Survey]:
    """A cohort's surveys, newest first, each with how many were asked and answered."""
    return (
        Survey.objects.filter(cohort=cohort)
        .select_related("questionnaire", "cohort__program")
        .annotate(
            asked=Count("invitations"),
            answered=Count("invitations", Q(invitations__answered_on__isnull=False)),
        )
        .order_by("-opens_on", "-id")
    )


def invitations_of(person: Person) -> QuerySet[Invitation]:
    """What a person was asked, in surveys that have opened."""
    return (
        Invitation.objects.filter(person=person)
        .exclude(survey__state=Survey.State.DRAFT)
        .select_related("survey__questionnaire", "survey__cohort__program")
    )


def survey_questionnaires(cohort: Cohort) -> QuerySet[Questionnaire]:
    """The newest version of each survey that the program has."""
    return (
        Questionnaire.objects.filter(program=cohort.program_id, purpose=Questionnaire.Purpose.SURVEY)
        .order_by("key", "-number")
        .distinct("key")
    )


def audience_of(survey: Survey) -> QuerySet[Enrollment]:
    """The enrollments that a survey asks: whoever takes part or took part in a mentorship of the cohort."""
    asked = Enrollment.objects.filter(
        cohort=survey.cohort_id, state__in=[Enrollment.State.ACCEPTED, Enrollment.State.COMPLETED], used__gt=0
    )
    if survey.audience != Survey.Audience.EVERYONE:
        asked = asked.filter(role=survey.audience)
    return asked.select_related("person", "strand").order_by("person", "role")


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What one question brought: figures for a scale, words for a text."""

    label: str
    total: ScaleResult | None = None
    bars: list[Bar] = field(default_factory=list)  # answers by value, the best first
    groups: list[tuple[str, ScaleResult]] = field(default_factory=list)
    choices: list[tuple[str, int | None]] = field(default_factory=list)
    texts: list[str] | None = None
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Results:
    """A closed survey, or why there is nothing to show yet."""

    responses: int | None  # None where under five
    questions: list[QuestionResult]
    hidden: list[str]  # groups that are too small, or hidden to cover those


def results(survey: Survey) -> Results:
    """Results of a closed survey in the reader's language; empty while it is open or under five answered."""
    questionnaire = parse(survey.questionnaire.questions)
    if survey.state != Survey.State.CLOSED:
        return Results(None, [], [])
    rows = list(Response.objects.filter(survey=survey).order_by("id").values_list("role", "answers"))
    if len(rows) < LEAST:
        return Results(None, [], [])
    sizes = {role: sum(1 for found, _ in rows if found == role) for role in ("mentor", "mentee")}
    hidden = hidden_groups(sizes)
    names = {
        "mentor": word(survey.cohort.program, "mentors", cap=True),
        "mentee": word(survey.cohort.program, "mentees", cap=True),
    }
    shown = {role: names[role] for role, size in sizes.items() if size and role not in hidden}
    by_question = [_result(question, rows, shown) for question in questionnaire.questions.values()]
    return Results(len(rows), by_question, [names[role] for role in sorted(hidden)])


def _result(
    question: Question, rows: list[tuple[str, dict[str, Any]]], shown: Mapping[str, str]
) -> QuestionResult:
    label = in_language(question.label)
    given = [
        (role, answers[question.key])
        for role, answers in rows
        if answers.get(question.key) not in (None, "", [])
    ]
    if question.kind == Kind.SCALE:
        return _scale(label, given, shown)
    if question.kind in {Kind.SHORT, Kind.TEXT}:
        texts = [str(value) for _role, value in given]
        random.SystemRandom().shuffle(texts)
        return QuestionResult(label, texts=texts if len(texts) >= LEAST_TEXTS else None, is_text=True)
    counts: dict[str, int] = {}
    for _role, value in given:
        for one in value if isinstance(value, list) else [value]:
            words = answer_in_words(question, [one] if isinstance(value, list) else one)
            counts[words] = counts.get(words, 0) + 1
    hidden = hidden_groups(counts)
    return QuestionResult(
        label, choices=[(words, None if words in hidden else n) for words, n in sorted(counts.items())]
    )


def _scale(label: str, given: list[tuple[str, Any]], shown: Mapping[str, str]) -> QuestionResult:
    """Groups are shown together or not at all: one of two and the total would tell the other."""
    total = scale_result([int(value) for _role, value in given])
    groups = [
        (name, scale_result([int(value) for role, value in given if role == key]))
        for key, name in shown.items()
    ]
    if len(groups) < 2 or any(result.mean is None for _name, result in groups):
        groups = []
    bars = [Bar(str(value), count) for value, count in sorted((total.counts or {}).items(), reverse=True)]
    return QuestionResult(label, total=total, bars=bars, groups=groups)


def latest_open(cohort: Cohort) -> Survey | None:
    """The survey of the cohort that is open now and closes last, with its figures."""
    return surveys_of(cohort).filter(state=Survey.State.OPEN).order_by(F("closes_on").desc()).first()
