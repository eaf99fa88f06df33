"""What the people of a set have in common that others rarely have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from matching.engine.people import UNKNOWN, Ints, People, Ragged
from matching.engine.problem import Bools
from matching.engine.scoring import bits

NEARLY_ALL = 0.9  # of the set
RARELY = 0.1  # among the others
_AT_ONCE = 24  # traits that are tried in twos


@dataclass(frozen=True)
class Trait:
    """Something that a person says or is, in the ids of the field."""

    kind: str  # strand, unit, location, utc_offset, language (the only one spoken), level (at least), skill, goal
    value: int


@dataclass(frozen=True)
class Common:
    """At most two traits that go together; who has them all, inside the set and outside."""

    traits: tuple[Trait, ...]
    have: int
    size: int
    elsewhere: int
    others: int


def in_common(people: People, rows: Ints) -> Common | None:
    """The trait, or the two, that nearly all of these people have and hardly anybody else.

    One trait comes before two; of as many the one that is rarest elsewhere, then the one that most of the set have.
    Nothing is claimed of a set of one, of everybody, or where no trait is as telling as that.
    """
    inside = np.zeros(len(people), dtype=bool)
    inside[rows] = True
    size, others = int(inside.sum()), int((~inside).sum())
    if size < 2 or not others:
        return None
    known = [
        (trait, has) for trait, has in _traits(people, inside) if int(has[inside].sum()) >= NEARLY_ALL * size
    ]
    known.sort(key=lambda entry: int(entry[1][~inside].sum()))  # stable: the order of kinds settles equals
    twos = combinations([entry for entry in known[:_AT_ONCE] if not entry[1].all()], 2)
    for options in ([(entry,) for entry in known], twos):
        told = [_told([*option], inside, size, others) for option in options]
        told = [
            found for found in told if found.have >= NEARLY_ALL * size and found.elsewhere <= RARELY * others
        ]
        if told:
            return min(told, key=lambda found: (found.elsewhere, -found.have))
    return None


def _told(option: list[tuple[Trait, Bools]], inside: Bools, size: int, others: int) -> Common:
    has = np.logical_and.reduce([mask for _trait, mask in option])
    traits = tuple(trait for trait, _mask in option)
    return Common(traits, int(has[inside].sum()), size, int(has[~inside].sum()), others)


def _traits(people: People, inside: Bools) -> Iterator[tuple[Trait, Bools]]:
    """What somebody of the set has, with everybody who has it too."""
    for kind in ("strand", "unit", "location", "utc_offset"):
        column: Ints = getattr(people, kind)
        for value in np.setdiff1d(column[inside], [UNKNOWN]).tolist():
            yield Trait(kind, value), column == value
    alone = np.bitwise_count(people.languages) == 1
    for value in np.unique(bits(people.languages[inside & alone]).value).tolist():
        yield Trait("language", value), people.languages == np.uint64(1) << np.uint64(value)
    if (people.level[inside] != UNKNOWN).any():
        levels = np.sort(people.level[inside])
        least = int(levels[int((1 - NEARLY_ALL) * len(levels))])
        if least != UNKNOWN:
            yield Trait("level", least), people.level >= least
    for kind, lists in (("skill", people.skills), ("goal", people.goals)):
        yield from _listed(kind, lists, inside)


def _listed(kind: str, lists: Ragged, inside: Bools) -> Iterator[tuple[Trait, Bools]]:
    row = lists.rows()
    values, count = np.unique(lists.value[inside[row]], return_counts=True)
    for value in values[count >= NEARLY_ALL * inside.sum()].tolist():
        has: npt.NDArray[np.bool_] = np.zeros(len(lists), dtype=bool)
        has[row[lists.value == value]] = True
        yield Trait(kind, value), has
