"""The log of what was decided by hand."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from participants.models import Enrollment
from programs.models import Cohort


class Decision(models.Model):
    """One thing decided by hand about one pair; those made by one act share a `batch` and are undone together.

    `number` counts up within the cohort without gaps in time: whoever has seen number n has seen all up to n.
    """

    class Kind(models.TextChoices):
        LOCK = "lock", _("Locked")
        UNLOCK = "unlock", _("Unlocked")
        EXCLUDE = "exclude", _("Excluded")
        ALLOW = "allow", _("Allowed again")

    class Act(models.TextChoices):
        LOCK = "lock", _("Lock")
        UNLOCK = "unlock", _("Unlock")
        EXCLUDE = "exclude", _("Exclude")
        ALLOW = "allow", _("Allow")
        SWAP = "swap", _("Swap")
        ASSIGN = "assign", _("Assign")
        FILE = "file", pgettext_lazy("decisions from a file", "File")
        UNDO = "undo", pgettext_lazy("a decision by hand", "Undo")

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()
    batch = models.UUIDField(default=uuid.uuid4, db_index=True)
    act = models.CharField(max_length=10, choices=Act)
    kind = models.CharField(max_length=10, choices=Kind)
    mentee = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    mentor = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cohort", "number"], name="decision_number_unique"),
            models.CheckConstraint(
                condition=Q(undone_by__isnull=True) | Q(undone_at__isnull=False), name="decision_undone_when"
            ),
            models.CheckConstraint(
                condition=~Q(act="undo") | Q(undone_at__isnull=True), name="decision_undo_stands"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.kind} {self.mentee_id} with {self.mentor_id}"
