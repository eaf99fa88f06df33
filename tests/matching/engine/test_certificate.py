"""A solution that was tampered with is not certified, and the reason says what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matching.engine import Problem, Solution, certify, solve
from tests.matching.engine.oracles import random_problem

PROBLEM = Problem(
    demand=[1, 2, 1],
    capacity=[1, 1, 2],
    mentee=[0, 0, 1, 1, 1, 2],
    mentor=[0, 1, 0, 1, 2, 2],
    score=[9, 4, 8, 5, 3, 2],
    tier=[0, 1, 1],
    group=[0, 0, 1],
    floor=[0.5, 1],
    keep=[False, True, False, False, False, True],
    locked=[(2, 2)],
)


def with_pairs(solution: Solution, pairs: list[tuple[int, int, int]], /, **counts: Any) -> Solution:
    columns = np.array(pairs, dtype=np.int32).reshape(-1, 3).T
    return replace(
        solution,
        mentee=columns[0],
        mentor=columns[1],
        score=columns[2],
        need=np.full(len(pairs), -1, dtype=np.int8),
        **counts,
    )


def raised(prices: Any, row: int, by: int) -> Any:
    changed = prices.copy()
    changed[row] += by
    return changed


def test_untouched_solution_is_certified() -> None:
    solution = solve(PROBLEM)
    pairs = list(
        zip(solution.mentee.tolist(), solution.mentor.tolist(), solution.score.tolist(), strict=True)
    )
    assert pairs == [(0, 0, 9), (1, 1, 5), (1, 2, 3), (2, 2, 2)]
    assert (solution.covered, solution.pairs, solution.total) == (3, 4, 19)
    found = certify(PROBLEM, solution)
    assert (found.ok, found.reason, found.covered, found.pairs, found.by_tier) == (True, "", 3, 4, (1, 2))
    assert found == solution.certificate


LOCK = (2, 2, 2)
TAMPERED: dict[str, tuple[Callable[[Solution], Solution], str]] = {
    "stranger": (
        lambda s: with_pairs(s, [(3, 0, 9), LOCK]),
        "a pair names a mentee who is not there",
    ),
    "forbidden": (
        lambda s: with_pairs(s, [(0, 2, 9), LOCK]),
        "mentee 0 with mentor 2 is no candidate pair",
    ),
    "score": (
        lambda s: with_pairs(s, [(0, 0, 10), LOCK]),
        "mentee 0 with mentor 0 scores 9, not 10",
    ),
    "twice": (
        lambda s: with_pairs(s, [(0, 0, 9), (0, 0, 9), LOCK]),
        "a pair stands twice",
    ),
    "lock": (
        lambda s: with_pairs(s, [(0, 0, 9), (1, 1, 5)]),
        "the lock of mentee 2 with mentor 2 is not kept",
    ),
    "minimum": (
        lambda s: replace(s, min_score=4),
        "mentee 1 with mentor 2 scores less than 4",
    ),
    "demand": (
        lambda s: with_pairs(s, [(0, 0, 9), (0, 1, 4), LOCK]),
        "mentee 0 has more partners than the 1 allowed",
    ),
    "capacity": (
        lambda s: with_pairs(s, [(0, 0, 9), (1, 0, 8), LOCK]),
        "mentor 0 has more partners than the 1 allowed",
    ),
    "covered": (lambda s: replace(s, covered=2), "covered is 3, not 2"),
    "pairs": (lambda s: replace(s, pairs=5), "pairs is 4, not 5"),
    "total": (lambda s: replace(s, total=20), "total is 19, not 20"),
    "tiers": (lambda s: replace(s, covered_by_tier=(0, 3)), "covered_by_tier is (1, 2), not (0, 3)"),
    "shortfall": (lambda s: replace(s, shortfall=np.array([1, 0])), "shortfall is [0, 0], not [1, 0]"),
    "kept": (lambda s: replace(s, kept=2), "kept is 1, not 2"),
    "fewer pairs": (
        lambda s: with_pairs(s, [(0, 0, 9), (1, 1, 5), LOCK], pairs=3, total=16),
        "pairs: 3 reached, 4 possible",
    ),
    "fewer people": (
        lambda s: with_pairs(s, [(1, 0, 8), (1, 1, 5), LOCK], covered=2, pairs=3, total=15, covered_by_tier=(0, 2)),
        "covered: 2 reached, 3 possible",
    ),
    "no prices": (lambda s: replace(s, price_mentor=s.price_mentor[:1]), "prices are missing"),
    "huge price": (lambda s: replace(s, price_mentee=raised(s.price_mentee, 0, 1 << 61)), "a price is out of range"),
    "mentor below zero": (
        lambda s: replace(s, price_mentor=raised(s.price_mentor, 2, -1)),
        "the price of mentor 2 is below 0, or above it in spite of a free place",
    ),
    "group price": (lambda s: replace(s, price_group=raised(s.price_group, 0, 1)), "the price of group 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered_solution_is_refused(name: str) -> None:
    tamper, reason = TAMPERED[name]
    found = certify(PROBLEM, tamper(solve(PROBLEM)))
    assert not found.ok
    assert found.reason.startswith(reason)


def test_a_worse_total_with_the_same_counts_is_refused() -> None:
    """Feasible, stated truly, as many people and pairs; only the prices tell that it is not the best."""
    solution = solve(PROBLEM)
    worse = with_pairs(solution, [(0, 1, 4), (1, 0, 8), (1, 2, 3), LOCK], total=17, kept=2)
    reason = certify(PROBLEM, worse).reason
    assert reason in {
        "mentee 0 with mentor 1 is not worth its prices",
        "mentee 0 with mentor 0 is worth more than its prices",
    }


def test_a_solution_that_keeps_fewer_pairs_is_refused() -> None:
    problem = Problem(
        demand=[1, 1], capacity=[1, 1], mentee=[0, 0, 1, 1], mentor=[0, 1, 0, 1], score=[5, 5, 5, 5],
        keep=[True, False, False, True],
    )  # fmt: skip
    solution = solve(problem)
    crossed = with_pairs(solution, [(0, 1, 5), (1, 0, 5)], kept=0)
    assert certify(problem, crossed).reason == "kept: 0 reached, 2 possible"


def test_a_price_without_a_pair_to_contradict_it_is_refused() -> None:
    """Nobody can mentor mentee 1, so no pair tells that the price is wrong."""
    problem = Problem(demand=[1, 1], capacity=[1], mentee=[0], mentor=[0], score=[5])
    solution = solve(problem)
    assert solution.certificate.ok
    tampered = replace(solution, price_mentee=raised(solution.price_mentee, 1, 1 << 40))
    assert certify(problem, tampered).reason == "the price of mentee 1 does not fit the number of mentors"


def test_a_solution_of_the_other_objective_is_refused() -> None:
    problem = Problem(demand=[1, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 0], score=[9, 1, 1])
    people, score = solve(problem), solve(problem, objective="score")
    assert certify(problem, replace(score, objective="people")).reason == "covered: 1 reached, 2 possible"
    assert not certify(problem, replace(people, objective="score")).ok


@pytest.mark.parametrize("seed", range(12))
def test_any_changed_price_of_a_chosen_pair_breaks_the_proof(seed: int) -> None:
    """Prices that differ where they matter prove nothing: raised far enough, each fails."""
    problem = random_problem(seed, 10, 8)
    solution = solve(problem, objective=("people", "score")[seed % 2])
    free = np.setdiff1d(problem.edges_of(solution.mentee, solution.mentor), problem.locked_edges)
    for edge in free.tolist():
        row, column = int(problem.mentee[edge]), int(problem.mentor[edge])
        far = 1 << 60
        assert not certify(
            problem, replace(solution, price_mentee=raised(solution.price_mentee, row, far))
        ).ok
        assert not certify(
            problem, replace(solution, price_mentor=raised(solution.price_mentor, column, far))
        ).ok
        assert not certify(
            problem, replace(solution, price_mentor=raised(solution.price_mentor, column, -far))
        ).ok


@pytest.mark.parametrize("seed", range(12))
def test_leaving_out_any_pair_is_noticed(seed: int) -> None:
    problem = random_problem(seed, 8, 6)
    solution = solve(problem)
    for place in range(solution.pairs):
        rest = np.delete(np.arange(solution.pairs), place)
        part = replace(
            solution, mentee=solution.mentee[rest], mentor=solution.mentor[rest], score=solution.score[rest]
        )
        assert not certify(problem, part).ok
