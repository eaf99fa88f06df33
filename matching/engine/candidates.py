"""Candidate pairs of a field that is too large to hold every pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.ground import Ground
from matching.engine.needs import bits_of, need_nodes, node_of
from matching.engine.pairs import Ints32, Pairs, Rows
from matching.engine.people import Ints
from matching.engine.problem import Problem
from matching.engine.rules import Bools
from matching.engine.scoring import Floats
from matching.engine.solution import Solution

_FAVORITES = 8  # of each mentor
_SAMPLED = 16  # a sample of a row is one value in so many
_LARGE = 2.0**22  # of prices: a quarter of the largest score in single precision

Columns = tuple[npt.NDArray[Any], ...]
Told = Callable[[int], None]  # hears how many mentees have been looked at


@dataclass(frozen=True, eq=False)
class Pool:
    """The best pairs of each mentee by score alone, kept in memory to look at first."""

    pairs: Pairs
    lead: Bools  # the very best: where solving begins


@dataclass(frozen=True, eq=False)
class Prices:
    """What a place of each mentee and mentor is worth, in units of which a point of score has `unit`.

    A pair gains if unit x score exceeds the sum of both: it would improve the result.
    """

    mentee: Ints
    mentor: Ints
    unit: int
    lowest: int  # pairs that score less are not asked for
    needs: Needs | None = None  # where what a mentor is for is a goal

    @classmethod
    def of(cls, problem: Problem, optimum: Solution, unit: int) -> Prices:
        """The prices that prove an optimum of some candidates."""
        needs = Needs(problem, optimum.price_need) if problem.needy.any() else None
        return cls(optimum.price_mentee, optimum.price_mentor, unit, optimum.min_score, needs)

    def gain(self, mentee: Rows, mentor: Rows, score: Rows) -> Ints:
        """Exact gain of each of these pairs."""
        price = self.mentee[mentee]
        if self.needs:
            price = self.needs.cheapest(price, mentee, mentor)
        return np.asarray(score.astype(np.int64) * self.unit - price - self.mentor[mentor])

    @property
    def least(self) -> Ints:
        """The least that a place of each mentee is worth, whatever the mentor is for."""
        return self.needs.least(self.mentee) if self.needs else self.mentee


@dataclass(frozen=True, eq=False)
class Needs:
    """What a mentor for each need of the mentees whose needs are a goal is worth."""

    problem: Problem
    price: Ints  # of each need, in the order of `need_nodes`

    def cheapest(self, price: Ints, mentee: Rows, mentor: Rows) -> Ints:
        """`price` of the mentees, or where the mentor serves needs of theirs that of the cheapest of these."""
        problem, found = self.problem, price.copy()
        masks = np.where(problem.needy[mentee], problem.need[mentee] & problem.serves[mentor], 0)
        here = np.flatnonzero(masks)
        place, bit = bits_of(masks[here])
        found[here] = np.iinfo(np.int64).max
        rows = mentee[here[place]].astype(np.int64)
        np.minimum.at(found, here[place], self.price[node_of(problem, rows, bit)])
        return found

    def least(self, price: Ints) -> Ints:
        """`price` of the mentees, or that of their cheapest need."""
        found = price.copy()
        np.minimum.at(found, need_nodes(self.problem)[0], self.price)
        return found


@dataclass(frozen=True, eq=False)
class Found:
    """Pairs that gain, or nearly."""

    mentee: Rows
    mentor: Rows
    score: Rows
    gain: Ints
    cut: bool  # whether some mentee had more of them than were asked for

    def where(self, wanted: Bools) -> Found:
        """Some of the pairs."""
        columns = (self.mentee, self.mentor, self.score, self.gain)
        mentee, mentor, score, gain = (column[wanted] for column in columns)
        return Found(mentee, mentor, score, gain, self.cut)

    def foremost(self, of_mentee: int, of_mentor: int) -> Found:
        """At most so many of each mentee, and of each mentor, those that gain most."""
        found = self.where(_rank(self.mentor, self.gain) < of_mentor)
        return found.where(_rank(found.mentee, found.gain) < of_mentee)


def best_of_each(ground: Ground, most: int, lead: int, mentees: Bools, mentors: Bools, told: Told) -> Pool:
    """The `most` best pairs by score of each mentee, and good ones of each mentor.

    Marked are the `lead` best of each mentee and those of the mentors, whom otherwise nobody might ask for.
    """
    favorites = _Favorites(*(np.full((len(mentors), _FAVORITES), -1, np.int32) for _ in range(2)))

    def work(rows: Ints, columns: Ints, worth: Floats) -> tuple[Columns, Columns]:
        chosen = [_best(mine, most, row) for row, mine in zip(rows.tolist(), worth, strict=True)]
        chosen = [best[mine[best] >= 0] for mine, best in zip(worth, chosen, strict=True)]
        score = [mine[best] for mine, best in zip(worth, chosen, strict=True)]
        bars = [np.partition(mine, -lead)[-lead] if len(mine) > lead else 0 for mine in score]
        leads = [mine >= bar for mine, bar in zip(score, bars, strict=True)]
        mentee, mentor = np.repeat(rows, [len(best) for best in chosen]), columns[_row(chosen)]
        narrow = (column.astype(np.int32) for column in (mentee, mentor, _row(score)))
        top = np.argmax(worth, axis=0)
        return (*narrow, _row(leads).astype(np.bool_)), (
            columns,
            rows[top],
            worth[top, np.arange(len(columns))],
        )

    parts, seen = [], 0
    for count, (part, best) in ground.pieces(work, mentees, mentors):
        parts.append(part)
        favorites.add(*best)
        told(seen := seen + count)
    parts.append(favorites.columns())
    mentee, mentor, score, leads = _joined(parts)
    leads = leads.astype(np.bool_)
    pairs = Pairs.of((len(mentees), len(mentors)), mentee, mentor, score)
    marked = np.zeros(len(pairs), dtype=bool)
    marked[pairs.find(mentee[leads], mentor[leads])] = True
    return Pool(pairs, marked)


@dataclass(frozen=True, eq=False)
class _Favorites:
    """The best mentees of each mentor, as far as they come from different pieces."""

    mentee: Ints32
    score: Ints32  # -1 where there is none

    def add(self, mentor: Ints, mentee: Ints, score: Floats) -> None:
        """One mentee for each of these mentors takes the place of the least, where better."""
        least = np.argmin(self.score[mentor], axis=1)
        better = score > self.score[mentor, least]
        self.mentee[mentor[better], least[better]] = mentee[better]
        self.score[mentor[better], least[better]] = score[better]

    def columns(self) -> Columns:
        """Mentee, mentor, score, and that all are to begin with."""
        mentor, place = np.nonzero(self.score >= 0)
        columns = (self.mentee[mentor, place], mentor.astype(np.int32), self.score[mentor, place])
        return *columns, np.ones(len(mentor), dtype=np.bool_)


def gaining(
    ground: Ground,
    prices: Prices,
    margin: int,
    most: int,
    known: Pairs,
    among: tuple[Bools, Bools],
    told: Told,
) -> Found:
    """Every pair of the field, those known apart, that gains or is no more than `margin` points short of it.

    At most the `most` best of a mentee; `most` is more than any mentee's demand, so that where a pair gains
    one is found.
    """
    bars = _Bars.of(prices, margin)

    def work(rows: Ints, columns: Ints, worth: Floats) -> Found:
        theirs: dict[float, Floats] = {}
        cut, hits = False, []
        for row, mine in zip(rows.tolist(), worth, strict=True):
            hit = np.flatnonzero(mine > bars.of_mentee(row, columns, theirs))
            hit = hit[mine[hit] >= prices.lowest]
            if len(hit) > most:
                gain = prices.gain(np.full(len(hit), row), columns[hit], mine[hit].astype(np.int64))
                hit = hit[best := _best(gain, most, row)]
                cut = cut or bool(gain[best].min() >= 0)
            hits.append(hit)
        count = [len(hit) for hit in hits]
        mentee, place = np.repeat(rows, count), _row(hits)
        mentor = columns[place]
        score = worth[np.repeat(np.arange(len(rows)), count), place].astype(np.int64)
        gain = prices.gain(mentee, mentor, score)
        new = np.flatnonzero(gain >= -margin * prices.unit)
        new = new[known.find(mentee[new], mentor[new]) < 0]
        return Found(mentee[new], mentor[new], score[new], gain[new], cut)

    return _together(ground.pieces(work, *among), told)


def _together(pieces: Iterator[tuple[int, Found]], told: Told) -> Found:
    """What was found in all the pieces."""
    parts, seen = [], 0
    for count, part in pieces:
        parts.append(part)
        told(seen := seen + count)
    mentee, mentor, score, gain = _joined(
        [(part.mentee, part.mentor, part.score, part.gain) for part in parts]
    )
    return Found(mentee, mentor, score, gain, any(part.cut for part in parts))


@dataclass(frozen=True, eq=False)
class _Bars:
    """What a score has to exceed, in single precision and a little too low: a quick look before the exact one.

    Goals that outweigh the score make prices large, but those of the two people nearly cancel out. So the
    mentors' are taken together with the large part of a mentee's first, which few values share; what lies
    beyond any score may then be cut off, and the rest is small.
    """

    large: npt.NDArray[np.float64]
    small: Floats
    mentor: npt.NDArray[np.float64]

    @classmethod
    def of(cls, prices: Prices, margin: int) -> _Bars:
        mentee, mentor = (price / prices.unit for price in (prices.least, prices.mentor))
        large = np.round(mentee / _LARGE) * _LARGE
        far = sum(float(np.abs(side).max(initial=0)) for side in (mentee, mentor))
        slack = margin + 16 + far * 2.0**-50  # 16: rounding to single precision below 16 x _LARGE
        return cls(large, (mentee - large).astype(np.float32), mentor - slack)

    def of_mentee(self, row: int, columns: Ints, theirs: dict[float, Floats]) -> Floats:
        """Bars of this mentee with these mentors; `theirs` keeps what mentees of the same columns share."""
        large = float(self.large[row])
        if large not in theirs:
            theirs[large] = np.clip(self.mentor[columns] + large, -16 * _LARGE, 16 * _LARGE).astype(
                np.float32
            )
        return np.asarray(theirs[large] + self.small[row])


def _best(value: npt.NDArray[Any], most: int, turn: int) -> Ints:
    """Places of the `most` largest values, in order; among equals from all over, by `turn`."""
    places = likely(value, most)
    value = value[places]
    if len(value) <= most:
        return places
    low = np.partition(value, -most)[-most]
    above, equal = np.flatnonzero(value > low), np.flatnonzero(value == low)
    room = most - len(above)
    equal = equal[(np.arange(room) * len(equal) // room + turn) % len(equal)]
    chosen = np.concatenate([above, equal])
    return np.sort(places[chosen])


def likely(value: npt.NDArray[Any], most: int) -> Ints:
    """Places among which are those of the `most` largest values, with all that equal the last of these."""
    if len(value) > _SAMPLED * most:
        # Look closer only at what reaches about the value that is asked for.
        sample = value[::_SAMPLED]
        rank = min(3 * most // (2 * _SAMPLED) + 4, len(sample))
        places = np.flatnonzero(value >= np.partition(sample, -rank)[-rank])
        if len(places) >= most:
            return places
    return np.arange(len(value))


def _rank(side: Rows, gain: Ints) -> Ints:
    """Place of each pair among those of the same person, the one that gains most first."""
    order = np.lexsort((-gain, side))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(side[order], side[order])
    return rank


def _row(rows: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=np.int64), *rows])


def _joined(parts: Sequence[Columns]) -> list[npt.NDArray[Any]]:
    return [np.concatenate(column) for column in zip(*parts, strict=True)] or [
        np.zeros(0, dtype=np.int64)
    ] * 4
