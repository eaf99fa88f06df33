"""What is packed comes back the same, field by field."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Problem, Solution, certify, solve, why_not
from matching.engine.packing import pack, unpack_problem, unpack_solution
from tests.matching.engine.oracles import random_problem


def same(one: Any, two: Any) -> bool:
    if isinstance(one, tuple) and one and isinstance(one[0], np.ndarray):
        return all(same(mine, theirs) for mine, theirs in zip(one, two, strict=True))
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two)
    return bool(one == two and type(one) is type(two))


def equal(one: Problem | Solution, two: Problem | Solution) -> bool:
    return all(same(getattr(one, item.name), getattr(two, item.name)) for item in fields(one))


@given(st.integers(0, 10_000), st.booleans())
def test_problem_and_solution_come_back(seed: int, small: bool) -> None:
    problem = random_problem(seed, 8, 6)
    solution = solve(problem)
    assert equal(unpack_problem(pack(problem, small=small)), problem)
    assert equal(unpack_solution(pack(solution, small=small)), solution)


def test_a_solution_that_comes_back_is_proven_and_answers() -> None:
    problem = random_problem(3, 30, 20)
    solution = solve(problem)
    there, back = unpack_problem(pack(problem)), unpack_solution(pack(solution))
    assert certify(there, back) == solution.certificate
    for mentee, mentor in zip(problem.mentee[:40].tolist(), problem.mentor[:40].tolist(), strict=True):
        assert why_not(there, back, mentee, mentor) == why_not(problem, solution, mentee, mentor)


def test_compressed_is_smaller() -> None:
    problem = random_problem(3, 60, 60)
    assert len(pack(problem)) < len(pack(problem, small=False)) / 2


def test_bytes_that_are_no_package_are_refused() -> None:
    with pytest.raises(ValueError, match="pickle"):
        unpack_problem(b"not a package")
