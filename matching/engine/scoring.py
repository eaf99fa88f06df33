"""Soft criteria as one whole-number product: score = E @ O.T + bonuses.

A criterion of a pair is worth (weight for the mentee + weight for the mentor) x a share, the share being
`HALF` for all that was asked. Both weights are the program's where nobody has weights of their own. HALF is
divisible by 1 to 10 and by their doubles, so that shares of short lists are whole; others are rounded down.
Sums stay under 2**24, hence float32 products are exact and do not depend on the order of summation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import BONUSES, CRITERIA, Criteria
from matching.engine.people import UNKNOWN, Ints, Links, People, Ragged

HALF = 5040
TIME_ZONE_REACH = 8 * 60  # minutes apart at which two zones share nothing of a working day
WISH_PERCENT = (100, 80, 60, 40)  # first wish, second...; the last holds on

Floats = npt.NDArray[np.float32]
Block = tuple[Floats, Floats]


def skill_share(sought: int | Ints, wanted: npt.ArrayLike, offered: int) -> Ints:
    """One matched skill of `sought` many: whole if the level offered reaches the level wanted, else half."""
    enough = (np.asarray(wanted) <= 0) | (offered <= 0) | (np.asarray(wanted) <= offered)
    return np.where(enough, HALF // sought, HALF // sought // 2)


def list_share(size: int) -> int:
    """One matched entry of a list of `size`."""
    return HALF // size


def level_share(criteria: Criteria, gap: int) -> int:
    """Mentor `gap` levels above the mentee; nothing for a mentor below."""
    curve = criteria.level_curve
    return HALF * curve[min(gap, len(curve) - 1)] // 100 if gap >= 0 else 0


def time_zone_share(minutes: int) -> int:
    """Falls evenly from the whole at 0 to nothing at `TIME_ZONE_REACH`."""
    return HALF * max(0, TIME_ZONE_REACH - minutes) // TIME_ZONE_REACH


def bond_share(criterion: str, rank: int) -> int:
    """A wish of this rank, 1 being the first; an introduction is whole."""
    percent = 100 if criterion == "introduction" else WISH_PERCENT[min(rank, len(WISH_PERCENT)) - 1]
    return HALF * percent // 100


def minutes_apart(first: npt.ArrayLike, second: npt.ArrayLike) -> Ints:
    """Distance of two offsets round the clock, in minutes."""
    apart = np.abs(np.asarray(first, dtype=np.int64) - np.asarray(second, dtype=np.int64)) % 1440
    return np.asarray(np.minimum(apart, 1440 - apart), dtype=np.int64)


def weighed(people: People, criteria: Criteria) -> Ints:
    """What each criterion weighs for each person (n, len(CRITERIA)): their own weight, else the program's."""
    program = np.array([getattr(criteria.weights, name) for name in CRITERIA])
    return np.where(people.weights < 0, program, people.weights)


def factors(mentees: People, mentors: People, criteria: Criteria) -> Block:
    """E (mentees x d) and O (mentors x d), float32 holding whole numbers."""
    mine, theirs = weighed(mentees, criteria), weighed(mentors, criteria)
    blocks = [(np.zeros((len(mentees), 0), np.float32), np.zeros((len(mentors), 0), np.float32))]
    for name, shares in _shares(mentees, mentors, criteria).items():
        place = CRITERIA.index(name)
        if mine[:, place].any() or theirs[:, place].any():
            program = getattr(criteria.weights, name)
            blocks.append(_double(shares(), mine[:, place], theirs[:, place], program))
    return np.hstack([block[0] for block in blocks]), np.hstack([block[1] for block in blocks])


def _shares(mentees: People, mentors: People, criteria: Criteria) -> dict[str, Callable[[], Block]]:
    """The shares of each criterion, as the product of what the two stated."""
    return {
        "skills": lambda: _skills(mentees.skills, mentors.skills),
        "goals": lambda: _listed(mentees.goals, mentors.goals),
        "level": lambda: _tabled(mentees.level, mentors.level, lambda a, b: level_share(criteria, b - a)),
        "unit": lambda: (_same if criteria.unit_wanted == "same" else _other)(mentees.unit, mentors.unit),
        "place": lambda: _same(mentees.location, mentors.location),
        "time_zone": lambda: _tabled(
            mentees.utc_offset, mentors.utc_offset, lambda a, b: time_zone_share(int(minutes_apart(a, b)))
        ),
        "media": lambda: _listed(bits(mentees.media), bits(mentors.media)),
        "availability": lambda: _listed(bits(mentees.availability), bits(mentors.availability)),
    }


