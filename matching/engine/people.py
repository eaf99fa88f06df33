"""The columns that the field is built from: people of one side, and what links two of them.

Missing values never forbid a pair and never earn points: `UNKNOWN` in a whole-number column, 0 in a
bit mask, an empty list in a list column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import CRITERIA

UNKNOWN = -1
_LEAST, _MOST = int(np.iinfo(np.int64).min), int(np.iinfo(np.int64).max)
_HIGHEST = 2**31 - 1  # level: two of them are subtracted
_MASKS = ("languages", "media", "availability", "needs", "met")

Ints = npt.NDArray[np.int64]
Column = npt.ArrayLike | None
Pair = tuple[int, int]
RankedPair = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Ragged:
    """Lists of different length in two flat arrays: row r is `value[start[r]:start[r + 1]]`."""

    start: Ints
    value: Ints
    level: Ints

    @classmethod
    def of(cls, rows: Sequence[Sequence[Any]]) -> Ragged:
        """From one list per person, of ids or of (id, level); a bare id has level 0."""
        pairs = [entry if isinstance(entry, tuple) else (entry, 0) for row in rows for entry in row]
        raw = np.array(pairs) if pairs else np.zeros((0, 2), dtype=np.int64)
        if raw.shape[1:] != (2,) or raw.dtype.kind != "i":
            raise ValueError("ids and levels are whole numbers of 64 bits")
        flat = raw.astype(np.int64)
        start = np.concatenate(([0], np.cumsum([len(row) for row in rows], dtype=np.int64)))
        return cls(start.astype(np.int64), flat[:, 0].copy(), flat[:, 1].copy())

    def __len__(self) -> int:
        return len(self.start) - 1

    def row(self, index: int) -> list[tuple[int, int]]:
        """(id, level) of one person, in the order given."""
        part = slice(int(self.start[index]), int(self.start[index + 1]))
        return list(zip(self.value[part].tolist(), self.level[part].tolist(), strict=True))

    def rows(self) -> Ints:
        """The row of every value."""
        return np.repeat(np.arange(len(self), dtype=np.int64), np.diff(self.start))


@dataclass(frozen=True, eq=False)
class People:
    """One side of the field, one row a person; columns may be lists or arrays, all of one length.

    After construction every column is an int64 (masks: uint64) array, every list column a `Ragged`.
    Raises ValueError naming the column and the row.
    """

    person: Any  # id of the person, unique on this side; orders ties, so it must be stable
    limit: Any  # mentees: most mentors wanted (>= 1); mentors: most mentees taken (>= 0)
    strand: Any = None
    languages: Any = None  # bit mask, at most 63 languages
    level: Any = None  # career level, higher is more senior
    unit: Any = None  # directorate or the like
    location: Any = None
    utc_offset: Any = None  # minutes east of UTC
    supervisor: Any = None  # person id of the first-line supervisor
    chain: Any = None  # person ids up the chain of command, nearest (the supervisor) first
    skills: Any = None  # mentees: sought, mentors: offered; ids or (id, level); synonyms share an id
    goals: Any = None  # ids of goals, or of topics
    media: Any = None  # bit mask: in person, video, phone, chat...
    availability: Any = None  # bit mask of slots of the week, in one time zone for all
    tier: Any = None  # mentees: 0 (left out before) is served first, then 1, then 2 (has a mentor); default 0
    group: Any = None  # mentees: group that the floor of the criteria counts
    needs: Any = None  # bit mask. mentees: what they need a mentor for, mentors: what they can serve
    met: Any = None  # mentees: bit mask of needs that mentors of before serve
    weights: Any = None  # (n, len(CRITERIA)): own weight of each criterion 0..10, UNKNOWN for the program's

    def __post_init__(self) -> None:
        person = _whole("person", self.person, None)
        object.__setattr__(self, "person", person)
        ids, first = np.unique(person, return_index=True)
        if len(ids) < len(person):
            twice = int(np.setdiff1d(np.arange(len(person)), first)[0])
            raise ValueError(f"person[{twice}]: {person[twice]} stands twice on this side")
        for field in fields(self)[1:]:
            value = getattr(self, field.name)
            if field.name in ("chain", "skills", "goals"):
                column: object = _ragged(field.name, value, len(person))
            elif field.name == "weights":
                column = _weights(value, len(person))
            elif field.name in _MASKS:
                bits = _whole(field.name, 0 if value is None else value, len(person), least=0)
                column = bits.astype(np.uint64)
            else:
                missing = 0 if field.name == "tier" else UNKNOWN
                bounds = (-_HIGHEST, _HIGHEST) if field.name == "level" else (_LEAST, _MOST)
                column = _whole(field.name, missing if value is None else value, len(person), *bounds)
            object.__setattr__(self, field.name, column)
        for name in ("skills", "goals"):
            _once(name, getattr(self, name))
        if len(far := np.flatnonzero(np.abs(self.utc_offset) > 14 * 60)):
            raise ValueError(f"utc_offset[{far[0]}]: {self.utc_offset[far[0]]} minutes is more than 14 hours")

    def __len__(self) -> int:
        return len(self.person)

    def rows_of(self, persons: npt.ArrayLike) -> Ints:
        """Row of each person id, -1 where the person is not on this side."""
        wanted = np.asarray(persons, dtype=np.int64)
        if not len(self):
            return np.full(wanted.shape, -1, dtype=np.int64)
        order = np.argsort(self.person)
        place = np.minimum(np.searchsorted(self.person, wanted, sorter=order), len(self) - 1)
        row = order[place]
        return np.where(self.person[row] == wanted, row, -1).astype(np.int64)


@dataclass(frozen=True)
class Links:
    """What links two people, by person id; a person who is not in the field is passed over."""

    wishes: Sequence[RankedPair] = ()  # (mentee, mentor, rank): asked by the mentee, 1 is the first wish
    mentor_wishes: Sequence[RankedPair] = ()  # (mentee, mentor, rank): asked by the mentor
    introductions: Sequence[Pair] = ()  # (mentee, mentor): both agreed before the run
    exclusions: Sequence[Pair] = ()  # either order: these two never
    past_pairs: Sequence[Pair] = ()  # either order: these two were paired before


def _whole(name: str, value: Any, size: int | None, least: int = _LEAST, most: int = _MOST) -> Ints:
    raw = np.asarray(value)
    if raw.ndim == 0 and size is not None:
        raw = np.full(size, raw)
    if raw.ndim != 1:
        raise ValueError(f"{name}: one value for each person is needed")
    if size is not None and len(raw) != size:
        raise ValueError(f"{name}: {len(raw)} values for {size} people")
    if len(raw) and raw.dtype.kind not in "iub":
        raise ValueError(f"{name}: whole numbers only ({raw.dtype} given; use UNKNOWN for a missing value)")
    for place in (int(raw.argmin()), int(raw.argmax())) if len(raw) else ():
        if not least <= int(raw[place]) <= most:
            raise ValueError(f"{name}[{place}]: {raw[place]} is not from {least} to {most}")
    return raw.astype(np.int64)


def _weights(value: Any, size: int) -> Ints:
    shape = (size, len(CRITERIA))
    raw = np.full(shape, UNKNOWN) if value is None else np.asarray(value)
    raw = raw.astype(np.int64).reshape(shape) if not raw.size and not size else raw
    if raw.shape != shape or (raw.size and raw.dtype.kind not in "iu"):
        raise ValueError(f"weights: a whole number for each of {size} people and {len(CRITERIA)} criteria")
    if len(bad := np.argwhere((raw < UNKNOWN) | (raw > 10))):
        row, place = bad[0].tolist()
        raise ValueError(
            f"weights[{row}]: {raw[row, place]} for {CRITERIA[place]} is not 0 to 10, nor UNKNOWN"
        )
    return raw.astype(np.int64)


def _ragged(name: str, value: Any, size: int) -> Ragged:
    try:
        column = value if isinstance(value, Ragged) else Ragged.of([[]] * size if value is None else value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: lists of ids, or of (id, level), are needed") from error
    if len(column) != size:
        raise ValueError(f"{name}: {len(column)} lists for {size} people")
    return column


def _once(name: str, column: Ragged) -> None:
    entries = np.stack([column.rows(), column.value], axis=1)
    unique, count = np.unique(entries, axis=0, return_counts=True)
    if len(twice := unique[count > 1]):
        raise ValueError(f"{name}[{twice[0, 0]}]: {twice[0, 1]} stands twice in the list")
