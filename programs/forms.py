"""Forms of the desk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import pgettext_lazy

from core.errors import Refused
from core.forms import PageForm
from core.roles import Role
from people.models import Organization, Person
from programs.labels import KEYS, WORDS, in_language
from programs.models import Cohort, Policy, Program, Strand
from programs.program_files import TEXTS
from programs.rules import DATES, POLICY, RESERVED, problems_of_dates, zones

LANGUAGE_NAMES = dict(settings.LANGUAGES)

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
    "supervisor_signs": gettext_lazy(
        "By a link in an e-mail, without an account. Switch it off if nobody needs to approve."
    ),
    "action_plan": gettext_lazy(
        "Goals, what they need, and what will be done. Switch it off for informal programs."
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
TEXT_LABELS = {
    "summary": gettext_lazy("What the program is"),
    "mentor": gettext_lazy("What is asked of mentors"),
    "mentee": gettext_lazy("What is asked of mentees"),
}
WORD_LABELS = {
    "mentor": gettext_lazy("Mentor"),
    "mentors": pgettext_lazy("plural", "Mentors"),
    "mentee": gettext_lazy("Mentee"),
    "mentees": pgettext_lazy("plural", "Mentees"),
    "mentorship": gettext_lazy("Mentorship"),
    "mentorships": pgettext_lazy("plural", "Mentorships"),
    "agreement": gettext_lazy("Mentoring agreement"),
    "plan": gettext_lazy("Action plan"),
    "supervisor": gettext_lazy("Supervisor"),
}


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


class ProgramForm(AddressMixin, PageForm):
    """A new program."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=120, help_text=gettext_lazy("As people call it.")
    )
    slug = address_field(
        gettext_lazy("Ends the program’s web address, such as meridian-mentoring. It stays.")
    )
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Organization"), queryset=Organization.objects.none(), empty_label=None
    )
    timezone = zone_field()

    def __init__(self, *args: Any, organizations: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = organizations  # type: ignore[attr-defined]

    def clean_slug(self) -> str:
        """Nobody else's address."""
        slug = super().clean_slug()
        if Program.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is a program with this address already. Choose another."))
        return slug


class MemberForm(PageForm):
    """Give somebody a role."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        help_text=gettext_lazy("Of somebody who is known to Ithaca already."),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices)

    def clean_email(self) -> str:
        """Somebody who is known and active."""
        email = self.cleaned_data["email"].strip().lower()
        self.person = Person.objects.filter(email=email, is_active=True).first()
        if self.person is None:
            raise forms.ValidationError(
                _(
                    "Nobody with this address is known. Check the spelling, or ask an operator to import the person."
                )
            )
        return email


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


SWITCHES = frozenset({"supervisor_signs", "action_plan"})
UPPER = {
    "agreement_days": (1, 365),
    "plan_days": (1, 365),
    "rematch_days": (0, 730),
    "term_months": (1, 60),
    "meetings_per_month": (0, 31),
}


class PolicyForm(PageForm):
    """The policy step of a new cohort."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(policy_fields())


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
        self.fields.update(policy_fields())

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
            self.part(_("How pairs work"), POLICY),
        ]

    def changes(self) -> dict[str, Any]:
        """What `update_cohort` takes."""
        return {name: self.cleaned_data[name] for name in ("name", "timezone", *DATES, *POLICY)}


class ProgramSettingsForm(StampedForm):
    """A program's name, texts and policy defaults."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    timezone = zone_field()
    is_public = forms.BooleanField(
        label=gettext_lazy("Show the program on the public page"),
        help_text=gettext_lazy("Strangers see what it is and its dates, never who takes part."),
        required=False,
    )

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.program = program
        for key in TEXTS:
            for language in program.languages:
                self.fields[f"{key}_{language}"] = _text_field(key, language)
        self.fields.update(policy_fields())

    @property
    def parts(self) -> Parts:
        """The fields in groups."""
        texts = [f"{key}_{language}" for key in TEXTS for language in self.program.languages]
        return [
            self.part(_("The program"), ["name", "timezone", "is_public"]),
            self.part(_("What strangers and applicants read"), texts),
            self.part(_("How pairs work in new cohorts"), POLICY),
        ]

    def changes(self) -> dict[str, Any]:
        """What `update_program` takes."""
        texts = dict(self.program.texts)
        for key in TEXTS:
            texts[key] = {
                language: self.cleaned_data[f"{key}_{language}"] for language in self.program.languages
            }
        names = ("name", "timezone", "is_public", *POLICY)
        return {name: self.cleaned_data[name] for name in names} | {"texts": texts}


class WordsForm(StampedForm):
    """What the program calls things, in each of its languages."""

    def __init__(self, *args: Any, program: Program, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.program = program
        for language in program.languages:
            for key in WORDS["en"]:
                self.fields[f"{key}_{language}"] = _word_field(key, language)

    @property
    def parts(self) -> Parts:
        """The fields in groups."""
        return [
            self.part(LANGUAGE_NAMES[language], [f"{key}_{language}" for key in WORDS["en"]])
            for language in self.program.languages
        ]

    def changes(self) -> dict[str, Any]:
        """What `update_program` takes: only words that differ from the usual ones are kept."""
        labels: dict[str, dict[str, str]] = {}
        for language in self.program.languages:
            usual = WORDS.get(language, WORDS["en"])
            given = {key: self.cleaned_data[f"{key}_{language}"].strip() for key in KEYS}
            chosen = {key: text for key, text in sorted(given.items()) if text and text != usual[key]}
            if chosen:
                labels[language] = chosen
        return {"labels": labels}


def dates_in_order(form: forms.Form) -> dict[str, Any]:
    """Put each problem of the dates at its field."""
    given = form.cleaned_data
    if all(given.get(name) for name in DATES):
        for name, message in problems_of_dates(given).items():
            form.add_error(name, str(message))
    return given


def add_places(form: forms.Form, strands: list[Strand]) -> None:
    """One field for the places of each strand."""
    for strand in strands:
        form.fields[f"places_{strand.pk}"] = forms.IntegerField(
            label=in_language(strand.name),
            help_text=_("Places for mentees."),
            min_value=0,
            max_value=100_000,
        )


def places_of(form: forms.Form, strands: list[Strand]) -> dict[int, int]:
    """Places by strand id."""
    return {strand.pk: form.cleaned_data[f"places_{strand.pk}"] for strand in strands}


def _text_field(key: str, language: str) -> forms.CharField:
    label = _("%(what)s (%(language)s)") % {"what": TEXT_LABELS[key], "language": LANGUAGE_NAMES[language]}
    widget = forms.Textarea(attrs={"rows": 4, "lang": language})
    return forms.CharField(label=label, max_length=1200, widget=widget)


def _word_field(key: str, language: str) -> forms.CharField:
    usual = WORDS.get(language, WORDS["en"])[key]
    widget = forms.TextInput(attrs={"lang": language, "placeholder": usual})
    return forms.CharField(label=WORD_LABELS[key], max_length=60, required=False, widget=widget)


def show_refusal(form: forms.Form, refusal: Refused) -> None:
    """A refusal of the domain on top of the form, the input kept."""
    form.add_error(None, f"{refusal.message} {refusal.hint}".strip())
