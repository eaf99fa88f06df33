"""The form of the criteria: in the editor, and for asking what if."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.forms import PageForm
from matching.criteria_words import CURVES, LABELS, UNITS, UNITS_WANTED, curve_words, reach_words
from matching.engine.field import CRITERIA
from matching.models import Run

REACHES = (0, 1, 2, 3, 5)
KEPT = "kept"  # a level curve of the program's own, which no choice here names
_WEIGHT_CHOICES = [(0, pgettext_lazy("setting", "off")), *((number, str(number)) for number in range(1, 11))]

WEIGHT_HELP = {
    "skills": gettext_lazy("The mentor offers the skills that are sought, at the level that is sought."),
    "goals": gettext_lazy("Both chose the same goals."),
    "level": gettext_lazy("The mentor is some career levels above, neither equal nor out of sight."),
    "unit": gettext_lazy("They work in different directorates, or in the same one: choose below."),
    "place": gettext_lazy("They work at the same location."),
    "time_zone": gettext_lazy("Their working days overlap."),
    "media": gettext_lazy("They like to meet in the same way."),
    "availability": gettext_lazy("They are free at the same times of the week."),
    "wish": gettext_lazy("The mentor is one of the mentee’s wishes; the first counts most."),
    "mentor_wish": gettext_lazy("The mentor asked for this mentee."),
    "introduction": gettext_lazy("The two know each other, and both agreed."),
}


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together."""

    title: str
    fields: list[forms.BoundField]


def _number(
    name: str, least: int, most: int, *, required: bool = False, hint: Any = ""
) -> forms.IntegerField:
    return forms.IntegerField(
        label=LABELS[name], min_value=least, max_value=most, required=required, help_text=hint
    )


def _flag(name: str, hint: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=LABELS[name], required=False, help_text=hint)


def _wide() -> forms.Select:
    """A choice whose entries are sentences."""
    return forms.Select(attrs={"class": "wide"})


