"""Soft criteria as one whole-number product: score = E @ O.T + bonuses.

A criterion of weight w is worth at most `w * UNIT` points. UNIT is divisible by 1 to 10 and by their
doubles, so that shares of lists are whole. Sums stay under 2**24, hence float32 products are exact and
do not depend on the order of summation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import Criteria
from matching.engine.people import UNKNOWN, Ints, Links, People, Ragged

UNIT = 5040
TIME_ZONE_REACH = 8 * 60  # minutes apart at which two zones share nothing of a working day
WISH_PERCENT = (100, 80, 60, 40)  # first wish, second...; the last holds on

Floats = npt.NDArray[np.float32]
Block = tuple[Floats, Floats]


def skill_points(weight: int, sought: int, wanted: int, offered: int) -> int:
    """One matched skill of `sought` many: whole if the level offered reaches the level wanted, else half."""
    whole = weight * UNIT // sought
    return whole if wanted <= 0 or offered <= 0 or offered >= wanted else whole // 2


def share_points(weight: int, size: int) -> int:
    """One matched entry of a list of `size`."""
    return weight * UNIT // size


def level_points(criteria: Criteria, gap: int) -> int:
    """Mentor `gap` levels above the mentee; nothing for a mentor below."""
    curve = criteria.level_curve
    return criteria.weights.level * UNIT * curve[min(gap, len(curve) - 1)] // 100 if gap >= 0 else 0


def time_zone_points(weight: int, minutes: int) -> int:
    """Falls evenly from the whole at 0 to nothing at `TIME_ZONE_REACH`."""
    return weight * UNIT * max(0, TIME_ZONE_REACH - minutes) // TIME_ZONE_REACH


def wish_points(weight: int, rank: int) -> int:
    """Points of a wish of this rank, 1 being the first."""
    return weight * UNIT * WISH_PERCENT[min(rank, len(WISH_PERCENT)) - 1] // 100


def minutes_apart(first: npt.ArrayLike, second: npt.ArrayLike) -> Ints:
    """Distance of two offsets round the clock, in minutes."""
    apart = np.abs(np.asarray(first, dtype=np.int64) - np.asarray(second, dtype=np.int64)) % 1440
    return np.asarray(np.minimum(apart, 1440 - apart), dtype=np.int64)


def factors(mentees: People, mentors: People, criteria: Criteria) -> Block:
    """E (mentees x d) and O (mentors x d), float32 holding whole numbers."""
    weights = criteria.weights
    blocks: list[Block] = []
    if weights.skills:
        blocks.append(_skills(mentees.skills, mentors.skills, weights.skills))
    if weights.goals:
        blocks.append(_listed(mentees.goals, mentors.goals, weights.goals))
    if weights.level:
        blocks.append(_tabled(mentees.level, mentors.level, lambda a, b: level_points(criteria, b - a)))
    if weights.unit:
        same = _same(mentees.unit, mentors.unit, weights.unit)
        blocks.append(
            same if criteria.unit_wanted == "same" else _other(mentees.unit, mentors.unit, same, weights.unit)
        )
    if weights.place:
        blocks.append(_same(mentees.location, mentors.location, weights.place))
    if weights.time_zone:
        zone = weights.time_zone
        blocks.append(_tabled(
            mentees.utc_offset, mentors.utc_offset,
            lambda a, b: time_zone_points(zone, int(minutes_apart(a, b))),
        ))  # fmt: skip
    if weights.media:
        blocks.append(_listed(bits(mentees.media), bits(mentors.media), weights.media))
    if weights.availability:
        blocks.append(
            _listed(
                bits(mentees.availability),
                bits(mentors.availability),
                weights.availability,
            )
        )
    if not blocks:
        return np.zeros((len(mentees), 1), np.float32), np.zeros((len(mentors), 1), np.float32)
    return np.hstack([block[0] for block in blocks]), np.hstack([block[1] for block in blocks])


def attainable(mentees: People, criteria: Criteria) -> Ints:
    """Points of a perfect mentor for each mentee, bonuses apart: what 100 percent is."""
    weights = criteria.weights
    columns: Sequence[tuple[int, npt.NDArray[np.bool_]]] = (
        (weights.skills, np.diff(mentees.skills.start) > 0),
        (weights.goals, np.diff(mentees.goals.start) > 0),
        (weights.unit, mentees.unit != UNKNOWN),
        (weights.place, mentees.location != UNKNOWN),
        (weights.time_zone, mentees.utc_offset != UNKNOWN),
        (weights.media, mentees.media > 0),
        (weights.availability, mentees.availability > 0),
    )
    best = sum(
        (weight * UNIT * known for weight, known in columns),
        np.zeros(len(mentees), dtype=np.int64),
    )
    level = weights.level * UNIT * max(criteria.level_curve) // 100
    return np.asarray(best + level * (mentees.level != UNKNOWN), dtype=np.int64)


Bonds = dict[tuple[int, int], dict[str, tuple[int, dict[str, int]]]]


def bonds(criteria: Criteria, links: Links) -> Bonds:
    """Points and facts of wishes and introductions, by (mentee, mentor) person ids and criterion.

    A pair wished for twice has its best rank. Raises ValueError for a rank under 1.
    """
    weights, found = criteria.weights, Bonds()
    for name, wishes in (("wish", links.wishes), ("mentor_wish", links.mentor_wishes)):
        weight = getattr(weights, name)
        for mentee, mentor, rank in wishes:
            if rank < 1:
                raise ValueError(f"wishes: rank {rank} of mentee {mentee} and mentor {mentor} is under 1")
            told = found.setdefault((mentee, mentor), {})
            best = min(rank, told[name][1]["rank"]) if name in told else rank
            told[name] = wish_points(weight, best), {"rank": best}
    for pair in links.introductions:
        found.setdefault((pair[0], pair[1]), {})["introduction"] = (
            weights.introduction * UNIT,
            {},
        )
    return found


@dataclass(frozen=True, eq=False)
class Bonuses:
    """Points of single pairs, in rows of the field, sorted by mentee."""

    mentee: Ints
    mentor: Ints
    points: Ints


def bonuses(mentees: People, mentors: People, found: Bonds) -> Bonuses:
    """The points of `bonds` between people of the field."""
    entries = [(*pair, sum(points for points, _ in told.values())) for pair, told in found.items()]
    flat = np.array(entries, dtype=np.int64).reshape(-1, 3)
    mentee, mentor = mentees.rows_of(flat[:, 0]), mentors.rows_of(flat[:, 1])
    known = (mentee >= 0) & (mentor >= 0)
    order = np.flatnonzero(known)[np.argsort(mentee[known], kind="stable")]
    return Bonuses(mentee[order], mentor[order], flat[order, 2])


def bits(mask: npt.NDArray[np.uint64]) -> Ragged:
    """The bits of each mask as a list of their numbers."""
    numbers = np.arange(64, dtype=np.uint64)
    on = (mask[:, None] >> numbers[None, :]) & np.uint64(1)
    rows, values = np.nonzero(on)
    start = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(mask))))).astype(np.int64)
    return Ragged(start, values.astype(np.int64), np.zeros(len(values), dtype=np.int64))


def _skills(sought: Ragged, offered: Ragged, weight: int) -> Block:
    columns, place = np.unique(np.stack([offered.value, offered.level], axis=1), axis=0, return_inverse=True)
    common = np.isin(columns[:, 0], sought.value)
    renumber = np.cumsum(common) - 1
    right = np.zeros((len(offered), int(common.sum())), np.float32)
    use = common[place.ravel()]
    right[offered.rows()[use], renumber[place.ravel()[use]]] = 1
    left = np.zeros((len(sought), right.shape[1]), np.float32)
    size, rows = np.diff(sought.start), sought.rows()
    for number, (skill, level) in enumerate(columns[common].tolist()):
        for entry in np.flatnonzero(sought.value == skill).tolist():
            row = int(rows[entry])
            left[row, number] = skill_points(weight, int(size[row]), int(sought.level[entry]), level)
    return left, right


def _listed(wanted: Ragged, given: Ragged, weight: int) -> Block:
    common = np.intersect1d(wanted.value, given.value)
    left = np.zeros((len(wanted), len(common)), np.float32)
    right = np.zeros((len(given), len(common)), np.float32)
    size = np.diff(wanted.start)
    for side, ragged in ((left, wanted), (right, given)):
        use = np.isin(ragged.value, common)
        rows = ragged.rows()[use]
        points = weight * UNIT // size[rows] if side is left else np.ones(len(rows))
        side[rows, np.searchsorted(common, ragged.value[use])] = points
    return left, right


def _tabled(mine: Ints, theirs: Ints, points: Callable[[int, int], int]) -> Block:
    """Points by a table over the values that occur; nothing where one of the two is unknown."""
    rows, row = np.unique(mine, return_inverse=True)
    columns, column = np.unique(theirs, return_inverse=True)
    table = np.array([
        [0 if UNKNOWN in (a, b) else points(a, b) for b in columns.tolist()] for a in rows.tolist()
    ], dtype=np.float32).reshape(len(rows), len(columns))  # fmt: skip
    return table[row], np.eye(len(columns), dtype=np.float32)[column]


def _same(mine: Ints, theirs: Ints, weight: int) -> Block:
    common = np.setdiff1d(np.intersect1d(mine, theirs), [UNKNOWN])
    left, right = ((side[:, None] == common[None, :]).astype(np.float32) for side in (mine, theirs))
    return left * np.float32(weight * UNIT), right


def _other(mine: Ints, theirs: Ints, same: Block, weight: int) -> Block:
    known = (mine != UNKNOWN).astype(np.float32)[:, None] * np.float32(weight * UNIT)
    return np.hstack([known, -same[0]]), np.hstack([(theirs != UNKNOWN).astype(np.float32)[:, None], same[1]])
