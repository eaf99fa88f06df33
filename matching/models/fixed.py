"""What the manager has fixed by hand, and pairs of the past."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from participants.models import Enrollment
from programs.models import Cohort


class Fixed(models.Model):
    """A pair that the manager has decided on."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="+")
    mentee = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    mentor = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Lock(Fixed):
    """A pair that each run must keep, with the reason where one was given (staff only)."""

    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["mentee", "mentor"], name="lock_unique")]

    def __str__(self) -> str:
        return f"keep {self.mentee_id} with {self.mentor_id}"


class Exclusion(Fixed):
    """A pair that must never be, with the reason (staff only)."""

    reason = models.CharField(_("reason"), max_length=300)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mentee", "mentor"], name="exclusion_unique")
        ]

    def __str__(self) -> str:
        return f"never {self.mentee_id} with {self.mentor_id}"


class PastPair(models.Model):
    """Two people who once were a pair: never matched again. Keyed digest, so it tells nothing by itself."""

    digest = models.BinaryField(max_length=32, unique=True)
    hint = models.IntegerField(null=True)  # a few keyed bits of each of the two: see matching.past

    def __str__(self) -> str:
        return bytes(self.digest).hex()[:8]
