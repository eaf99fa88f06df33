"""Forms of a program: a new one, its people, settings and words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.forms import PageForm
from core.roles import Role
from people.models import Organization, Person
from programs.forms.circles import Circles
from programs.forms.fields import (
    AddressMixin,
    Parts,
    StampedForm,
    add_fields,
    address_field,
    policy_fields,
    zone_field,
)
from programs.labels import KEYS, WORDS
from programs.models import Program
from programs.program_files import TEXTS
from programs.rules import MODES, PAIRS, POLICY

LANGUAGE_NAMES = dict(settings.LANGUAGES)

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
        both = [(key, language) for key in TEXTS for language in program.languages]
        add_fields(self, {f"{key}_{language}": _text_field(key, language) for key, language in both})
        add_fields(self, policy_fields())
        self._circles = Circles(program)
        add_fields(self, self._circles.fields())
        self.initial.update(self._circles.initial())

    def clean(self) -> dict[str, Any]:
        """Sizes of circles in order."""
        for name, problem in list(self._circles.problems(self.cleaned_data)):
            self.add_error(name, problem)
        return self.cleaned_data

    @property
    def parts(self) -> Parts:
        """The fields in groups."""
        circles = self._circles.names()
        texts = [f"{key}_{language}" for key in TEXTS for language in self.program.languages]
        return [
            self.part(_("The program"), ["name", "timezone", "is_public"]),
            self.part(_("What strangers and applicants read"), texts),
            self.part(_("How pairs work in new cohorts"), PAIRS),
            self.part(_("Ways to match in new cohorts"), MODES),
            *([self.part(_("Circles, in every cohort"), circles)] if circles else []),
        ]

    def circles(self) -> dict[int, dict[str, int]]:
        """Size and hosts of circles by strand, as `update_program` takes them."""
        return self._circles.settings(self.cleaned_data)

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

    hide_optional = True

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


def _text_field(key: str, language: str) -> forms.CharField:
    label = _("%(what)s (%(language)s)") % {"what": TEXT_LABELS[key], "language": LANGUAGE_NAMES[language]}
    widget = forms.Textarea(attrs={"rows": 4, "lang": language})
    return forms.CharField(label=label, max_length=1200, widget=widget)


def _word_field(key: str, language: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"lang": language})
    return forms.CharField(label=WORD_LABELS[key], max_length=60, required=False, widget=widget)
