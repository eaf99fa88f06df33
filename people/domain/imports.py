"""Bringing in people: upload, check, apply as a whole or not at all. Nobody is ever deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from core.uploads import Problem
from people import queries
from people.domain.changes import Known, Plan, find_problems, make_plan, page_language, person_columns, wanted
from people.models import CareerEvent, Organization, PeopleImport, Person, Unit
from people.rows import MOST_PROBLEMS, Row, Table, read_table
from people.verbs import Verb

CHUNK = 2000  # rows in one statement
Progress = Callable[[int], None]
State = PeopleImport.State


@transaction.atomic
def upload_import(*, content: bytes, file_name: str, by: Person | None) -> PeopleImport:
    """Keep a file for checking."""
    uploaded = PeopleImport.objects.create(
        file_name=file_name[:255], file_digest=hashlib.sha256(content).hexdigest(), content=content, by=by
    )
    record(Verb.IMPORT_UPLOADED, by=by, target=uploaded, data={"digest": uploaded.file_digest})
    return uploaded


@transaction.atomic
def check_import(*, pk: int) -> PeopleImport:
    """Read and compare; leaves the import READY with its figures, or FAULTY with every problem."""
    uploaded = PeopleImport.objects.select_for_update().get(pk=pk)
    if uploaded.state != State.CHECKING:
        return uploaded
    problems, plan, _table, _known = _examine(bytes(uploaded.content))
    uploaded.problems = [asdict(problem) for problem in problems]
    uploaded.counts = plan.counts() if plan else {}
    move(uploaded, State.FAULTY if problems else State.READY, also=["problems", "counts"])
    return uploaded


def begin_apply(*, uploaded: PeopleImport, by: Person | None) -> None:
    """Confirm: from here on the import is being applied. Raises Refused where it is not ready."""
    with transaction.atomic():
        locked = PeopleImport.objects.select_for_update().get(pk=uploaded.pk)
        locked.by = by or locked.by
        move(locked, State.APPLYING, also=["by"])


def apply_import(*, pk: int, progress: Progress = lambda done: None) -> PeopleImport:
    """Apply an import that `begin_apply` confirmed. Safe to call twice: the second call finds it applied.

    The comparison is made again, under a lock, so that what is applied is true now; if the file has become
    faulty since (a supervisor has gone), it is FAULTY and nothing is changed.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('people_import'))")
        uploaded = PeopleImport.objects.select_for_update().get(pk=pk)
        if uploaded.state != State.APPLYING:
            return uploaded
        problems, plan, table, known = _examine(bytes(uploaded.content))
        if problems or plan is None:
            uploaded.problems = [asdict(problem) for problem in problems]
            move(uploaded, State.FAULTY, also=["problems"])
            return uploaded
        _write(plan, table, known, uploaded, progress)
        uploaded.counts = plan.counts()
        uploaded.content = b""
        uploaded.applied_at = timezone.now()
        move(uploaded, State.APPLIED, also=["counts", "content", "applied_at"])
        figures = {name: uploaded.counts[name] for name in ("rows", "new", "changed", "same")}
        record(Verb.IMPORT_APPLIED, by=uploaded.by, target=uploaded, data=figures)
    return uploaded


@transaction.atomic
def discard_import(*, uploaded: PeopleImport, by: Person) -> None:
    """Throw a file away that was not applied."""
    locked = PeopleImport.objects.select_for_update().get(pk=uploaded.pk)
    locked.content = b""
    move(locked, State.DISCARDED, also=["content"])
    record(Verb.IMPORT_DISCARDED, by=by, target=locked)


def import_people(
    *, content: bytes, file_name: str, by: Person | None, progress: Progress = lambda done: None
) -> PeopleImport:
    """Upload, check and apply in one go, for commands. Raises Refused("faulty_file") with nothing changed."""
    uploaded = check_import(pk=upload_import(content=content, file_name=file_name, by=by).pk)
    if uploaded.state == State.READY:
        begin_apply(uploaded=uploaded, by=by)
        uploaded = apply_import(pk=uploaded.pk, progress=progress)
    if uploaded.state == State.FAULTY:
        raise Refused(
            "faulty_file", _("The file has problems; nothing was changed."), _lines(uploaded.problems)
        )
    return uploaded


def _lines(problems: Sequence[dict[str, Any]]) -> str:
    return "\n".join(
        str(
            _("row %(row)s, column %(column)s: %(message)s") % {**problem, "column": problem["column"] or "–"}
        )
        for problem in problems
    )


