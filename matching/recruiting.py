"""Whom to recruit: kinds of mentor, and rules, that would match those whom a run leaves without."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.ui import Fact
from matching.engine.criteria import Rules
from matching.engine.field import Criteria
from matching.engine.relief import Relaxation, recruits, relaxations
from matching.kind_words import KindWords, stored_kind
from matching.left_words import FOR_GOOD
from matching.loaded import load_engine
from matching.models import Leftover, Run
from matching.snapshot import HAS_ONE
from participants.models import Enrollment


@dataclass(frozen=True, slots=True)
class KindTold:
    """Mentors of one kind; `people` are mentees who would be matched on top of those told before."""

    mentors: int
    places: int  # of each
    covered: int
    facts: list[Fact]
    people: list[Enrollment]


@dataclass(frozen=True, slots=True)
class RuleTold:
    """One hard rule made weaker; `people` are those left out who could be among the `covered`."""

    text: str
    covered: int
    people: list[Enrollment]


@dataclass(frozen=True, slots=True)
class ShortTold:
    """So many people compete for so many places; `common` says what they have in common."""

    competing: int
    places: int
    common: str


@dataclass(frozen=True, slots=True)
class Recruiting:
    """The list of a run. `total` is what all the kinds together win of the `left`; `further` of these have a mentor."""

    left: int
    further: int
    total: int
    short: list[ShortTold]
    kinds: list[KindTold]
    rules: list[RuleTold]


def recruiting(run: Run) -> Recruiting:
    """What would match those left without, computed on what the run rested on; a fixed number of queries.

    Every figure is exact: so many more with the change than without it, whoever else is moved around. Raises Refused
    as `load_engine` does.
    """
    loaded = load_engine(run)
    told = loaded.field, loaded.problem, loaded.solution
    kinds, rules = recruits(*told), _worth_asking(*told)
    mentees = loaded.snapshot.mentees.enrollment
    rows = {row for found in kinds for row in found.mentees} | {row for found in rules for row in found.could}
    people = Enrollment.objects.select_related("person").in_bulk([mentees[row] for row in rows])
    left = set(range(len(mentees))) - set(loaded.solution.mentee.tolist())

    def named(rows: Iterable[int]) -> list[Enrollment]:
        found = (people.get(mentees[row]) for row in rows)
        return sorted((row for row in found if row), key=lambda row: (row.person.full_name, row.pk))

    stored = [stored_kind(found.kind, loaded.snapshot) for found in kinds]
    short = _closed_sets(run)
    words = KindWords(run.cohort.program, stored, [reasons["common"] for reasons in short])
    in_force = Criteria.from_dict(loaded.snapshot.criteria).rules
    return Recruiting(
        left=len(left),
        further=sum(loaded.snapshot.mentees.tier[row] == HAS_ONE for row in left),
        total=kinds[-1].total if kinds else 0,
        short=[
            ShortTold(reasons["competing"], reasons["places"], words.common(reasons["common"]))
            for reasons in short
        ],
        kinds=[
            KindTold(found.mentors, found.places, found.covered, words.facts(kind), named(found.mentees))
            for found, kind in zip(kinds, stored, strict=True)
        ],
        rules=[RuleTold(_relaxed(found, in_force), found.covered, named(found.could)) for found in rules],
    )


def _worth_asking(*told: Any) -> list[Relaxation]:
    """What weaker rules would win, but for those that nobody should loosen for it."""
    return [found for found in relaxations(*told) if found.covered and found.rule not in FOR_GOOD]


def _closed_sets(run: Run) -> list[dict[str, Any]]:
    """What is stored of the sets of people who compete for too few places, each once, the largest first."""
    told = Leftover.objects.filter(run=run, reasons__reason="places", reasons__all_places=False)
    found: dict[str, dict[str, Any]] = {}
    for reasons in told.order_by("pk").values_list("reasons", flat=True):
        if reasons.get("common"):
            found.setdefault(json.dumps(reasons["common"], sort_keys=True), reasons)
    return sorted(found.values(), key=lambda reasons: -reasons["competing"])


def _relaxed(found: Relaxation, rules: Rules) -> str:
    """The change of a rule, as a sentence of its own."""
    value = found.value
    if found.rule == "chain" and value is not None:
        text = ngettext(
            "Bar only %(n)s level up the chain of command",
            "Bar only %(n)s levels up the chain of command",
            value,
        )
        return text % {"n": value}
    if found.rule == "level" and value is not None:
        text = ngettext(
            "Ask for a mentor %(value)s career level above, not %(now)s",
            "Ask for a mentor %(value)s career levels above, not %(now)s",
            abs(value),
        )
        return text % {"value": value, "now": rules.min_level_gap}
    if found.rule == "time_zone" and value is not None:
        text = ngettext(
            "Let time zones be %(value)s hour apart, not %(now)s",
            "Let time zones be %(value)s hours apart, not %(now)s",
            value,
        )
        return text % {"value": value, "now": rules.max_hours_apart}
    return {
        "chain": _("Bar only the direct supervisor"),
        "strand": _("Let strands be mixed"),
        "language": _("Ask for no language in common"),
        "level": _("Let career levels not matter"),
        "time_zone": _("Let time zones not matter"),
        "availability": _("Ask for no time in common"),
        "unit": _("Let directorates not matter"),
    }[found.rule]
