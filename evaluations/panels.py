"""What surveys show on the desk's first page."""

from typing import Any

from evaluations.queries import latest_open
from programs.labels import in_language
from programs.models import Cohort


def open_survey(cohort: Cohort) -> dict[str, Any]:
    """How many have answered the survey that is open now."""
    survey = latest_open(cohort)
    return {"survey": survey, "title": in_language(survey.title) if survey else ""}
