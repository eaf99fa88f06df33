"""Due dates in words."""

from datetime import date
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

DueState = Literal["late", "soon", "plain", "done"]
SOON_DAYS = 14
# Beyond this the date itself says more than a count of days.
COUNTED_DAYS = 60


def due_state(due: date, today: date, *, done: bool = False) -> DueState:
    """Whether a due day is past, within two weeks, or further off; done wins."""
    if done:
        return "done"
    if due < today:
        return "late"
    return "soon" if (due - today).days <= SOON_DAYS else "plain"


def due_words(due: date, today: date) -> str:
    """In words: "3 days late", "Today", "Tomorrow", "11 days left"; empty beyond 60 days."""
    days = (due - today).days
    if days < 0:
        return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}
    if days == 0:
        return _("Today")
    if days == 1:
        return _("Tomorrow")
    if days > COUNTED_DAYS:
        return ""
    return ngettext("%(days)d day left", "%(days)d days left", days) % {"days": days}
