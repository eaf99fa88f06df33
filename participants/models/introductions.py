"""Two people who want to be a pair, before any run."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.fields import SealedTextField
from core.lifecycle import Lifecycle
from core.models import Addressed
from participants.models.enrollments import Enrollment
from programs.models import Cohort


class Introduction(Addressed):
    """One side asks the other; two who agree are put to the program manager, whose yes every run keeps.

    A "no" is between the two: no page of the staff shows it.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for an answer")
        AGREED = "agreed", _("Both agree")
        REFUSED = "refused", _("Not this time")
        EXPIRED = "expired", _("No answer in time")
        WITHDRAWN = "withdrawn", _("Taken back")
        CLOSED = "closed", _("Ended")  # the pairs are made, or one of the two has no place left
        CONFIRMED = "confirmed", _("Confirmed")
        CHANGED = "changed", _("Another match recommended")

    lifecycle = Lifecycle(
        {
            State.ASKED: [State.AGREED, State.REFUSED, State.EXPIRED, State.WITHDRAWN, State.CLOSED],
            State.AGREED: [State.CONFIRMED, State.CHANGED, State.WITHDRAWN, State.CLOSED],
            State.REFUSED: [],
            State.EXPIRED: [],
            State.WITHDRAWN: [],
            State.CLOSED: [],
            State.CONFIRMED: [],
            State.CHANGED: [],
        }
    )

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="introductions_asked")
    mentee = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="introductions_as_mentee")
    mentor = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="introductions_as_mentor")
    asked_by = models.CharField(max_length=10, choices=Enrollment.Role)  # which side began
    state = models.CharField(max_length=20, choices=State, default=State.ASKED)
    note = SealedTextField(blank=True)  # to the one asked, and nobody else
    expires_on = models.DateField()  # the last day to answer, in the cohort's time zone
    answered_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    # Nobody where the policy lets a yes be enough.
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    word = models.TextField(blank=True)  # of the manager who recommends a change, to both

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mentee", "mentor"],
                condition=Q(state__in=["asked", "agreed", "confirmed"]),
                name="introduction_one_open",
            ),
            models.CheckConstraint(condition=~Q(mentee=F("mentor")), name="introduction_two_people"),
            models.CheckConstraint(
                condition=Q(state__in=["withdrawn", "closed"])
                | Q(state__in=["asked", "expired"], answered_at=None)
                | Q(state__in=["agreed", "refused", "confirmed", "changed"], answered_at__isnull=False),
                name="introduction_answered_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "changed"], decided_at__isnull=False)
                | Q(decided_at=None, decided_by=None) & ~Q(state__in=["confirmed", "changed"]),
                name="introduction_decided_at",
            ),
            models.CheckConstraint(
                condition=~Q(state="changed") | ~Q(word=""), name="introduction_change_has_a_word"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["cohort", "state"], name="introduction_cohort_state")]

    def __str__(self) -> str:
        return f"{self.mentee_id} with {self.mentor_id}: {self.state}"

    @property
    def asker(self) -> Enrollment:
        """Who began."""
        return self.mentee if self.asked_by == Enrollment.Role.MENTEE else self.mentor

    @property
    def asked(self) -> Enrollment:
        """Who answers."""
        return self.mentor if self.asked_by == Enrollment.Role.MENTEE else self.mentee
