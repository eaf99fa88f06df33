"""Settings of the criteria in words: what each is called, its values, and what a change did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from core.numbers import percentage
from matching.engine.field import CRITERIA
from matching.rule_words import CRITERIA as NAMES

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Text

CURVES: dict[str, tuple[tuple[int, ...], Text]] = {
    "near": ((25, 100, 75, 50, 25), gettext_lazy("One level above is best")),
    "middle": (
        (25, 75, 100, 75, 50, 25),
        gettext_lazy("Two levels above is best, one or three nearly as good"),
    ),
    "far": ((0, 25, 50, 75, 100), gettext_lazy("The higher the better, up to four levels")),
    "above": ((0, 100), gettext_lazy("Any level above is equally good")),
}
UNITS: dict[str, Text] = {
    "": gettext_lazy("It does not matter"),
    "other": gettext_lazy("Always in different directorates"),
    "same": gettext_lazy("Always in the same directorate"),
}
UNITS_WANTED: dict[str, Text] = {
    "other": gettext_lazy("A different directorate: a view from outside"),
    "same": gettext_lazy("The same directorate: knowledge of the work"),
}
WEIGHTS: dict[str, Text] = {
    **NAMES,
    "wish": gettext_lazy("Wish of a mentee"),
    "mentor_wish": gettext_lazy("Wish of a mentor"),
}
LABELS: dict[str, Text] = {
    "rules.shared_language": gettext_lazy("They have a language in common"),
    "rules.same_strand": gettext_lazy("Both are in the same strand"),
    "rules.shared_availability": gettext_lazy("They are free at the same time at least once a week"),
    "rules.max_hours_apart": gettext_lazy("Hours between their time zones, at most"),
    "rules.min_level_gap": gettext_lazy("Career levels between the two, at least"),
    "rules.unit": gettext_lazy("Where they work"),
    "rules.chain_levels": gettext_lazy("Nobody mentors a person so many levels of command below"),
    "rules.past_pairs": gettext_lazy("The same two are never paired again"),
    "rules.exclusions": gettext_lazy("Pairs excluded by hand are never made"),
    **{f"weights.{name}": WEIGHTS[name] for name in CRITERIA},
    "level_curve": gettext_lazy("Which level is best"),
    "unit_wanted": gettext_lazy("Which directorate is better"),
    "left_out_first": gettext_lazy("Those left out before come first"),
    "floor": gettext_lazy("Share of each directorate that should be matched, in percent"),
    "min_fit": gettext_lazy("No pair fits less than, of 100"),
    "own_reach": pgettext_lazy("setting", "People may move each weight by"),
}


def flat(criteria: Mapping[str, Any], own_reach: int) -> dict[str, Any]:
    """Complete criteria as one setting a line, by the names of `LABELS`."""
    found: dict[str, Any] = {"own_reach": own_reach}
    for name, value in criteria.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            found[name] = list(value) if isinstance(value, tuple) else value
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs between two of `flat`: [from, to] by setting, in the order of the page."""
    return {
        name: [before.get(name), after.get(name)] for name in LABELS if before.get(name) != after.get(name)
    }


def change_words(changed: Mapping[str, list[Any]]) -> list[str]:
    """A sentence for each change; settings that are no longer known are left out."""
    return [
        _("%(setting)s: from %(before)s to %(after)s")
        % {"setting": label, "before": value_words(name, before), "after": value_words(name, after)}
        for name, label in LABELS.items()
        if name in changed
        for before, after in [changed[name]]
    ]


def value_words(name: str, value: Any) -> str:
    """A value as it is said."""
    if isinstance(value, bool):
        return pgettext("setting", "on") if value else pgettext("setting", "off")
    if name == "level_curve":
        return curve_words(value)
    if name == "rules.unit":
        return _quoted(UNITS[value])
    if name == "unit_wanted":
        return _quoted(UNITS_WANTED[value])
    if value is None:
        return _("no limit")
    if name == "floor":
        return f"{round(100 * value)}"
    if name == "own_reach":
        return reach_words(value)
    return f"{value}" if value or not name.startswith("weights.") else pgettext("setting", "off")


def _quoted(words: Text) -> str:
    return _("“%(words)s”") % {"words": words}


def curve_words(curve: Any) -> str:
    """A level curve by its name, or its percentages."""
    known = [words for points, words in CURVES.values() if list(points) == list(curve)]
    if known:
        return _quoted(known[0])
    return ", ".join(f"{gap}: {percentage(percent)}" for gap, percent in enumerate(curve))


def reach_words(reach: int) -> str:
    """How far people may move a weight."""
    if not reach:
        return _("nothing: the program decides")
    return ngettext("up to %(n)s point", "up to %(n)s points", reach) % {"n": reach}
