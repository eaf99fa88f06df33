"""The highest minimum fit that costs nobody: against fields built anew, in pieces as on the whole, proven apart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Solution, solve
from matching.engine.components import merge, split
from matching.engine.field import Criteria, Field, Links, People, Rules, Weights, build_field
from matching.engine.minimum import by_fit, highest_fit, raised, why_not_highest
from matching.engine.pricing import solve_field
from matching.engine.process import Halted, Limits, highest_fit_apart
from matching.engine.solver import best_minimum
from tests.matching.engine.limits import large
from tests.matching.engine.people import random_cast, random_criteria

SKILLS = Criteria(
    rules=Rules(shared_language=False),
    weights=Weights(10, *[0] * 10),
)


def under(field: Field, least: int, locks: list[tuple[int, int]]) -> Solution:
    criteria = replace(field.criteria, min_fit=least)
    built = build_field(field.mentees, field.mentors, criteria, field.links)
    return solve(built.problem(locks=locks))


def reached(found: Solution) -> tuple[int, int]:
    return found.covered, found.pairs


@given(st.integers(0, 10**6), st.integers(3, 14), st.integers(3, 9), st.integers(0, 3))
def test_one_point_more_costs_somebody_and_this_one_nobody(
    seed: int, mentees: int, mentors: int, locks: int
) -> None:
    cast = random_cast(seed, mentees, mentors)
    field = build_field(cast.mentees, cast.mentors, random_criteria(seed), cast.links)
    first = solve(field.problem())
    pairs = list(zip(first.mentee.tolist(), first.mentor.tolist(), strict=True))[:locks]
    locked = [(int(cast.mentees.person[a]), int(cast.mentors.person[b])) for a, b in pairs]
    least = field.criteria.min_fit
    found, goal = highest_fit(field, locked), reached(under(field, least, locked))
    solution = under(field, found, locked)
    assert found >= least
    assert reached(solution) == goal
    assert why_not_highest(field, locked, solution, found) == ""
    if found < 100 and goal[1] > len(locked) and field.attainable.any():
        more = under(field, found + 1, locked)
        assert reached(more) != goal
        assert why_not_highest(field, locked, more, found + 1) == (
            f"a minimum fit of {found + 1} leaves {reached(more)} of {goal} people and pairs"
        )


def two_strands() -> Field:
    """In strand 1 both can have all that is sought; in strand 2 the one mentor there has half of it."""
    mentees = People(
        person=[1, 2, 3],
        limit=[1, 1, 1],
        strand=[1, 1, 2],
        skills=[[(1, 0), (2, 0)], [(1, 0), (2, 0)], [(1, 0), (2, 0)]],
    )
    mentors = People(
        person=[11, 12, 13, 14], limit=[1, 1, 1, 1], strand=[1, 1, 1, 2],
        skills=[[(1, 0), (2, 0)], [(1, 0), (2, 0)], [(1, 0)], [(2, 0)]],
    )  # fmt: skip
    return build_field(mentees, mentors, SKILLS, Links(), any_size=True)


def test_the_minimum_is_that_of_the_whole_and_not_of_each_piece() -> None:
    field = two_strands()
    problem = field.problem()
    alone = [best_minimum(piece.problem) for piece in split(by_fit(field, problem), pairs=1)]
    assert (alone, highest_fit(field, [])) == ([100, 50], 50)
    whole = build_field(field.mentees, field.mentors, raised(SKILLS, 50), Links())
    parts = split(whole.problem(), pairs=1)
    merged = merge(whole.problem(), parts, [solve(part.problem) for part in parts])
    one = solve(whole.problem())
    assert (merged.mentee.tolist(), merged.mentor.tolist()) == (one.mentee.tolist(), one.mentor.tolist())
    assert why_not_highest(field, [], merged, 50) == ""


def test_a_minimum_that_is_not_the_highest_or_does_not_hold_is_not_proven() -> None:
    field = two_strands()
    problem = field.problem()
    solution = solve(problem)
    assert why_not_highest(field, [], solution, 49) == "a minimum fit of 50 would cost nobody"
    assert why_not_highest(field, [], solution, 51) == "mentee 2 with mentor 3 fits 50, less than 51"


def test_a_fit_is_a_share_of_what_can_be_had_and_not_a_number_of_points() -> None:
    """Mentee 1 says more than mentee 2, so that the weaker pair by fit has more points."""
    criteria = replace(SKILLS, weights=Weights(10, 10, *[0] * 9))
    mentees = People(person=[1, 2], limit=[1, 1], strand=[1, 2], skills=[[(1, 0)], [(1, 0)]], goals=[[1], []])
    mentors = People(
        person=[11, 12], limit=[1, 1], strand=[1, 2], skills=[[(1, 0)], [(1, 0)]], goals=[[], []]
    )
    field = build_field(mentees, mentors, criteria, Links())
    problem = field.problem()
    assert by_fit(field, problem).score.tolist() == [50, 100]
    assert highest_fit(field, []) == 50


def test_nothing_weighed_and_everything_locked_raise_nothing() -> None:
    field = two_strands()
    unweighed = build_field(
        field.mentees, field.mentors, replace(SKILLS, weights=Weights(*[0] * 11)), Links()
    )
    assert highest_fit(unweighed, []) == 0
    assert why_not_highest(unweighed, [], solve(unweighed.problem()), 0) == ""
    locks = [(1, 11), (2, 12), (3, 14)]
    assert highest_fit(field, locks) == 0
    assert why_not_highest(field, locks, solve(field.problem(locks=locks)), 0) == ""


def test_a_field_too_large_to_hold_gives_the_same_proof() -> None:
    every = [[], [(3, 14)]]
    expected = [highest_fit(two_strands(), locks) for locks in every]
    with large():
        field = two_strands()
        assert not field.complete
        assert [highest_fit(field, locks) for locks in every] == expected == [50, 100]
        built = build_field(field.mentees, field.mentors, raised(SKILLS, 50), Links(), any_size=True)
        solution = solve_field(built).solution
        assert [why_not_highest(field, [], solution, least) for least in (49, 50, 51)] == [
            "a minimum fit of 50 would cost nobody", "", "mentee 2 with mentor 3 fits 50, less than 51",
        ]  # fmt: skip


def test_a_process_of_its_own_finds_the_same_and_can_be_stopped() -> None:
    field = two_strands()
    assert highest_fit_apart(field, []) == 50
    with pytest.raises(Halted) as halted:
        highest_fit_apart(field, [(3, 14)], limits=Limits(lambda: False))
    assert halted.value.reason == "unwanted"
