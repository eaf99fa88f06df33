"""What a file of people would change: worked out once, shown before it is applied, and applied as shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from core.uploads import Problem
from people.models import CareerEvent
from people.rows import Row, Table

# The file's columns that stand one to one in Person.
PLAIN = {
    "name": "full_name",
    "preferred_name": "preferred_name",
    "job_title": "job_title",
    "level": "level",
    "job_family": "job_family",
    "contract_type": "contract_type",
    "location": "location",
    "time_zone": "timezone",
    "start_date": "started_on",
    "leave_date": "left_on",
}
Kind = CareerEvent.Kind


@dataclass(frozen=True, slots=True)
class Event:
    """A career event that the comparison shows."""

    email: str
    kind: Kind
    on: date
    before: str
    after: str


@dataclass(slots=True)
class Plan:
    """What applying would do, by e-mail address."""

    new: list[Row] = field(default_factory=list)
    changed: list[Row] = field(default_factory=list)
    same: int = 0
    events: list[Event] = field(default_factory=list)
    organizations: set[str] = field(default_factory=set)  # not known yet
    units: set[tuple[str, str]] = field(default_factory=set)  # (organization, path) not known yet

    def counts(self) -> dict[str, Any]:
        """The figures that people see before they confirm."""
        return {
            "rows": len(self.new) + len(self.changed) + self.same,
            "new": len(self.new),
            "changed": len(self.changed),
            "same": self.same,
            "organizations": sorted(self.organizations),
            "units": len(self.units),
            "events": dict(Counter(event.kind.value for event in self.events)),
        }


@dataclass(frozen=True, slots=True)
class Known:
    """What is in the database, as the comparison needs it."""

    people: Mapping[
        str, Mapping[str, Any]
    ]  # by e-mail: Person's columns, and organization, unit_path, supervisor_email
    organizations: frozenset[str]
    units: frozenset[tuple[str, str]]


def find_problems(table: Table, known: Known) -> list[Problem]:
    """What no single row shows: doubles, unknown supervisors, loops, dates in the wrong order."""
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    emails = {row.email for _line, row in table.rows} | table.faulty
    for line, row in table.rows:
        if row.email in seen:
            message = _("This address stands in row %(row)d already.") % {"row": seen[row.email]}
            problems.append(Problem(line, "email", message))
        seen.setdefault(row.email, line)
        supervisor = row.supervisor_email
        if supervisor == row.email:
            problems.append(Problem(line, "supervisor_email", _("Nobody supervises themselves.")))
        elif supervisor and supervisor not in emails and supervisor not in known.people:
            message = _("Nobody with the address %(email)s is known or stands in this file.") % {
                "email": supervisor
            }
            problems.append(Problem(line, "supervisor_email", message))
        if row.unit_path and not (row.organization or known.people.get(row.email, {}).get("organization")):
            problems.append(Problem(line, "organization", _("A unit needs its organization.")))
        if row.start_date and row.leave_date and row.leave_date < row.start_date:
            problems.append(Problem(line, "leave_date", _("This is before the start date.")))
    return problems or list(_loops(table, known, seen))


def _loops(table: Table, known: Known, lines: Mapping[str, int]) -> Iterable[Problem]:
    """One problem for each loop of supervisors, told at the first of its rows."""
    above = {email: str(person["supervisor_email"]) for email, person in known.people.items()}
    if "supervisor_email" in table.columns:
        above |= {row.email: row.supervisor_email for _line, row in table.rows}
    settled: set[str] = set()
    for start in lines:
        chain: list[str] = []
        at = start
        while at and at not in settled and at not in chain:
            chain.append(at)
            at = above.get(at, "")
        if at in chain:
            loop = chain[chain.index(at) :]
            shown = " → ".join([*loop, at])
            line = min(lines[email] for email in loop if email in lines)
            yield Problem(line, "supervisor_email", _("Supervisors in a loop: %(loop)s.") % {"loop": shown})
        settled.update(chain)


def make_plan(table: Table, known: Known, *, today: date) -> Plan:
    """Compare the file with what is known. Columns that the file lacks are left as they are."""
    plan = Plan()
    for _line, row in table.rows:
        before = known.people.get(row.email)
        after = wanted(row, table.columns, before)
        organization, path = after["organization"], after["unit_path"]
        if organization and organization not in known.organizations:
            plan.organizations.add(organization)
        if organization and path and (organization, path) not in known.units:
            plan.units.add((organization, path))
        if before is None:
            plan.new.append(row)
        elif any(before[name] != value for name, value in after.items()):
            plan.changed.append(row)
            plan.events += events_of(row.email, before, after, today=today)
        else:
            plan.same += 1
    return plan


def wanted(row: Row, columns: Iterable[str], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The person as the row wants them: Person's columns, and organization, unit_path, supervisor_email by name."""
    present = set(columns)
    after: dict[str, Any] = dict(before or {})
    for column, name in PLAIN.items():
        if column in present:
            after[name] = getattr(row, column)
    for name in ("organization", "unit_path", "supervisor_email"):
        if name in present:
            after[name] = getattr(row, name)
        after.setdefault(name, "")
    if "languages" in present:
        after["languages"] = list(row.languages)
    if before and before["preferred_name"]:
        after["preferred_name"] = before["preferred_name"]  # people choose it themselves
    if not after.get("timezone"):
        after["timezone"] = (before or {}).get("timezone", "UTC")
    return after


def page_language(row: Row) -> str:
    """A new person's pages: the first of their languages that Ithaca speaks."""
    ours = {code for code, _name in settings.LANGUAGES}
    return next((code for code in row.languages if code in ours), str(settings.LANGUAGE_CODE))


def events_of(email: str, before: Mapping[str, Any], after: Mapping[str, Any], *, today: date) -> list[Event]:
    """The career events between two states of one person."""
    found: list[Event] = []

    def changed(name: str, kind: Kind, on: date = today) -> None:
        old, new = before.get(name), after.get(name)
        if old != new and old not in (None, "") and new not in (None, ""):
            found.append(Event(email, kind, on, str(old), str(new)))

    old_level, new_level = before.get("level"), after.get("level")
    if old_level is not None and new_level is not None and new_level > old_level:
        changed("level", Kind.PROMOTION)
    changed("job_title", Kind.POSITION)
    changed("unit_path", Kind.MOVE)
    changed("organization", Kind.ORGANIZATION)
    left_before, left_after = before.get("left_on"), after.get("left_on")
    if left_after and not left_before:
        found.append(Event(email, Kind.DEPARTURE, left_after, "", left_after.isoformat()))
    if left_before and not left_after:
        found.append(Event(email, Kind.RETURN, today, left_before.isoformat(), ""))
    return found


def person_columns() -> tuple[str, ...]:
    """Person's columns that an import writes."""
    return (*PLAIN.values(), "languages")
