"""Reading deadlines: one UNION ALL over every registered kind, so that all pages and reminders agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.functional import Promise

from core.dates import today_in
from notifications.deadlines import COLUMNS, Deadline, DeadlineKind, Wording, kinds
from notifications.models import Message, Pause
from people.models import Person

SOON = timedelta(days=7)
STALE = timedelta(days=14)  # a reminder whose day is longer past than this is not given any more


@dataclass(frozen=True, slots=True)
class Task:
    """A deadline in words."""

    deadline: Deadline
    wording: Wording

    @property
    def late(self) -> bool:
        """Whether its day is over where the cohort is."""
        return self.deadline.done_at is None and self.deadline.due_at <= timezone.now()


@dataclass(frozen=True, slots=True)
class BoardLine:
    """How one kind of deadline stands in a cohort."""

    kind: str
    label: str | Promise
    open: int
    late: int
    soon: int  # open and due within a week
    done: int
    done_late: int


def rows(
    condition: str, params: Sequence[Any], *, order: str = "due_at", limit: int | None = None
) -> list[Deadline]:
    """The deadlines that fulfil an SQL condition on the columns of `d`, in order."""
    tail = f"ORDER BY {order}, kind, object_id, person_id" + (f" LIMIT {int(limit)}" if limit else "")
    return [Deadline(*row) for row in _run(f"SELECT d.* FROM {{d}} WHERE {condition} {tail}", params)]  # noqa: S608


def _run(sql: str, params: Sequence[Any], before: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run SQL in which `{d}` stands for the union of all deadlines."""
    if not kinds():
        return []
    source, inner = _union(tuple(kinds().values()))
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("{d}", source), [*before, *inner, *params])
        return list(cursor.fetchall())


@cache
def _union(registered: tuple[DeadlineKind, ...]) -> tuple[str, tuple[Any, ...]]:
    """SQL and parameters of all kinds together. Writing it takes Django longer than PostgreSQL needs to run it."""
    querysets = [kind.rows().order_by().values_list(*COLUMNS) for kind in registered]
    union, inner = querysets[0].union(*querysets[1:], all=True).query.sql_with_params()
    return f"({union}) AS d({', '.join(COLUMNS)})", inner


def open_for(person: Person) -> list[Deadline]:
    """What the person can do now, the most urgent first."""
    today = today_in(person.timezone)
    return rows("d.person_id = %s AND d.done_at IS NULL AND d.opens_on <= %s", [person.pk, today])


def done_for(person: Person, *, limit: int = 30) -> list[Deadline]:
    """What the person has done, the latest first."""
    condition = "d.person_id = %s AND d.done_at IS NOT NULL"
    return rows(condition, [person.pk], order="done_at DESC", limit=limit)


def behind(cohort_id: int, *, kind: str = "", limit: int = 200) -> list[Deadline]:
    """What is late in a cohort, the longest first."""
    condition = "d.cohort_id = %s AND d.done_at IS NULL AND d.due_at <= %s AND (%s = '' OR d.kind = %s)"
    return rows(condition, [cohort_id, timezone.now(), kind, kind], limit=limit)


def board(cohort_id: int) -> list[BoardLine]:
    """How every kind of deadline stands in a cohort; kinds without any are left out."""
    now = timezone.now()
    found = _run(
        """
        SELECT kind,
               count(*) FILTER (WHERE done_at IS NULL),
               count(*) FILTER (WHERE done_at IS NULL AND due_at <= %s),
               count(*) FILTER (WHERE done_at IS NULL AND due_at > %s AND due_at <= %s),
               count(*) FILTER (WHERE done_at IS NOT NULL),
               count(*) FILTER (WHERE done_at > due_at)
        FROM {d} WHERE d.cohort_id = %s AND d.opens_on <= %s GROUP BY kind
        """,
        [cohort_id, now.date() + timedelta(days=1)],
        before=[now, now, now + SOON],
    )
    lines = {code: BoardLine(code, kinds()[code].label, *counts) for code, *counts in found}
    return [lines[code] for code in kinds() if code in lines]