@contextmanager
def failed_if_raised(pk: int) -> Iterator[None]:
    """An import that breaks for a reason of ours says so, instead of waiting for ever."""
    try:
        yield
    except Exception:
        with transaction.atomic():
            move(PeopleImport.objects.select_for_update().get(pk=pk), State.FAILED)
        raise


def show_progress(pk: int) -> Progress:
    """Tell the page how far the import is, past its open transaction."""
    return lambda done: cache.set(f"people-import:{pk}", done, timeout=3600)


def _examine(content: bytes) -> tuple[list[Problem], Plan | None, Table, Known]:
    table = read_table(content)
    known = Known(
        queries.known_people(person_columns()), queries.known_organizations(), queries.known_units()
    )
    problems = sorted([*table.problems, *find_problems(table, known)], key=lambda problem: problem.row)
    del problems[MOST_PROBLEMS:]
    plan = None if problems else make_plan(table, known, today=timezone.localdate())
    return problems, plan, table, known


def _write(plan: Plan, table: Table, known: Known, source: PeopleImport, progress: Progress) -> None:
    organizations = _organizations(plan)
    units = _units(plan, organizations)
    done = plan.same
    for rows in _chunks([*plan.new, *plan.changed]):
        people = [_person(row, table, known, organizations, units) for row in rows]
        Person.objects.bulk_create(
            people,
            update_conflicts=True,
            unique_fields=["email"],
            update_fields=[*person_columns(), "organization", "unit", "is_active"],
        )
        done += len(rows)
        progress(done)
    if "supervisor_email" in table.columns:
        _supervisors([*plan.new, *plan.changed])
    ids = dict(
        Person.objects.filter(email__in=[event.email for event in plan.events]).values_list("email", "pk")
    )
    CareerEvent.objects.bulk_create(
        [
            CareerEvent(
                person_id=ids[e.email], kind=e.kind, on=e.on, before=e.before, after=e.after, source=source
            )
            for e in plan.events
        ],
        batch_size=CHUNK,
    )


def _chunks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _person(
    row: Row, table: Table, known: Known, organizations: dict[str, int], units: dict[tuple[str, str], int]
) -> Person:
    after = wanted(row, table.columns, known.people.get(row.email))
    organization, path = after.pop("organization"), after.pop("unit_path")
    after.pop("supervisor_email")
    person = Person(email=row.email, language=page_language(row), **after)
    person.set_unusable_password()
    person.organization_id = organizations.get(organization)
    person.unit_id = units.get((organization, path))
    person.is_active = not (person.left_on and person.left_on <= timezone.localdate())
    return person


def _organizations(plan: Plan) -> dict[str, int]:
    taken = set(Organization.objects.values_list("slug", flat=True))
    for name in sorted(plan.organizations):
        base = slug = slugify(name)[:50] or "organization"
        number = 1
        while slug in taken:
            number += 1
            slug = f"{base}-{number}"
        taken.add(slug)
        Organization.objects.create(name=name, slug=slug)
    return dict(Organization.objects.values_list("name", "pk"))


def _units(plan: Plan, organizations: dict[str, int]) -> dict[tuple[str, str], int]:
    """Make what is missing, from the top down; every unit knows its parent and its top."""
    known = {
        (o, p): (pk, top)
        for o, p, pk, top in Unit.objects.values_list("organization__name", "path", "pk", "top")
    }
    wanted_paths = {
        (organization, " / ".join(parts[:depth]))
        for organization, path in plan.units
        for parts in [path.split(" / ")]
        for depth in range(1, len(parts) + 1)
    }
    for organization, path in sorted(wanted_paths - known.keys(), key=lambda key: key[1].count(" / ")):
        above, _slash, name = path.rpartition(" / ")
        parent, top = known.get((organization, above), (None, None))
        unit = Unit.objects.create(
            organization_id=organizations[organization], name=name, path=path, parent_id=parent, top_id=top
        )
        if parent is None:
            unit.top = unit
            unit.save(update_fields=["top"])
        known[organization, path] = (unit.pk, unit.top_id)
    return {key: pk for key, (pk, _top) in known.items()}


def _supervisors(rows: Sequence[Row]) -> None:
    for chunk in _chunks(rows):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE people_person p SET supervisor_id = s.id
                FROM unnest(%s::text[], %s::text[]) AS pairs(email, supervisor)
                LEFT JOIN people_person s ON s.email = pairs.supervisor
                WHERE p.email = pairs.email AND p.supervisor_id IS DISTINCT FROM s.id
                """,
                [[row.email for row in chunk], [row.supervisor_email for row in chunk]],
            )
