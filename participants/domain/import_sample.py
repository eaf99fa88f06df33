"""A file to begin with: every column of a cohort's applications."""

from __future__ import annotations

from participants.domain.import_checks import FIXED
from participants.models import Enrollment
from participants.queries import questionnaire_for
from programs.models import Cohort, Offer
from programs.questions import Kind, Question, parse

Role = Enrollment.Role


def sample_rows(cohort: Cohort) -> list[list[str]]:
    """The header, and one row for a mentor and for a mentee with answers of the right form."""
    found = {role: questionnaire_for(cohort.program_id, role) for role in Role.values}
    forms = {role: parse(row.questions).questions for role, row in found.items() if row}
    columns = list(dict.fromkeys(key for asked in forms.values() for key in asked))
    offer = Offer.objects.filter(cohort=cohort).select_related("strand").order_by("pk").first()
    strand = offer.strand.slug if offer else ""
    rows = [[*FIXED, *columns]]
    for role, asked in forms.items():
        answers = [_example(asked[key]) if key in asked else "" for key in columns]
        rows.append([f"{role}@example.org", role, strand, "submitted", *answers])
    return rows


def _example(question: Question) -> str:
    values = [choice.value for choice in question.choices]
    match question.kind:
        case Kind.CHOICE:
            return values[0]
        case Kind.CHOICES:
            return "; ".join(values[: min(2, question.max_choices or 2)])
        case Kind.SKILLS:
            return "; ".join(f"{value}:{level}" for value, level in zip(values, (3, 2), strict=False))
        case Kind.SCALE | Kind.NUMBER:
            return str(question.min)
        case Kind.PEOPLE:
            return "mentor@example.org"
        case Kind.YESNO:
            return "yes"
    return "…"
