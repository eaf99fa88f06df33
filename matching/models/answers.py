"""What both sides say of a proposed pair before it is published."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Addressed
from matching.models.runs import Proposal
from participants.models import Enrollment


class SideAnswer(Addressed):
    """One side of a proposed pair is asked, and may answer while the question is open.

    It is about the pair and not about the run: whatever run proposes the two next, the question holds for it.
    `word` is for the program's staff alone; the other side never learns of an answer.
    """

    class Answer(models.TextChoices):
        YES = "yes", _("Yes")
        NO = "no", _("No")

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="questions")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="side_answers")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    asked_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField()
    answer = models.CharField(max_length=3, choices=Answer, blank=True)
    word = models.CharField(max_length=250, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # published, answered with a no, or given up

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["proposal", "enrollment"], name="side_answer_unique"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None) | ~Q(answer="") & Q(answered_at__isnull=False),
                name="side_answer_when",
            ),
            models.CheckConstraint(condition=~Q(answer="") | Q(word=""), name="side_answer_word"),
        ]
        indexes: ClassVar = [models.Index(fields=["enrollment", "closed_at"], name="side_answer_open")]

    def __str__(self) -> str:
        return f"{self.enrollment_id} on {self.proposal_id}: {self.answer or '?'}"

    @classmethod
    def newest(cls) -> QuerySet[SideAnswer]:
        """The last question to each side about each pair: what counts of all that was asked and said."""
        newer = cls.objects.filter(
            enrollment=OuterRef("enrollment"),
            proposal__mentee=OuterRef("proposal__mentee"),
            proposal__mentor=OuterRef("proposal__mentor"),
            pk__gt=OuterRef("pk"),
        )
        return cls.objects.filter(~Exists(newer))
