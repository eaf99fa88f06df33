"""The engine's rules and criteria in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from core.french import elided

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Text

# Short names, as they stand in lists and tables.
RULES: dict[str, Text] = {
    "same_person": _("nobody is their own mentor"),
    "supervisor": _("not the direct supervisor"),
    "chain": _("not up the chain of command"),
    "exclusion": _("excluded by hand"),
    "past_pair": _("have been a pair before"),
    "strand": _("same strand"),
    "language": _("a language in common"),
    "level": _("enough levels between the two"),
    "time_zone": _("time zones not too far apart"),
    "availability": _("free at the same times"),
    "unit": _("the right directorates"),
}

# Why these two cannot be a pair.
BROKEN: dict[str, Text] = {
    "same_person": _("{mentor} and {mentee} are the same person."),
    "supervisor": _("{mentor} is the direct supervisor of {mentee}."),
    "chain": _("{mentor} is too close above {mentee} in the chain of command."),
    "exclusion": _("{mentor} and {mentee} have been excluded as a pair."),
    "past_pair": _("{mentor} and {mentee} have been a pair before."),
    "strand": _("{mentor} and {mentee} are in different strands."),
    "language": _("{mentor} and {mentee} have no language in common."),
    "level": _("The career levels of {mentor} and {mentee} do not allow it."),
    "time_zone": _("The time zones of {mentor} and {mentee} are too far apart."),
    "availability": _("{mentor} and {mentee} are never free at the same time."),
    "unit": _("The directorates of {mentor} and {mentee} do not allow it."),
}

CRITERIA: dict[str, Text] = {
    "skills": _("Skills"),
    "goals": _("Goals"),
    "level": _("Career level"),
    "unit": _("Directorate"),
    "place": _("Location"),
    "time_zone": _("Time zone"),
    "media": _("How they meet"),
    "availability": _("Times"),
    "wish": pgettext_lazy("of a mentee for a mentor", "Wish"),
    "mentor_wish": pgettext_lazy("of a mentor for a mentee", "Wish"),
    "introduction": _("Introduction"),
}

STAGES: dict[str, Text] = {
    "": _("Waiting for a free worker"),
    "reading": _("Reading people and criteria"),
    "scoring": _("Scoring every possible pair"),
    "solving": _("Finding the best pairs"),
    "certifying": _("Proving that no better result exists"),
    "explaining": _("Working out the reasons"),
    "storing": _("Storing the result"),
}

WHAT_IF_STAGES: dict[str, Text] = {
    "": STAGES[""],
    "reading": STAGES["reading"],
    "solving": _("Finding the best pairs by the criteria in force"),
    "asking": _("Finding the best pairs by the criteria asked about"),
    "comparing": _("Comparing the two"),
}


def broken(rule: str, mentee: str, mentor: str) -> str:
    """The sentence that says why these two cannot be a pair."""
    return elided(str(BROKEN[rule]).format(mentee=mentee, mentor=mentor))


def amount(rule: str, value: int) -> str:
    """The figure of a rule with its unit."""
    words = {
        "chain": ngettext("%(n)s level up the chain", "%(n)s levels up the chain", abs(value)),
        "level": ngettext("%(n)s career level", "%(n)s career levels", abs(value)),
        "time_zone": ngettext("%(n)s hour", "%(n)s hours", abs(value)),
    }
    return words[rule] % {"n": value}
