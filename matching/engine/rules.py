"""Hard rules: what forbids a pair, as one number with a bit for each rule that the pair breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.engine.criteria import RULES, Criteria
from matching.engine.people import UNKNOWN, Ints, Links, Pair, People
from matching.engine.scoring import minutes_apart

Broken = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]
BIT = {rule: np.uint16(1 << number) for number, rule in enumerate(RULES)}


@dataclass(frozen=True, eq=False)
class Named:
    """Single pairs that a rule forbids, in rows of the field, sorted by mentee and mentor, no pair twice."""

    mentee: Ints
    mentor: Ints
    bit: Broken  # of all the rules that name the pair


@dataclass(frozen=True, eq=False)
class Compared:
    """A rule that compares a column of the two. Where one of them stated nothing it forbids nothing."""

    rule: str
    mine: npt.NDArray[Any]
    theirs: npt.NDArray[Any]
    missing: int
    forbids: Callable[[npt.NDArray[Any], npt.NDArray[Any]], Bools]

    def broken(self, mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> Bools:
        """For values of the two columns, of shapes that fit together."""
        stated = (mine != self.missing) & (theirs != self.missing)
        return np.asarray(self.forbids(mine, theirs) & stated)


@dataclass(frozen=True, eq=False)
class Rulebook:
    """The hard rules of a field, ready to be asked."""

    compared: tuple[Compared, ...]
    named: Named
    mentors: int

    @classmethod
    def of(cls, mentees: People, mentors: People, criteria: Criteria, links: Links) -> Rulebook:
        compared = tuple(_compared(mentees, mentors, criteria))
        return cls(compared, _named(mentees, mentors, criteria, links), len(mentors))

    def broken(self, mentee: Ints, mentor: Ints) -> Broken:
        """The rules that each of these pairs of rows breaks."""
        result = np.zeros(len(mentee), dtype=np.uint16)
        for rule in self.compared:
            result[rule.broken(rule.mine[mentee], rule.theirs[mentor])] |= BIT[rule.rule]
        keys, wanted = self.named.mentee * self.mentors + self.named.mentor, mentee * self.mentors + mentor
        if len(keys):
            place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            result |= np.where(keys[place] == wanted, self.named.bit[place], 0).astype(np.uint16)
        return result


def names(value: int) -> tuple[str, ...]:
    """The rules in a number of `Rulebook.broken`."""
    return tuple(rule for rule in RULES if value & int(BIT[rule]))


def _named(mentees: People, mentors: People, criteria: Criteria, links: Links) -> Named:
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
    keys, place = np.unique(mentee[known] * len(mentors) + mentor[known], return_inverse=True)
    bits = np.zeros(len(keys), dtype=np.uint16)
    np.bitwise_or.at(bits, place, bit[known])
    return Named(keys // max(len(mentors), 1), keys % max(len(mentors), 1), bits)


def _either(rule: str, pairs: Sequence[Pair]) -> list[tuple[str, Ints, Ints]]:
    flat = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return [(rule, flat[:, 0], flat[:, 1]), (rule, flat[:, 1], flat[:, 0])]


def _compared(mentees: People, mentors: People, criteria: Criteria) -> Iterator[Compared]:
    """The rules that are on, those that part the field into blocks first."""
    rules = criteria.rules

    def rule(name: str, column: str, missing: int, forbids: Callable[[Any, Any], Any]) -> Compared:
        mine, theirs = _narrow(getattr(mentees, column), getattr(mentors, column))
        return Compared(name, mine, theirs, missing, forbids)

    if rules.same_strand:
        yield rule("strand", "strand", UNKNOWN, lambda mine, theirs: mine != theirs)
    if rules.shared_language:
        yield rule("language", "languages", 0, _nothing_shared)
    if (least := rules.min_level_gap) is not None:
        yield rule("level", "level", UNKNOWN, lambda mine, theirs: theirs - mine < least)
    if (hours := rules.max_hours_apart) is not None:
        yield rule(
            "time_zone", "utc_offset", UNKNOWN,
            lambda mine, theirs: minutes_apart(mine, theirs) > 60 * hours,
        )  # fmt: skip
    if rules.shared_availability:
        yield rule("availability", "availability", 0, _nothing_shared)
    if rules.unit == "same":
        yield rule("unit", "unit", UNKNOWN, lambda mine, theirs: mine != theirs)
    elif rules.unit == "other":
        yield rule("unit", "unit", UNKNOWN, lambda mine, theirs: mine == theirs)


def _nothing_shared(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> Bools:
    return np.asarray((mine & theirs) == 0)


def _narrow(mine: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Both in the smallest type that also holds their difference: the field is large."""
    most = max((int(np.abs(side).max(initial=0)) for side in (mine, theirs)), default=0)
    masks = mine.dtype.kind == "u"
    kinds = (np.uint8, np.uint16, np.uint32, np.uint64) if masks else (np.int16, np.int32, np.int64)
    kind = next((kind for kind in kinds if most <= np.iinfo(kind).max // (1 if masks else 2)), kinds[-1])
    return mine.astype(kind), theirs.astype(kind)
