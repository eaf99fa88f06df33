"""Why a pair, in words: from the parts of the score, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.humanize.templatetags.humanize import apnumber
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.french import elided
from core.ui import Part as BarPart
from matching.lexicon import Lexicon, listed, medium, slots
from matching.models import Proposal

Facts = Mapping[str, Any]
Parts = Sequence[Mapping[str, Any]]
# The bar shows five groups, so that it can be read at a glance.
GROUPS: dict[str, tuple[str | Promise, str, tuple[str, ...]]] = {
    "skills": (gettext_lazy("Skills"), "a", ("skills",)),
    "goals": (gettext_lazy("Goals"), "b", ("goals",)),
    "level": (gettext_lazy("Career level"), "c", ("level",)),
    "work": (
        gettext_lazy("Directorate, place, times"),
        "d",
        ("unit", "place", "time_zone", "media", "availability"),
    ),
    "wishes": (gettext_lazy("Wishes"), "e", ("wish", "mentor_wish", "introduction")),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence; `good` says whether it speaks for the pair."""

    text: str  # escaped where it is markup
    good: bool = True


@dataclass(frozen=True, slots=True)
class _Two:
    mentee: str
    mentor: str
    words: Lexicon


def bar_parts(parts: Parts) -> list[BarPart]:
    """The score by group, for `score` and `stacked_bar`; groups that gave nothing are left out."""
    share = {part["criterion"]: part["share"] for part in parts}
    grouped = [
        (label, sum(share.get(name, 0) for name in names), kind) for label, kind, names in GROUPS.values()
    ]
    return [BarPart(str(label), value, kind) for label, value, kind in grouped if value]


def reasons(proposals: Iterable[Proposal], words: Lexicon) -> dict[int, list[Reason]]:
    """Why each pair, by proposal id, what speaks for it first. The people must have been fetched along."""
    found = {}
    for proposal in proposals:
        two = _Two(**proposal.names, words=words)
        told = [reason for part in proposal.parts if (reason := _reason(part, two))]
        found[proposal.pk] = sorted(told, key=lambda reason: not reason.good)
    return found


def _reason(part: Mapping[str, Any], two: _Two) -> Reason | None:
    told = _TELL[part["criterion"]](part["facts"], two)
    return told and replace(told, text=elided(told.text))


def _skills(facts: Facts, two: _Two) -> Reason:
    matched = [two.words.skill(entry[0]) for entry in facts["matched"]]
    total = len(matched) + len(facts["missing"])
    names = {"mentor": two.mentor, "mentee": two.mentee, "skills": listed(matched)}
    if not matched:
        text = ngettext(
            "{mentor} does not offer the skill that {mentee} seeks.",
            "{mentor} offers none of the {total} skills that {mentee} seeks.",
            total,
        )
        return Reason(format_html(text, **names, total=apnumber(total)), good=False)
    if len(matched) < total:
        text = ngettext(
            "{mentor} offers {skills}: one of the {total} skills that {mentee} seeks.",
            "{mentor} offers {skills}: {count} of the {total} skills that {mentee} seeks.",
            len(matched),
        )
        return Reason(format_html(text, **names, count=apnumber(len(matched)), total=apnumber(total)))
    text = ngettext(
        "{mentor} offers {skills}, the skill that {mentee} seeks.",
        "{mentor} offers {skills}: all the skills that {mentee} seeks.",
        total,
    )
    return Reason(format_html(text, **names))


def _goals(facts: Facts, two: _Two) -> Reason:
    if not facts["matched"]:
        return Reason(_("They chose different goals."), good=False)
    goals = listed([two.words.goal(code) for code in facts["matched"]])
    return Reason(format_html(_("Both chose {goals}."), goals=goals))


def _level(facts: Facts, two: _Two) -> Reason:
    gap = facts["gap"]
    if gap == 0:
        return Reason(_("Both are at the same career level."), good=False)
    if gap > 0:
        text = ngettext(
            "{mentor} is {gap} career level above {mentee}.",
            "{mentor} is {gap} career levels above {mentee}.",
            gap,
        )
    else:
        text = ngettext(
            "{mentor} is {gap} career level below {mentee}.",
            "{mentor} is {gap} career levels below {mentee}.",
            -gap,
        )
    return Reason(
        format_html(text, mentor=two.mentor, mentee=two.mentee, gap=apnumber(abs(gap))), good=gap > 0
    )


def _unit(facts: Facts, _two: _Two) -> Reason:
    return Reason(_("Same directorate.") if facts["same"] else _("Different directorates."))


def _place(facts: Facts, _two: _Two) -> Reason:
    if facts["same"]:
        return Reason(_("Same location."))
    return Reason(_("Different locations."), good=False)


def _time_zone(facts: Facts, _two: _Two) -> Reason | None:
    if not (minutes := facts["minutes"]):
        return None  # the usual case needs no words
    hours = f"{minutes / 60:g}"
    return Reason(format_html(_("Their time zones are {hours} h apart."), hours=hours), good=minutes <= 120)


def _media(facts: Facts, _two: _Two) -> Reason:
    if not facts["matched"]:
        return Reason(_("They like to meet in different ways."), good=False)
    media = listed([medium(code) for code in facts["matched"]])
    return Reason(format_html(_("Both like to meet {media}."), media=media))


def _availability(facts: Facts, _two: _Two) -> Reason:
    if not facts["matched"]:
        return Reason(_("No time of the week suits both."), good=False)
    free = listed(slots(facts["matched"]))
    return Reason(format_html(_("Both are free on {slots}."), slots=free))


def _wish(facts: Facts, two: _Two) -> Reason:
    return Reason(wish_note(facts["rank"], two.mentee))


def _mentor_wish(_facts: Facts, two: _Two) -> Reason:
    return Reason(format_html(_("{mentor} asked for {mentee}."), mentor=two.mentor, mentee=two.mentee))


def _introduction(_facts: Facts, _two: _Two) -> Reason:
    return Reason(_("They know each other, and both agreed."))


_TELL: dict[str, Callable[[Facts, _Two], Reason | None]] = {
    "skills": _skills,
    "goals": _goals,
    "level": _level,
    "unit": _unit,
    "place": _place,
    "time_zone": _time_zone,
    "media": _media,
    "availability": _availability,
    "wish": _wish,
    "mentor_wish": _mentor_wish,
    "introduction": _introduction,
}


def wish_note(rank: int, mentee: str) -> str:
    """Whose wish this is, and which."""
    text = {1: _("{mentee}’s first wish."), 2: _("{mentee}’s second wish."), 3: _("{mentee}’s third wish.")}[
        rank
    ]
    return format_html(text, mentee=mentee)


def short_wish(parts: Parts) -> str:
    """Beside the score in the table: which wish the pair meets; empty where it meets none."""
    ranks = [part["facts"]["rank"] for part in parts if part["criterion"] == "wish"]
    return {1: _("first wish"), 2: _("second wish"), 3: _("third wish")}[ranks[0]] if ranks else ""
