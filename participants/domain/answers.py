"""Answers and where they are kept: some feed a field of the enrollment, the rest stand in `answers`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import prefetch_related_objects

from participants.models import Enrollment, SkillClaim
from programs.questions import Question, Questionnaire

Direction = SkillClaim.Direction
TEXTS = ("position_summary", "experience", "strengths", "own_goals", "expectations", "career_goals")
LISTS = ("goals", "media", "availability", "needs")
PLAIN = {"hours_per_month": None, "capacity": 1, "listed": False}  # and what no answer means
CLAIMS = {"skills_offered": Direction.OFFERS, "skills_sought": Direction.SEEKS}
WISHES = "wishes"


@dataclass(slots=True)
class Sorted:
    """Answers by where they go. What was not asked is not in here."""

    columns: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, dict[str, int]] = field(default_factory=dict)  # direction: {skill's slug: level}
    wishes: list[str] | None = None  # uids of people, first wish first
    answers: dict[str, Any] = field(default_factory=dict)


def sort_answers(questions: Iterable[Question], values: Mapping[str, Any]) -> Sorted:
    """Say for each answer where it is kept; `values` are JSON values by question key."""
    found = Sorted()
    for question in questions:
        value, feeds = values.get(question.key), question.feeds
        if feeds in CLAIMS:
            found.claims[CLAIMS[feeds]] = dict(value or {})
        elif feeds == WISHES:
            found.wishes = [uid for uid in value or [] if uid]
        elif feeds in TEXTS:
            found.columns[feeds] = value or ""
        elif feeds in LISTS:
            found.columns[feeds] = list(value or [])
        elif feeds in PLAIN:
            found.columns[feeds] = PLAIN[feeds] if value is None else value
        else:
            found.answers[question.key] = value
    return found


def values_of(enrollment: Enrollment, questionnaire: Questionnaire) -> dict[str, Any]:
    """The answers given so far by question key, as JSON values; none or four queries, for claims and wishes."""
    prefetch_related_objects([enrollment], "claims__skill", "wishes__mentor")
    claims: dict[str, dict[str, int]] = {}
    for claim in sorted(enrollment.claims.all(), key=lambda claim: claim.pk):
        claims.setdefault(claim.direction, {})[claim.skill.slug] = claim.level
    wishes = [str(wish.mentor.uid) for wish in enrollment.wishes.all()]
    return {
        key: _value(enrollment, question, claims, wishes) for key, question in questionnaire.questions.items()
    }


def _value(
    enrollment: Enrollment, question: Question, claims: Mapping[str, dict[str, int]], wishes: list[str]
) -> Any:
    feeds = question.feeds
    if feeds in CLAIMS:
        return claims.get(CLAIMS[feeds], {})
    if feeds == WISHES:
        return wishes
    return getattr(enrollment, feeds) if feeds else enrollment.answers.get(question.key)


def is_answered(value: Any) -> bool:
    """Whether there is an answer; zero and "no" are answers."""
    return value is not None and value not in ("", [], {})


def pages_to_do(questionnaire: Questionnaire, values: Mapping[str, Any], done: Iterable[str]) -> list[str]:
    """Keys of the pages that were never saved, or lack an answer that is required, in order."""
    saved = set(done)
    return [
        page.key
        for page in questionnaire.pages
        if page.key not in saved
        or any(question.required and not is_answered(values.get(question.key)) for question in page.questions)
    ]
