"""Whom to recruit: kinds of mentor, and rules, that would match those whom a run leaves without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from core.ui import Fact
from matching.engine.criteria import Rules
from matching.engine.field import UNKNOWN, Criteria
from matching.engine.kinds import Kind
from matching.engine.relief import Relaxation, recruits, relaxations
from matching.lexicon import goal_labels, medium, plain, slots
from matching.loaded import load_engine
from matching.models import Run
from matching.snapshot import Snapshot
from participants.models import Enrollment, Skill
from people.models import Unit
from programs.labels import in_language
from programs.models import Strand


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
class Recruiting:
    """The list of a run. `total` is what all the kinds together win of the `left`."""

    left: int
    total: int
    kinds: list[KindTold]
    rules: list[RuleTold]


def recruiting(run: Run) -> Recruiting:
    """What would match those left without, computed on what the run rested on; a fixed number of queries.

    Every figure is exact: so many more with the change than without it, whoever else is moved around. Raises Refused
    as `load_engine` does.
    """
    loaded = load_engine(run)
    told = loaded.field, loaded.problem, loaded.solution
    kinds, rules = recruits(*told), [found for found in relaxations(*told) if found.covered]
    mentees = loaded.snapshot.mentees.enrollment
    rows = {row for found in kinds for row in found.mentees} | {row for found in rules for row in found.could}
    people = Enrollment.objects.select_related("person").in_bulk([mentees[row] for row in rows])

    def named(rows: Iterable[int]) -> list[Enrollment]:
        found = (people.get(mentees[row]) for row in rows)
        return sorted((row for row in found if row), key=lambda row: (row.person.full_name, row.pk))

    words = _Words(run, loaded.snapshot, [found.kind for found in kinds])
    in_force = Criteria.from_dict(loaded.snapshot.criteria).rules
    return Recruiting(
        left=len(mentees) - loaded.solution.covered,
        total=kinds[-1].total if kinds else 0,
        kinds=[
            KindTold(
                found.mentors, found.places, found.covered, words.facts(found.kind), named(found.mentees)
            )
            for found in kinds
        ],
        rules=[RuleTold(_relaxed(found, in_force), found.covered, named(found.could)) for found in rules],
    )


class _Words:
    """The kinds' ids in the reader's words. Four queries."""

    def __init__(self, run: Run, snapshot: Snapshot, kinds: Sequence[Kind]) -> None:
        self._snapshot = snapshot
        self._goals = goal_labels(run.cohort.program)
        skills = {skill for kind in kinds for skill in kind.skills}
        self._skills = {row.pk: in_language(row.name) for row in Skill.objects.filter(pk__in=skills)}
        self._strands = Strand.objects.in_bulk({kind.strand for kind in kinds})
        self._units = Unit.objects.in_bulk({kind.unit for kind in kinds})

    def facts(self, kind: Kind) -> list[Fact]:
        """What such a mentor is like; what does not matter is left out."""
        strand, unit = self._strands.get(kind.strand), self._units.get(kind.unit)
        level = "" if kind.level == UNKNOWN else _("%(level)s or higher") % {"level": kind.level}
        zone = "" if kind.utc_offset == UNKNOWN else f"UTC{kind.utc_offset / 60:+g}"
        place = "" if kind.location == UNKNOWN else self._coded("places", [kind.location])
        told = [
            (_("Skills"), plain([self._skills[skill] for skill in kind.skills if skill in self._skills])),
            (_("Languages"), self._languages(kind.languages)),
            (_("Strand"), in_language(strand.name) if strand else ""),
            (_("Location"), place),
            (_("Directorate"), unit.name if unit else ""),
            (_("Career level"), level),
            (_("Time zone"), zone),
            (_("Free"), plain(slots(self._codes("slots", kind.availability)))),
            (_("Goals"), plain([self._goals.get(code, code) for code in self._goal_codes(kind)])),
            (_("Meets"), plain([medium(code) for code in self._codes("media", kind.media)])),
        ]
        return [Fact(label, value) for label, value in told if value]

    def _goal_codes(self, kind: Kind) -> list[str]:
        return [self._snapshot.goals[goal] for goal in kind.goals]

    def _codes(self, column: str, mask: int) -> list[str]:
        codes: list[str] = getattr(self._snapshot, column)
        return [code for number, code in enumerate(codes) if mask >> number & 1]

    def _coded(self, column: str, numbers: Iterable[int]) -> str:
        codes: list[str] = getattr(self._snapshot, column)
        return plain([codes[number] for number in numbers if number < len(codes)])

    def _languages(self, mask: int) -> str:
        return plain([_language(code) for code in self._codes("languages", mask)])


def _language(code: str) -> str:
    try:
        return str(capfirst(get_language_info(code)["name_translated"]))
    except KeyError:
        return code


def _relaxed(found: Relaxation, rules: Rules) -> str:
    """The change of a rule, as a sentence of its own."""
    value = {"value": found.value}
    if found.rule == "chain" and found.value is not None:
        return _("Bar only %(value)s level up the chain of command") % value
    if found.rule == "level" and found.value is not None:
        return _("Ask for a mentor %(value)s level above, not %(now)s") % {
            **value,
            "now": rules.min_level_gap,
        }
    if found.rule == "time_zone" and found.value is not None:
        return _("Let time zones be %(value)s hours apart, not %(now)s") % {
            **value,
            "now": rules.max_hours_apart,
        }
    return {
        "chain": _("Bar only the direct supervisor"),
        "exclusion": _("Lift what was excluded by hand"),
        "past_pair": _("Let partners of before be paired again"),
        "strand": _("Let strands be mixed"),
        "language": _("Ask for no language in common"),
        "level": _("Let career levels not matter"),
        "time_zone": _("Let time zones not matter"),
        "availability": _("Ask for no time in common"),
        "unit": _("Let directorates not matter"),
    }[found.rule]
