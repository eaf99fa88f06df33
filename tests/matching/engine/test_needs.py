"""Several mentors for one mentee: different needs are covered before the same twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching.engine import Problem, Solution, certify, solve, why_not
from matching.engine.needs import bits_of, lowest, need_nodes
from tests.matching.engine.oracles import random_problem

CAREER, TECHNICAL, BELONGING = 1, 2, 4


def one_mentee(serves: list[int], score: list[int], need: int = CAREER | TECHNICAL, **change: Any) -> Problem:
    """A mentee with two wishes and a choice of mentors."""
    size = len(serves)
    fields: dict[str, Any] = {
        "demand": [2], "capacity": [1] * size, "mentee": [0] * size, "mentor": list(range(size)),
        "score": score, "need": [need], "serves": serves,
    }  # fmt: skip
    return Problem(**{**fields, **change})


def chosen(solution: Solution) -> list[tuple[int, int]]:
    return list(zip(solution.mentor.tolist(), solution.need.tolist(), strict=True))


def test_different_needs_come_before_score() -> None:
    problem = one_mentee([CAREER, CAREER, TECHNICAL], [9, 8, 1])
    solution = solve(problem)
    assert chosen(solution) == [(0, 0), (2, 1)]
    assert (solution.needs, solution.total) == (2, 10)
    by_score = solve(problem, objective="score")
    assert chosen(by_score) == [(0, 0), (1, 0)]
    assert (by_score.needs, by_score.total) == (1, 17)


def test_a_second_mentor_for_the_same_need_is_better_than_none() -> None:
    solution = solve(one_mentee([CAREER, CAREER], [9, 8]))
    assert chosen(solution) == [(0, 0), (1, 0)]
    assert solution.needs == 1


def test_a_mentor_who_serves_both_is_for_the_one_that_is_left() -> None:
    assert chosen(solve(one_mentee([CAREER | TECHNICAL, CAREER], [1, 1]))) == [(0, 1), (1, 0)]
    assert chosen(solve(one_mentee([CAREER | TECHNICAL, TECHNICAL], [1, 1]))) == [(0, 0), (1, 1)]


def test_a_mentor_who_serves_both_is_paired_once() -> None:
    problem = one_mentee([CAREER | TECHNICAL], [5], capacity=[2])
    assert (solve(problem).pairs, solve(problem).needs) == (1, 1)


def test_who_serves_none_of_the_needs_is_for_none() -> None:
    solution = solve(one_mentee([CAREER, BELONGING], [1, 9]))
    assert chosen(solution) == [(0, 0), (1, -1)]
    assert solution.needs == 1


@pytest.mark.parametrize(("demand", "need"), [(1, CAREER | TECHNICAL), (2, TECHNICAL)])
def test_one_wish_or_one_need_is_no_goal(demand: int, need: int) -> None:
    """Then the score decides; the mentor is for the first need that is served."""
    problem = one_mentee([BELONGING, CAREER | TECHNICAL], [9, 8], need, demand=[demand])
    solution = solve(problem)
    assert solution.needs == 0
    assert chosen(solution)[0] == (0, -1)
    assert chosen(solution)[1:] == ([(1, 1)] if demand == 2 else [])


def test_a_lock_covers_a_need() -> None:
    problem = one_mentee([CAREER, CAREER, TECHNICAL], [1, 9, 2], locked=[(0, 0)])
    assert chosen(solve(problem)) == [(0, 0), (2, 1)]
    either = one_mentee([CAREER | TECHNICAL, CAREER, BELONGING], [1, 2, 9], locked=[(0, 0)])
    assert chosen(solve(either)) == [(0, 1), (1, 0)]


def test_needs_cost_nobody_a_mentor() -> None:
    """The one technical mentor is all that mentee 1 can have."""
    problem = Problem(
        demand=[2, 1], capacity=[1, 1, 1], mentee=[0, 0, 0, 1], mentor=[0, 1, 2, 2], score=[1, 1, 9, 1],
        need=[CAREER | TECHNICAL, 0], serves=[CAREER, CAREER, TECHNICAL],
    )  # fmt: skip
    solution = solve(problem)
    assert (solution.covered, solution.pairs, solution.needs) == (2, 3, 1)


def test_what_a_pair_would_cost_in_needs_is_told() -> None:
    problem = one_mentee([CAREER, CAREER, TECHNICAL], [9, 8, 1])
    told = why_not(problem, solve(problem), 0, 1)
    assert (told.needs, told.score, told.pairs) == (0, 1, 0)
    twice = one_mentee([CAREER, TECHNICAL, BELONGING], [9, 1, 7], locked=[(0, 0)])
    told = why_not(twice, solve(twice), 0, 2)
    assert (told.needs, told.score) == (1, -6)


def test_bits() -> None:
    assert lowest(np.array([0, 1, 6, 8, 1 << 62])).tolist() == [-1, 0, 1, 3, 62]
    place, bit = bits_of(np.array([5, 0, 1 << 62]))
    assert (place.tolist(), bit.tolist()) == ([0, 0, 2], [0, 2, 62])
    assert [len(part) for part in bits_of(np.array([], dtype=np.int64))] == [0, 0]


TAMPERED: dict[str, tuple[dict[str, Any], str]] = {
    "another need": (
        {"need": np.array([1, 1], dtype=np.int8)},
        "mentee 0 with mentor 0 is for need 1, which does not fit",
    ),
    "no need": (
        {"need": np.array([-1, 1], dtype=np.int8)},
        "mentee 0 with mentor 0 is for need -1, which does not fit",
    ),
    "too few": ({"need": np.array([0], dtype=np.int8)}, "pairs, scores and needs are not as many"),
    "count": ({"needs": 1}, "needs is 2, not 1"),
    "no price": ({"price_need": np.array([], dtype=np.int64)}, "prices are missing"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_needs_are_refused(name: str) -> None:
    change, reason = TAMPERED[name]
    problem = one_mentee([CAREER, CAREER, TECHNICAL], [9, 8, 1])
    assert certify(problem, replace(solve(problem), **change)).reason == reason


def test_the_same_need_twice_is_refused_where_two_could_be_covered() -> None:
    """Stated truly and with a higher total; only the prices tell that it is not the best."""
    problem = one_mentee([CAREER, CAREER, TECHNICAL], [9, 8, 1])
    solution = solve(problem)
    worse = replace(
        solution, mentor=np.array([0, 1], dtype=np.int32), score=np.array([9, 8], dtype=np.int32),
        need=np.array([0, 0], dtype=np.int8), needs=1, total=17,
    )  # fmt: skip
    assert not certify(problem, worse).ok


@pytest.mark.parametrize("seed", range(8))
def test_any_far_price_of_a_need_breaks_the_proof(seed: int) -> None:
    """Raised always; lowered where the need is covered (one that nobody serves may be worth anything less)."""
    problem = random_problem(seed, 12, 8)
    solution = solve(problem)
    covered = set(zip(solution.mentee.tolist(), solution.need.tolist(), strict=True))
    for row, need in enumerate(zip(*(column.tolist() for column in need_nodes(problem)), strict=True)):
        for far in (1 << 60, -(1 << 60)) if need in covered else (1 << 60,):
            prices = solution.price_need.copy()
            prices[row] += far
            assert not certify(problem, replace(solution, price_need=prices)).ok


def test_mentors_who_could_serve_either_are_told_apart_by_keys_alone() -> None:
    """Many optima: whoever comes first in the rows, each mentor is for the same need."""
    rng = np.random.default_rng(2)
    size, people = 30, np.arange(30)
    pairs = [(i, j) for i in range(size) for j in range(size) if (i * 7 + j * 3) % 4]
    fields = {
        "demand": [2] * size,
        "capacity": [2] * size,
        "need": [7] * size,
        "serves": [3, 5, 6] * (size // 3),
    }
    mentee, mentor = np.array(pairs).T
    first = solve(
        Problem(**fields, mentee=mentee, mentor=mentor, score=[1] * len(pairs), key=(people, people))
    )
    order = rng.permutation(len(pairs))
    second = solve(
        Problem(
            **fields, mentee=mentee[order], mentor=mentor[order], score=[1] * len(pairs), key=(people, people)
        )
    )
    assert chosen(first) == chosen(second)
    assert first.needs == 60
