"""Hard rules as one number a pair: a bit for each rule that the pair breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import RULES, Criteria
from matching.engine.people import UNKNOWN, Ints, Links, Pair, People
from matching.engine.scoring import minutes_apart

Broken = npt.NDArray[np.uint16]
BIT = {rule: np.uint16(1 << number) for number, rule in enumerate(RULES)}
_KINDS = 1 << len(RULES)


@dataclass(frozen=True, eq=False)
class Named:
    """Single pairs that a rule forbids, in rows of the field, sorted by mentee."""

    mentee: Ints
    mentor: Ints
    bit: Broken


def named(mentees: People, mentors: People, criteria: Criteria, links: Links) -> Named:
    """The pairs that rules about named people forbid."""
    chain, rules = mentees.chain, criteria.rules
    rows = chain.rows()
    steps = np.arange(len(rows), dtype=np.int64) - chain.start[rows]
    groups: list[tuple[str, Ints, Ints]] = [
        ("same_person", mentees.person, mentees.person),
        ("supervisor", mentees.person, mentees.supervisor),
        ("supervisor", mentees.person[rows[steps == 0]], chain.value[steps == 0]),
    ]
    above = (steps > 0) & (steps < rules.chain_levels)
    groups.append(("chain", mentees.person[rows[above]], chain.value[above]))
    if rules.exclusions:
        groups += _either("exclusion", links.exclusions)
    if rules.past_pairs:
        groups += _either("past_pair", links.past_pairs)
    mentee = mentees.rows_of(np.concatenate([group[1] for group in groups]))
    mentor = mentors.rows_of(np.concatenate([group[2] for group in groups]))
    bit = np.concatenate([np.full(len(group[1]), BIT[group[0]], dtype=np.uint16) for group in groups])
    known = (mentee >= 0) & (mentor >= 0)
    order = np.flatnonzero(known)[np.argsort(mentee[known], kind="stable")]
    return Named(mentee[order], mentor[order], bit[order])


def broken(mentees: People, mentors: People, criteria: Criteria, pairs: Named, rows: slice) -> Broken:
    """The rules that each pair of these mentees (a slice of rows) with every mentor breaks."""
    result = np.zeros((rows.stop - rows.start, len(mentors)), dtype=np.uint16)
    for rule, column, missing, forbids in _compared(criteria):
        mine, theirs = getattr(mentees, column)[rows, None], getattr(mentors, column)[None, :]
        result[forbids(mine, theirs) & (mine != missing) & (theirs != missing)] |= BIT[rule]
    part = slice(*np.searchsorted(pairs.mentee, [rows.start, rows.stop]))
    np.bitwise_or.at(result, (pairs.mentee[part] - rows.start, pairs.mentor[part]), pairs.bit[part])
    return result


Comparison = Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[np.bool_]]


def _compared(criteria: Criteria) -> list[tuple[str, str, int, Comparison]]:
    """Rules that compare a column of the two: rule, column, value where nothing is stated, what it forbids."""
    rules = criteria.rules
    found: list[tuple[str, str, int, Comparison]] = []
    if rules.same_strand:
        found.append(("strand", "strand", UNKNOWN, lambda mine, theirs: mine != theirs))
    if rules.shared_language:
        found.append(("language", "languages", 0, _nothing_shared))
    if (least := rules.min_level_gap) is not None:
        found.append(("level", "level", UNKNOWN, lambda mine, theirs: theirs - mine < least))
    if (hours := rules.max_hours_apart) is not None:
        found.append((
            "time_zone", "utc_offset", UNKNOWN,
            lambda mine, theirs: minutes_apart(mine, theirs) > 60 * hours,
        ))  # fmt: skip
    if rules.shared_availability:
        found.append(("availability", "availability", 0, _nothing_shared))
    return found


def _nothing_shared(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray((mine & theirs) == 0)


def names(value: int) -> tuple[str, ...]:
    """The rules in a number of `broken`."""
    return tuple(rule for rule in RULES if value & int(BIT[rule]))


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts for the people of one side: column r is the rule `RULES[r]`."""

    removed: Ints  # pairs that break the rule, whatever else they break
    only: Ints  # pairs that break this rule alone: what relaxing it would win


class Counter:
    """Adds up `broken` numbers by person, chunk after chunk."""

    def __init__(self, mentees: int, mentors: int) -> None:
        self._mentees = np.zeros((mentees, _KINDS), dtype=np.int32)
        self._mentors = np.zeros((mentors, _KINDS), dtype=np.int32)

    def add(self, value: Broken, start: int) -> None:
        """Count the pairs of the mentees from row `start` on."""
        size, width = value.shape
        by_mentee = value + np.arange(size, dtype=np.int64)[:, None] * _KINDS
        self._mentees[start : start + size] = np.bincount(by_mentee.ravel(), minlength=size * _KINDS).reshape(
            -1, _KINDS
        )
        by_mentor = value + np.arange(width, dtype=np.int64)[None, :] * _KINDS
        self._mentors += (
            np.bincount(by_mentor.ravel(), minlength=width * _KINDS).reshape(-1, _KINDS).astype(np.int32)
        )

    def tallies(self) -> tuple[Tally, Tally]:
        """Of the mentees, of the mentors."""
        breaks = (np.arange(_KINDS)[:, None] >> np.arange(len(RULES))[None, :]) & 1
        alone = 1 << np.arange(len(RULES))
        mine, theirs = (
            Tally(side @ breaks, side[:, alone].astype(np.int64)) for side in (self._mentees, self._mentors)
        )
        return mine, theirs


def _either(rule: str, pairs: Sequence[Pair]) -> list[tuple[str, Ints, Ints]]:
    flat = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return [(rule, flat[:, 0], flat[:, 1]), (rule, flat[:, 1], flat[:, 0])]
