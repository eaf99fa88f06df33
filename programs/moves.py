"""The moves of a cohort that its manager makes by hand, and what each means in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from programs.domain import cohorts
from programs.models import Cohort

State = Cohort.State


@dataclass(frozen=True, slots=True)
class Move:
    """`key` stands in the address; `what` says what happens then, one line each.

    In its `natural` states the move is what comes next; in the others a menu offers it.
    """

    key: str
    states: frozenset[str]
    verb: str | Promise
    what: tuple[str | Promise, ...]
    done: str | Promise
    act: Callable[..., Cohort]
    kind: str = "sea"
    natural: frozenset[str] = frozenset()


_ALL = (
    Move(
        "open-call",
        frozenset({State.DRAFT, State.SELECTING}),
        _("Open the call"),
        (
            _("People can apply from now on, and find the cohort on the public page."),
            _("The call closes by itself at the end of its closing date."),
        ),
        _("The call is open."),
        cohorts.open_call,
        natural=frozenset({State.DRAFT}),
    ),
    Move(
        "close-call",
        frozenset({State.CALL_OPEN}),
        _("Close the call"),
        (
            _("Nobody can apply any more. Applications that were begun and not handed in stay drafts."),
            _("Today becomes the call’s closing date."),
            _("You can open the call again, with a later closing date."),
        ),
        _("The call is closed. Now decide on the applications."),
        cohorts.close_call,
        "clay",
    ),
    Move(
        "start-matching",
        frozenset({State.SELECTING}),
        _("Start matching"),
        (
            _("Those who are accepted by then can be paired. Nobody is told anything yet."),
            _("You can go back to selecting until pairs are published."),
        ),
        _("Now pair the people who are accepted."),
        cohorts.start_matching,
        natural=frozenset({State.SELECTING}),
    ),
    Move(
        "back-to-selection",
        frozenset({State.MATCHING}),
        _("Go back to selecting"),
        (_("Runs that were made stay as they are. You can start matching again at any time."),),
        _("You are selecting people again."),
        cohorts.resume_selection,
        "line",
    ),
    Move(
        "start-closing",
        frozenset({State.RUNNING}),
        _("Begin the evaluation"),
        (
            _("The cohort goes into its last phase: surveys and evaluation."),
            _("This happens by itself after the cohort’s last day; do it now if it ends early."),
        ),
        _("The cohort is being evaluated."),
        cohorts.start_closing,
    ),
    Move(
        "resume",
        frozenset({State.CLOSING}),
        _("Go on with the mentorships"),
        (_("The cohort is under way again, until its last day."),),
        _("The cohort is under way again."),
        cohorts.resume_running,
        "line",
    ),
    Move(
        "close",
        frozenset({State.CLOSING}),
        _("Close the cohort"),
        (
            _("The cohort is finished for good: its settings can no longer be changed."),
            _("Results and records stay where they are."),
        ),
        _("The cohort is closed."),
        cohorts.close,
        "clay",
        natural=frozenset({State.CLOSING}),
    ),
)
MOVES = {move.key: move for move in _ALL}


def moves_from(state: str) -> list[Move]:
    """What a manager may do to a cohort in this state."""
    return [move for move in _ALL if state in move.states]
