"""Criteria that a program has kept under a name."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from programs.models import Program


class Preset(models.Model):
    """Complete criteria to begin with, for all cohorts of a program."""

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(_("name"), max_length=60)
    criteria = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("program", Lower("name"), name="preset_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name
