"""What a manager chooses for one run beside the criteria: a minimum fit, and the pairs to keep close to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from matching.criteria import read_criteria
from matching.engine.minimum import raised
from matching.models import Run
from matching.queries import READY, latest_ready
from programs.models import Cohort


@dataclass(frozen=True, slots=True)
class Options:
    """`run` is the earlier one to keep close to, where `start` names one."""

    least_fit: int = 0
    raise_lowest: bool = False
    start: str = Run.Start.NEWEST
    run: Run | None = None

    def near(self, cohort: Cohort) -> Run | None:
        """The run to keep close to."""
        return latest_ready(cohort) if self.start == Run.Start.NEWEST else self.run


def options_of(run: Run | None) -> Options:
    """Those that a run was asked for with, to ask for another one with them; the usual ones without a run."""
    if run is None:
        return Options()
    named = run.start_run if run.start == Run.Start.RUN else None
    return Options(run.least_fit, run.raise_lowest, run.start, named)


def starts(cohort: Cohort) -> QuerySet[Run]:
    """The runs that another one may keep close to, newest first."""
    ready = Run.objects.filter(cohort=cohort, state__in=READY)
    return ready.select_related("start_run").order_by("-number")


def criteria_for(run: Run) -> dict[str, Any]:
    """The criteria of a run with its minimum fit in them."""
    return raised(read_criteria(run.criteria), run.least_fit).to_dict()
