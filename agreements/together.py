"""What brings the members of a mentorship together, for their own page."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import get_language

from agreements.models import Member, Mentorship
from agreements.queries import circle_times
from matching.lexicon import slots
from matching.models import Proposal
from matching.why import MOST, general_starters, starters, why_matched


def together(mentorship: Mentorship, mine: Member) -> dict[str, Any]:
    """Up to three sentences on why (`why`), three things to talk about (`starters`), and `times`, for one member.

    In a circle the partners take turns, so that each is named before one is named twice.
    """
    language = get_language() or "en"
    pairs = list(_pairs(mentorship, mine))
    told = why_matched(pairs, language)
    asked = starters(pairs, language)
    return {
        "why": _in_turn([told[pair.pk, mine.side] for pair in pairs]),
        "starters": _in_turn([asked[pair.pk, mine.side] for pair in pairs]) or general_starters(language),
        "times": ", ".join(slots(circle_times(mentorship))),
    }


def _pairs(mentorship: Mentorship, mine: Member) -> QuerySet[Proposal]:
    """The proposals that made this mentorship, as far as they concern the member."""
    if mentorship.proposal is None:
        return Proposal.objects.none()
    members = mentorship.members.values("enrollment")
    pairs = Proposal.objects.filter(run=mentorship.proposal.run_id, mentee__in=members, mentor__in=members)
    return (
        pairs.filter(**{str(mine.side): mine.enrollment_id})
        .select_related("mentee__person", "mentor__person", "mentee__cohort__program")
        .order_by("-score", "pk")
    )


def _in_turn(lists: list[list[str]]) -> list[str]:
    """The first of each list, then the second of each; the same line once."""
    longest = max((len(lines) for lines in lists), default=0)
    lines = [rows[place] for place in range(longest) for rows in lists if place < len(rows)]
    return list(dict.fromkeys(lines))[:MOST]
