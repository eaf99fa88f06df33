"""Keeping what runs rest on no longer than it serves: it is personal data."""

from __future__ import annotations

from django.conf import settings

from matching.models import Run, RunInput
from programs.models import Cohort


def drop_old_inputs(cohort_id: int) -> None:
    """Keep those of the newest runs of a cohort, and of the run that was published last."""
    runs = RunInput.objects.filter(run__cohort=cohort_id).order_by("-run__number")
    kept = list(runs.values_list("pk", flat=True)[: settings.MATCHING_INPUTS_KEPT])
    published = runs.filter(run__state=Run.State.PUBLISHED).values_list("pk", flat=True)[:1]
    runs.exclude(pk__in=[*kept, *published]).delete()


def drop_inputs_of_closed() -> None:
    """Nobody asks a run anything once its cohort is closed."""
    RunInput.objects.filter(run__cohort__state=Cohort.State.CLOSED).delete()
