"""Reading a file of applications: every cell is checked, every problem is named by row and column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core.errors import Refused
from core.uploads import Columns, Problem, read_csv
from participants.domain.answers import Sorted, is_answered, sort_answers
from participants.models import Enrollment
from participants.queries import open_strands, questionnaire_for
from participants.rules import MAX_WISHES, is_open_to
from people.models import Person
from programs.labels import in_language
from programs.models import Cohort, Strand
from programs.question_forms import page_form
from programs.questions import Kind, Question, Questionnaire, parse

S, Role = Enrollment.State, Enrollment.Role
FIXED = ("email", "role", "strand", "state")
STATES = (S.DRAFT, S.SUBMITTED, S.ACCEPTED)
OPEN_STATES = frozenset({S.DRAFT, S.SUBMITTED})  # an import changes these; everything later stays as it is
LEVEL = 2  # of a skill given without one
MAX_BYTES = 5 * 1024 * 1024
Rows = Sequence[Mapping[str, str]]
Watch = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(slots=True)
class Applicant:
    """One good row of the file."""

    row: int
    person: Person
    role: str
    strand: Strand
    state: str
    found: Sorted
    wishes: list[int]
    pages_done: list[str]
    before: Enrollment | None

    @property
    def is_decided(self) -> bool:
        """Whether the enrollment is past what an import may change."""
        return self.before is not None and self.before.state not in OPEN_STATES


@dataclass(slots=True)
class Plan:
    """What an import would do: good rows, and all that is in its way."""

    applicants: list[Applicant] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def new(self) -> int:
        """Applications that do not exist yet."""
        return sum(row.before is None for row in self.applicants)

    @property
    def decided(self) -> int:
        """Rows passed over, since they are decided already."""
        return sum(row.is_decided for row in self.applicants)

    @property
    def changed(self) -> int:
        """Drafts and submitted applications that are written anew."""
        return len(self.applicants) - self.new - self.decided

    @property
    def accepted(self) -> int:
        """People who would be accepted by this file."""
        return sum(row.state == S.ACCEPTED and not row.is_decided for row in self.applicants)


def read_rows(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file by the names of its columns, see `read_csv`; blank ones stay, so that rows can be counted.

    Raises Refused: too_big, no_rows, and what `read_csv` raises.
    """
    if len(content) > MAX_BYTES:
        raise Refused("too_big", _("The file is larger than 5 MB."), _("Split it into several files."))
    columns, lines = read_csv(content)
    rows = [_named(columns, cells) for cells in lines]
    if not any(any(row.values()) for row in rows):
        hint = _("The first row names the columns; one row for each person and role follows.")
        raise Refused("no_rows", _("The file has no rows."), hint)
    return rows


def _named(columns: Columns, cells: list[str]) -> dict[str, str]:
    named = {name: cell.strip() for name, cell in zip_longest(columns, cells[: len(columns)], fillvalue="")}
    return {**named, **({"": _("more cells than columns")} if len(cells) > len(columns) else {})}


