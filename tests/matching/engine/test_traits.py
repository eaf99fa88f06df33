"""What people have in common that others rarely have: one trait, or two together, and nothing that is not so."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.field import People
from matching.engine.traits import NEARLY_ALL, RARELY, Common, Trait, in_common
from tests.matching.engine.people import random_cast


def people(size: int, **columns: Any) -> People:
    return People(person=np.arange(size), limit=np.ones(size, dtype=int), **columns)


def rows(*several: int) -> Any:
    return np.array(several, dtype=np.int64)


def test_one_trait_that_all_have_and_nobody_else() -> None:
    crowd = people(6, skills=[[1, 2], [1], [1, 3], [2], [3], [2, 3]], location=[0] * 6)
    assert in_common(crowd, rows(0, 1, 2)) == Common((Trait("skill", 1),), 3, 3, 0, 3)


def test_two_traits_only_where_none_tells_enough_alone() -> None:
    """Skill 1 and place 0 are each common elsewhere, but not together."""
    skills = [[1]] * 4 + [[1]] * 5 + [[2]] * 5
    places = [0] * 4 + [1] * 5 + [0] * 5
    crowd = people(14, skills=skills, location=places)
    found = in_common(crowd, rows(0, 1, 2, 3))
    assert found == Common((Trait("location", 0), Trait("skill", 1)), 4, 4, 0, 10)


def test_nearly_all_and_rarely_are_told_with_their_figures() -> None:
    skills = [[1]] * 9 + [[2]] + [[1]] + [[3]] * 19
    found = in_common(people(30, skills=skills), rows(*range(10)))
    assert found == Common((Trait("skill", 1),), 9, 10, 1, 20)
    skills[8] = [2]
    assert in_common(people(30, skills=skills), rows(*range(10))) is None  # eight of ten are not nearly all
    often = [[1]] * 10 + [[1]] * 3 + [[3]] * 17
    assert in_common(people(30, skills=often), rows(*range(10))) is None  # three of twenty are not rarely


def test_one_language_is_a_trait_and_several_are_none() -> None:
    crowd = people(5, languages=[2, 2, 3, 3, 1])
    assert in_common(crowd, rows(0, 1)) == Common((Trait("language", 1),), 2, 2, 0, 3)
    assert in_common(crowd, rows(2, 3)) is None


def test_a_level_is_at_least_so_high() -> None:
    crowd = people(6, level=[9, 11, 10, 3, 4, -1])
    assert in_common(crowd, rows(0, 1, 2)) == Common((Trait("level", 9),), 3, 3, 0, 3)


def test_nothing_is_claimed_of_one_of_everybody_or_of_the_unknown() -> None:
    crowd = people(4, skills=[[1], [1], [2], [3]])
    assert in_common(crowd, rows(0)) is None
    assert in_common(crowd, rows(0, 1, 2, 3)) is None
    assert in_common(people(4), rows(0, 1)) is None


@given(st.integers(0, 10**6), st.integers(4, 20), st.integers(2, 8))
def test_every_claim_holds_when_counted_again(seed: int, size: int, chosen: int) -> None:
    cast = random_cast(seed, size, 4)
    some = np.random.default_rng(seed).permutation(size)[:chosen]
    found = in_common(cast.mentees, some)
    if found is None:
        return
    has = [all(says(cast.rows[0][row], trait) for trait in found.traits) for row in range(size)]
    inside = [has[row] for row in range(size) if row in set(some.tolist())]
    assert (found.size, found.have) == (len(inside), sum(inside))
    assert (found.others, found.elsewhere) == (size - len(inside), sum(has) - sum(inside))
    assert found.have >= NEARLY_ALL * found.size
    assert found.elsewhere <= RARELY * found.others


def says(person: dict[str, Any], trait: Trait) -> bool:
    if trait.kind in ("skill", "goal"):
        listed = person[f"{trait.kind}s"]
        return trait.value in [entry[0] if isinstance(entry, tuple) else entry for entry in listed]
    if trait.kind == "language":
        return bool(person["languages"] == 1 << trait.value)
    if trait.kind == "level":
        return bool(person["level"] >= trait.value)
    return bool(person[trait.kind] == trait.value)
