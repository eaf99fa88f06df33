"""Surveys: who was asked, and answers without a way back to the person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.lifecycle import Lifecycle
from core.models import Addressed
from programs.models import Cohort, Questionnaire


class Survey(Addressed):
    """One set of questions put to a cohort between two dates. Answers are anonymous."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        OPEN = "open", _("Open")
        CLOSED = "closed", _("Closed")

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("Mentors and mentees")
        MENTORS = "mentor", _("Mentors")
        MENTEES = "mentee", _("Mentees")

    lifecycle = Lifecycle({State.DRAFT: [State.OPEN], State.OPEN: [State.CLOSED], State.CLOSED: []})

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="surveys")
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="surveys")
    title = models.JSONField(default=dict)  # by language
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.EVERYONE)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    opens_on = models.DateField(_("opens"))
    closes_on = models.DateField(_("closes"))

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="survey_dates_in_order")
        ]

    def __str__(self) -> str:
        return f"survey {self.pk}"


class Invitation(Addressed):
    """That somebody was asked, and whether an answer came in; never which."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="invitations")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="survey_invitations"
    )
    role = models.CharField(max_length=10)  # asked as mentor or as mentee
    strand_slug = models.CharField(max_length=40, blank=True)
    answered_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["survey", "person"], name="invitation_unique")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} asked in {self.survey_id}"


class Response(models.Model):
    """One set of answers. Without a date, and with a shuffled key: order and time tell nothing."""

    id = models.UUIDField(primary_key=True, editable=False)  # random (version 4), so that order tells nothing
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="responses")
    role = models.CharField(max_length=10)
    strand_slug = models.CharField(max_length=40, blank=True)
    answers = models.JSONField()

    def __str__(self) -> str:
        return f"response to {self.survey_id}"
