"""Making and answering a survey."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.dates import today_in
from core.forms import PageForm
from evaluations.models import Survey
from evaluations.queries import survey_questionnaires
from programs.labels import in_language
from programs.models import Cohort, Questionnaire

USUAL_SPAN = timedelta(days=14)


class _Questionnaires(forms.ModelChoiceField):
    """Questionnaires by the title of their first page."""

    def label_from_instance(self, obj: Any) -> str:
        return in_language(obj.questions["pages"][0]["title"])


class SurveyForm(PageForm):
    """Which questions, to whom, and when."""

    questionnaire = _Questionnaires(
        Questionnaire.objects.none(), label=_("Questions"), widget=forms.RadioSelect, empty_label=None
    )
    audience = forms.ChoiceField(
        label=_("Who is asked"), choices=Survey.Audience.choices, widget=forms.RadioSelect
    )
    opens_on = forms.DateField(
        label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    closes_on = forms.DateField(
        label=_("Last day"),
        help_text=_("Results can be seen from the day after. Two or three weeks are usual."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cohort = cohort
        field = self.fields["questionnaire"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = survey_questionnaires(cohort)
        today = today_in(cohort.timezone)
        self.initial = {"opens_on": today, "closes_on": today + USUAL_SPAN, **self.initial}

    def clean(self) -> dict[str, Any]:
        """The last day is not over, and not before the first."""
        opens, closes = self.cleaned_data.get("opens_on"), self.cleaned_data.get("closes_on")
        if closes and closes < today_in(self.cohort.timezone):
            self.add_error("closes_on", _("This day is over. Choose a later one."))
        elif opens and closes and closes < opens:
            self.add_error("closes_on", _("The last day is before the first."))
        return self.cleaned_data
