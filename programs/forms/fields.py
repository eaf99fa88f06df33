"""Fields and habits that the desk's forms share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.errors import Refused
from core.forms import PageForm, required_message
from programs.models import Policy
from programs.rules import MODES, RESERVED, zones

POLICY_HELP = {
    "agreement_days": gettext_lazy(
        "Counted from the day on which the mentorship starts. Late ones are reminded."
    ),
    "plan_days": gettext_lazy("Counted from the day on which the mentorship starts."),
    "rematch_days": gettext_lazy("Until then, each side can ask for somebody else without giving a reason."),
    "term_months": gettext_lazy("What pairs agree on at first. A pilot may be as short as you like."),
    "meetings_per_month": gettext_lazy(
        "At first; a pair may agree on fewer later. Pairs that fall behind are shown."
    ),
    "answer_days": gettext_lazy(
        "Before a pair is published, you can show it to both sides with the reasons. 0: nobody is asked."
    ),
    "supervisor_signs": gettext_lazy(
        "By a link in an e-mail, without an account. Switch it off if nobody needs to approve."
    ),
    "action_plan": gettext_lazy(
        "Goals, what they need, and what will be done. Switch it off for informal programs."
    ),
    "introductions": gettext_lazy(
        "Either side asks the other before the matching. Two who agree are put to you, and every run keeps them."
    ),
    "self_match": gettext_lazy("A mentee reads the directory and asks one mentor, who says yes or no."),
    "shortlists": gettext_lazy(
        "You have five mentors proposed to each mentee, spread so that not all see the same ones. "
        "Their ranking becomes wishes."
    ),
    "confirms_pairs": gettext_lazy(
        "Applies to the two ways of asking. Switched off, a yes is enough, unless a matching rule forbids the pair."
    ),
}
DATE_TEXTS = {
    "call_opens_on": (
        gettext_lazy("The call opens on"),
        gettext_lazy("People can apply from the morning of this day."),
    ),
    "call_closes_on": (
        gettext_lazy("The call closes on"),
        gettext_lazy("The last day to apply, until midnight."),
    ),
    "starts_on": (
        gettext_lazy("Mentorships start on"),
        gettext_lazy("Leave two weeks or more after the call to select people and to pair them."),
    ),
    "ends_on": (gettext_lazy("Mentorships end on"), gettext_lazy("The last day of the cohort.")),
}
SWITCHES = frozenset({"supervisor_signs", "action_plan", *MODES})
UPPER = {
    "agreement_days": (1, 365),
    "plan_days": (1, 365),
    "rematch_days": (0, 730),
    "term_months": (1, 60),
    "meetings_per_month": (0, 31),
    "answer_days": (0, 60),
}


def add_fields(form: forms.Form, fields: Mapping[str, forms.Field]) -> None:
    """Fields that depend on the program, with the same words for an empty answer as all others."""
    for name, field in fields.items():
        field.error_messages["required"] = required_message(field)
        form.fields[name] = field


def date_field(name: str) -> forms.DateField:
    """One of a cohort's dates."""
    label, help_text = DATE_TEXTS[name]
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, help_text=help_text, widget=widget, input_formats=["%Y-%m-%d"])


def zone_field(**parts: Any) -> forms.ChoiceField:
    """An IANA time zone."""
    return forms.ChoiceField(
        choices=lambda: [(zone, zone.replace("_", " ")) for zone in zones()],
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("Dates begin and end at midnight there."),
        **parts,
    )


def address_field(help_text: Any) -> forms.SlugField:
    """The last part of an address."""
    return forms.SlugField(
        label=gettext_lazy("Address"),
        max_length=60,
        help_text=help_text,
        error_messages={"invalid": gettext_lazy("Use letters without accents, digits and hyphens only.")},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )


class AddressMixin:
    """The address is none of our own words."""

    cleaned_data: dict[str, Any]

    def clean_slug(self) -> str:
        """Lower case, not reserved."""
        slug = str(self.cleaned_data["slug"]).lower()
        if slug in RESERVED:
            raise forms.ValidationError(_("This address is used by the product itself. Choose another."))
        return slug


Parts = list[tuple[Any, list[forms.BoundField]]]


class StampedForm(PageForm):
    """Settings that two people may change at once."""

    stamp = forms.CharField(widget=forms.HiddenInput)

    def part(self, legend: Any, names: Iterable[str]) -> tuple[Any, list[forms.BoundField]]:
        """Fields that stand together."""
        return legend, [self[name] for name in names]


def policy_fields() -> dict[str, forms.Field]:
    """The numbers that a cohort runs by, each with a line on what it does."""
    found: dict[str, forms.Field] = {}
    for column in Policy._meta.fields:
        field = column.formfield(help_text=POLICY_HELP[column.name], required=column.name not in SWITCHES)
        assert isinstance(field, forms.Field)
        field.label = capfirst(column.verbose_name)
        if isinstance(field, forms.IntegerField) and column.name in UPPER:
            field = forms.IntegerField(
                label=field.label, help_text=POLICY_HELP[column.name], min_value=UPPER[column.name][0],
                max_value=UPPER[column.name][1],
            )  # fmt: skip
        found[column.name] = field
    return found


def show_refusal(form: forms.Form, refusal: Refused) -> None:
    """A refusal of the domain on top of the form, the input kept."""
    form.add_error(None, f"{refusal.message} {refusal.hint}".strip())
