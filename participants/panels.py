"""Parts of the desk's first page."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from core.ui import Bar, Part
from participants.models import Enrollment
from participants.queries import place_rows
from programs.labels import in_language, word
from programs.models import Cohort

S, Role = Enrollment.State, Enrollment.Role
SMALLEST = 5  # smaller groups are shown together: a figure must not point at a person
# States in the order of the way in, each with its ink.
INK_OF = {
    S.SUBMITTED: "b", S.ACCEPTED: "a", S.COMPLETED: "a", S.OFFERED: "d", S.WAITLISTED: "c",
    S.DECLINED: "e", S.LAPSED: "e", S.DRAFT: "rest", S.WITHDRAWN: "f", S.LEFT: "f",
}  # fmt: skip


def people_url(cohort: Cohort, **filters: Any) -> str:
    """The list of people, filtered."""
    url = reverse("cohort_people", args=[cohort.program.slug, cohort.slug])
    return f"{url}?{urlencode(filters, doseq=True)}" if filters else url


def call(cohort: Cohort) -> dict[str, Any]:
    """How many people stand where, by role. One query."""
    counts = {
        (role, state): count
        for role, state, count in Enrollment.objects.filter(cohort=cohort)
        .order_by("role")
        .values_list("role", "state")
        .annotate(Count("pk"))
    }
    return {
        "roles": [_role(cohort, role, counts) for role in (Role.MENTEE.value, Role.MENTOR.value)],
        "any": bool(counts),
    }


def _role(cohort: Cohort, role: str, counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    parts = [
        Part(state.label, number, kind=ink, url=people_url(cohort, role=role, state=state.value))
        for state, ink in INK_OF.items()
        if (number := counts.get((role, state), 0))
    ]
    return {
        "label": word(cohort.program, f"{role}s", cap=True),
        "total": sum(int(part.value) for part in parts),
        "url": people_url(cohort, role=role),
        "parts": parts,
    }


def places(cohort: Cohort) -> dict[str, Any]:
    """Places taken in each strand, and who waits. One query."""
    rows = place_rows(cohort)
    bars = [
        Bar(
            in_language(row.strand.name),
            row.used,
            text=_("%(used)d of %(places)d") % {"used": row.used, "places": row.places},
            mark=row.places,
            url=people_url(cohort, among="places", strand=row.strand.slug),
        )
        for row in rows
    ]
    queues = [
        (in_language(row.strand.name), row.waiting, row.offered) for row in rows if row.waiting or row.offered
    ]
    return {"bars": bars, "queues": queues, "most": max((row.places for row in rows), default=0)}


def by_directorate(cohort: Cohort) -> dict[str, Any]:
    """Who applied and who was accepted, by top unit; small groups together. One query."""
    top = Coalesce("person__unit__top", "person__unit")
    name = Coalesce("person__unit__top__name", "person__unit__name")
    rows = (
        Enrollment.objects.filter(cohort=cohort)
        .exclude(state__in=[S.DRAFT, S.WITHDRAWN])
        .values_list(top, name)
        .annotate(
            applied=Count("pk"), accepted=Count("pk", filter=Q(state__in=[S.ACCEPTED, S.COMPLETED, S.LEFT]))
        )
        .order_by("-applied", name)
    )
    found = merge_small(list(rows))
    bars = [
        Bar(
            label or _("Other and smaller units"),
            accepted,
            text=_("%(accepted)d of %(applied)d") % {"accepted": accepted, "applied": applied},
            mark=applied,
            url=people_url(cohort, directorate=unit, among="accepted") if unit else "",
        )
        for unit, label, applied, accepted in found
    ]
    return {
        "bars": bars,
        "most": max((row[2] for row in found), default=0),
    }


Row = tuple[int | None, str | None, int, int]


def merge_small(rows: list[Row]) -> list[Row]:
    """Put groups under five, and people without a unit, into one group; a larger one joins if that is small as well."""
    large = [row for row in rows if row[0] is not None and row[2] >= SMALLEST]
    rest = [row for row in rows if row not in large]
    while rest and large and sum(row[2] for row in rest) < SMALLEST:
        rest.append(large.pop())
    if sum(row[2] for row in rest) < SMALLEST:
        return large
    return [*large, (None, None, sum(row[2] for row in rest), sum(row[3] for row in rest))]
