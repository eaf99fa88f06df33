"""What brings the members of a mentorship together, for their own page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language

from agreements.models import Member, Mentorship
from agreements.queries import circle_times
from agreements.seats import seats_of
from matching.lexicon import slots
from matching.models import Proposal
from matching.why import MOST, general_starters, starters, why_matched


def together(mentorship: Mentorship, mine: Member) -> dict[str, Any]:
    """Up to three sentences on why (`why`), three things to talk about (`starters`), and `times`, for one member.

    In a circle the partners take turns, so that each is named before one is named twice.
    """
    language = get_language() or "en"
    pairs = _pairs(mentorship, mine)
    told = why_matched(pairs, language)
    asked = starters(pairs, language)
    return {
        "why": _in_turn([told[pair.pk, mine.side] for pair in pairs]),
        "starters": _in_turn([asked[pair.pk, mine.side] for pair in pairs]) or general_starters(language),
        "times": ", ".join(slots(circle_times(mentorship))),
    }


def _pairs(mentorship: Mentorship, mine: Member) -> list[Proposal]:
    """What speaks for the member with each partner."""
    others = mentorship.members.filter(left_on=None).exclude(side=mine.side)
    partners = list(others.values_list("enrollment", flat=True))
    if mine.side == Member.Side.MENTEE:
        return seats_of(mentorship, mentees=[mine.enrollment_id], mentors=partners)
    return seats_of(mentorship, mentees=partners, mentors=[mine.enrollment_id])


def _in_turn(lists: list[list[str]]) -> list[str]:
    """The first of each list, then the second of each; the same line once."""
    longest = max((len(lines) for lines in lists), default=0)
    lines = [rows[place] for place in range(longest) for rows in lists if place < len(rows)]
    return list(dict.fromkeys(lines))[:MOST]
