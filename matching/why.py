"""Why two people were matched, said to them: in friendly words, without figures, from what both may know.

The facts behind a pair stand in `Proposal.parts`. Nothing that only the program's staff may read is told on: no
career level, no wish of the other side, no figure, and no answer to a question that says "staff only" to its reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from core.french import elided
from matching.lexicon import Lexicon, lexicon, medium, plain, slots
from matching.models import Proposal
from programs.models import Program, Questionnaire

MOST = 3  # sentences, and starters
# What a side's questions feed, by criterion.
_FEEDS = {
    "mentor": {
        "skills_offered": "skills",
        "goals": "goals",
        "media": "media",
        "availability": "availability",
        "needs": "needs",
    },
    "mentee": {
        "skills_sought": "skills",
        "goals": "goals",
        "media": "media",
        "availability": "availability",
        "needs": "needs",
    },
}
_OPEN = ("match", "everyone")  # of `visible_to`: the partner may know
Key = tuple[int, str]  # proposal and side, "mentor" or "mentee"
Told = Mapping[Key, list[str]]


class _Other(NamedTuple):
    """The partner; in a circle there are more, so "you both" would not say who."""

    name: str
    in_circle: bool


def why_matched(proposals: Iterable[Proposal], language: str) -> Told:
    """Up to three sentences to each side of each pair, what weighs most first; a fixed number of queries.

    The proposals' people and their cohort's program must have been fetched along.
    """
    return _told(list(proposals), language, _sentence)


def starters(proposals: Iterable[Proposal], language: str) -> Told:
    """Three things to talk about at the first meeting: from what the two share, then what suits everybody."""
    found = _told(list(proposals), language, _starter)
    general = general_starters(language)
    return {key: [*lines, *general][:MOST] for key, lines in found.items()}


def general_starters(language: str) -> list[str]:
    """What suits everybody."""
    with override(language):
        return [
            _("What would make the first three months worth your time?"),
            _("When did you learn most from somebody else, and how did they help?"),
            _("How do you like to hear that something could be better?"),
        ]


def _told(rows: Sequence[Proposal], language: str, say: Any) -> Told:
    if not rows:
        return {}
    program = rows[0].mentee.cohort.program
    kept = confidential(program)
    with override(language):
        words = lexicon(program, [row.parts for row in rows])
        return {
            (row.pk, side): _lines(row, side, words, kept[other], say)
            for row in rows
            for side, other in (("mentor", "mentee"), ("mentee", "mentor"))
        }


def _lines(proposal: Proposal, side: str, words: Lexicon, kept: set[str], say: Any) -> list[str]:
    other = _Other(proposal.names["mentor" if side == "mentee" else "mentee"], proposal.circle_id is not None)
    need = {"criterion": "needs", "facts": {"need": proposal.need}}
    parts = [need, *sorted(proposal.parts, key=lambda part: -part["share"])]
    told = (
        say(part["criterion"], part["facts"], side, other, words)
        for part in parts
        if part["criterion"] not in kept
    )
    return [elided(text) for text in told if text][:MOST]


def confidential(program: Program) -> dict[str, set[str]]:
    """For each side the criteria whose question promised that the partner will not see the answer. One query."""
    found: dict[str, set[str]] = {side: set() for side in _FEEDS}
    sheets = Questionnaire.objects.filter(program=program, purpose__in=list(_FEEDS)).order_by("number")
    for side, questions in sheets.values_list("purpose", "questions"):
        asked = [question for page in questions["pages"] for question in page["questions"]]
        feeds = _FEEDS[side]
        found[side] = {  # the newest version counts
            feeds[question["feeds"]]
            for question in asked
            if question.get("feeds") in feeds and question.get("visible_to", "staff") not in _OPEN
        }
    return found


def _sentence(criterion: str, facts: Mapping[str, Any], side: str, other: _Other, words: Lexicon) -> str:
    """One sentence about a criterion; empty where there is nothing to tell this side."""
    if criterion in ("skills", "goals", "media", "availability"):
        return _listed(criterion, facts["matched"], side, other, words) if facts["matched"] else ""
    if criterion == "needs":
        return _here_for(facts["need"], side, other.name)
    if criterion == "introduction":
        return _("You two know each other already, and both of you agreed.")
    if criterion == ("wish" if side == "mentee" else "mentor_wish"):
        return _("You asked for {name}.").format(name=other.name)
    if criterion in ("unit", "place"):
        return _at_work(criterion, facts["same"], other)
    return ""


def _at_work(criterion: str, same: bool, other: _Other) -> str:
    if criterion == "place" and other.in_circle:
        text = _("{name} and you work at the same location.") if same else ""
    elif criterion == "place":
        text = pgettext("two people", "You work at the same location.") if same else ""
    elif other.in_circle:
        text = (
            _("{name} and you work in the same directorate, so much needs no explaining.")
            if same
            else _("{name} and you work in different directorates, so each brings a view from outside.")
        )
    else:
        text = (
            _("You work in the same directorate, so much needs no explaining.")
            if same
            else _("You work in different directorates, so each brings a view from outside.")
        )
    return text.format(name=other.name)


def _here_for(need: str, side: str, other: str) -> str:
    """What the mentor is for; empty where that is open."""
    if side == "mentee":
        told = {
            "career": _("{name} is here for your career questions."),
            "technical": _("{name} is here for your technical questions."),
            "belonging": _("{name} is here to help you find your place."),
        }
    else:
        told = {
            "career": _("{name} looks to you for career questions."),
            "technical": _("{name} looks to you for technical questions."),
            "belonging": _("{name} looks to you for help in finding their place."),
        }
    return told.get(need, "").format(name=other)


def _listed(criterion: str, matched: Sequence[Any], side: str, other: _Other, words: Lexicon) -> str:
    if criterion == "skills":
        skills = plain([words.skill(entry[0]) for entry in matched])
        if side == "mentee":
            return _("{name} offers what you seek: {skills}.").format(name=other.name, skills=skills)
        return _("You offer what {name} seeks: {skills}.").format(name=other.name, skills=skills)
    if criterion == "goals":
        found = [_("“{text}”").format(text=words.goal(code)) for code in matched]
        text = _("{name} and you chose {list}.") if other.in_circle else _("You both chose {list}.")
    elif criterion == "media":
        found = [medium(code) for code in matched]
        text = (
            _("{name} and you like to meet {list}.")
            if other.in_circle
            else _("You both like to meet {list}.")
        )
    else:
        found = slots(matched)
        text = (
            _("{name} and you are free on {list}.") if other.in_circle else _("You are both free on {list}.")
        )
    return text.format(name=other.name, list=plain(found))


def _starter(criterion: str, facts: Mapping[str, Any], side: str, other: _Other, words: Lexicon) -> str:
    """Something to ask or to tell, from one thing that the two share."""
    if criterion == "skills" and facts["matched"]:
        names = {"name": other.name, "skill": words.skill(facts["matched"][0][0])}
        if side == "mentee":
            return _("Ask {name} how they came to {skill}, and what they would do first today.").format(
                **names
            )
        return _("Ask {name} what they have tried so far with {skill}, and what got in the way.").format(
            **names
        )
    if criterion == "goals" and facts["matched"]:
        goal = words.goal(facts["matched"][0])
        if other.in_circle:
            text = _("{name} and you chose “{goal}”: tell each other what reaching it would look like.")
        else:
            text = _("You both chose “{goal}”: tell each other what reaching it would look like.")
        return text.format(name=other.name, goal=goal)
    if criterion == "unit":
        if facts["same"]:
            return _(
                "What has changed in your directorate over the past year, seen from where each of you sits?"
            )
        return _("What does a good week look like in each of your directorates?")
    if criterion == "place" and facts["same"]:
        return _("You are at the same place: meet for a walk or a coffee the first time.")
    return ""
