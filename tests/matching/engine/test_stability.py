"""Blocking pairs: against the definition read word by word, and the near misses."""

from __future__ import annotations

import pytest

from matching.engine import Problem, Solution, solve
from matching.engine.stability import blocking_pairs
from tests.matching.engine.oracles import random_problem


def by_definition(problem: Problem, solution: Solution) -> list[int]:
    """Every candidate, asked one by one."""
    held = list(zip(solution.mentee.tolist(), solution.mentor.tolist(), solution.score.tolist(), strict=True))
    found = []
    for place, (mentee, mentor, score) in enumerate(
        zip(problem.mentee.tolist(), problem.mentor.tolist(), problem.score.tolist(), strict=True)
    ):
        his = [points for row, _other, points in held if row == mentee]
        hers = [points for _other, row, points in held if row == mentor]
        wants = len(his) < problem.demand[mentee] or any(score > points for points in his)
        takes = len(hers) < problem.capacity[mentor] or any(score > points for points in hers)
        together = any((mentee, mentor) == pair[:2] for pair in held)
        if wants and takes and not together:
            found.append(place)
    return found


@pytest.mark.parametrize("objective", ["people", "score"])
def test_the_count_is_that_of_the_definition(objective: str) -> None:
    seen = 0
    for seed in range(60):
        problem = random_problem(seed, 9, 6)
        solution = solve(problem, objective=objective)
        expected = by_definition(problem, solution)
        assert blocking_pairs(problem, solution).tolist() == expected
        seen += len(expected)
    assert seen


def test_serving_more_people_can_part_two_who_fit_best() -> None:
    """Mentee 0 fits mentor 0 best, but only so can mentee 1 have a mentor."""
    problem = Problem(demand=[1, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 0], score=[9, 5, 4])
    assert blocking_pairs(problem, solve(problem)).tolist() == [0]


@pytest.mark.parametrize("score", [[5, 5, 4], [4, 5, 4], [9, 5, 9]])
def test_a_tie_on_either_side_blocks_nothing(score: list[int]) -> None:
    problem = Problem(demand=[1, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 0], score=score)
    assert blocking_pairs(problem, solve(problem)).tolist() == []


def test_a_mentor_without_a_place_blocks_nothing() -> None:
    problem = Problem(demand=[1], capacity=[0, 1], mentee=[0, 0], mentor=[0, 1], score=[9, 1])
    assert blocking_pairs(problem, solve(problem)).tolist() == []


def test_nobody_to_pair_is_stable() -> None:
    problem = Problem(demand=[1], capacity=[1], mentee=[], mentor=[], score=[])
    assert blocking_pairs(problem, solve(problem)).tolist() == []
