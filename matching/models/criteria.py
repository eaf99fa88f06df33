"""The criteria in force."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from programs.models import Cohort


class Scheme(models.Model):
    """The criteria in force for a cohort; `version` guards against lost updates."""

    cohort = models.OneToOneField(Cohort, on_delete=models.CASCADE, related_name="scheme")
    criteria = models.JSONField(default=dict)
    own_reach = models.PositiveSmallIntegerField(
        default=0
    )  # points by which people may move a weight; 0: not at all
    version = models.PositiveIntegerField(default=1)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(own_reach__lte=10), name="scheme_reach_within_weights")
        ]

    def __str__(self) -> str:
        return f"scheme of {self.cohort_id} v{self.version}"
