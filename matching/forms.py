"""Forms of the matching pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PageForm
from matching.engine.field import CRITERIA
from matching.models import Run
from matching.queries import to_match
from matching.rule_words import CRITERIA as NAMES
from participants.models import Enrollment
from programs.models import Cohort

WEIGHT_HELP = {
    "skills": _("The mentor offers the skills that are sought, at the level that is sought."),
    "goals": _("Both chose the same goals."),
    "level": _("The mentor is some career levels above, neither equal nor out of sight."),
    "unit": _("They work in different directorates, or in the same one: choose below."),
    "place": _("They work at the same location."),
    "time_zone": _("Their working days overlap."),
    "media": _("They like to meet in the same way."),
    "availability": _("They are free at the same times of the week."),
    "wish": _("The mentor is one of the mentee’s wishes; the first counts most."),
    "mentor_wish": _("The mentor asked for this mentee."),
    "introduction": _("The two know each other, and both agreed."),
}
NO_LIMIT = _("No limit")


class CriteriaForm(PageForm):
    """Hard rules and weights; `version` guards against lost updates."""

    hide_optional = True  # an empty field is an answer here, and says which

    version = forms.IntegerField(widget=forms.HiddenInput)
    chain_levels = forms.IntegerField(
        label=_("Nobody mentors a person so many levels of command below"),
        min_value=1,
        max_value=50,
        help_text=_(
            "1 is the direct report, which is never allowed. 2 also rules out the supervisor’s supervisor."
        ),
    )
    exclusions = forms.BooleanField(label=_("Pairs excluded by hand are never made"), required=False)
    past_pairs = forms.BooleanField(label=_("The same two are never paired again"), required=False)
    same_strand = forms.BooleanField(label=_("Both are in the same strand"), required=False)
    shared_language = forms.BooleanField(label=_("They have a language in common"), required=False)
    shared_availability = forms.BooleanField(
        label=_("They are free at the same time at least once a week"), required=False
    )
    min_level_gap = forms.IntegerField(
        label=_("Career levels between the two, at least"),
        min_value=-100,
        max_value=100,
        required=False,
        help_text=_("Leave empty if levels do not matter."),
    )
    max_hours_apart = forms.IntegerField(
        label=_("Hours between their time zones, at most"),
        min_value=0,
        max_value=12,
        required=False,
        help_text=_("Leave empty if time zones do not matter."),
    )
    unit_wanted = forms.ChoiceField(
        label=_("Which directorate is better"),
        choices=[
            ("other", _("A different one: a view from outside")),
            ("same", _("The same one: knowledge of the work")),
        ],
        widget=forms.RadioSelect,
    )
    floor = forms.IntegerField(
        label=_("Share of each directorate that should be matched, in percent"),
        min_value=0,
        max_value=100,
        help_text=_("Kept wherever it can be. 0 switches it off."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in CRITERIA:
            self.fields[f"weight_{name}"] = forms.IntegerField(
                label=NAMES[name], min_value=0, max_value=10, help_text=WEIGHT_HELP[name]
            )
        self.fields["weight_wish"].label = _("Wish of a mentee")
        self.fields["weight_mentor_wish"].label = _("Wish of a mentor")

    @property
    def weights(self) -> list[forms.BoundField]:
        """The fields of the soft criteria."""
        return [self[f"weight_{name}"] for name in CRITERIA]

    @staticmethod
    def values_of(criteria: Mapping[str, Any], version: int) -> dict[str, Any]:
        """Initial values from complete criteria."""
        return {
            **criteria["rules"],
            **{f"weight_{name}": value for name, value in criteria["weights"].items()},
            "unit_wanted": criteria["unit_wanted"],
            "floor": round(100 * criteria["floor"]),
            "version": version,
        }

    def criteria(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The criteria that were entered; what the page does not show stays as it was."""
        clean = self.cleaned_data
        return {
            **before,
            "rules": {**before["rules"], **{name: clean[name] for name in before["rules"] if name in clean}},
            "weights": {name: clean[f"weight_{name}"] for name in CRITERIA},
            "unit_wanted": clean["unit_wanted"],
            "floor": clean["floor"] / 100,
        }


class RunForm(PageForm):
    """What a run is to reach."""

    objective = forms.ChoiceField(
        label=_("What matters most"),
        choices=Run.Objective.choices,
        widget=forms.RadioSelect,
        initial=Run.Objective.PEOPLE,
    )


class ReviewFilter(PageForm):
    """Search and order of the pairs."""

    hide_optional = True
    q = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[
            ("low", _("Lowest fit first")),
            ("high", _("Best fit first")),
            ("mentee", _("By name of the first column")),
            ("mentor", _("By name of the second column")),
        ],
    )


class ExcludeForm(PageForm):
    """Why two people are never to be a pair."""

    visible_to = {"reason": _("program staff")}
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("For your colleagues, in a few words: “worked against each other in 2024”."),
    )


class PairForm(PageForm):
    """Any two people of the cohort."""

    mentee = forms.ChoiceField()
    mentor = forms.ChoiceField()

    def __init__(self, *args: Any, cohort: Cohort, labels: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = to_match(cohort).select_related("person").order_by("person__full_name", "pk")
        self._people = {str(row.uid): row for row in people}
        for role in Enrollment.Role:
            choice = self.fields[role.value]
            assert isinstance(choice, forms.ChoiceField)
            # Two people can share a name, not an address.
            rows = [
                (uid, f"{row.person.full_name} ({row.person.email})")
                for uid, row in self._people.items()
                if row.role == role
            ]
            choice.choices = [("", _("Choose a person")), *rows]
            choice.label = labels[role.value]

    @property
    def pair(self) -> tuple[Enrollment, Enrollment]:
        """The mentee and the mentor that were chosen."""
        return self._people[self.cleaned_data["mentee"]], self._people[self.cleaned_data["mentor"]]
