"""Forms of the matching pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import PageForm, UploadForm
from matching.facets import SIDES, Facets
from matching.models import Run
from matching.queries import to_match
from participants.models import Enrollment
from programs.models import Cohort, Strand


class RunForm(PageForm):
    """What a run is to reach."""

    objective = forms.ChoiceField(
        label=_("What matters most"),
        choices=Run.Objective.choices,
        widget=forms.RadioSelect,
        initial=Run.Objective.PEOPLE,
    )


class ReviewFilter(PageForm):
    """Search and order of the pairs, and what they are narrowed to."""

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

    def __init__(self, *args: Any, facets: Facets, labels: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for side in SIDES:
            self._add(f"{side}_unit", _("%(side)s: directorate") % {"side": labels[side]}, facets.units[side])
            self._add(f"{side}_level", _("%(side)s: level") % {"side": labels[side]}, facets.levels)
        if len(facets.strands) > 1:
            self._add("strand", _("Strand"), facets.strands)
        self._add("fit", _("Fit"), facets.fits)

    def _add(self, name: str, label: Any, choices: list[tuple[str, str]]) -> None:
        self.fields[name] = forms.ChoiceField(
            label=label, required=False, choices=[("", pgettext_lazy("no filter", "All")), *choices]
        )

    @property
    def main(self) -> list[forms.BoundField]:
        """Search and order."""
        return [self["q"], self["sort"]]

    @property
    def further(self) -> list[forms.BoundField]:
        """What stands in the fold."""
        return [bound for bound in self.visible_fields() if bound.name not in ("q", "sort")]


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
        people = to_match(cohort) | to_match(cohort, Strand.Format.CIRCLE)
        people = people.select_related("person").order_by("person__full_name", "pk")
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


class ListForm(UploadForm):
    """A file of decisions."""

    file_hint = _("UTF-8, one row for each pair, 5 MB at most.")


class WordForm(PageForm):
    """A word to two people to whom another match is recommended."""

    word = forms.CharField(
        label=_("A word to both"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What you would recommend instead, and why. Be kind: they have found each other."),
    )
    visible_to = {"word": _("the two of them, and the program’s staff")}
