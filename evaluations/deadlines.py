"""Answer the survey."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import BigIntegerField, CharField, F, QuerySet, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.dates import EndOfDay
from evaluations.models import Invitation, Survey
from notifications.deadlines import COLUMNS, Deadline, DeadlineKind, Wording
from programs.labels import in_language


def _rows() -> QuerySet[Any, Any]:
    """Everyone asked; those who did not answer before the end owe nothing more."""
    return (
        Invitation.objects.exclude(survey__state=Survey.State.DRAFT)
        .exclude(survey__state=Survey.State.CLOSED, answered_on=None)
        .values_list(named=False)
        .annotate(
            kind=Value("answer_survey", output_field=CharField()),
            cohort_id=F("survey__cohort_id"),
            object_id=Cast(F("id"), BigIntegerField()),
            occurrence=Value("", output_field=CharField()),
            opens_on=F("survey__opens_on"),
            due_on=F("survey__closes_on"),
            due_at=EndOfDay(F("survey__closes_on"), F("survey__cohort__timezone")),
            done_at=EndOfDay(F("answered_on"), F("survey__cohort__timezone")),
        )
        .values_list(*COLUMNS)
    )


def _words(rows: Iterable[Deadline]) -> Mapping[tuple[int, str, int], Wording]:
    rows = list(rows)
    found = Invitation.objects.select_related("survey").in_bulk([row.object_id for row in rows])
    words = {}
    for row in rows:
        invitation = found[row.object_id]
        title = in_language(invitation.survey.title)
        words[row.object_id, row.occurrence, row.person_id] = Wording(
            verb=_("Answer the survey “%(title)s”") % {"title": title},
            explanation=_("A few questions. Nobody sees who answered what."),
            url=reverse("survey_answer", kwargs={"uid": invitation.uid}),
            done=_("You answered the survey “%(title)s”") % {"title": title},
        )
    return words


ANSWER_SURVEY = DeadlineKind(
    code="answer_survey",
    label=gettext_lazy("Answer a survey"),
    rows=_rows,
    words=_words,
    remind=(-7, -1),
    escalate_after=None,
)
