"""Circles in words: what a run made of them, and why somebody sits in none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


def _of_mentee(reason: str, values: Mapping[str, int]) -> tuple[str, str]:
    match reason:
        case "circle_no_host":
            return (
                _("No host may have {name} in a circle under the rules."),
                _("Loosen a rule, or find a host of another directorate or language."),
            )
        case "circle_no_two":
            return (
                _("Two people host a circle together, and no such two may both have {name}."),
                _("Find a second host for whom the rules hold, or let one person host a circle."),
            )
        case "circle_no_time":
            return (
                _("{name} is never free when one of the possible hosts is."),
                _("Ask {name} for more times, or find a host who is free then."),
            )
        case "circle_too_few":
            text = ngettext(
                "Whenever {name} is free, one person at most could meet; a circle needs {least}.",
                "Whenever {name} is free, {most} people at most could meet; a circle needs {least}.",
                values["most"],
            )
            return text, _("Ask {name} and others for more times, or let circles be smaller.")
        case "circle_full":
            return (
                _("The circles that meet when {name} is free are full."),
                _("Find one more host, or ask a host to take one more."),
            )
        case "circle_other_time":
            return (
                _("There are places left in circles, but they meet when {name} is not free."),
                _("Ask {name} for more times."),
            )
    return (
        _("A circle for {name} could only open by taking people from another."),
        _("Find more people who are free at that time, or let circles be smaller."),
    )


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
