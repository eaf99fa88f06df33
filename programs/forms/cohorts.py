"""Forms of a cohort: the steps of a new one, and its settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import PageForm
from programs.forms.fields import (
    AddressMixin,
    Parts,
    StampedForm,
    add_fields,
    address_field,
    date_field,
    policy_fields,
    zone_field,
)
from programs.labels import in_language
from programs.models import Cohort, Program, Strand
from programs.rules import DATES, MODES, PAIRS, POLICY, problems_of_dates


class PolicyForm(PageForm):
    """The policy step of a new cohort."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        add_fields(self, policy_fields())


class DatesForm(AddressMixin, PageForm):
    """The first step of a new cohort."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("Such as “Cohort 2027” or “Pilot”."),
    )
    slug = address_field(gettext_lazy("Ends the cohort’s web address, such as 2027. It stays."))
    call_opens_on = date_field("call_opens_on")
    call_closes_on = date_field("call_closes_on")
    starts_on = date_field("starts_on")
    ends_on = date_field("ends_on")

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.program = program

    def clean_slug(self) -> str:
        """No other cohort's address."""
        slug = super().clean_slug()
        if self.program.cohorts.filter(slug=slug).exists():
            raise forms.ValidationError(
                _("The program has a cohort with this address already. Choose another.")
            )
        return slug

    def clean(self) -> dict[str, Any]:
        """Dates in order."""
        return dates_in_order(self)


class PlacesForm(PageForm):
    """Mentee places of each strand."""

    def __init__(self, *args: Any, strands: Iterable[Strand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.strands = list(strands)
        add_places(self, self.strands)

    def places(self) -> dict[int, int]:
        """Places by strand id."""
        return places_of(self, self.strands)


class CohortSettingsForm(StampedForm):
    """Dates, places and policy of a cohort."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    timezone = zone_field()
    call_opens_on = date_field("call_opens_on")
    call_closes_on = date_field("call_closes_on")
    starts_on = date_field("starts_on")
    ends_on = date_field("ends_on")

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.strands = list(cohort.program.strands.order_by("pk"))
        add_places(self, self.strands)
        add_fields(self, policy_fields())

    def clean(self) -> dict[str, Any]:
        """Dates in order."""
        return dates_in_order(self)

    def places(self) -> dict[int, int]:
        """Places by strand id."""
        return places_of(self, self.strands)

    @property
    def parts(self) -> Parts:
        """The fields in groups."""
        return [
            self.part(_("Name and dates"), ["name", *DATES, "timezone"]),
            self.part(_("Places"), [f"places_{strand.pk}" for strand in self.strands]),
            self.part(_("How pairs work"), PAIRS),
            self.part(_("Ways to match"), MODES),
        ]

    def changes(self) -> dict[str, Any]:
        """What `update_cohort` takes."""
        return {name: self.cleaned_data[name] for name in ("name", "timezone", *DATES, *POLICY)}


def dates_in_order(form: forms.Form) -> dict[str, Any]:
    """Put each problem of the dates at its field."""
    given = form.cleaned_data
    if all(given.get(name) for name in DATES):
        for name, message in problems_of_dates(given).items():
            form.add_error(name, str(message))
    return given


def add_places(form: forms.Form, strands: list[Strand]) -> None:
    """One field for the places of each strand."""
    add_fields(form, {f"places_{strand.pk}": _places_field(strand) for strand in strands})


def places_of(form: forms.Form, strands: list[Strand]) -> dict[int, int]:
    """Places by strand id."""
    return {strand.pk: form.cleaned_data[f"places_{strand.pk}"] for strand in strands}


def _places_field(strand: Strand) -> forms.IntegerField:
    label, help_text = in_language(strand.name), _("Places for mentees.")
    return forms.IntegerField(label=label, help_text=help_text, min_value=0, max_value=100_000)
