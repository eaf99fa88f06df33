"""The making of shortlists."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from programs.models import Cohort


class ShortlistRound(models.Model):
    """The last time that shortlists were asked for in a cohort; `made_at` is empty while the worker is at it."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="shortlist_round")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True, blank=True)
    made = models.PositiveIntegerField(default=0)  # shortlists

    def __str__(self) -> str:
        return f"shortlists of {self.cohort_id}"