def _double(shares: Block, mine: Ints, theirs: Ints, program: int) -> Block:
    """(mine + theirs) x shares, as one product; twice as wide only where both sides have own weights."""
    left, right = shares
    my, their = (weight[:, None].astype(np.float32) for weight in (mine, theirs))
    if (theirs == program).all():
        return left * (my + np.float32(program)), right
    if (mine == program).all():
        return left, right * (their + np.float32(program))
    return np.hstack([left * my, left]), np.hstack([right, right * their])


def attainable(mentees: People, criteria: Criteria) -> Ints:
    """Points of a perfect mentor for each mentee, bonuses apart: what 100 percent is.

    A perfect mentor has no weights of their own. A list is worth what its entries are, each rounded down.
    """
    level = HALF * max(criteria.level_curve) // 100
    shares = {
        "skills": _in_all(np.diff(mentees.skills.start)),
        "goals": _in_all(np.diff(mentees.goals.start)),
        "level": np.where(mentees.level != UNKNOWN, level, 0),
        "unit": np.where(mentees.unit != UNKNOWN, HALF, 0),
        "place": np.where(mentees.location != UNKNOWN, HALF, 0),
        "time_zone": np.where(mentees.utc_offset != UNKNOWN, HALF, 0),
        "media": _in_all(np.bitwise_count(mentees.media)),
        "availability": _in_all(np.bitwise_count(mentees.availability)),
    }
    mine, best = weighed(mentees, criteria), np.zeros(len(mentees), dtype=np.int64)
    for name, share in shares.items():
        best += (mine[:, CRITERIA.index(name)] + getattr(criteria.weights, name)) * share
    return best


def _in_all(size: npt.NDArray[Any]) -> Ints:
    """All entries of lists of these sizes."""
    size = size.astype(np.int64)
    return np.asarray(HALF // np.maximum(size, 1) * size)


@dataclass(frozen=True, eq=False)
class Bonds:
    """Wishes and introductions between people of the field, sorted by mentee and mentor row, no pair twice."""

    mentee: Ints
    mentor: Ints
    rank: Ints  # (k, len(BONUSES)): best rank of a wish, 1 for an introduction, 0 where there is none
    points: Ints  # of all of them together

    def of(self, mentee: int, mentor: int) -> dict[str, int]:
        """Rank by criterion for one pair."""
        rows = slice(*np.searchsorted(self.mentee, [mentee, mentee + 1]))
        found = self.rank[rows][self.mentor[rows] == mentor]
        ranks = found[0].tolist() if len(found) else [0] * len(BONUSES)
        return {name: rank for name, rank in zip(BONUSES, ranks, strict=True) if rank}


def bonds(mentees: People, mentors: People, criteria: Criteria, links: Links) -> Bonds:
    """What lifts single pairs. Raises ValueError for a rank under 1."""
    given = [
        np.array(list(entries), dtype=np.int64).reshape(-1, 3)
        for entries in (links.wishes, links.mentor_wishes, [(*pair, 1) for pair in links.introductions])
    ]
    flat = np.concatenate(given)
    kind = np.repeat(np.arange(len(given)), [len(part) for part in given])
    if len(low := np.flatnonzero(flat[:, 2] < 1)):
        mentee, mentor, rank = flat[low[0]].tolist()
        raise ValueError(f"wishes: rank {rank} of mentee {mentee} and mentor {mentor} is under 1")
    mentee, mentor = mentees.rows_of(flat[:, 0]), mentors.rows_of(flat[:, 1])
    known, width = (mentee >= 0) & (mentor >= 0), max(len(mentors), 1)
    keys, place = np.unique(mentee[known] * width + mentor[known], return_inverse=True)
    ranks = np.full((len(keys), len(given)), np.iinfo(np.int64).max)
    np.minimum.at(ranks, (place, kind[known]), flat[known, 2])
    ranks[ranks == np.iinfo(np.int64).max] = 0
    rows, columns = keys // width, keys % width
    mine, theirs = weighed(mentees, criteria)[rows], weighed(mentors, criteria)[columns]
    points = np.zeros(len(keys), dtype=np.int64)
    for place, name in enumerate(BONUSES):
        share = np.array([0, *(bond_share(name, rank) for rank in range(1, len(WISH_PERCENT) + 1))])
        weight = mine[:, CRITERIA.index(name)] + theirs[:, CRITERIA.index(name)]
        points += weight * share[np.minimum(ranks[:, place], len(WISH_PERCENT))]
    return Bonds(rows, columns, ranks, points)


def bits(mask: npt.NDArray[np.uint64]) -> Ragged:
    """The bits of each mask as a list of their numbers."""
    numbers = np.arange(int(mask.max(initial=0)).bit_length(), dtype=np.uint64)
    on = (mask[:, None] >> numbers[None, :]) & np.uint64(1)
    rows, values = np.nonzero(on)
    start = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=len(mask))))).astype(np.int64)
    return Ragged(start, values.astype(np.int64), np.zeros(len(values), dtype=np.int64))


