"""The best partners whom somebody does not have, out of every pair of the field."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

import numpy as np

from matching.engine.candidates import likely
from matching.engine.field import Field
from matching.engine.people import Ints
from matching.engine.scoring import Floats
from matching.engine.solution import Solution

_ROW, _SCORE = 32, 24  # bits


@dataclass(frozen=True, eq=False)
class RunnersUp:
    """Up to so many for each person of one side: by percent, equals by score, then in the order of their rows."""

    key: Ints  # (people, most), the best first: percent, score, and row of the other side; -1 where there is none

    def of(self, person: int) -> list[tuple[int, int]]:
        """Rows of the other side, and percent as people see it."""
        key = self.key[person][self.key[person] >= 0]
        row = (1 << _ROW) - 1 - (key & ((1 << _ROW) - 1))
        return list(zip(row.tolist(), (key >> (_ROW + _SCORE)).tolist(), strict=True))

    def add(self, person: Ints, key: Ints) -> None:
        """More pairs of some people; who is better comes first."""
        people, most = np.unique(person), self.key.shape[1]
        owner, value = np.concatenate([np.repeat(people, most), person]), np.append(self.key[people], key)
        order = np.lexsort((-value, owner))
        owner, value = owner[order], value[order]
        first = np.arange(len(order)) - np.searchsorted(owner, owner) < most
        self.key[people] = value[first].reshape(len(people), most)


def runners_up(field: Field, solution: Solution, most: int) -> tuple[RunnersUp, RunnersUp]:
    """Of the mentees, and of the mentors: whom rules and minimum fit leave them besides those they have.

    A mentor without any place is nobody's partner.
    """
    full = field.mentors.limit == 0
    ground, scale = field.ground, np.maximum(field.attainable, 1).astype(np.float32) / 100
    turn = Lock()
    mine, theirs = (RunnersUp(np.full((len(side), most), -1)) for side in (field.mentees, field.mentors))

    def keys(mentee: Ints, score: Ints, other: Ints) -> Ints:
        percent = field.score_percent(mentee, score)
        return np.asarray(((percent << _SCORE | score) << _ROW) + ((1 << _ROW) - 1 - other))

    def work(rows: Ints, columns: Ints, worth: Floats) -> None:
        ground.forbid(worth, rows, columns, solution.mentee, solution.mentor)
        worth[:, full[columns]] = -1
        top = [_top(scores, most) for scores in worth]
        row, column = np.repeat(np.arange(len(rows)), [len(hits) for hits in top]), np.concatenate(top)
        with turn:
            mine.add(rows[row], keys(rows[row], worth[row, column].astype(np.int64), columns[column]))
        # Of the mentors only those who come before the last one so far: a quick look, then a close one.
        last = theirs.key[columns, -1]
        percent = ((last >> (_ROW + _SCORE)) * 0.999).astype(np.float32)
        row, column = np.nonzero((worth >= 0) & (worth > scale[rows, None] * percent - 1))
        key = keys(rows[row], worth[row, column].astype(np.int64), rows[row])
        better = key > last[column]
        with turn:  # at once, so that those after it have fewer to look at
            theirs.add(columns[column[better]], key[better])

    for _done in ground.pieces(work):
        pass
    return mine, theirs


def _top(value: Floats, most: int) -> Ints:
    """Places of the `most` largest values that are no less than 0; among equals the first."""
    places = likely(value, most)
    value = value[places]
    low = max(np.partition(value, -most)[-most], 0) if len(value) > most else 0
    chosen = np.concatenate([np.flatnonzero(value > low), np.flatnonzero(value == low)])
    return np.asarray(places[chosen[:most]])
