"""Applications as rows of the applications import, answered by chance but sensibly."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from config.demo import texts
from people.models import Person
from programs.models import Questionnaire
from programs.questions import Kind, Question, parse

TEXTS: dict[str, Sequence[str]] = {
    "position_summary": texts.POSITION,
    "experience": texts.EXPERIENCE,
    "strengths": texts.STRENGTHS,
    "own_goals": texts.OWN_GOALS,
    "career_goals": texts.CAREER_GOALS,
    "expectations": texts.EXPECTATIONS,
}


def application(
    rng: Random,
    questionnaire: Questionnaire,
    person: Person,
    strand: str,
    state: str,
    wishes: Sequence[str] = (),
) -> dict[str, str]:
    """One row: the person's answers to every question."""
    asked = parse(questionnaire.questions).questions
    answers = {key: _answer(rng, question, person, wishes) for key, question in asked.items()}
    return {"email": person.email, "role": questionnaire.purpose, "strand": strand, "state": state, **answers}


def _answer(rng: Random, question: Question, person: Person, wishes: Sequence[str]) -> str:
    values = [choice.value for choice in question.choices]
    match question.kind:
        case Kind.SHORT | Kind.TEXT:
            return rng.choice(TEXTS.get(question.feeds or "", ("",)))
        case Kind.SKILLS:
            return "; ".join(f"{slug}:{rng.randint(1, 3)}" for slug in _skills(rng, values, question))
        case Kind.CHOICES:
            most = min(question.max_choices or 6, len(values))
            return "; ".join(rng.sample(values, rng.randint(min(2, most), most)))
        case Kind.CHOICE:
            return rng.choice(values)
        case Kind.PEOPLE:
            return "; ".join(wishes)
        case Kind.YESNO:
            return rng.choice(("yes", "no"))
    if question.feeds == "capacity":
        shares = (20, 1, 0) if question.max == 3 else (5, 4, 1)  # few mentees ask for a second mentor
        return str(min(question.max, rng.choices((1, 2, 3), shares)[0]))
    return str(rng.randint(question.min, min(question.max, question.min + 5)))


def _skills(rng: Random, slugs: Sequence[str], question: Question) -> list[str]:
    """A few from one corner of the list and a few from anywhere: people are neither uniform nor random."""
    at = rng.randrange(len(slugs))
    corner = [slugs[(at + step) % len(slugs)] for step in range(10)]
    most = question.max_choices or 5
    wanted = most if question.feeds == "skills_offered" else min(most, rng.randint(2, 4))
    near = rng.sample(corner, min(len(corner), (wanted + 1) // 2))
    far = rng.sample([slug for slug in slugs if slug not in near], wanted - len(near))
    return [*near, *far]


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """The rows as a file."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
