"""Forms of this app."""

from __future__ import annotations

from typing import Any

from django import forms

from core.forms import PageForm
from notifications.mails import kinds
from notifications.models import Preference
from people.models import Person


class MailSettingsForm(PageForm):
    """A tick for each kind of mail that can be switched off."""

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        off = set(Preference.objects.filter(person=person, wanted=False).values_list("kind", flat=True))
        for kind in kinds().values():
            if kind.optional:
                self.fields[kind.code] = forms.BooleanField(
                    label=str(kind.about), required=False, initial=kind.code not in off
                )

    def wanted(self) -> dict[str, bool]:
        """The choice for each kind."""
        return dict(self.cleaned_data)
