"""The form on which people say what matters to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms import PageForm
from matching.own import LESS, MORE
from matching.own_words import WORDS

WAYS = [(LESS, _("Less")), (0, _("As the program")), (MORE, _("More"))]


class OwnForm(PageForm):
    """One question for each criterion that may be moved, answered without writing anything."""

    def __init__(
        self,
        *args: Any,
        role: str,
        allowed: Mapping[str, Sequence[int]],
        said: Mapping[str, int],
        **kwargs: Any,
    ) -> None:
        kwargs["initial"] = {name: said.get(name, 0) for name in allowed}
        super().__init__(*args, **kwargs)
        for name, ways in allowed.items():
            self.fields[name] = forms.TypedChoiceField(
                label=WORDS[role][name],
                choices=[(way, words) for way, words in WAYS if way in (0, *ways)],
                coerce=int,
                widget=forms.RadioSelect,
            )
