"""Work of a large run that is shared among workers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from matching.models.runs import Run


class RunPart(models.Model):
    """Some components of a run's problem, solved by a task of its own. Dropped when the run is over."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveSmallIntegerField()  # from 1 on
    digest = models.CharField(max_length=64)  # of `problem`
    problem = models.BinaryField()  # engine.packing.pack
    solution = models.BinaryField(null=True)  # none while it is to be solved
    attempts = models.PositiveSmallIntegerField(default=0)
    handed_at = models.DateTimeField()  # to the workers, last

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="run_part_unique"),
            models.CheckConstraint(condition=Q(number__gte=1), name="run_part_from_one"),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of run {self.run_id}"
