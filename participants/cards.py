"""A mentor as the directory and the shortlist show one: what they agreed to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects

from participants.models import Enrollment, SkillClaim
from participants.queries import questionnaire_for
from people.languages import language_name
from people.models import Person
from programs.labels import in_language
from programs.models import Cohort
from programs.questions import parse


@dataclass(frozen=True, slots=True)
class Card:
    """One mentor in the reader's language."""

    uid: str
    person: Person
    detail: str  # position and unit
    where: str
    languages: str
    skills: list[str]
    goals: list[str]
    needs: list[str]
    free: int | None  # places; None where the reader did not ask
    between: Mapping[str, Any] | None = None  # the last request between the two, where the reader may ask
    apart: str = ""  # why the two cannot be a pair


def choices_of(cohort: Cohort, role: str, *fields: str) -> dict[str, Mapping[str, str]]:
    """What the role's application form calls the values of these fields: {field: {value: label}}. One query."""
    found = questionnaire_for(cohort.program_id, role)
    feeding = parse(found.questions).feeding if found else {}
    return {
        name: {choice.value: in_language(choice.label) for choice in feeding[name].choices}
        if name in feeding
        else {}
        for name in fields
    }


def cards_of(cohort: Cohort, mentors: Iterable[Enrollment]) -> list[Card]:
    """In the order given. A fixed number of queries."""
    rows = list(mentors)
    prefetch_related_objects(rows, "claims__skill", "person__unit")
    words = choices_of(cohort, Enrollment.Role.MENTOR, "goals", "needs")
    return [_card(row, words) for row in rows]


def _card(row: Enrollment, words: dict[str, Mapping[str, str]]) -> Card:
    person = row.person
    offered = [claim for claim in row.claims.all() if claim.direction == SkillClaim.Direction.OFFERS]
    return Card(
        uid=str(row.uid),
        person=person,
        detail=", ".join(filter(None, [person.job_title, person.unit.name if person.unit else ""])),
        where=person.location,
        languages=", ".join(language_name(code) for code in person.languages),
        skills=sorted(in_language(claim.skill.name) for claim in offered),
        goals=[words["goals"].get(value, value) for value in row.goals],
        needs=[words["needs"].get(value, value) for value in row.needs],
        free=getattr(row, "free", None),
    )
