"""French says « 1er février » and « 2 février »: a date format has no sign for it.

Every date that Django writes goes through `django.utils.dateformat.format`, in a filter, in a sentence and in Python.
"""

from __future__ import annotations

import re

from django.utils import dateformat
from django.utils.translation import get_language

_DAY_OF_MONTH = re.compile(r"(?<!\\)\bj(?= [FNM])")


class DateFormat(dateformat.DateFormat):
    """Django's, with the first of a month as the reader's language says it."""

    def format(self, formatstr: str) -> str:
        """The date by this format."""
        if getattr(self.data, "day", 0) == 1 and (get_language() or "").startswith("fr"):
            formatstr = _DAY_OF_MONTH.sub(r"j\\e\\r", str(formatstr))
        return super().format(formatstr)


def name_first_days() -> None:
    """Have Django write its dates so."""
    dateformat.DateFormat = DateFormat  # type: ignore[misc]
