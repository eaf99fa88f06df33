"""Matching on the desk's first page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from matching.models import Run
from matching.queries import answers_of, latest_ready, mentees_matched, waiting
from matching.standing import still_to_publish
from matching.summary import only_circles
from programs.labels import word
from programs.models import Cohort


def matched(cohort: Cohort) -> dict[str, Any]:
    """Once a run is published, how many of the whole cohort are matched; before, what the latest run proposes.

    A fixed number of queries.
    """
    published = Run.objects.filter(cohort=cohort, state=Run.State.PUBLISHED).order_by("-number").first()
    newest = latest_ready(cohort)
    run = published or newest
    url = reverse("matching_review", args=[cohort.program.slug, cohort.slug])
    context: dict[str, Any] = {"run": run, "waiting": waiting(cohort), "url": url}
    if run:
        now = mentees_matched(cohort) if published else _proposed(run)
        context |= {
            "covered": now["covered"],
            "total": now["mentees"],
            "only_circles": only_circles(run),
            "left": now["mentees"] - now["covered"],
            "run_url": f"{url}{run.number}/",
            "left_url": url if published else f"{url}{run.number}/?show=unmatched",
            "answers": None if published else answers_of(run),
            "to_review": newest if published and newest and newest.number > published.number else None,
            "mentees": word(cohort.program, "mentees"),
            "rest": still_to_publish(published) if published else None,
        }
    return context


def _proposed(run: Run) -> dict[str, int]:
    """Mentees of a run, and how many it gives a mentor or a circle."""
    circles = run.numbers.get("circles") or {"placed": 0, "mentees": 0}
    return {
        "covered": run.numbers["covered"] + circles["placed"],
        "mentees": run.numbers["mentees"] + circles["mentees"],
    }
