"""Forms of the pair, the supervisor and the staff."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from agreements.domain.approval import Decision
from agreements.domain.help import last_rematch_day
from agreements.domain.plans import FIELDS as PLAN_FIELDS
from agreements.models import ActionPlan, Activity, Agreement, HelpRequest, Meeting, Mentorship
from agreements.queries import circle_times, waiting_for_circle
from agreements.terms import FIELDS, LABELS, MEDIA, who_contacts
from core.dates import today_in
from core.forms import PageForm, PageModelForm
from matching.lexicon import slots
from participants.models import Enrollment
from programs.labels import words


def limit(field: forms.Field, letters: int) -> None:
    """No text of a person grows beyond this."""
    field.validators.append(MaxLengthValidator(letters))
    field.widget.attrs["maxlength"] = letters


class DateInput(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self, **attrs: str) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class AgreementForm(PageModelForm):
    """The terms. Nothing is required before signing, so that a draft can be saved at any time."""

    hide_optional = True
    edit_version = forms.IntegerField(widget=forms.HiddenInput)
    hours_per_month = forms.IntegerField(
        label=_("Hours a month that each of you gives"), min_value=1, max_value=40, required=False
    )
    term_months = forms.IntegerField(label=_("Length in months"), min_value=1, max_value=60)
    meetings_per_month = forms.IntegerField(label=_("Meetings a month"), min_value=1, max_value=31)
    reply_days = forms.IntegerField(
        label=_("Questions are answered within … working days"), min_value=1, max_value=30, required=False
    )
    who_contacts = forms.ChoiceField(label=LABELS["who_contacts"], widget=forms.RadioSelect, required=False)
    media = forms.MultipleChoiceField(  # type: ignore[assignment]
        label=LABELS["media"],
        choices=[(code, capfirst(label)) for code, label in MEDIA.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    needs_nda = forms.TypedChoiceField(
        label=_("Is a non-disclosure agreement needed?"),
        choices=[("no", _("No")), ("yes", _("Yes"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        required=False,
    )
    sections: ClassVar = [
        (_("What it is about"), ["focus", "intended_result"]),
        (_("Time"), ["term_months", "hours_per_month", "meetings_per_month"]),
        (_("Keeping in touch"), ["who_contacts", "media", "reply_days"]),
        (_("Boundaries"), ["boundaries", "needs_nda"]),
    ]

    class Meta:
        model = Agreement
        fields = FIELDS
        labels: ClassVar = {name: LABELS[name] for name in ("focus", "intended_result", "boundaries")}
        help_texts: ClassVar = {
            "focus": _("What you will work on together, in a sentence or two."),
            "intended_result": _("What will be different at the end, and how you will notice."),
            "boundaries": _("For example when not to call, and what stays between you."),
        }
        widgets: ClassVar = {
            "focus": forms.Textarea(attrs={"rows": 3}),
            "intended_result": forms.Textarea(attrs={"rows": 3}),
            "boundaries": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nda = {True: "yes", False: "no", None: ""}[self.instance.needs_nda]
        self.initial.update(needs_nda=nda, edit_version=self.instance.edit_version)
        labels = words(self.instance.mentorship.cohort.program)
        choices = [(code, text) for code, text in who_contacts(labels).items()]
        self.fields["who_contacts"].choices = choices  # type: ignore[attr-defined]
        for name in ("focus", "intended_result", "boundaries"):
            limit(self.fields[name], 2000)

    def _post_clean(self) -> None:
        """The domain verb writes the row; the instance keeps what stands there."""

    @property
    def terms(self) -> dict[str, Any]:
        """The cleaned terms."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    @property
    def parts(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """Sections with their bound fields."""
        return [(title, [self[name] for name in names]) for title, names in self.sections]


class SignForm(PageForm):
    """A signature: the full name, typed."""

    edit_version = forms.IntegerField(widget=forms.HiddenInput)
    typed_name = forms.CharField(
        label=_("Your full name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class DecisionForm(PageForm):
    """The supervisor's answer. Nothing is chosen beforehand: both the choice and the name are a human act."""

    decision = forms.ChoiceField(
        label=_("Your answer"),
        choices=[
            (Decision.APPROVE, _("I approve this agreement")),
            (Decision.RETURN, _("I send it back with a word on what should change")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one of the two answers.")},
    )
    note = forms.CharField(
        label=_("What should change"),
        help_text=_("Only if you send it back. Both of them will read it."),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    typed_name = forms.CharField(
        label=_("Your full name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Type your full name, so that we know it is you who answers.")},
    )

    def clean(self) -> dict[str, Any]:
        """Sending it back needs a word."""
        data = super().clean() or {}
        if data.get("decision") == Decision.RETURN and not data.get("note", "").strip():
            self.add_error("note", _("Say in a word or two what should change."))
        return data


class PlanForm(PageModelForm):
    """The texts of an action plan; none is required."""

    hide_optional = True
    edit_version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = ActionPlan
        fields = PLAN_FIELDS
        help_texts: ClassVar = {
            "short_term_goals": _("Where you want to be in a year."),
            "long_term_goals": _("Where you want to be in five years."),
            "competencies": _("Knowledge, skills and experience that these goals ask for."),
            "strengths": _("What you can build on."),
            "needs": _("What you want to learn or get better at."),
        }
        widgets: ClassVar = {name: forms.Textarea(attrs={"rows": 4}) for name in PLAN_FIELDS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["edit_version"] = self.instance.edit_version
        self.visible_to = dict.fromkeys(PLAN_FIELDS, _("you, and your mentor once you share it"))
        for name in PLAN_FIELDS:
            limit(self.fields[name], 4000)

    def _post_clean(self) -> None:
        """The domain verb writes the row."""

    @property
    def texts(self) -> dict[str, str]:
        """The cleaned texts."""
        return {name: self.cleaned_data[name] for name in PLAN_FIELDS}


class ActivityForm(PageModelForm):
    """Something to do."""

    class Meta:
        model = Activity
        fields: ClassVar = ["text", "kind", "due_on"]
        widgets: ClassVar = {"kind": forms.RadioSelect, "due_on": DateInput()}
        labels: ClassVar = {"text": _("What you will do"), "kind": _("What it is for"), "due_on": _("Until")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = Activity.Kind.choices  # type: ignore[attr-defined]


class MeetingForm(PageModelForm):
    """A meeting in ten seconds: today, an hour, as last time."""

    minutes = forms.IntegerField(label=_("Minutes"), min_value=5, max_value=600, initial=60)

    class Meta:
        model = Meeting
        fields: ClassVar = ["held_on", "minutes", "medium", "note"]
        labels: ClassVar = {"held_on": _("Date"), "medium": _("How you met"), "note": _("Note")}
        widgets: ClassVar = {
            "held_on": DateInput(),
            "medium": forms.RadioSelect,
            "note": forms.Textarea(attrs={"rows": 2}),
        }

    def __init__(
        self, *args: Any, mentorship: Mentorship, last: Meeting | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.mentorship = mentorship
        self.visible_to = {"note": _("the members of this mentorship alone, not the program managers")}
        self.fields["medium"].choices = Meeting.Medium.choices  # type: ignore[attr-defined]
        limit(self.fields["note"], 4000)
        first, latest = self.days()
        self.fields["held_on"].widget.attrs |= {"min": first.isoformat(), "max": latest.isoformat()}
        if not self.instance.pk:
            self.initial["held_on"] = max(first, latest)
            if last:
                self.initial.update(minutes=last.minutes, medium=last.medium)

    def days(self) -> tuple[date, date]:
        """The first and the last day that can be logged."""
        today = today_in(self.mentorship.cohort.timezone)
        return self.mentorship.starts_on, min(today, self.mentorship.ended_on or self.mentorship.ends_on)

    def _post_clean(self) -> None:
        """The domain verb writes the row."""


class HelpForm(PageModelForm):
    """Asking the program managers for help."""

    class Meta:
        model = HelpRequest
        fields: ClassVar = ["wish", "words"]
        widgets: ClassVar = {"wish": forms.RadioSelect, "words": forms.Textarea(attrs={"rows": 4})}

    def __init__(self, *args: Any, mentorship: Mentorship, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.visible_to = {"words": _("you and the program managers, not your partner")}
        choices = list(HelpRequest.Wish.choices)
        if today_in(mentorship.cohort.timezone) > last_rematch_day(mentorship):
            choices = choices[:1]
        self.fields["wish"].choices = choices  # type: ignore[attr-defined]
        limit(self.fields["words"], 2000)


class MentorshipFilter(PageForm):
    """The desk's list; every choice is part of the address."""

    hide_optional = True
    q = forms.CharField(label=_("Name"), max_length=100, required=False)
    agreement = forms.ChoiceField(
        label=_("Agreement"),
        required=False,
        choices=[
            ("", _("Any")),
            ("open", _("Not in force yet")),
            ("draft", _("Not signed")),
            ("signed_one", _("Signed by one side")),
            ("waiting_supervisor", _("Waits for the supervisor")),
            ("in_force", _("In force")),
        ],
    )
    plan = forms.ChoiceField(
        label=_("Plan"),
        required=False,
        choices=[("", _("Any")), ("open", _("Not shared yet")), ("shared", _("Shared"))],
    )
    meetings = forms.ChoiceField(
        label=_("Meetings"),
        required=False,
        choices=[("", _("Any")), ("behind", _("Behind")), ("on_track", _("On track"))],
    )
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("Open")), ("ended", _("Ended")), ("all", _("All"))]
    )
    late = forms.BooleanField(label=_("Late"), required=False, widget=forms.HiddenInput)
    silent = forms.BooleanField(label=_("Silent"), required=False, widget=forms.HiddenInput)
    help = forms.BooleanField(label=_("Asks for help"), required=False, widget=forms.HiddenInput)
    small = forms.BooleanField(label=_("Too few"), required=False, widget=forms.HiddenInput)


class PublishFilter(PageForm):
    """Which pairs of a run are shown for publishing."""

    hide_optional = True
    q = forms.CharField(label=_("Name"), required=False, widget=forms.TextInput(attrs={"type": "search"}))
    said = forms.ChoiceField(
        label=_("What they said"),
        required=False,
        choices=[("", _("All")), ("both", _("Both said yes")), ("open", _("An answer is missing"))],
    )


class JoinChoice(forms.ModelChoiceField):
    """People by name, with the times they gave and whether one of them is a time of the circle."""

    times: AbstractSet[str] = frozenset()  # of the circle

    def label_from_instance(self, obj: Any) -> str:
        """Name and times."""
        name, free = obj.person.full_name, ", ".join(slots(obj.availability))
        if not free:
            return str(_("%(name)s: said no times") % {"name": name}) if self.times else name
        who = f"{name} ({free})"
        if not self.times:
            return who
        fits = self.times & set(obj.availability)
        return str((_("%(who)s: can come") if fits else _("%(who)s: cannot come then")) % {"who": who})


class JoinForm(PageForm):
    """Who joins a circle; with a tick for somebody who is never free when it is."""

    enrollment = JoinChoice(
        queryset=Enrollment.objects.none(),
        to_field_name="uid",
        label=_("Who joins"),
        empty_label=_("Choose somebody"),
        help_text=_("Those of this strand who wait for a circle, with the times that suit them."),
    )
    anyway = forms.BooleanField(
        required=False, label=_("Add them even if they are never free when the circle is")
    )

    def __init__(self, *args: Any, mentorship: Mentorship, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people, times = waiting_for_circle(mentorship), circle_times(mentorship, least=1)
        field: Any = self.fields["enrollment"]
        field.queryset, field.times = people, times
        away = people.exclude(availability=[]).exclude(availability__overlap=sorted(times))
        if not (times and away.exists()):
            del self.fields["anyway"]
