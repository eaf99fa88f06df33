"""What matters to a person, in their words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from matching.criteria import read_criteria
from matching.own import LESS, MORE, choices, is_over
from matching.queries import scheme_of
from participants.models import Enrollment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Text

WORDS: dict[str, dict[str, Text]] = {
    "mentee": {
        "skills": _("Somebody who knows what I want to learn"),
        "goals": _("Somebody with the goals that I have"),
        "level": _("Somebody at the right distance in career"),
        "unit": _("Where in the organization they work"),
        "place": _("Somebody at my location"),
        "time_zone": _("Somebody whose working day is like mine"),
        "media": _("Somebody who likes to meet as I do"),
        "availability": _("Somebody who is free when I am"),
        "wish": _("The people I asked for"),
    },
    "mentor": {
        "skills": _("Somebody who wants to learn what I know"),
        "goals": _("Somebody with the goals that I have"),
        "level": _("Somebody at the right distance in career"),
        "unit": _("Where in the organization they work"),
        "place": _("Somebody at my location"),
        "time_zone": _("Somebody whose working day is like mine"),
        "media": _("Somebody who likes to meet as I do"),
        "availability": _("Somebody who is free when I am"),
        "mentor_wish": _("The people I asked for"),
    },
}


def own_part(enrollment: Enrollment) -> dict[str, Any] | None:
    """What the person's application shows; nothing where the program does not let people say it. One query.

    Once the matching is over for them, what they said stands there to be read.
    """
    scheme = scheme_of(enrollment.cohort)
    weights = read_criteria(scheme.criteria).weights
    if not (allowed := choices(enrollment.role, weights, scheme.own_reach)):
        return None
    words = WORDS[enrollment.role]
    said = {name: way for name, way in enrollment.own_weights.items() if name in allowed}
    over = is_over(enrollment)
    if over and not any(said.values()):
        return None
    return {
        "enrollment": enrollment,
        "is_over": over,
        "more": [words[name] for name in allowed if said.get(name) == MORE],
        "less": [words[name] for name in allowed if said.get(name) == LESS],
    }