def in_words(deadlines: Iterable[Deadline]) -> list[Task]:
    """Deadlines in the active language, in the order given; those whose object is gone are left out."""
    listed = list(deadlines)
    words: dict[tuple[str, int, str, int], Wording] = {}
    for code in {deadline.kind for deadline in listed}:
        said = kinds()[code].words([deadline for deadline in listed if deadline.kind == code])
        words |= {(code, *key): wording for key, wording in said.items()}
    keys = [(d.kind, d.object_id, d.occurrence, d.person_id) for d in listed]
    return [Task(d, words[key]) for d, key in zip(listed, keys, strict=True) if key in words]


def due_reminders(now: datetime) -> list[tuple[Deadline, int]]:
    """Open deadlines, each with the days of its reminders whose time has come, not yet in the ledger.

    Only for people for whom it is a working day between 9 and 17 now. A reminder from before the deadline opened
    is not given, nor one whose day is long past.
    """
    days = [(kind.code, day) for kind in kinds().values() for day in kind.remind]
    if not days:
        return []
    found = _run(
        f"""
        SELECT d.*, r.day FROM {{d}}
        JOIN (VALUES {", ".join(["(%s, %s::int)"] * len(days))}) r(kind, day) ON r.kind = d.kind
        JOIN people_person p ON p.id = d.person_id AND p.is_active
        CROSS JOIN LATERAL (SELECT %s::timestamptz AT TIME ZONE p.timezone AS now) local
        WHERE d.done_at IS NULL AND d.opens_on <= local.now::date
          AND d.due_on + r.day BETWEEN local.now::date - %s::int AND local.now::date
          AND (r.day >= 0 OR d.due_on + r.day > d.opens_on)
          AND extract(isodow FROM local.now) < 6 AND extract(hour FROM local.now) BETWEEN 9 AND 16
          AND NOT EXISTS (
              SELECT FROM notifications_reminder given
              WHERE given.kind = d.kind AND given.object_id = d.object_id AND given.person_id = d.person_id
                AND given.occurrence = concat_ws('/', d.occurrence, d.due_on, r.day))
        ORDER BY d.person_id, d.due_at, d.kind, d.object_id
        """,  # noqa: S608
        [*(value for pair in days for value in pair), now, STALE.days],
    )
    return [(Deadline(*row[:-1]), row[-1]) for row in found]


def due_escalations(now: datetime) -> list[Deadline]:
    """Open deadlines that have been late for so long that the program's managers should know."""
    days = [(kind.code, kind.escalate_after) for kind in kinds().values() if kind.escalate_after is not None]
    if not days:
        return []
    found = _run(
        f"""
        SELECT d.* FROM {{d}}
        JOIN (VALUES {", ".join(["(%s, %s::int)"] * len(days))}) e(kind, days) ON e.kind = d.kind
        WHERE d.done_at IS NULL AND d.due_at + make_interval(days => e.days)
              BETWEEN %s::timestamptz - make_interval(days => %s) AND %s::timestamptz
        ORDER BY d.cohort_id, d.due_at, d.kind, d.object_id, d.person_id
        """,  # noqa: S608
        [*(value for pair in days for value in pair), now, STALE.days, now],
    )
    return [Deadline(*row) for row in found]


def late_days(deadline: Deadline, today: date) -> int:
    """Days since the due date; negative before it."""
    return (today - deadline.due_on).days


def paused() -> Pause | None:
    """Set while the mail server takes no mail of ours."""
    return Pause.objects.filter(until__gt=timezone.now()).first()


def drafts_about(kind: str, objects: Iterable[Model]) -> QuerySet[Message]:
    """Mails of a kind about these objects that staff have not sent yet."""
    return Message.objects.filter(
        kind=kind, about_id__in=[one.pk for one in objects], state=Message.State.DRAFT
    )
