"""Reminders and escalations: each once, at an hour at which people work, several at a time in one mail.

The ledger holds a row for each reminder given: what it was about, whom it went to, and as its `occurrence` the
deadline's own one, its date, and which reminder of that date. A date that moves begins anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from core.dates import today_in
from notifications.deadlines import Deadline, Escalation, escalation, kinds
from notifications.domain.outbox import queue
from notifications.models import Message, Reminder
from notifications.queries import Task, due_escalations, due_reminders, in_words, late_days, rows
from notifications.rendering import compose
from people.models import Person

CHUNK = 200  # people whose reminders are put into words together
SHOWN = 20  # lines of an escalation mail
Key = tuple[str, int, str]  # kind, object, occurrence of the ledger


def queue_reminders(now: datetime | None = None) -> int:
    """Queue what is due for people for whom it is a sane hour now; returns how many mails."""
    found = [
        (person_id, list(group))
        for person_id, group in groupby(
            due_reminders(now or timezone.now()), key=lambda row: row[0].person_id
        )
    ]
    return sum(_remind_people(found[start : start + CHUNK]) for start in range(0, len(found), CHUNK))


def _remind_people(chunk: Sequence[tuple[int, list[tuple[Deadline, int]]]]) -> int:
    people = Person.objects.in_bulk([person_id for person_id, _ in chunk])
    tasks: dict[Deadline, Task] = {}
    for language in sorted({person.language for person in people.values()}):
        theirs = (
            due for pk, dues in chunk if pk in people and people[pk].language == language for due, _ in dues
        )
        with translation.override(language):
            tasks |= {task.deadline: task for task in in_words(dict.fromkeys(theirs))}
    return sum(_remind(people[pk], dues, tasks) for pk, dues in chunk if pk in people)


@transaction.atomic
def _remind(person: Person, dues: list[tuple[Deadline, int]], tasks: dict[Deadline, Task]) -> bool:
    keys = {(due.kind, due.object_id, _occurrence(due, str(day))): due for due, day in dues if due in tasks}
    new = _enter(person, keys)
    listed = [tasks[due] for due in dict.fromkeys(keys[key] for key in keys if key in new)]
    if not listed:
        return False
    cohorts = {task.deadline.cohort_id for task in listed}
    message = queue(
        kind="reminder",
        to=person,
        context=_reminder_context(person, listed),
        dedupe_key=f"reminder:{person.pk}:{_digest(new)}",
        cohort_id=cohorts.pop() if len(cohorts) == 1 else None,
    )
    _attach(person, new, message)
    return message is not None


def _reminder_context(person: Person, tasks: list[Task]) -> dict[str, Any]:
    today = today_in(person.timezone)
    lines: list[dict[str, Any]] = [
        {
            "verb": task.wording.verb,
            "explanation": task.wording.explanation,
            "url": mark_safe(task.wording.url),  # noqa: S308  an address of our own pages
            "due_on": task.deadline.due_on,
            "days": late_days(task.deadline, today),
        }
        for task in tasks
    ]
    return {"lines": [{**line, "ahead": -line["days"]} for line in lines]}


def refresh_reminder(message: Message) -> bool:
    """Just before it goes out: leave out what has been done meanwhile. False if nothing is left to remind of."""
    given = {(r.kind, r.object_id, r.occurrence.rpartition("/")[0]) for r in message.reminders.all()}
    if not given:
        return True
    condition = "d.person_id = %s AND d.done_at IS NULL AND d.object_id = ANY(%s)"
    found = rows(condition, [message.recipient_id, [object_id for _, object_id, _ in given]])
    left = [due for due in found if (due.kind, due.object_id, _occurrence(due)) in given]
    with translation.override(message.language):
        tasks = in_words(left)
    if not tasks:
        return False
    person = message.recipient
    context = _reminder_context(person, tasks) | {"person": person}
    message.subject, message.body = compose(
        message.kind, context=context, language=message.language, zone=person.timezone
    )
    message.save(update_fields=["subject", "body"])
    return True


def queue_escalations(now: datetime | None = None) -> int:
    """Tell each cohort's managers, once, of what has been late for long; returns how many mails."""
    moment, tell = now or timezone.now(), escalation()
    if not tell:
        return 0
    count = 0
    for cohort_id, group in groupby(due_escalations(moment), key=lambda due: due.cohort_id):
        dues = list(group)
        names = dict(
            Person.objects.filter(pk__in={due.person_id for due in dues}).values_list("pk", "full_name")
        )
        for person in tell.people(cohort_id):
            if _at_work(person, moment):
                count += _escalate(person, cohort_id, dues, names, tell)
    return count


@transaction.atomic
def _escalate(
    person: Person, cohort_id: int, dues: list[Deadline], names: dict[int, str], tell: Escalation
) -> bool:
    others = [due for due in dues if due.person_id != person.pk]
    keys = {(due.kind, due.object_id, _occurrence(due, f"told/{due.person_id}")): due for due in others}
    given = Reminder.objects.filter(person=person, object_id__in={due.object_id for due in others})
    told = set(given.values_list("kind", "object_id", "occurrence"))
    new = _enter(person, {key: due for key, due in keys.items() if key not in told})
    if not new:
        return False
    name, path = tell.about(cohort_id)
    late = [keys[key] for key in keys if key in new]
    today = today_in(person.timezone)
    with translation.override(person.language):
        lines = [
            {
                "name": names[due.person_id],
                "label": str(kinds()[due.kind].label),
                "days": late_days(due, today),
            }
            for due in late[:SHOWN]
        ]
    message = queue(
        kind="escalation",
        to=person,
        context={
            "cohort": name,
            "url": mark_safe(path),  # noqa: S308  an address of our own pages
            "lines": lines,
            "count": len(late),
            "more": len(late) - len(lines),
        },
        dedupe_key=f"escalation:{person.pk}:{cohort_id}:{_digest(new)}",
        cohort_id=cohort_id,
    )
    _attach(person, new, message)
    return message is not None


def _at_work(person: Person, moment: datetime) -> bool:
    local = moment.astimezone(ZoneInfo(person.timezone))
    return local.isoweekday() < 6 and 9 <= local.hour < 17


def _occurrence(due: Deadline, *which: str) -> str:
    parts = [due.occurrence, due.due_on.isoformat(), *which]
    return "/".join(parts)


def _enter(person: Person, keys: Iterable[Key]) -> set[Key]:
    """Write the ledger; returns what was not in it: of two schedulers, one gets each row."""
    listed = list(keys)
    columns = [list(column) for column in zip(*listed, strict=True)] or [[], [], []]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notifications_reminder (kind, object_id, occurrence, person_id, created_at)
            SELECT kind, object_id, occurrence, %s, now()
            FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS new(kind, object_id, occurrence)
            ON CONFLICT DO NOTHING RETURNING kind, object_id, occurrence
            """,
            [person.pk, *columns],
        )
        return set(cursor.fetchall())


def _attach(person: Person, keys: set[Key], message: Message | None) -> None:
    given = Reminder.objects.filter(person=person, message=None, object_id__in={key[1] for key in keys})
    pks = [r.pk for r in given if (r.kind, r.object_id, r.occurrence) in keys]
    Reminder.objects.filter(pk__in=pks).update(message=message)


def _digest(keys: Iterable[Key]) -> str:
    return hashlib.sha256(repr(sorted(keys)).encode()).hexdigest()[:40]