def _skills(sought: Ragged, offered: Ragged) -> Block:
    # An offer without a level, or above any that is sought, is as good as one of the highest level sought.
    top = int(sought.level.max(initial=0))
    level = np.where((offered.level <= 0) | (offered.level > top), top, offered.level)
    use = np.isin(offered.value, sought.value)
    entries = np.stack([offered.value[use], level[use]], axis=1)
    columns, place = np.unique(entries, axis=0, return_inverse=True)
    right = np.zeros((len(offered), len(columns)), np.float32)
    right[offered.rows()[use], place.ravel()] = 1
    left = np.zeros((len(sought), len(columns)), np.float32)
    order = np.argsort(sought.value, kind="stable")
    rows, size = sought.rows()[order], np.diff(sought.start)
    begin, end = (np.searchsorted(sought.value[order], columns[:, 0], side) for side in ("left", "right"))
    for number, given in enumerate(columns[:, 1].tolist()):
        part = slice(begin[number], end[number])
        left[rows[part], number] = skill_share(size[rows[part]], sought.level[order[part]], given)
    return left, right


def _listed(wanted: Ragged, given: Ragged) -> Block:
    common = np.intersect1d(wanted.value, given.value)
    left = np.zeros((len(wanted), len(common)), np.float32)
    right = np.zeros((len(given), len(common)), np.float32)
    size = np.diff(wanted.start)
    for side, ragged in ((left, wanted), (right, given)):
        use = np.isin(ragged.value, common)
        rows = ragged.rows()[use]
        side[rows, np.searchsorted(common, ragged.value[use])] = HALF // size[rows] if side is left else 1
    return left, right


def _tabled(mine: Ints, theirs: Ints, share: Callable[[int, int], int]) -> Block:
    """Shares by a table over the values that occur; nothing where one of the two is unknown."""
    rows, row = np.unique(mine, return_inverse=True)
    columns, column = np.unique(theirs, return_inverse=True)
    table = np.array([
        [0 if UNKNOWN in (a, b) else share(a, b) for b in columns.tolist()] for a in rows.tolist()
    ], dtype=np.float32).reshape(len(rows), len(columns))  # fmt: skip
    return table[row], np.eye(len(columns), dtype=np.float32)[column]


def _same(mine: Ints, theirs: Ints) -> Block:
    common = np.setdiff1d(np.intersect1d(mine, theirs), [UNKNOWN])
    left, right = ((side[:, None] == common[None, :]).astype(np.float32) for side in (mine, theirs))
    return left * np.float32(HALF), right


def _other(mine: Ints, theirs: Ints) -> Block:
    same = _same(mine, theirs)
    left, right = ((side != UNKNOWN).astype(np.float32)[:, None] for side in (mine, theirs))
    return np.hstack([left * np.float32(HALF), -same[0]]), np.hstack([right, same[1]])
