"""A few mentors proposed to each mentee, to be ranked."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from core.models import Addressed
from participants.models.enrollments import Enrollment


class Shortlist(Addressed):
    """What is proposed to one mentee. A new one replaces it until it is ranked."""

    enrollment = models.OneToOneField(Enrollment, on_delete=models.CASCADE, related_name="shortlist")
    due_on = models.DateField()  # the last day to rank, in the cohort's time zone
    ranked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"shortlist of {self.enrollment_id}"


class Suggestion(models.Model):
    """One mentor of a shortlist. `rank` is 1 to 3, 0 for "not for me", and empty until it is ranked."""

    shortlist = models.ForeignKey(Shortlist, on_delete=models.CASCADE, related_name="suggestions")
    mentor = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="suggested_to")
    rank = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shortlist", "mentor"], name="suggestion_unique"),
            models.UniqueConstraint(
                fields=["shortlist", "rank"], condition=Q(rank__gte=1), name="suggestion_rank_unique"
            ),
            models.CheckConstraint(condition=Q(rank=None) | Q(rank__lte=3), name="suggestion_rank_range"),
        ]

    def __str__(self) -> str:
        return f"{self.mentor_id} on {self.shortlist_id}"
