"""Which kinds of mentor a program lacks, read off from those who have none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import Criteria
from matching.engine.people import UNKNOWN, Ints, People, Ragged
from matching.engine.problem import Bools
from matching.engine.scoring import bits, minutes_apart

_SLOTS = 3  # of the week, that a kind of mentor has free
_SKILLS = 3
_STARTS = 6  # combinations of strand and language that are looked at
_LEVEL_SHARE = 0.8  # of a group whom the level of its mentors serves: the last few ask for the rarest


@dataclass(frozen=True)
class Kind:
    """A mentor to look for, in the ids of the field; what is not stated (UNKNOWN, 0, empty) is open.

    Where the rules ask for another unit, that of a mentor to be found is one that none of the mentees is of.
    """

    strand: int = UNKNOWN
    languages: int = 0  # bit mask
    level: int = UNKNOWN  # at least
    utc_offset: int = UNKNOWN
    availability: int = 0  # bit mask
    location: int = UNKNOWN
    unit: int = UNKNOWN
    skills: tuple[int, ...] = ()  # most sought first
    goals: tuple[int, ...] = ()
    media: int = 0  # bit mask

    def people(self, person: int, places: int) -> People:
        """One such mentor."""
        return People(
            person=[person], limit=[places], strand=[self.strand], languages=[self.languages],
            level=[self.level], utc_offset=[self.utc_offset], availability=[self.availability],
            location=[self.location], unit=[self.unit], skills=[self.skills], goals=[self.goals],
            media=[self.media],
        )  # fmt: skip


def kinds_for(mentees: People, rows: Ints, criteria: Criteria, *, scored: bool) -> list[tuple[Kind, Ints]]:
    """Kinds of mentor that would serve many of these mentees, with the rows of those each is meant for.

    A kind states what hard rules ask for, the skills most sought, and the place that most share; where
    the score must reach a minimum (`scored`) everything that counts.
    """
    rules = criteria.rules
    strands = _values(mentees.strand[rows]) if rules.same_strand else [UNKNOWN]
    languages = _values(bits(mentees.languages[rows]).value) if rules.shared_language else [UNKNOWN]
    starts = []
    for strand, language in product(strands, languages):
        fits = _fits(mentees.strand[rows], strand) & _speaks(mentees.languages[rows], language)
        starts.append((rows[fits], strand, language))
    starts.sort(key=lambda start: -len(start[0]))
    return [
        _kind(mentees, group, criteria, strand, language, scored)
        for group, strand, language in starts[:_STARTS]
        if len(group)
    ]  # fmt: skip


def _kind(
    mentees: People, rows: Ints, criteria: Criteria, strand: int, language: int, scored: bool
) -> tuple[Kind, Ints]:
    rules, weights = criteria.rules, criteria.weights
    found: dict[str, int | tuple[int, ...]] = {}
    if (hours := rules.max_hours_apart) is not None:
        offset = _most(mentees.utc_offset[rows])
        found["utc_offset"], apart = offset, minutes_apart(mentees.utc_offset[rows], offset)
        rows = rows[(mentees.utc_offset[rows] == UNKNOWN) | (offset == UNKNOWN) | (apart <= 60 * hours)]
    if rules.shared_availability:
        found["availability"] = mask = _common(mentees.availability[rows], _SLOTS)
        slots = mentees.availability[rows]
        rows = rows[(slots == 0) | ((slots & np.uint64(mask)) > 0) | (mask == 0)]
    if (gap := rules.min_level_gap) is not None and (mentees.level[rows] != UNKNOWN).any():
        known = np.sort(mentees.level[rows][mentees.level[rows] != UNKNOWN])
        level = int(known[int(np.ceil(_LEVEL_SHARE * len(known))) - 1])
        found["level"], rows = max(level + gap, 0), rows[mentees.level[rows] <= level]
    if rules.unit == "same":
        found["unit"] = unit = _most(mentees.unit[rows])
        rows = rows[_fits(mentees.unit[rows], unit)]
    if weights.skills and len(ranked := _ranked(mentees.skills, rows)):
        rows = rows[_seek(mentees.skills, rows, ranked[0])]
        found["skills"] = tuple(_ranked(mentees.skills, rows)[:_SKILLS])
    if weights.place:
        found["location"] = _shared(mentees.location[rows])
    if scored:
        found |= _for_score(mentees, rows, criteria, found)
    found |= {"strand": strand, "languages": 0 if language == UNKNOWN else 1 << language}
    return Kind(**found), rows  # type: ignore[arg-type]


def _for_score(
    mentees: People, rows: Ints, criteria: Criteria, found: dict[str, int | tuple[int, ...]]
) -> Iterator[tuple[str, int | tuple[int, ...]]]:
    """What else earns points with these mentees."""
    weights = criteria.weights
    if weights.goals:
        yield "goals", tuple(_ranked(mentees.goals, rows))
    if weights.media:
        yield "media", _common(mentees.media[rows], 64)
    if weights.availability and "availability" not in found:
        yield "availability", _common(mentees.availability[rows], 64)
    if weights.time_zone and "utc_offset" not in found:
        yield "utc_offset", _most(mentees.utc_offset[rows])
    if weights.unit and criteria.unit_wanted == "same" and not criteria.rules.unit:
        yield "unit", _most(mentees.unit[rows])
    if weights.level and "level" not in found and (mentees.level[rows] != UNKNOWN).any():
        yield "level", int(mentees.level[rows].max()) + int(np.argmax(criteria.level_curve))


def _values(column: npt.NDArray[np.int64]) -> list[int]:
    """What is stated, or that nothing is."""
    return np.setdiff1d(column, [UNKNOWN]).tolist() or [UNKNOWN]


def _fits(column: Ints, value: int) -> Bools:
    return np.asarray((column == value) | (column == UNKNOWN) | (value == UNKNOWN))


def _speaks(column: npt.NDArray[np.uint64], language: int) -> Bools:
    if language == UNKNOWN:
        return np.ones(len(column), dtype=bool)
    return np.asarray((column == 0) | ((column >> np.uint64(language)) & np.uint64(1) > 0))


def _most(column: Ints) -> int:
    """The value stated most often, the lowest of equals."""
    values, count = np.unique(column[column != UNKNOWN], return_counts=True)
    return int(values[np.argmax(count)]) if len(values) else UNKNOWN


def _shared(column: Ints) -> int:
    """The value that at least half of all state."""
    value = _most(column)
    return value if 2 * int((column == value).sum()) >= len(column) else UNKNOWN


def _common(masks: npt.NDArray[np.uint64], most: int) -> int:
    """Up to so many bits, each time the one that serves most of those not served yet."""
    mask, left = 0, masks[masks > 0]
    for _ in range(most):
        if not len(left):
            break
        bit = _most(bits(left).value)
        mask |= 1 << bit
        left = left[(left >> np.uint64(bit)) & np.uint64(1) == 0]
    return mask


def _ranked(column: Ragged, rows: Ints) -> list[int]:
    """Entries of these lists, those that stand most often first."""
    values, count = np.unique(column.value[np.isin(column.rows(), rows)], return_counts=True)
    return [int(value) for value in values[np.lexsort([values, -count])]]


def _seek(column: Ragged, rows: Ints, value: int) -> Bools:
    return np.isin(rows, column.rows()[column.value == value])
