"""Forms of the matching pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.forms import PageForm, UploadForm
from matching.facets import SIDES, Facets
from matching.models import Run
from matching.options import Options, options_of, starts
from matching.queries import to_match
from participants.models import Enrollment
from programs.models import Cohort, Strand


class RunForm(PageForm):
    """What a run is to reach, the least that a pair must fit, and the pairs to keep close to."""

    hide_optional = True
    NONE, NUMBER, HIGHEST = "none", "number", "highest"

    objective = forms.ChoiceField(
        label=_("What matters most"), choices=Run.Objective.choices, widget=forms.RadioSelect, required=False
    )
    minimum = forms.ChoiceField(
        label=_("Minimum fit"),
        widget=forms.RadioSelect,
        required=False,
        help_text=_(
            "A number may leave somebody without. “As high as possible” matches as many, though it may be others."
        ),
    )
    least_fit = forms.IntegerField(
        label=_("The least a pair must fit, 1 to 100"),
        min_value=1,
        max_value=100,
        required=False,
        help_text=_("Only where you have chosen a number above. Locked pairs stand whatever they fit."),
    )
    start = forms.ChoiceField(
        label=_("Start from"),
        required=False,
        help_text=_(
            "Pairs of that run stay wherever nothing that matters more is lost. Published pairs stand in any case."
        ),
    )

    @property
    def unusual(self) -> bool:
        """Whether something beside the goal is wrong, or not as usual."""
        return bool(self.errors) or any(
            self[name].value() != again(None)[name] for name in ("minimum", "start")
        )

    def __init__(self, *args: Any, cohort: Cohort, min_fit: int, **kwargs: Any) -> None:
        self._runs = {str(run.number): run for run in starts(cohort)}
        kwargs["initial"] = again(next(iter(self._runs.values()), None))
        super().__init__(*args, **kwargs)
        asked = _("Only what the criteria ask for: %(n)s of 100") % {"n": min_fit}
        _choices(
            self,
            "minimum",
            [
                (self.NONE, asked if min_fit else _("None")),
                (self.NUMBER, _("A number: no pair fits less")),
                (
                    self.HIGHEST,
                    _("As high as possible: raise the weakest pair as far as it costs nobody a match"),
                ),
            ],
        )
        newest, scratch = Run.Start.NEWEST, Run.Start.SCRATCH
        earlier = [(number, _run_words(run)) for number, run in self._runs.items()]
        usual = _("The newest result: run %(n)s") % {"n": earlier[0][0]} if earlier else newest.label
        _choices(self, "start", [(newest.value, usual), *earlier, (scratch.value, scratch.label)])

    def clean(self) -> dict[str, Any]:
        """A number where one is to hold."""
        given = super().clean() or {}
        if (
            given.get("minimum") == self.NUMBER
            and not given.get("least_fit")
            and "least_fit" not in self.errors
        ):
            self.add_error("least_fit", _("Say the least that a pair must fit, from 1 to 100."))
        return given

    @property
    def chosen(self) -> dict[str, Any]:
        """For `request_run`; what was not asked is as usual."""
        given = self.cleaned_data
        run = self._runs.get(given["start"])
        options = Options(
            least_fit=given["least_fit"] if given["minimum"] == self.NUMBER else 0,
            raise_lowest=given["minimum"] == self.HIGHEST,
            start=Run.Start.RUN if run else given["start"] or Run.Start.NEWEST,
            run=run,
        )
        return {"objective": given["objective"] or Run.Objective.PEOPLE, "options": options}


def again(last: Run | None) -> dict[str, Any]:
    """What `RunForm` is filled in with to ask for a run like this one; the usual values without one."""
    chosen = options_of(last)
    minimum = RunForm.NUMBER if chosen.least_fit else RunForm.NONE
    return {
        "objective": last.objective if last else Run.Objective.PEOPLE,
        "minimum": RunForm.HIGHEST if chosen.raise_lowest else minimum,
        "least_fit": chosen.least_fit or "",
        "start": str(chosen.run.number) if chosen.run else chosen.start,
    }


def _choices(form: forms.Form, name: str, choices: list[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def _run_words(run: Run) -> str:
    day = date_format(localtime(run.published_at or run.created_at), "DATE_FORMAT")
    if run.published_at:
        return _("Run %(n)s, published on %(day)s") % {"n": run.number, "day": day}
    return _("Run %(n)s, of %(day)s") % {"n": run.number, "day": day}


class ReviewFilter(PageForm):
    """Search and order of the pairs, and what they are narrowed to; `left`: of those without a pair."""

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

    def __init__(
        self, *args: Any, facets: Facets, labels: Mapping[str, str], left: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if left:
            _choices(self, "sort", [("name", _("By name")), ("cause", _("By cause"))])
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


class LockForm(PageForm):
    """Why two people are to stay together, where the manager says so."""

    visible_to = ExcludeForm.visible_to
    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        required=False,
        help_text=_("For your colleagues, in a few words: “they know each other”."),
    )


class PairForm(LockForm):
    """Any two people of the cohort; `why`: and the reason."""

    field_order = ("mentee", "mentor", "reason")
    mentee = forms.ChoiceField()
    mentor = forms.ChoiceField()

    def __init__(
        self, *args: Any, cohort: Cohort, labels: Mapping[str, str], why: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not why:
            del self.fields["reason"]
        people = to_match(cohort) | to_match(cohort, Strand.Format.CIRCLE)
        people = people.select_related("person", "strand").order_by("person__full_name", "pk")
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

    file_hint = _("CSV in UTF-8, or the first sheet of an XLSX; one row for each pair, 5 MB at most.")


class WordForm(PageForm):
    """A word to two people to whom another match is recommended."""

    word = forms.CharField(
        label=_("A word to both"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("What you would recommend instead, and why. Be kind: they have found each other."),
    )
    visible_to = {"word": _("the two of them, and the program’s staff")}
