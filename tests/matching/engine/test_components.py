"""In pieces the result is the same as in one: every pair, every figure, and a proof on the whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Problem, Solution, components, solve, why_not
from matching.engine import solution as solution_module
from matching.engine.components import merge, split
from tests.matching.engine.oracles import goals_of, random_problem

SAME = ("mentee", "mentor", "score", "shortfall")
EQUAL = ("objective", "min_score", "covered", "pairs", "total", "covered_by_tier", "kept")


def blocks(seed: int, count: int, *, floors: bool = True) -> Problem:
    """Some random problems side by side, rows shuffled; groups span them."""
    rng = np.random.default_rng(seed)
    parts = [random_problem(seed * 31 + number, *rng.integers(1, 7, 2)) for number in range(count)]
    below = [np.cumsum([0, *(len(getattr(part, side)) for part in parts)]) for side in ("demand", "capacity")]
    order = [rng.permutation(int(ends[-1])) for ends in below]
    whole: dict[str, Any] = {}
    for name, place in (("mentee", 0), ("mentor", 1)):
        rows = [getattr(part, name) + below[place][number] for number, part in enumerate(parts)]
        whole[name] = np.argsort(order[place])[np.concatenate(rows)]
    for name, place in (("demand", 0), ("tier", 0), ("group", 0), ("capacity", 1)):
        whole[name] = np.concatenate([getattr(part, name) for part in parts])[order[place]]
    for name in ("score", "keep"):
        whole[name] = np.concatenate([getattr(part, name) for part in parts])
    locked = [part.locked + [below[0][number], below[1][number]] for number, part in enumerate(parts)]
    flat = np.concatenate(locked)
    whole["locked"] = np.stack([np.argsort(order[place])[flat[:, place]] for place in (0, 1)], axis=1)
    share = np.round(rng.random(3), 2) * (rng.random(3) < 0.5) * floors
    keys = tuple(rng.permutation(10_000)[: len(side)] + 1 for side in (whole["demand"], whole["capacity"]))
    return Problem(**whole, floor=share, key=keys)


def in_pieces(problem: Problem, objective: str = "people", **wanted: int) -> tuple[Solution, int]:
    pieces = split(problem, **{"pairs": 1, **wanted})
    return merge(problem, pieces, [solve(piece.problem, objective=objective) for piece in pieces]), len(
        pieces
    )


def same(one: Solution, two: Solution) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(two, name)) for name in SAME) and all(
        getattr(one, name) == getattr(two, name) for name in EQUAL
    )


@given(st.integers(0, 100_000), st.integers(1, 5), st.sampled_from(["people", "score"]), st.integers(1, 6))
def test_in_pieces_as_in_one(seed: int, count: int, objective: str, most: int) -> None:
    problem = blocks(seed, count)
    whole = solve(problem, objective=objective)
    merged, _number = in_pieces(problem, objective, most=most)
    assert same(merged, whole)
    assert goals_of(merged) == goals_of(whole)
    assert merged.certificate == whole.certificate
    assert merged.certificate.ok


@given(st.integers(0, 10_000), st.integers(1, 5))
def test_everybody_and_every_pair_is_in_one_piece(seed: int, count: int) -> None:
    problem = blocks(seed, count)
    pieces = split(problem, pairs=1)
    mentees = np.concatenate([piece.mentees for piece in pieces])
    mentors = np.concatenate([piece.mentors for piece in pieces])
    assert sorted(mentees.tolist()) == list(range(len(problem.demand)))
    assert sorted(mentors.tolist()) == list(range(len(problem.capacity)))
    assert sum(len(piece.problem.score) for piece in pieces) == len(problem.score)
    assert sum(len(piece.problem.locked) for piece in pieces) == len(problem.locked)


def two_strands(**change: Any) -> Problem:
    """Mentees 0, 1 with mentor 0; mentees 2, 3 with mentor 1."""
    fields = {
        "demand": [1, 1, 1, 1], "capacity": [1, 1], "mentee": [0, 1, 2, 3], "mentor": [0, 0, 1, 1],
        "score": [1, 2, 3, 4],
    }  # fmt: skip
    return Problem(**{**fields, **change})


def test_a_floor_that_spans_two_strands_joins_them_and_a_group_without_a_floor_does_not() -> None:
    spanning = two_strands(group=[-1, 0, 0, -1], floor=[0.5])
    assert len(split(two_strands(), pairs=1)) == 2
    assert len(split(spanning, pairs=1)) == 1
    assert len(split(replace(spanning, floor=[0.0]), pairs=1)) == 2
    assert len(split(two_strands(group=[0, 0, 1, 1], floor=[0.5, 0.5]), pairs=1)) == 2


def test_small_problems_stay_in_one_piece_and_large_ones_in_no_more_than_asked() -> None:
    problem = blocks(5, 5)
    assert len(split(problem)) == 1
    assert len(split(problem, pairs=1, most=2)) == 2
    assert len(split(problem, pairs=len(problem.score))) == 1


def test_pieces_are_of_about_one_size() -> None:
    rows = np.repeat(np.arange(60), 3)
    problem = Problem(
        demand=np.ones(60, dtype=int), capacity=np.ones(60, dtype=int), score=np.ones(180, dtype=int),
        mentee=rows, mentor=(rows // 3) * 3 + np.tile(np.arange(3), 60),
    )  # fmt: skip
    sizes = [len(piece.problem.score) for piece in split(problem, most=4, pairs=1)]
    assert sizes == [45, 45, 45, 45]


def test_the_prices_of_the_whole_answer_why_not() -> None:
    problem = blocks(11, 4)
    whole, (merged, number) = solve(problem), in_pieces(problem)
    assert number > 1
    for mentee, mentor in zip(problem.mentee.tolist(), problem.mentor.tolist(), strict=True):
        mine, theirs = (why_not(problem, answer, mentee, mentor) for answer in (merged, whole))
        assert replace(mine, changes=()) == replace(theirs, changes=())


def test_a_minimum_found_on_the_whole_holds_in_every_piece() -> None:
    problem = blocks(7, 3)
    whole = solve(problem, min_score="best")
    pieces = split(problem, pairs=1)
    merged = merge(problem, pieces, [solve(piece.problem, min_score=whole.min_score) for piece in pieces])
    assert same(merged, whole)


def test_a_piece_that_was_not_solved_to_the_end_is_not_proven() -> None:
    problem = two_strands()
    pieces = split(problem, pairs=1)
    solutions = [solve(piece.problem) for piece in pieces]
    cut = {name: getattr(solutions[1], name)[:0] for name in ("mentee", "mentor", "score")}
    merged = merge(problem, pieces, [solutions[0], replace(solutions[1], **cut, covered=0, pairs=0, total=0)])
    assert not merged.certificate.ok
    assert merged.certificate.reason == "covered: 1 reached, 2 possible"


@pytest.mark.parametrize("empty", ["mentees", "mentors", "pairs"])
def test_nobody_there_makes_one_empty_piece(empty: str) -> None:
    sizes = {"mentees": (0, 2), "mentors": (2, 0), "pairs": (2, 2)}[empty]
    problem = Problem(
        demand=np.ones(sizes[0], dtype=int),
        capacity=np.ones(sizes[1], dtype=int),
        mentee=[],
        mentor=[],
        score=[],
    )
    merged, number = in_pieces(problem)
    assert (number, merged.pairs, merged.certificate.ok) == (1, 0, True)


def test_prices_are_taken_apart_exactly() -> None:
    own, whole = {"score": 1, "people": 1000}, {"score": 100_000, "people": 7}
    price = np.array([2003, -2003, 997, 0, -1], dtype=np.int64)
    expected = [2 * 7 + 300_000, -2 * 7 - 300_000, 7 - 300_000, 0, -100_000]
    assert components._reweighed(price, own, whole).tolist() == expected


def test_nobody_is_one_piece() -> None:
    nobody: list[int] = []
    problem = Problem(nobody, nobody, nobody, nobody, nobody, group=nobody, floor=[0.5])
    merged, pieces = in_pieces(problem)
    assert (merged.pairs, merged.shortfall.tolist(), merged.certificate.ok, pieces) == (0, [0], True, 1)


@given(st.integers(0, 100_000), st.integers(1, 5), st.sampled_from(["people", "score"]))
def test_the_weights_of_very_large_problems_prove_pieces_as_well(
    seed: int, count: int, objective: str
) -> None:
    problem = blocks(seed, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matching.engine.solution._roomy", solution_module._ring)
        merged, _number = in_pieces(problem, objective)
    assert (merged.certificate.reason, merged.certificate.ok) == ("", True)
    assert same(merged, solve(problem, objective=objective))
