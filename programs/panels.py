"""What the desk's first page says of the cohort itself: where it stands, what comes next, its dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.dates import today_in
from core.ui import Phase
from programs.models import Cohort
from programs.queries import is_of_circles
from programs.rules import agreements_due, plans_due

State = Cohort.State
SHOWN = 5  # dates on the first page

_PHASES: tuple[tuple[str, str | Promise], ...] = (
    ("draft", gettext_lazy("Preparation")),
    ("call_open", gettext_lazy("Call")),
    ("selecting", gettext_lazy("Selection")),
    ("matching", gettext_lazy("Matching")),
    ("agreements", gettext_lazy("Agreements")),
    ("running", gettext_lazy("Under way")),
    ("closing", gettext_lazy("Evaluation")),
)


@dataclass(frozen=True, slots=True)
class CohortDate:
    """A date of the cohort; `is_past` before today there."""

    day: date
    what: str
    is_past: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the cohort stands: a headline, what comes next, and the page where that is done."""

    title: str
    text: str
    page: str = ""  # name of the address
    query: str = ""
    label: str = ""


def phases(cohort: Cohort) -> list[Phase]:
    """How far the cohort has come."""
    now = _phase_of(cohort)
    order = [key for key, _label in _PHASES]
    place = order.index(now) if now in order else len(order)
    return [
        Phase(label, "done" if index < place else "now" if index == place else "next", _when(cohort, key))
        for index, (key, label) in enumerate(_PHASES)
    ]


def dates(cohort: Cohort) -> list[CohortDate]:
    """All dates that the cohort's settings give, in order."""
    today = today_in(cohort.timezone)
    found = [
        (cohort.call_opens_on, _("The call opens")),
        (cohort.call_closes_on, _("Last day to apply")),
        (cohort.starts_on, _("Mentorships start")),
        (agreements_due(cohort), _("Agreements are due")),
        *([(plans_due(cohort), _("Action plans are due"))] if cohort.action_plan else []),
        (cohort.starts_on + timedelta(days=cohort.rematch_days), _("Last day to ask for a re-match")),
        (cohort.ends_on, _("Mentorships end")),
    ]
    return [CohortDate(day, what, day < today) for day, what in sorted(found, key=lambda pair: pair[0])]


def next_dates(cohort: Cohort) -> list[CohortDate]:
    """The next dates, or the last one where all have passed."""
    every = dates(cohort)
    coming = [one for one in every if not one.is_past]
    return (coming or every[-1:])[:SHOWN]


_QUIETLY = {
    State.DRAFT: gettext_lazy("The call is being prepared"),
    State.SELECTING: gettext_lazy("People are being selected"),
    State.MATCHING: gettext_lazy("Pairs are being made"),
    State.CLOSING: gettext_lazy("The cohort is being evaluated"),
}


def standing(cohort: Cohort, *, acts: bool = True) -> Standing:
    """Where the cohort stands, and for those who act on it what comes next."""
    found = _standing(cohort)
    return found if acts else Standing(str(_QUIETLY.get(State(cohort.state), found.title)), "")


def _standing(cohort: Cohort) -> Standing:
    day = date_format
    match cohort.state:
        case State.DRAFT:
            return _draft(cohort)
        case State.CALL_OPEN:
            return Standing(
                _("The call is open until %(date)s") % {"date": day(cohort.call_closes_on, "j F")},
                _("People can apply. The call closes by itself at the end of that day."),
                "cohort_people",
                label=_("See who has applied"),
            )
        case State.SELECTING:
            return Standing(
                _("Choose who takes part"),
                _("The call is closed. Decide on each application, tell people, then start matching."),
                "cohort_people",
                "?state=submitted",
                _("Decide on applications"),
            )
        case State.MATCHING:
            return _matching(cohort)
        case State.RUNNING:
            return _running(cohort)
        case State.CLOSING:
            return Standing(
                _("Time to evaluate"),
                _("The mentorships have ended. Look at what people say, then close the cohort."),
                "cohort_surveys",
                label=_("See the surveys"),
            )
    return Standing(
        _("This cohort is closed"), _("It ended on %(date)s.") % {"date": day(cohort.ends_on, "j F Y")}
    )


def _draft(cohort: Cohort) -> Standing:
    texts = {"date": date_format(cohort.call_opens_on, "j F")}
    if cohort.offers.filter(places__gt=0).exists():
        return Standing(
            _("The call opens on %(date)s") % texts,
            _("It opens by itself on that day. Nobody sees the cohort yet."),
        )
    text = _("The cohort has no places yet, so the call cannot open on %(date)s.") % texts
    return Standing(_("Set the places"), text, "cohort_settings", label=_("Set the places"))


def _matching(cohort: Cohort) -> Standing:
    text = _("Nobody is told anything before you publish. Mentorships start on %(date)s.")
    text %= {"date": date_format(cohort.starts_on, "j F")}
    if is_of_circles(cohort):
        return Standing(_("Form the circles"), text, "matching_review", label=_("Go to matching"))
    return Standing(_("Pair the people"), text, "matching_review", label=_("Go to matching"))


def _running(cohort: Cohort) -> Standing:
    circles = is_of_circles(cohort)
    see = _("See the circles") if circles else _("See the pairs")
    if _phase_of(cohort) == "agreements":
        values = {"date": date_format(agreements_due(cohort), "j F")}
        if circles:
            title = _("Circles are making their agreements")
            text = _("Circles agree on how they work together. Agreements are due by %(date)s.") % values
        else:
            title = _("Pairs are making their agreements")
            text = _("Pairs agree on how they work together. Agreements are due by %(date)s.") % values
        return Standing(title, text, "cohort_mentorships", label=see)
    title = _("Under way until %(date)s") % {"date": date_format(cohort.ends_on, "j F Y")}
    text = (
        _("Circles meet. Look after those of whom nobody has heard.")
        if circles
        else _("Pairs meet. Look after those of whom nobody has heard.")
    )
    return Standing(title, text, "cohort_mentorships", label=see)


def _phase_of(cohort: Cohort) -> str:
    if cohort.state == State.RUNNING and today_in(cohort.timezone) <= agreements_due(cohort):
        return "agreements"
    return cohort.state


def _when(cohort: Cohort, phase: str) -> str:
    short = _("j M")
    match phase:
        case "call_open":
            texts = {
                "from": date_format(cohort.call_opens_on, short),
                "to": date_format(cohort.call_closes_on, short),
            }
            return _("%(from)s to %(to)s") % texts
        case "agreements":
            return _("by %(date)s") % {"date": date_format(agreements_due(cohort), short)}
        case "running":
            return _("to %(date)s") % {"date": date_format(cohort.ends_on, _("j M Y"))}
    return ""
