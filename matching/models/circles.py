"""Circles that a run proposes."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from core.models import Addressed
from matching.models.runs import Run
from programs.models import Strand


class Circle(Addressed):
    """A group around one host or two; its members are the mentees of its proposals, one row for each host."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="circles")
    number = models.PositiveIntegerField()  # within the run
    strand = models.ForeignKey(Strand, on_delete=models.PROTECT, related_name="+")
    slots = ArrayField(
        models.CharField(max_length=10), default=list
    )  # times that suit everyone who stated any

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="circle_number_unique")
        ]

    def __str__(self) -> str:
        return f"circle {self.number} of run {self.run_id}"
