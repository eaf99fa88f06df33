"""Why a run failed and what to do, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.french import elided
from matching import rule_words
from matching.left_words import Told, names_of
from matching.lexicon import listed
from matching.models import Run


def failure(run: Run) -> Told:
    """Why a run failed and what to do, for a manager."""
    match run.problem:
        case "lock_rule":
            return _lock_rule(run.certificate["pairs"])
        case "lock_places":
            names = sorted(names_of(run.certificate["enrollments"]).values())
            text = _("More pairs are locked than there are places with {names}.")
            return Told(
                elided(format_html(text, names=listed(names))),
                [],
                [_("Unlock one of these pairs, then run again.")],
            )
        case "nobody":
            why = _("When the run began, nobody was left to match or no place was free.")
            return Told(why, [], [_("Accept applications, then run again.")])
        case "lock_circle":
            why = _(
                "No way was found to keep all locked seats: no time suits everyone, or too few people could sit there."
            )
            return Told(why, [], [_("Unlock a seat in a circle, then run again.")])
        case "too_many":
            why = _("There are too many possible pairs for one run.")
            return Told(why, [], [_("Switch on the rule “same strand”, or a stricter rule on levels.")])
        case "memory" | "time":
            return _limit(run)
        case "interrupted":
            why = _("The run was interrupted again and again before it could finish; nothing of it was kept.")
            return Told(why, [], [_("Run again.")])
        case "not_proven":
            why = _("The result could not be proven to be the best, so it is not shown.")
        case _unexpected:
            why = _("Something went wrong that should not; nothing of the run was kept.")
    text = _(
        "Run again. If it happens again, tell whoever runs this installation: it is in the log as run {id}."
    )
    return Told(why, [], [format_html(text, id=run.pk)])


def _limit(run: Run) -> Told:
    whys = {
        "memory": _("The run needed more memory than this installation allows for one."),
        "time": _("The run took longer than this installation allows for one."),
    }
    todo = _("Switch on stricter rules, or ask whoever runs this installation for more.")
    return Told(whys[run.problem], _gap(run.certificate), [todo])


def _gap(certificate: Mapping[str, Any]) -> list[str]:
    """How far from the best a large run was when its time was over."""
    short = certificate.get("covered_gap")
    if short is None:
        return []
    if not short:
        return [
            _("As many people were matched by then as can be; the fit was not yet proven to be the best.")
        ]
    text = ngettext(
        "What it had found by then may match one person fewer than can be.",
        "What it had found by then may match up to {count} people fewer than can be.",
        short,
    )
    return [format_html(text, count=short)]


def locks_told(pairs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Which rule each of these locked pairs breaks (`failures.broken_locks`); one query."""
    names = names_of(pk for pair in pairs for pk in (pair["mentee"], pair["mentor"]))
    return [
        format_html(
            "{}",
            rule_words.broken(pair["rules"][0], names.get(pair["mentee"], ""), names.get(pair["mentor"], "")),
        )
        for pair in pairs
    ]


def _lock_rule(pairs: Sequence[Mapping[str, Any]]) -> Told:
    why = ngettext("A locked pair breaks a rule.", "Locked pairs break rules.", len(pairs))
    return Told(
        format_html("{}", why), locks_told(pairs), [_("Unlock the pair or loosen the rule, then run again.")]
    )
