"""Surveys: made, opened, answered without a trace of who, closed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.audit import record
from core.dates import today_in
from core.errors import Refused
from core.lifecycle import move
from evaluations.models import Invitation, Response, Survey
from evaluations.queries import audience_of
from evaluations.verbs import Verb
from notifications.domain.outbox import queue
from people.models import Person
from programs.labels import in_language
from programs.models import Cohort, Questionnaire


@transaction.atomic
def create_survey(
    *,
    cohort: Cohort,
    questionnaire: Questionnaire,
    audience: str,
    opens_on: date,
    closes_on: date,
    by: Person,
) -> Survey:
    """Make a draft. Its title is that of the questionnaire's first page."""
    survey = Survey.objects.create(
        cohort=cohort,
        questionnaire=questionnaire,
        title=questionnaire.questions["pages"][0]["title"],
        audience=audience,
        opens_on=opens_on,
        closes_on=closes_on,
    )
    record(Verb.SURVEY_CREATED, by=by, target=survey, program_id=cohort.program_id)
    return survey


@transaction.atomic
def open_survey(*, survey: Survey, by: Person | None) -> Survey:
    """Ask the audience: one invitation and one mail each. The questions are frozen from here on.

    Raises Refused where nobody is there to ask, or the survey would close at once.
    """
    locked = (
        Survey.objects.select_for_update(of=("self",))
        .select_related("questionnaire", "cohort__program")
        .get(pk=survey.pk)
    )
    if locked.closes_on < today_in(locked.cohort.timezone):
        raise Refused("survey_over", _("The closing date has passed."), _("Make a survey with later dates."))
    asked = {enrollment.person_id: enrollment for enrollment in audience_of(locked)}
    if not asked:
        raise Refused("nobody_to_ask", _("There is nobody to ask yet."), _("Publish matches first."))
    locked.opens_on = min(locked.opens_on, today_in(locked.cohort.timezone))
    move(locked, Survey.State.OPEN, also=["opens_on"])
    Questionnaire.objects.filter(pk=locked.questionnaire_id, frozen_at=None).update(frozen_at=timezone.now())
    invitations = Invitation.objects.bulk_create(
        Invitation(survey=locked, person=e.person, role=e.role, strand_slug=e.strand.slug)
        for e in asked.values()
    )
    for invitation in invitations:
        _invite(locked, invitation)
    record(
        Verb.SURVEY_OPENED,
        by=by,
        target=locked,
        program_id=locked.cohort.program_id,
        data={"asked": len(asked)},
    )
    return locked


def _invite(survey: Survey, invitation: Invitation) -> None:
    person = invitation.person
    queue(
        kind="survey_invitation",
        to=person,
        context={
            "title": in_language(survey.title, person.language),
            "program_name": survey.cohort.program.name,
            "invitation": invitation,
            "closes_on": survey.closes_on,
        },
        dedupe_key=f"survey_invitation:{invitation.pk}",
        about=invitation,
        program_id=survey.cohort.program_id,
        cohort_id=survey.cohort_id,
        batch=f"survey:{survey.pk}",
    )


@transaction.atomic
def answer_survey(*, invitation: Invitation, answers: Mapping[str, Any]) -> None:
    """Keep one person's answers, apart from the person. Raises Refused where it is too late or was done before.

    No audit row: it would tell when who answered.
    """
    locked = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("survey__cohort")
        .get(pk=invitation.pk)
    )
    survey = Survey.objects.select_for_update(of=("self",)).get(pk=locked.survey_id)
    if survey.state != Survey.State.OPEN:
        raise Refused("survey_closed", _("This survey is closed."), _("Thank you all the same."))
    if locked.answered_on:
        raise Refused(
            "answered", _("You have answered this survey already."), _("Answers cannot be changed.")
        )
    locked.answered_on = today_in(locked.survey.cohort.timezone)
    locked.save(update_fields=["answered_on"])
    Response.objects.create(
        id=uuid.uuid4(),
        survey=survey,
        role=locked.role,
        strand_slug=locked.strand_slug,
        answers=dict(answers),
    )


@transaction.atomic
def close_survey(*, survey: Survey, by: Person | None) -> Survey:
    """No more answers; results can be seen."""
    locked = Survey.objects.select_for_update(of=("self",)).select_related("cohort").get(pk=survey.pk)
    locked.closes_on = max(locked.opens_on, min(locked.closes_on, today_in(locked.cohort.timezone)))
    move(locked, Survey.State.CLOSED, also=["closes_on"])
    record(Verb.SURVEY_CLOSED, by=by, target=locked, program_id=locked.cohort.program_id)
    return locked


def close_due_surveys() -> int:
    """Close whatever is past its last day in its cohort's time zone; how many."""
    due = [
        survey
        for survey in Survey.objects.filter(state=Survey.State.OPEN).select_related("cohort").order_by("pk")
        if survey.closes_on < today_in(survey.cohort.timezone)
    ]
    for survey in due:
        close_survey(survey=survey, by=None)
    return len(due)