class Checker:
    """Checks the rows of one file against the cohort. Everything is read beforehand, in a fixed number of queries."""

    def __init__(self, cohort: Cohort, rows: Rows) -> None:
        self.cohort, self.rows, self.plan = cohort, rows, Plan()
        found = {role: questionnaire_for(cohort.program_id, role) for role in Role.values}
        self.forms = {role: parse(one.questions) for role, one in found.items() if one}
        self.fields = {role: _fields(form) for role, form in self.forms.items()}
        self.strands = {strand.slug: strand for strand in open_strands(cohort, Person(), Role.MENTOR)}
        self.people = {person.email: person for person in Person.objects.filter(email__in=self._addresses())}
        before = Enrollment.objects.filter(cohort=cohort, person__in=self.people.values())
        self.before = {(row.person_id, row.role): row for row in before}
        self.mentors = self._mentors()
        self.seen: set[tuple[int, str]] = set()
        keys = {key for form in self.forms.values() for key in form.questions}
        self.others = {role: keys - set(form.questions) for role, form in self.forms.items()}

    def _addresses(self) -> set[str]:
        """Everybody whom the file names."""
        columns = ["email", *self._wish_columns()]
        named = {word.lower() for row in self.rows for name in columns for word in _words(row.get(name, ""))}
        return {word for word in named if "\0" not in word}  # the database takes none

    def _mentors(self) -> set[int]:
        """Who can be wished for: mentors of the cohort, and those whom the file brings."""
        named = [
            row.get("email", "").lower() for row in self.rows if row.get("role", "").lower() == Role.MENTOR
        ]
        brought = {self.people[address].pk for address in named if address in self.people}
        states = (S.SUBMITTED, S.ACCEPTED)
        everyone = Enrollment.objects.filter(cohort=self.cohort, role=Role.MENTOR, state__in=states)
        return brought | set(everyone.values_list("person_id", flat=True))

    def _wish_columns(self) -> list[str]:
        return [
            q.key for form in self.forms.values() for q in form.questions.values() if q.kind == Kind.PEOPLE
        ]

    def run(self, watch: Watch = iter) -> Plan:
        """Check all rows; `watch` wraps them, for a progress bar."""
        if self._header():
            for number, row in watch(list(enumerate(self.rows, start=2))):
                if any(row.values()):
                    self._row(number, row)
        return self.plan

    def _problem(self, row: int, column: str, message: str) -> None:
        self.plan.problems.append(Problem(row, column, message))

    def _header(self) -> bool:
        """Check the names of the columns; whether the rows can be checked at all."""
        names = set(self.rows[0]) - {""}
        known = {*FIXED, *(key for form in self.forms.values() for key in form.questions)}
        for name in ("email", "role"):
            if name not in names:
                self._problem(1, name, _("This column is missing."))
        for name in sorted(names - known):
            self._problem(1, name, _("This column is not known. Its name must be that of a question."))
        return {"email", "role"} <= names

    def _row(self, number: int, row: Mapping[str, str]) -> None:
        problems = len(self.plan.problems)
        if "" in row:
            self._problem(number, "", _("The row has more cells than there are columns."))
        role = self._one_of(number, "role", row.get("role", "").lower(), list(self.forms), "")
        state = self._one_of(number, "state", row.get("state", "").lower(), list(STATES), S.SUBMITTED)
        person = self._person(number, row, role)
        if person is None or not role:
            return
        strand = self._strand(number, row, person, role)
        values, wishes = self._answers(number, row, person, role, state)
        if strand is None or len(self.plan.problems) > problems:
            return
        form = self.forms[role]
        done = [
            page.key for page in form.pages if not any(_is_open(q, values, wishes) for q in page.questions)
        ]
        found = sort_answers(form.questions.values(), values)
        before = self.before.get((person.pk, role))
        self.plan.applicants.append(
            Applicant(number, person, role, strand, state, found, wishes, done, before)
        )

    def _one_of(self, number: int, column: str, value: str, allowed: list[str], default: str) -> str:
        if value in allowed or (not value and default):
            return value or default
        message = _("“%(value)s” is not one of: %(allowed)s.")
        self._problem(number, column, message % {"value": value, "allowed": ", ".join(allowed)})
        return ""

    def _person(self, number: int, row: Mapping[str, str], role: str) -> Person | None:
        address = row["email"].lower()
        person = self.people.get(address)
        if person is None:
            message = _("Nobody with the address “%(address)s” is known. Bring in people first.")
            self._problem(number, "email", message % {"address": address})
        elif (person.pk, role) in self.seen:
            message = _("“%(address)s” stands twice in this role.")
            self._problem(number, "email", message % {"address": address})
        else:
            self.seen.add((person.pk, role))
        return person

    def _strand(self, number: int, row: Mapping[str, str], person: Person, role: str) -> Strand | None:
        slug, open_to = row.get("strand", "").lower(), self.strands
        if role == Role.MENTEE:
            open_to = {key: one for key, one in open_to.items() if is_open_to(one, person)}
        if not slug and len(open_to) == 1:
            return next(iter(open_to.values()))
        if slug in open_to:
            return open_to[slug]
        if slug in self.strands:
            message = _("The strand “%(strand)s” is not for this person’s type of contract.")
            self._problem(number, "strand", message % {"strand": slug})
        else:
            self._one_of(number, "strand", slug, list(open_to), "")
        return None

    def _answers(
        self, number: int, row: Mapping[str, str], person: Person, role: str, state: str
    ) -> tuple[dict[str, Any], list[int]]:
        """JSON values by question key, and the people wished for."""
        values: dict[str, Any] = {}
        wishes: list[int] = []
        asked = self.forms[role].questions
        for name in sorted(self.others[role] & set(row)):
            if row[name]:
                self._problem(number, name, _("This is not asked of this role. Leave it empty."))
        for key, question in asked.items():
            text = row.get(key, "")
            if question.kind == Kind.PEOPLE:
                wishes = self._wishes(number, key, text, person)
            else:
                values[key] = self._answer(number, question, text, self.fields[role][key])
            if state == S.SUBMITTED and question.required and not text:
                self._problem(number, key, _("An answer is required."))
        return values, wishes

    def _answer(self, number: int, question: Question, text: str, cell: forms.Field) -> Any:
        try:
            return _cell_value(question, text, cell) if text else None
        except ValidationError as error:
            for message in error.messages:
                self._problem(number, question.key, message)
        return None

    def _wishes(self, number: int, column: str, text: str, person: Person) -> list[int]:
        chosen: list[int] = []
        for address in _words(text):
            mentor = self.people.get(address.lower())
            if mentor is None or mentor.pk not in self.mentors:
                message = _("“%(address)s” is no mentor in this cohort or file.")
            elif mentor.pk == person.pk:
                message = _("“%(address)s” is the applicant.")
            elif mentor.pk == person.supervisor_id:
                message = _("“%(address)s” is the applicant’s supervisor.")
            elif mentor.pk in chosen:
                message = _("“%(address)s” stands here twice.")
            elif len(chosen) == MAX_WISHES:
                message = _("“%(address)s” is one too many: three at most.")
            else:
                chosen.append(mentor.pk)
                continue
            self._problem(number, column, message % {"address": address})
        return chosen


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.replace("|", ";").split(";") if word.strip()]


