"""What the UI components are made of: plain values and pure functions, no request and no database."""

from core.ui.charts import Bar, Part, TrendLine, shares, trend_line
from core.ui.due import DueState, due_state, due_words
from core.ui.names import hue, initials
from core.ui.rows import Answer, Crumb, Event, Fact, Link, Phase, as_rows, crumbs_of

__all__ = [
    "Answer",
    "Bar",
    "Crumb",
    "DueState",
    "Event",
    "Fact",
    "Link",
    "Part",
    "Phase",
    "TrendLine",
    "as_rows",
    "crumbs_of",
    "due_state",
    "due_words",
    "hue",
    "initials",
    "shares",
    "trend_line",
]
