"""Kinds of mentor, and what people have in common: as a run keeps them, and in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language_info, ngettext, pgettext
from django.utils.translation import gettext as _

from core.ui import Fact
from matching.engine.field import UNKNOWN
from matching.engine.kinds import Kind
from matching.engine.traits import Common
from matching.lexicon import goal_labels, medium, plain, slots
from matching.snapshot import Snapshot
from participants.models import Skill
from people.models import Unit
from programs.labels import in_language
from programs.models import Program, Strand

Stored = Mapping[str, Any]


def stored_kind(kind: Kind, snapshot: Snapshot) -> dict[str, Any]:
    """What such a mentor is like, by code and id; what does not matter is left out."""
    told = {
        "skill": list(kind.skills),
        "language": _codes(snapshot.languages, kind.languages),
        "strand": _some(kind.strand) if len({*snapshot.mentees.strand, *snapshot.mentors.strand}) > 1 else [],
        "location": [
            snapshot.places[place] for place in _some(kind.location) if place < len(snapshot.places)
        ],
        "unit": _some(kind.unit),
        "level": _some(kind.level),
        "utc_offset": [] if kind.utc_offset == UNKNOWN else [kind.utc_offset],
        "slot": _codes(snapshot.slots, kind.availability),
        "goal": [snapshot.goals[goal] for goal in kind.goals],
        "medium": _codes(snapshot.media, kind.media),
    }
    return {name: values for name, values in told.items() if values}


def stored_common(found: Common, snapshot: Snapshot) -> dict[str, Any]:
    """What people have in common, by code and id, with the figures."""
    codes = {"location": snapshot.places, "language": snapshot.languages, "goal": snapshot.goals}
    traits = []
    for trait in found.traits:
        named = codes.get(trait.kind)
        if named is None or trait.value < len(named):  # in what was packed before, places have no names
            traits.append([trait.kind, trait.value if named is None else named[trait.value]])
    if len(traits) < len(found.traits):
        return {}
    return {
        "traits": traits, "have": found.have, "size": found.size,
        "elsewhere": found.elsewhere, "others": found.others,
    }  # fmt: skip


def _some(value: int) -> list[int]:
    return [] if value == UNKNOWN else [value]


def _codes(codes: Sequence[str], mask: int) -> list[str]:
    return [code for number, code in enumerate(codes) if mask >> number & 1]


class KindWords:
    """The names behind codes and ids, read for all that is to be told: four queries, none where there is nothing."""

    def __init__(self, program: Program, kinds: Iterable[Stored], commons: Iterable[Stored] = ()) -> None:
        kinds, traits = list(kinds), [trait for common in commons for trait in common.get("traits", [])]

        def ids(name: str) -> set[int]:
            found = {value for kind in kinds for value in kind.get(name, [])}
            return found | {value for kind, value in traits if kind == name}

        something = bool(kinds or traits)
        self._goals = goal_labels(program) if something else {}
        skills = Skill.objects.filter(pk__in=ids("skill")) if something else []
        self._skills = {row.pk: in_language(row.name) for row in skills}
        strands = Strand.objects.filter(pk__in=ids("strand")) if something else []
        self._strands = {row.pk: in_language(row.name) for row in strands}
        units = Unit.objects.filter(pk__in=ids("unit")) if something else []
        self._units = {row.pk: row.name for row in units}

    def facts(self, kind: Stored) -> list[Fact]:
        """What such a mentor is like."""
        labels = {
            "skill": _("Skills"), "language": _("Languages"), "strand": _("Strand"), "location": _("Location"),
            "unit": _("Directorate"), "level": _("Career level"), "utc_offset": _("Time zone"),
            "slot": _("Free"), "goal": _("Goals"), "medium": _("Meets"),
        }  # fmt: skip
        told = ((label, self._values(name, kind.get(name, []))) for name, label in labels.items())
        return [Fact(label, value) for label, value in told if value]

    def line(self, kind: Stored) -> str:
        """The same in one line."""
        said = [_("{label}: {value}").format(label=fact.label, value=fact.value) for fact in self.facts(kind)]
        return pgettext("between the parts of a kind", "; ").join(said)

    def _values(self, name: str, values: Sequence[Any]) -> str:
        if name == "slot":
            return plain(slots(values))
        if name == "level" and values:
            return _("%(level)s or higher") % {"level": values[0]}
        return plain([word for value in values if (word := self._value(name, value))])

    def _value(self, name: str, value: Any) -> str:
        match name:
            case "skill":
                return self._skills.get(value, "")
            case "language":
                return _language(value)
            case "strand":
                return self._strands.get(value, "")
            case "unit":
                return self._units.get(value, "")
            case "utc_offset":
                return f"UTC{value / 60:+g}"
            case "goal":
                return self._goals.get(value, value)
            case "medium":
                return medium(value)
        return str(value)

    def common(self, found: Stored) -> str:
        """What the people of a closed set have in common, and how many of them and of the others; or nothing."""
        phrases = {
            "skill": pgettext("people", "look for {value}"),
            "goal": pgettext("people", "chose the goal “{value}”"),
            "language": pgettext("people", "speak {value} only"),
            "strand": pgettext("people", "are in the strand {value}"),
            "location": pgettext("people", "are at {value}"),
            "unit": pgettext("people", "work in {value}"),
            "level": pgettext("people", "are at career level {value} or higher"),
            "utc_offset": pgettext("people", "live in the time zone {value}"),
        }
        told = [(kind, self._value(kind, value)) for kind, value in found.get("traits", [])]
        if not told or not all(value for _kind, value in told):
            return ""
        what = plain([phrases[kind].format(value=value) for kind, value in told])
        whole = found["have"] == found["size"]
        who = _("All of them {what}") if whole else _("{have} of these {size} {what}")
        rest = _("nobody else does")
        if found["elsewhere"]:
            rest = ngettext(
                "{n} of the {others} others does", "{n} of the {others} others do", found["elsewhere"]
            )
        sentence = f"{who}; {rest}."
        return sentence.format(
            what=what, have=found["have"], size=found["size"], n=found["elsewhere"], others=found["others"]
        )


def _language(code: str) -> str:
    try:
        return str(capfirst(get_language_info(code)["name_translated"]))
    except KeyError:
        return code
