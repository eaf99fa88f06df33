"""Forms about what both sides say of a pair."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms import PageForm
from matching.models import SideAnswer


class AskForm(PageForm):
    """Until when both sides answer."""

    due_on = forms.DateField(
        label=gettext_lazy("Answers until"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d"],
    )

    def __init__(self, *args: Any, today: date, last: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today, self._last = today, last
        self.fields["due_on"].help_text = _(
            "Until the end of this day, %(last)s at the latest. Silence counts as no objection; you still decide."
        ) % {"last": date_format(last)}

    def clean_due_on(self) -> date:
        """After today, so that there is time to answer, and before it no longer matters."""
        day: date = self.cleaned_data["due_on"]
        if day <= self._today:
            raise forms.ValidationError(_("Choose a day after today: people need time to answer."))
        if day > self._last:
            raise forms.ValidationError(_("Choose a day up to %(last)s.") % {"last": date_format(self._last)})
        return day


class AnswerForm(PageForm):
    """Yes or no, with a word if one likes."""

    hide_optional = False
    visible_to = {
        "answer": gettext_lazy("the program’s staff"),
        "word": gettext_lazy("the program’s staff, never the other side"),
    }

    answer = forms.ChoiceField(label=gettext_lazy("Your answer"), widget=forms.RadioSelect)
    word = forms.CharField(
        label=gettext_lazy("Anything we should know?"),
        max_length=250,
        required=False,
        help_text=gettext_lazy("If you say no, a few words help us to find somebody who suits you better."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self.fields["answer"]
        assert isinstance(choices, forms.ChoiceField)
        choices.choices = [
            (SideAnswer.Answer.YES, _("Yes, %(name)s suits me") % {"name": name}),
            (SideAnswer.Answer.NO, _("No, please look for somebody else")),
        ]
