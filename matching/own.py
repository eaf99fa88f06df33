"""What matters more or less to one person than to the program, as weights.

Kept is the direction, not a figure: whoever said "more" still weighs it more when the program changes its weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matching.engine.field import CRITERIA, UNKNOWN, Weights
from participants.models import Enrollment

MORE, LESS = 1, -1
MOST = 10
S = Enrollment.State
OPEN = (S.DRAFT, S.SUBMITTED, S.WAITLISTED, S.OFFERED, S.ACCEPTED)
OFFERED = {
    "mentee": ("skills", "goals", "level", "unit", "place", "time_zone", "media", "availability", "wish"),
    "mentor": (
        "skills",
        "goals",
        "level",
        "unit",
        "place",
        "time_zone",
        "media",
        "availability",
        "mentor_wish",
    ),
}


def is_over(enrollment: Enrollment) -> bool:
    """Whether the matching is over for somebody: what matters to them changes nothing any more."""
    return enrollment.state not in OPEN or enrollment.used > 0


def own_weight(program: int, leaning: int, reach: int) -> int:
    """The program's weight moved as far as is allowed; what the program has off stays off."""
    return min(MOST, max(0, program + leaning * reach)) if program else 0


def own_weights(leanings: Sequence[Mapping[str, int]], weights: Weights, reach: int) -> list[list[int]]:
    """A row for each person, as the engine takes them: UNKNOWN where the program's weight holds."""
    rows = []
    for said in leanings:
        row = [UNKNOWN] * len(CRITERIA)
        for name, leaning in said.items() if reach else ():
            program = getattr(weights, name)
            row[CRITERIA.index(name)] = own_weight(program, leaning, reach)
        rows.append(row)
    return rows


def choices(role: str, weights: Weights, reach: int) -> dict[str, tuple[int, ...]]:
    """By criterion the directions that make a difference within the bounds; nothing where it is not allowed."""
    found = {}
    for name in OFFERED[role] if reach else ():
        program = getattr(weights, name)
        ways = tuple(way for way in (LESS, MORE) if own_weight(program, way, reach) != program)
        if ways:
            found[name] = ways
    return found
