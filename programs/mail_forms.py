"""Forms of the desk's mail pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.forms import PageForm, PageModelForm
from notifications.domain.outbox import check_words
from notifications.mails import kinds
from notifications.models import Message


class MailFilterForm(PageForm):
    """What the list of mails is narrowed by; the state stands in the chips."""

    q = forms.CharField(label=_("Name or address"), required=False, max_length=100)
    kind = forms.ChoiceField(label=_("What it is about"), required=False)

    def __init__(self, *args: Any, present: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = kinds()
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", _("Everything")),
            *((code, str(known[code].about) if code in known else code) for code in sorted(present)),
        ]


class EditMailForm(PageModelForm):
    """A draft's words."""

    class Meta:
        model = Message
        fields = ("subject", "body")
        widgets = {"body": forms.Textarea(attrs={"rows": 16})}
        help_texts = {
            "body": _(
                "An empty line begins a new paragraph, **two stars** make text bold. "
                "A link is written as [words](address); alone in its paragraph it becomes a button."
            )
        }

    def clean(self) -> dict[str, Any]:
        """Words that could not go out are refused here, with what to do about it."""
        cleaned = super().clean() or self.cleaned_data
        if {"subject", "body"} <= cleaned.keys():
            try:
                check_words(message=self.instance, subject=cleaned["subject"], body=cleaned["body"])
            except Refused as refusal:
                field = "subject" if refusal.code == "subject_missing" else "body"
                self.add_error(field, f"{refusal.message} {refusal.hint}".strip())
        return cleaned
