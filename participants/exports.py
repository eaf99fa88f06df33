"""People as rows of a spreadsheet."""

from __future__ import annotations

from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from participants.domain.answers import values_of
from participants.models import Enrollment
from participants.queries import questionnaire_for
from programs.labels import in_language, word
from programs.models import Cohort
from programs.questions import Questionnaire, answer_in_words, parse


class Writer(Protocol):
    """What the csv module returns."""

    def writerow(self, row: list[Any]) -> Any:
        """Write one row."""


Forms = dict[str, Questionnaire]


def columns_of(cohort: Cohort) -> Forms:
    """The application forms, whose questions become columns."""
    found = {role: questionnaire_for(cohort.program_id, role) for role in Enrollment.Role.values}
    return {role: parse(row.questions) for role, row in found.items() if row}


def write_rows(writer: Writer, cohort: Cohort, forms: Forms, rows: QuerySet[Enrollment]) -> None:
    """A header and one row for each enrollment; answers never submitted stay out. A fixed number of queries."""
    labels = {key: in_language(q.label) for form in forms.values() for key, q in form.questions.items()}
    writer.writerow([
        _("Name"), _("E-mail"), _("Role"), _("Strand"), _("State"), _("To release"), _("Organization"), _("Unit"),
        _("Position"), _("Career level"), _("Applied"), *labels.values(),
    ])  # fmt: skip
    joined = rows.select_related("person__unit", "person__organization", "strand").order_by(
        "person__full_name", "pk"
    )
    for row in joined.prefetch_related("claims__skill", "wishes__mentor"):
        writer.writerow([*_who(row, cohort), *_answers(row, forms.get(row.role), labels)])


def _who(row: Enrollment, cohort: Cohort) -> list[Any]:
    person = row.person
    return [
        person.full_name,
        person.email,
        word(cohort.program, row.role, cap=True),
        in_language(row.strand.name),
        row.get_state_display(),
        Enrollment.State(row.pending_decision).label if row.pending_decision else "",
        person.organization.name if person.organization else "",
        person.unit.path if person.unit else "",
        person.job_title,
        person.level or "",
        f"{row.submitted_at:%Y-%m-%d}" if row.submitted_at else "",
    ]


def _answers(row: Enrollment, form: Questionnaire | None, labels: dict[str, str]) -> list[str]:
    if form is None or row.submitted_at is None:
        return [""] * len(labels)
    values = values_of(row, form)
    names = {str(wish.mentor.uid): wish.mentor.full_name for wish in row.wishes.all()}
    asked = form.questions
    return [answer_in_words(asked[key], values[key], names=names) if key in asked else "" for key in labels]
