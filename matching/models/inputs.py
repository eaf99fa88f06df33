"""What a run rests on, apart from the run so that lists never load it."""

from __future__ import annotations

from django.db import models

from matching.models.runs import Run


class RunInput(models.Model):
    """What went into a run and the solution with its prices, packed: enough to ask the run any question again.

    It holds personal data. Kept for the newest runs of a cohort until the cohort closes (`matching.domain.inputs`).
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="inputs")
    snapshot = models.BinaryField()  # Snapshot.pack
    solution = models.BinaryField(null=True)  # engine.packing.pack; none while the run is at work
    considered = models.BinaryField(null=True)  # the pairs that a field too large to be held was solved on

    def __str__(self) -> str:
        return f"inputs of run {self.run_id}"
