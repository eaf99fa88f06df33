"""What the pairs of a run can be narrowed to: directorates, bands of levels, strands, ranges of fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Max, Min, Q, Value
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils.translation import gettext as _

from matching.models import Proposal, Run
from people.models import Unit
from programs.labels import in_language
from programs.models import Strand

WIDTH = 5  # levels in a band
FIT = 10  # points of fit in a range
SIDES = ("mentee", "mentor")
NO_UNIT = 0


@dataclass(frozen=True, slots=True)
class Facets:
    """Choices as (value, label)."""

    units: dict[str, list[tuple[str, str]]]  # by side
    levels: list[tuple[str, str]]
    strands: list[tuple[str, str]]
    fits: list[tuple[str, str]]


def facets(run: Run) -> Facets:
    """What occurs in the run, in three queries."""
    found = Proposal.objects.filter(run=run).aggregate(
        **{f"of_{side}": ArrayAgg(top_of(side), distinct=True, default=Value([])) for side in SIDES},
        low=Least(*(Min(f"{side}__person__level") for side in SIDES)),
        high=Greatest(*(Max(f"{side}__person__level") for side in SIDES)),
        strands=ArrayAgg("mentee__strand", distinct=True, default=Value([])),
        worst=Coalesce(Min("score"), 0),
    )
    ids = {side: found[f"of_{side}"] for side in SIDES}
    units = Unit.objects.filter(pk__in={pk for some in ids.values() for pk in some}).order_by("name", "pk")
    strands = Strand.objects.filter(pk__in=found["strands"]).order_by("slug")
    return Facets(
        units={side: _units(units, some) for side, some in ids.items()},
        levels=[(band, band) for band in bands(found["low"], found["high"])],
        strands=[(row.slug, in_language(row.name)) for row in strands],
        fits=[(value, value) for value in fit_ranges(found["worst"])],
    )


def _units(units: Iterable[Unit], some: list[int]) -> list[tuple[str, str]]:
    found = [(str(unit.pk), unit.name) for unit in units if unit.pk in some]
    return [*found, *([(str(NO_UNIT), _("not known"))] if NO_UNIT in some else [])]


def top_of(side: str) -> Coalesce:
    """The directorate's id of one side of a pair, NO_UNIT where the unit is not known."""
    unit = f"{side}__person__unit"
    return Coalesce(f"{unit}__top_id", f"{unit}_id", Value(NO_UNIT))


def bands(first: int | None, last: int | None) -> list[str]:
    """Bands of levels from the first that occurs to the last: "6-10"; none where no level is known."""
    if first is None or last is None:
        return []
    starts = range((first - 1) // WIDTH * WIDTH + 1, last + 1, WIDTH)
    return [f"{start}-{start + WIDTH - 1}" for start in starts]


def band_of(level: int | None) -> str:
    """The band of a level, empty where it is not known."""
    if level is None:
        return ""
    start = (level - 1) // WIDTH * WIDTH + 1
    return f"{start}-{start + WIDTH - 1}"


def fit_ranges(worst: int) -> list[str]:
    """Ranges of fit from that of the worst pair up: "60-69"; the last one ends at 100."""
    return [fit_range(start) for start in range(min(worst // FIT * FIT, 90), 100, FIT)]


def fit_range(score: int) -> str:
    """The range of a score."""
    start = min(score // FIT * FIT, 90)
    return f"{start}-{100 if start == 90 else start + FIT - 1}"


def narrowed(given: Mapping[str, Any]) -> Q:
    """The condition on pairs; values that are not given or make no sense narrow nothing."""
    found = Q()
    for side in SIDES:
        if (unit := str(given.get(f"{side}_unit") or "")).isdecimal():
            found &= _in_unit(side, int(unit))
        if ends := _ends(given.get(f"{side}_level")):
            found &= Q(**{f"{side}__person__level__range": ends})
    if ends := _ends(given.get("fit")):
        found &= Q(score__range=ends)
    if strand := given.get("strand"):
        found &= Q(mentee__strand__slug=strand)
    return found


def _in_unit(side: str, unit: int) -> Q:
    path = f"{side}__person__unit"
    if unit == NO_UNIT:
        return Q(**{f"{path}__isnull": True})
    return Q(**{path: unit}) | Q(**{f"{path}__top": unit})


def _ends(band: Any) -> tuple[int, int] | None:
    first, dash, last = str(band or "").rpartition("-")
    try:
        return (int(first), int(last)) if dash else None
    except ValueError:
        return None


def chosen(given: Mapping[str, Any]) -> Iterable[str]:
    """Names of the further filters that are set."""
    return [name for name in FURTHER if given.get(name)]


FURTHER = ("mentee_unit", "mentor_unit", "mentee_level", "mentor_level", "strand", "fit")