class CriteriaForm(PageForm):
    """Hard rules, weights and fairness; `version` guards against lost updates."""

    hide_optional = True  # an empty field is an answer here, and says which

    version = forms.IntegerField(widget=forms.HiddenInput)
    shared_language = _flag("rules.shared_language")
    same_strand = _flag("rules.same_strand")
    shared_availability = _flag("rules.shared_availability")
    max_hours_apart = _number(
        "rules.max_hours_apart", 0, 12, hint=gettext_lazy("Empty: time zones do not matter.")
    )
    min_level_gap = _number("rules.min_level_gap", 0, 100, hint=gettext_lazy("Empty: levels do not matter."))
    unit = forms.ChoiceField(
        label=LABELS["rules.unit"], choices=list(UNITS.items()), required=False, widget=_wide()
    )
    chain_levels = _number(
        "rules.chain_levels", 1, 50, required=True,
        hint=gettext_lazy(
            "1 is the direct report, which is never allowed. 2 also rules out the supervisor’s supervisor."
        ),
    )  # fmt: skip
    past_pairs = _flag("rules.past_pairs")
    level_curve = forms.ChoiceField(label=LABELS["level_curve"], widget=_wide())
    unit_wanted = forms.ChoiceField(
        label=LABELS["unit_wanted"], choices=list(UNITS_WANTED.items()), widget=_wide()
    )
    left_out_first = _flag(
        "left_out_first",
        gettext_lazy("Whoever had no place or no partner in an earlier cohort is served first."),
    )
    floor = _number(
        "floor", 0, 100, required=True, hint=gettext_lazy("Kept wherever it can be. 0 switches it off.")
    )
    min_fit = _number(
        "min_fit", 0, 100, required=True,
        hint=gettext_lazy("Better nobody than somebody who hardly fits. 0 switches it off; locked pairs stand."),
    )  # fmt: skip
    own_reach = forms.TypedChoiceField(
        label=LABELS["own_reach"], coerce=int, widget=_wide(),
        help_text=gettext_lazy(
            "They may say what matters more or less to them: never by more than this, never against a rule."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, curve: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._curve = list(curve)
        curves: list[tuple[str, Any]] = [(code, words) for code, (_points, words) in CURVES.items()]
        if self._curve and curve_code(self._curve) == KEPT:
            text = _("As it was set, by how many levels the mentor is above: %(percentages)s")
            curves.append((KEPT, text % {"percentages": curve_words(self._curve)}))
        _choices(self.fields["level_curve"], curves)
        _choices(self.fields["own_reach"], [(reach, reach_words(reach)) for reach in REACHES])
        for name in CRITERIA:
            self.fields[f"weight_{name}"] = forms.TypedChoiceField(
                label=LABELS[f"weights.{name}"],
                choices=_WEIGHT_CHOICES,
                coerce=int,
                help_text=WEIGHT_HELP[name],
            )

    def _group(self, title: str, *names: str) -> Group:
        return Group(title, [self[name] for name in names])

    @property
    def musts(self) -> list[Group]:
        """The hard rules."""
        return [
            self._group(_("They understand each other"), "shared_language", "same_strand"),
            self._group(_("They can meet"), "shared_availability", "max_hours_apart"),
            self._group(_("The right distance"), "min_level_gap", "chain_levels", "unit"),
            self._group(_("Never these two"), "past_pairs"),
        ]

    @property
    def weights(self) -> list[Group]:
        """The soft criteria."""
        return [
            self._group(_("What they want to work on"), "weight_skills", "weight_goals"),
            self._group(_("Where they stand"), "weight_level", "level_curve", "weight_unit", "unit_wanted"),
            self._group(
                _("How they meet"), "weight_place", "weight_time_zone", "weight_media", "weight_availability"
            ),
            self._group(_("Whom they asked for"), "weight_wish", "weight_mentor_wish", "weight_introduction"),
        ]

    @property
    def fairness(self) -> list[forms.BoundField]:
        """Who comes first, and what is the least."""
        return [self["left_out_first"], self["floor"], self["min_fit"], self["own_reach"]]

    def criteria(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The criteria that were entered; a level curve that no choice names stays as it was `before`."""
        clean = self.cleaned_data
        chosen = clean["level_curve"]
        return {
            "rules": {name: clean.get(name, value) for name, value in before["rules"].items()},
            "weights": {name: clean[f"weight_{name}"] for name in CRITERIA},
            "level_curve": list(before["level_curve"]) if chosen == KEPT else list(CURVES[chosen][0]),
            "unit_wanted": clean["unit_wanted"],
            "floor": clean["floor"] / 100,
            "left_out_first": clean["left_out_first"],
            "min_fit": clean["min_fit"],
        }


class WhatIfForm(CriteriaForm):
    """The criteria and the objective, asked about rather than saved."""

    version = None  # type: ignore[assignment]
    objective = forms.ChoiceField(
        label=gettext_lazy("What matters most"), choices=Run.Objective.choices, widget=_wide()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["own_reach"]

    @property
    def fairness(self) -> list[forms.BoundField]:
        """Who comes first, and what is the least."""
        return [self[name] for name in ("left_out_first", "floor", "min_fit")]


def form_values(criteria: Mapping[str, Any], version: int, own_reach: int) -> dict[str, Any]:
    """The form's values for complete criteria."""
    return {
        **criteria["rules"],
        **{f"weight_{name}": value for name, value in criteria["weights"].items()},
        "level_curve": curve_code(criteria["level_curve"]),
        "unit_wanted": criteria["unit_wanted"],
        "floor": round(100 * criteria["floor"]),
        "left_out_first": criteria["left_out_first"],
        "min_fit": criteria["min_fit"],
        "own_reach": own_reach,
        "version": version,
    }


def curve_code(curve: Any) -> str:
    """The choice that names a level curve."""
    return next((code for code, (points, _words) in CURVES.items() if list(points) == list(curve)), KEPT)


def _choices(field: forms.Field, choices: list[tuple[Any, Any]]) -> None:
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
