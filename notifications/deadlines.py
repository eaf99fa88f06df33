"""Deadlines: a person owes an act on an object by a date.

Each app registers one `DeadlineKind` per kind. Everything that nags or counts reads this registry alone:
next steps, reminders, who is behind, timeliness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import DateTimeField, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.functional import Promise

from people.models import Person

# The columns that every kind's queryset yields through .values_list(*COLUMNS), in this order and of these types,
# so that all kinds join in one UNION ALL.
COLUMNS = (
    "kind",  # text: Value(kind.code, output_field=CharField())
    "person_id",  # bigint: who owes it
    "cohort_id",  # bigint
    "object_id",  # bigint: the row it is about
    "occurrence",  # text: tells repeats apart ("2026-11"), else ""
    "opens_on",  # date: from when it can be done and stands on the list
    "due_on",  # date in the cohort's time zone
    "due_at",  # timestamptz: the end of that day there (core.dates.EndOfDay)
    "done_at",  # timestamptz, null while open
)
# `done_at` of a kind whose rows vanish when done: typed, so that PostgreSQL can join it with the others.
NEVER = Cast(Value(None), DateTimeField())


@dataclass(frozen=True, slots=True)
class Deadline:
    """One row of the union."""

    kind: str
    person_id: int
    cohort_id: int
    object_id: int
    occurrence: str
    opens_on: date
    due_on: date
    due_at: datetime
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Wording:
    """A deadline in the reader's language: `verb` is the act ("Sign your agreement with Dana")."""

    verb: str
    explanation: str
    url: str
    done: str = ""  # the act once done ("You signed your agreement with Dana")


@dataclass(frozen=True, slots=True)
class DeadlineKind:
    """One kind of deadline.

    `rows()` gives the queryset of ALL its deadlines, open and done (callers filter by person, cohort, dates). Its SQL
    is kept for the life of the process: let it depend on nothing but the database.
    `words(rows)` is set-based: it takes the rows of this kind on one page and returns the wording of each, keyed by
    (object_id, occurrence, person_id), with a number of queries that does not depend on how many there are.
    `remind` are days relative to the due date on which the person is reminded (negative: before).
    `escalate_after` days late, the program's managers are told, once; None never.
    """

    code: str
    label: str | Promise
    rows: Callable[[], QuerySet[Any, Any]]
    words: Callable[[Iterable[Deadline]], Mapping[tuple[int, str, int], Wording]]
    remind: tuple[int, ...] = (-7, -1, 3, 10)
    escalate_after: int | None = 14
    staff: bool = False  # owed by the program's staff, so it stands on no participant's timeliness


_kinds: dict[str, DeadlineKind] = {}


def register(kind: DeadlineKind) -> DeadlineKind:
    """Register a kind, once, when its app is ready."""
    if kind.code in _kinds:
        raise ValueError(f"deadline kind {kind.code} is registered already")
    _kinds[kind.code] = kind
    return kind


def kinds() -> Mapping[str, DeadlineKind]:
    """All kinds by code."""
    return _kinds


@dataclass(frozen=True, slots=True)
class Escalation:
    """Whom to tell of what is long late in a cohort, and where they see it: `about` gives its name and path."""

    people: Callable[[int], list[Person]]
    about: Callable[[int], tuple[str, str]]


_escalations: list[Escalation] = []


def register_escalation(
    people: Callable[[int], list[Person]], about: Callable[[int], tuple[str, str]] = lambda _id: ("", "/")
) -> None:
    """Register, once, who is told of what is long late: `people(cohort_id)`, and the cohort's name and path."""
    _escalations[:] = [Escalation(people, about)]


def escalation() -> Escalation | None:
    """Whom to tell, if anybody has registered."""
    return _escalations[0] if _escalations else None
