"""The score of one pair, told criterion by criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matching.engine.criteria import CRITERIA, Criteria
from matching.engine.people import UNKNOWN, People, Ragged
from matching.engine.scoring import (
    UNIT,
    Bonds,
    bits,
    level_points,
    minutes_apart,
    share_points,
    skill_points,
    time_zone_points,
)


@dataclass(frozen=True)
class Part:
    """One criterion of a pair: `points` of `most`, and what they rest on.

    facts: skills {"matched": [(id, level wanted, level offered)], "missing": [id]}; goals, media and
    availability {"matched": [id or bit number]}; level {"gap": int}; unit and place {"same": bool};
    time_zone {"minutes": int}; wish and mentor_wish {"rank": int}; introduction {}.
    A criterion for which one of the two stated nothing has no part.
    """

    criterion: str  # one of CRITERIA
    points: int
    most: int
    facts: dict[str, Any]


def parts_of(
    mentees: People,
    mentors: People,
    criteria: Criteria,
    bonds: Bonds,
    mentee: int,
    mentor: int,
) -> list[Part]:
    """Parts of the pair of these rows, in the order of CRITERIA; weights of 0 have none."""
    pair = int(mentees.person[mentee]), int(mentors.person[mentor])
    found: dict[str, Told] = {
        "skills": _skills(
            mentees.skills.row(mentee),
            mentors.skills.row(mentor),
            criteria.weights.skills,
        ),
        **_lists(mentees, mentors, criteria, mentee, mentor),
        **_values(mentees, mentors, criteria, mentee, mentor),
        **bonds.get(pair, {}),
    }
    return [
        Part(name, told[0], getattr(criteria.weights, name) * UNIT, told[1])
        for name in CRITERIA
        if getattr(criteria.weights, name) and (told := found.get(name))
    ]


Told = tuple[int, dict[str, Any]] | None


def _skills(sought: list[tuple[int, int]], offered: list[tuple[int, int]], weight: int) -> Told:
    if not sought or not offered:
        return None
    has = dict(offered)
    matched = [(skill, wanted, has[skill]) for skill, wanted in sought if skill in has]
    points = sum(skill_points(weight, len(sought), wanted, level) for _, wanted, level in matched)
    return points, {
        "matched": matched,
        "missing": [skill for skill, _ in sought if skill not in has],
    }


def _lists(mentees: People, mentors: People, criteria: Criteria, mentee: int, mentor: int) -> dict[str, Told]:
    found: dict[str, Told] = {}
    for name in ("goals", "media", "availability"):
        mine, theirs = (_entries(side, name, row) for side, row in ((mentees, mentee), (mentors, mentor)))
        if mine and theirs:
            matched = [entry for entry in mine if entry in theirs]
            each = share_points(getattr(criteria.weights, name), len(mine))
            found[name] = each * len(matched), {"matched": matched}
    return found


def _entries(people: People, name: str, row: int) -> list[int]:
    column = getattr(people, name)
    ragged = column if isinstance(column, Ragged) else bits(column[row : row + 1])
    return [value for value, _ in ragged.row(row if ragged is column else 0)]


def _values(
    mentees: People, mentors: People, criteria: Criteria, mentee: int, mentor: int
) -> dict[str, Told]:
    def both(name: str) -> tuple[int, int] | None:
        mine, theirs = (
            int(getattr(mentees, name)[mentee]),
            int(getattr(mentors, name)[mentor]),
        )
        return None if UNKNOWN in (mine, theirs) else (mine, theirs)

    found: dict[str, Told] = {}
    if level := both("level"):
        gap = level[1] - level[0]
        found["level"] = level_points(criteria, gap), {"gap": gap}
    if unit := both("unit"):
        same = unit[0] == unit[1]
        wanted = same == (criteria.unit_wanted == "same")
        found["unit"] = criteria.weights.unit * UNIT * wanted, {"same": same}
    if place := both("location"):
        same = place[0] == place[1]
        found["place"] = criteria.weights.place * UNIT * same, {"same": same}
    if offset := both("utc_offset"):
        minutes = int(minutes_apart(*offset))
        found["time_zone"] = (
            time_zone_points(criteria.weights.time_zone, minutes),
            {"minutes": minutes},
        )
    return found
