"""The score of one pair, told criterion by criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matching.engine.criteria import CRITERIA, Criteria
from matching.engine.people import UNKNOWN, People, Ragged
from matching.engine.scoring import (
    HALF,
    Bonds,
    bits,
    bond_share,
    level_share,
    list_share,
    minutes_apart,
    skill_share,
    time_zone_share,
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
    mentees: People, mentors: People, criteria: Criteria, bonds: Bonds, mentee: int, mentor: int
) -> list[Part]:
    """Parts of the pair of these rows, in the order of CRITERIA; those that weigh nothing have none."""
    shares: dict[str, Share] = {
        "skills": _skills(mentees.skills.row(mentee), mentors.skills.row(mentor)),
        **_lists(mentees, mentors, mentee, mentor),
        **_values(mentees, mentors, criteria, mentee, mentor),
        **{
            name: (bond_share(name, rank), {} if name == "introduction" else {"rank": rank})
            for name, rank in bonds.of(mentee, mentor).items()
        },
    }
    found = []
    for place, name in enumerate(CRITERIA):
        program = getattr(criteria.weights, name)
        own = (int(side.weights[row, place]) for side, row in ((mentees, mentee), (mentors, mentor)))
        weight = sum(program if value == UNKNOWN else value for value in own)
        if weight and (share := shares.get(name)):
            found.append(Part(name, weight * share[0], weight * HALF, share[1]))
    return found


def shares(points: list[int], fit: int) -> list[int]:
    """Whole shares of a fit in proportion to the points; what rounding leaves goes to the largest remainders.

    A fit that wishes lift beyond 100 is capped, and so are its shares: they sum to the fit.
    """
    total = sum(points)
    if not total:
        return [0] * len(points)
    found = [point * fit // total for point in points]
    order = sorted(range(len(points)), key=lambda place: -(points[place] * fit % total))
    for place in order[: fit - sum(found)]:
        found[place] += 1
    return found


Share = tuple[int, dict[str, Any]] | None  # of HALF; None where one of the two stated nothing


def _skills(sought: list[tuple[int, int]], offered: list[tuple[int, int]]) -> Share:
    if not sought or not offered:
        return None
    has = dict(offered)
    matched = [(skill, wanted, has[skill]) for skill, wanted in sought if skill in has]
    share = sum(int(skill_share(len(sought), wanted, level)) for _, wanted, level in matched)
    return share, {"matched": matched, "missing": [skill for skill, _ in sought if skill not in has]}


def _lists(mentees: People, mentors: People, mentee: int, mentor: int) -> dict[str, Share]:
    found: dict[str, Share] = {}
    for name in ("goals", "media", "availability"):
        mine, theirs = (_entries(side, name, row) for side, row in ((mentees, mentee), (mentors, mentor)))
        if mine and theirs:
            matched = [entry for entry in mine if entry in theirs]
            found[name] = list_share(len(mine)) * len(matched), {"matched": matched}
    return found


def _entries(people: People, name: str, row: int) -> list[int]:
    column = getattr(people, name)
    ragged = column if isinstance(column, Ragged) else bits(column[row : row + 1])
    return [value for value, _ in ragged.row(row if ragged is column else 0)]


def _values(
    mentees: People, mentors: People, criteria: Criteria, mentee: int, mentor: int
) -> dict[str, Share]:
    def both(name: str) -> tuple[int, int] | None:
        mine, theirs = int(getattr(mentees, name)[mentee]), int(getattr(mentors, name)[mentor])
        return None if UNKNOWN in (mine, theirs) else (mine, theirs)

    found: dict[str, Share] = {}
    if level := both("level"):
        gap = level[1] - level[0]
        found["level"] = level_share(criteria, gap), {"gap": gap}
    if unit := both("unit"):
        same = unit[0] == unit[1]
        found["unit"] = HALF * (same == (criteria.unit_wanted == "same")), {"same": same}
    if place := both("location"):
        same = place[0] == place[1]
        found["place"] = HALF * same, {"same": same}
    if offset := both("utc_offset"):
        minutes = int(minutes_apart(*offset))
        found["time_zone"] = time_zone_share(minutes), {"minutes": minutes}
    return found
