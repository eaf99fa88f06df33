"""Matching on the desk's first page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from matching.models import Run
from matching.queries import latest_ready, waiting
from programs.labels import word
from programs.models import Cohort


def matched(cohort: Cohort) -> dict[str, Any]:
    """Matched and unmatched of what is published, else of the latest run, and who waits. Three queries."""
    published = Run.objects.filter(cohort=cohort, state=Run.State.PUBLISHED).order_by("-number").first()
    run = published or latest_ready(cohort)
    url = reverse("matching_review", args=[cohort.program.slug, cohort.slug])
    context: dict[str, Any] = {"run": run, "waiting": waiting(cohort), "url": url}
    if run:
        covered, total = run.numbers["covered"], run.numbers["mentees"]
        context |= {
            "covered": covered,
            "total": total,
            "left": total - covered,
            "run_url": f"{url}{run.number}/",
            "left_url": f"{url}{run.number}/?show=unmatched",
            "mentees": word(cohort.program, "mentees"),
        }
    return context