def _fields(form: Questionnaire) -> dict[str, forms.Field]:
    """The form fields that check a cell, made once for all rows."""
    return {name: cell for page in form.pages for name, cell in page_form(page).fields.items()}


def _is_open(question: Question, values: Mapping[str, Any], wishes: list[int]) -> bool:
    given = wishes if question.kind == Kind.PEOPLE else values.get(question.key)
    return question.required and not is_answered(given)


def _cell_value(question: Question, text: str, cell: forms.Field) -> Any:
    """The JSON value of a cell. Choices go by their value or by their label. Raises ValidationError."""
    labels = {in_language(c.label, lang).casefold(): c.value for c in question.choices for lang in c.label}
    match question.kind:
        case Kind.SKILLS:
            pairs = [
                word.rpartition(":")[::2] if ":" in word else (word, str(LEVEL)) for word in _words(text)
            ]
            slugs = [labels.get(name.strip().casefold(), name.strip().lower()) for name, _level in pairs]
            cell.clean(slugs)
            return dict(zip(slugs, [_level_of(level) for _name, level in pairs], strict=True))
        case Kind.CHOICES:
            return cell.clean([labels.get(word.casefold(), word.lower()) for word in _words(text)])
        case Kind.CHOICE:
            return cell.clean(labels.get(text.casefold(), text.lower()))
        case Kind.YESNO:
            return cell.clean(text.lower())
    return cell.clean(text)


def _level_of(text: str) -> int:
    if text.strip() not in ("1", "2", "3"):
        raise ValidationError(_("The level “%(level)s” is not 1, 2 or 3.") % {"level": text.strip()})
    return int(text)
