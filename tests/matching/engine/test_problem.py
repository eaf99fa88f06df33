"""A malformed problem is refused with the field, the place and the reason."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from matching.engine import Problem

GOOD: dict[str, Any] = {
    "demand": [1, 2],
    "capacity": [1, 1, 0],
    "mentee": [0, 1, 1],
    "mentor": [0, 0, 1],
    "score": [5, 6, 7],
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"demand": [1, 0]}, "demand[1]: 0 is under 1"),
        ({"demand": [1.5, 1]}, "demand: whole numbers are needed, not float64"),
        ({"demand": [[1], [2]]}, "demand: a list of whole numbers is needed"),
        ({"capacity": [1, 1, -1]}, "capacity[2]: -1 is under 0"),
        ({"capacity": [True, True, True]}, "capacity: whole numbers are needed, not bool"),
        ({"mentee": [0, 1, 2]}, "mentee[2]: 2 names none of the 2 there are"),
        ({"mentee": [0, 1, -1]}, "mentee[2]: -1 is under 0"),
        ({"mentor": [0, 3, 1]}, "mentor[1]: 3 names none of the 3 there are"),
        ({"mentor": [0, 0]}, "mentor: 2 values where 3 are needed"),
        (
            {"mentee": [1, 0, 1], "mentor": [2, 0, 2]},
            "mentee, mentor: pair 2 repeats pair 0 (mentee 1 with mentor 2)",
        ),
        ({"score": [1, -1, 0]}, "score[1]: -1 is under 0"),
        ({"score": [1, 2**31, 0]}, "score[1]: 2147483648 is too large"),
        ({"score": [1, 2]}, "score: 2 values where 3 are needed"),
        ({"locked": [0, 1]}, "locked: two columns are needed, mentee and mentor"),
        ({"locked": [(0, 2)]}, "locked[0]: mentee 0 with mentor 2 is no candidate pair"),
        ({"locked": [(0, 7)]}, "locked mentor[0]: 7 names none of the 3 there are"),
        ({"locked": [(1, 1), (1, 1)]}, "locked: mentee 1 with mentor 1 stands twice"),
        ({"locked": [(1, 0), (0, 0)]}, "locked: mentor 0 takes 1 but is locked with mentees 0, 1"),
        (
            {"demand": [1, 1], "locked": [(1, 1), (1, 0)]},
            "locked: mentee 1 wants 1 but is locked with mentors 0, 1",
        ),
        ({"need": [1, 2]}, "need, serves: one needs the other"),
        ({"serves": [1, 2, 0]}, "need, serves: one needs the other"),
        ({"need": [1, -2], "serves": [1, 1, 1]}, "need[1]: -2 is under 0"),
        ({"need": [1, 2], "serves": [1, 1]}, "serves: 2 values where 3 are needed"),
        (
            {"need": np.array([1 << 63, 2], dtype=np.uint64), "serves": [1, 1, 1]},
            "need[0]: 9223372036854775808 is too large",
        ),
        ({"tier": [0]}, "tier: 1 values where 2 are needed"),
        ({"tier": [0, -1]}, "tier[1]: -1 is under 0"),
        ({"tier": [0, 128]}, "tier[1]: 128 is too large"),
        ({"group": [0, 0]}, "group, floor: one needs the other"),
        ({"floor": [0.5]}, "group, floor: one needs the other"),
        ({"group": [0, 1], "floor": [0.5]}, "group[1]: 1 names none of the 1 there are"),
        ({"group": [0, -2], "floor": [0.5]}, "group[1]: -2 is under -1"),
        ({"group": [0, 0], "floor": [1.5]}, "floor: a share between 0 and 1 is needed for each group"),
        (
            {"group": [0, 0], "floor": [float("nan")]},
            "floor: a share between 0 and 1 is needed for each group",
        ),
        ({"keep": [True]}, "keep: true or false is needed for each of the 3 pairs"),
        ({"keep": [1, 0, 1]}, "keep: true or false is needed for each of the 3 pairs"),
        ({"key": [1, 2]}, "key of mentees: a list of whole numbers is needed"),
        ({"key": 5}, "key: ids of the mentees and ids of the mentors are needed"),
        ({"locked": [(0, 0), (0,)]}, "locked: rows of one length are needed"),
        ({"demand": [[1], [1, 2]]}, "demand: rows of one length are needed"),
        ({"key": ([[1], [1, 2]], [1, 2, 3])}, "key of mentees: rows of one length are needed"),
        ({"group": [0, 0], "floor": ["a"]}, "floor: a share between 0 and 1 is needed for each group"),
        ({"key": ([1, 2],)}, "key: ids of the mentees and ids of the mentors are needed"),
        ({"key": ([1, 1], [1, 2, 3])}, "key of mentees: 1 stands twice"),
        ({"key": ([1, 2], [1, 2])}, "key of mentors: 2 values where 3 are needed"),
    ],
)
def test_malformed_problem_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        Problem(**{**GOOD, **change})


def test_arrays_are_typed_and_read_only() -> None:
    problem = Problem(**GOOD)
    kinds = {
        name: getattr(problem, name).dtype.name
        for name in ("demand", "mentee", "tier", "group", "floor", "keep")
    }
    assert kinds == {
        "demand": "int32", "mentee": "int32", "tier": "int8", "group": "int32", "floor": "float64", "keep": "bool",
    }  # fmt: skip
    with pytest.raises(ValueError, match="read-only"):
        problem.score[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        Problem(**{**GOOD, "key": (np.array([7, 8]), [1, 2, 3])}).key[0][0] = 1


def test_the_givers_array_stays_writable() -> None:
    score = np.array([5, 6, 7], dtype=np.int32)
    Problem(**{**GOOD, "score": score})
    score[0] = 4
    assert score.tolist() == [4, 6, 7]


def test_edges_are_found_in_any_order() -> None:
    problem = Problem(**{**GOOD, "mentee": [1, 0, 1], "mentor": [1, 0, 0]})
    assert problem.edges_of([0, 1, 1, 0], [0, 0, 1, 2]).tolist() == [1, 2, 0, -1]
    assert problem.order.tolist() == [1, 2, 0]
    assert problem.begin.tolist() == [0, 1, 3]


@pytest.mark.parametrize("seed", range(4))
def test_each_pair_is_found_where_it_stands(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mentee, mentor = np.nonzero(rng.random((9, 7)) < 0.4)
    order = rng.permutation(len(mentee)) if seed % 2 else np.arange(len(mentee))
    problem = Problem(
        demand=[1] * 9, capacity=[1] * 7, mentee=mentee[order], mentor=mentor[order], score=[0] * len(mentee)
    )
    places = np.full((9, 7), -1)
    places[mentee[order], mentor[order]] = np.arange(len(mentee))
    rows, columns = np.indices((9, 7)).reshape(2, -1)
    assert problem.edges_of(rows, columns).tolist() == places.ravel().tolist()


def test_needs_count_for_those_who_want_several_mentors_for_several() -> None:
    problem = Problem(**{**GOOD, "demand": [2, 1]}, need=[3, 3], serves=[1, 1, 2])
    assert problem.needy.tolist() == [True, False]
    later = Problem(**GOOD, need=[1, 2], met=[2, 2], serves=[1, 1, 2])
    assert later.needy.tolist() == [True, False]  # one more mentor for another need; for the same need again
    assert not Problem(**{**GOOD, "demand": [2, 2]}, need=[4, 0], serves=[1, 1, 2]).needy.any()
