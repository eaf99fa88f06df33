"""Circles in words: what a run made of them, and why somebody sits in none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.french import elided
from core.numbers import percentage


def reached(numbers: Mapping[str, Any]) -> str:
    """How many people sit in how many circles, and how sure that is."""
    sentence = ngettext(
        "%(placed)s of %(total)s people who wait for a circle sit in one circle.",
        "%(placed)s of %(total)s people who wait for a circle sit in %(circles)s circles.",
        numbers["circles"],
    ) % {"placed": numbers["placed"], "total": numbers["mentees"], "circles": numbers["circles"]}
    if numbers["proven"]:
        return sentence
    share = _("At most %(share)s more could be won.") % {"share": percentage(100 * numbers["gap"], 1)}
    return f"{sentence} {share}"


def left_out(name: str, reasons: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Why somebody is without a circle, and what can be done."""
    values = {key: reasons[key] for key in ("most", "least", "takes", "hosts") if key in reasons}
    why, todo = (_of_host if "takes" in values else _of_mentee)(reasons["reason"], values)
    return elided(format_html(why, name=name, **values)), [format_html(todo, name=name, **values)]


_OF_MENTEE = {
    "circle_no_host": (
        gettext_lazy("No host may have {name} in a circle under the rules."),
        gettext_lazy("Loosen a rule, or find a host of another directorate or language."),
    ),
    "circle_no_two": (
        gettext_lazy("Two people host a circle together, and no such two may both have {name}."),
        gettext_lazy("Find a second host for whom the rules hold, or let one person host a circle."),
    ),
    "circle_no_time": (
        gettext_lazy("{name} is never free when one of the possible hosts is."),
        gettext_lazy("Ask {name} for more times, or find a host who is free then."),
    ),
    "circle_full": (
        gettext_lazy("The circles that meet when {name} is free are full."),
        gettext_lazy("Find one more host, or ask a host to take one more."),
    ),
    "circle_other_time": (
        gettext_lazy("There are places left in circles, but they meet when {name} is not free."),
        gettext_lazy("Ask {name} for more times."),
    ),
    "circle_away": (
        gettext_lazy("The circles that could have {name} meet when {name} is not free, and are full."),
        gettext_lazy("Find one more host who is free when {name} is."),
    ),
    "circle_not_opened": (
        gettext_lazy("A circle for {name} could only open by taking people from another."),
        gettext_lazy("Find more people who are free at that time, or let circles be smaller."),
    ),
}


def _of_mentee(reason: str, values: Mapping[str, int]) -> tuple[str, str]:
    if reason == "circle_too_few":
        text = ngettext(
            "Whenever {name} is free, one person at most could meet; a circle needs {least}.",
            "Whenever {name} is free, {most} people at most could meet; a circle needs {least}.",
            values["most"],
        )
        return text, _("Ask {name} and others for more times, or let circles be smaller.")
    why, todo = _OF_MENTEE[reason]
    return str(why), str(todo)


def _of_host(reason: str, values: Mapping[str, int]) -> tuple[str, str]:
    if reason == "circle_small":
        text = ngettext(
            "{name} takes one person; a circle needs {least}.",
            "{name} takes {takes} people; a circle needs {least}.",
            values["takes"],
        )
        return text, _("Ask {name} to take more, or let circles be smaller.")
    if reason == "circle_alone":
        return (
            _("Two people host a circle together, and nobody could host one with {name}."),
            _("Ask {name} for more times, or find a second host."),
        )
    return (
        _("Nobody is left who needs the circle of {name}, or too few who could meet at one time."),
        _("{name} can open a circle when more people join."),
    )


def wish_missed(outcome: str, host: str) -> str:
    """Why a wish for a host was not met."""
    if outcome == "circle_closed":
        return elided(format_html(_("The circle of {host} does not open."), host=host))
    return elided(format_html(_("The circle of {host} meets at another time."), host=host))
