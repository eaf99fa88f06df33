"""Columns and criteria are checked where they come in."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from matching.engine.field import UNKNOWN, Criteria, Links, People, Ragged, Rules, Weights, build_field


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"person": [1, 2, 1]}, "person[2]: 1 stands twice on this side"),
        (
            {"person": [1, 2.5, 3]},
            "person: whole numbers only (float64 given; use UNKNOWN for a missing value)",
        ),
        ({"person": [[1], [2], [3]]}, "person: one value for each person is needed"),
        ({"limit": [1, 2]}, "limit: 2 values for 3 people"),
        (
            {"level": [1, 2, None]},
            "level: whole numbers only (object given; use UNKNOWN for a missing value)",
        ),
        ({"utc_offset": [0, 900, 0]}, "utc_offset[1]: 900 minutes is more than 14 hours"),
        ({"skills": [[1], [2]]}, "skills: 2 lists for 3 people"),
        ({"skills": [[], [(4, 1), (4, 2)], []]}, "skills[1]: 4 stands twice in the list"),
        ({"weights": [[1] * 11] * 2}, "weights: a whole number for each of 3 people and 11 criteria"),
        ({"weights": [[1.5] * 11] * 3}, "weights: a whole number for each of 3 people and 11 criteria"),
        (
            {"weights": [[-1] * 11, [10, 11, *[0] * 9], [-2] * 11]},
            "weights[1]: 11 for goals is not 0 to 10, nor UNKNOWN",
        ),
        ({"goals": [[], [], [3, 3]]}, "goals[2]: 3 stands twice in the list"),
        (
            {"person": [2**63 + 1, 2**63, 2**63 + 2]},
            f"person[1]: {2**63} is not from {-(2**63)} to {2**63 - 1}",
        ),
        ({"level": [1, 2**31, 0]}, f"level[1]: {2**31} is not from {1 - 2**31} to {2**31 - 1}"),
        ({"level": [1, -(2**63), 0]}, f"level[1]: {-(2**63)} is not from {1 - 2**31} to {2**31 - 1}"),
        (
            {"group": np.array([2**63, 0, 0], dtype=np.uint64)},
            f"group[0]: {2**63} is not from {-(2**63)} to {2**63 - 1}",
        ),
        ({"languages": [1, -1, 0]}, f"languages[1]: -1 is not from 0 to {2**63 - 1}"),
        (
            {"media": np.array([1, 2**63, 0], dtype=np.uint64)},
            f"media[1]: {2**63} is not from 0 to {2**63 - 1}",
        ),
        ({"skills": [[2**63], [], []]}, "skills: lists of ids, or of (id, level), are needed"),
        ({"skills": [[2.5], [], []]}, "skills: lists of ids, or of (id, level), are needed"),
        ({"skills": [[(1, 2, 3)], [], []]}, "skills: lists of ids, or of (id, level), are needed"),
        ({"goals": [1, 2, 3]}, "goals: lists of ids, or of (id, level), are needed"),
    ],
)
def test_wrong_column_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        People(**{"person": [1, 2, 3], "limit": [1, 1, 1], **change})


def test_columns_left_out_say_that_nothing_is_stated() -> None:
    people = People(person=[5, 3], limit=[1, 2])
    assert people.level.tolist() == people.supervisor.tolist() == people.group.tolist() == [UNKNOWN, UNKNOWN]
    assert people.languages.tolist() == people.tier.tolist() == [0, 0]
    assert people.weights.tolist() == [[UNKNOWN] * 11] * 2
    assert [people.skills.row(0), people.chain.row(1)] == [[], []]
    assert len(people) == 2


def test_lists_may_be_given_flat() -> None:
    rows = [[(7, 2), (8, 0)], [], [9]]
    flat = Ragged(np.array([0, 2, 2, 3]), np.array([7, 8, 9]), np.array([2, 0, 0]))
    for given in (rows, flat):
        people = People(person=[1, 2, 3], limit=[1] * 3, skills=given)
        assert [people.skills.row(index) for index in range(3)] == [[(7, 2), (8, 0)], [], [(9, 0)]]


def test_rows_are_found_by_person() -> None:
    people = People(person=[30, 10, 20], limit=[1] * 3)
    assert people.rows_of([10, 20, 30, 15, 99]).tolist() == [1, 2, 0, -1, -1]
    assert People(person=[], limit=[]).rows_of([10]).tolist() == [-1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rules(chain_levels=0), "rules.chain_levels: 0 is not a whole number from 1 to 50"),
        (lambda: Rules(min_level_gap=1.5), "rules.min_level_gap: 1.5 is not a whole number from -100 to 100"),
        (lambda: Rules(max_hours_apart=13), "rules.max_hours_apart: 13 is not a whole number from 0 to 12"),
        (lambda: Weights(skills=11), "weights.skills: 11 is not a whole number from 0 to 10"),
        (lambda: Weights(wish=True), "weights.wish: True is not a whole number from 0 to 10"),
        (lambda: Criteria(level_curve=()), "level_curve: at least one percentage is needed"),
        (lambda: Criteria(level_curve=(50, 101)), "level_curve[1]: 101 is not a whole number from 0 to 100"),
        (lambda: Criteria(unit_wanted="any"), "unit_wanted: 'any' is neither 'same' nor 'other'"),
        (lambda: Criteria(floor=1.5), "floor: 1.5 is not between 0 and 1"),
        (lambda: Criteria(floor="x"), "floor: 'x' is not between 0 and 1"),
        (lambda: Criteria(floor=True), "floor: True is not between 0 and 1"),
        (lambda: Criteria(left_out_first="no"), "left_out_first: 'no' is neither true nor false"),
        (lambda: Criteria(level_curve=5), "level_curve: at least one percentage is needed"),
        (lambda: Criteria(rules={}), "rules: {} is no Rules"),
        (lambda: Rules(same_strand="false"), "rules.same_strand: 'false' is neither true nor false"),
        (lambda: Rules(exclusions=None), "rules.exclusions: None is neither true nor false"),
        (lambda: Criteria.from_dict({"rules": None}), "rules: settings are needed, not None"),
        (lambda: Criteria.from_dict({"weights": [1]}), "weights: settings are needed, not [1]"),
        (lambda: Criteria.from_dict({"level_curve": None}), "level_curve: at least one percentage is needed"),
        (lambda: Criteria.from_dict([]), "criteria: settings are needed, not []"),
        (lambda: Criteria(min_fit=101), "min_fit: 101 is not a whole number from 0 to 100"),
        (lambda: Rules(unit="any"), "rules.unit: 'any' is neither 'same' nor 'other' nor empty"),
        (lambda: Criteria.from_dict({"luck": 1}), "criteria: unknown setting 'luck'"),
        (lambda: Criteria.from_dict({"rules": {"supervisor": False}}), "rules: unknown setting 'supervisor'"),
        (lambda: Criteria.from_dict({"weights": {"age": 1}}), "weights: unknown setting 'age'"),
    ],
)
def test_wrong_setting_is_named(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        make()


def test_criteria_travel_as_json() -> None:
    criteria = Criteria(
        rules=Rules(chain_levels=2, min_level_gap=1),
        weights=Weights(goals=0),
        level_curve=(10, 20),
        floor=0.25,
    )
    assert Criteria.from_dict(json.loads(json.dumps(criteria.to_dict()))) == criteria
    assert Criteria.from_dict({}) == Criteria()


def test_wish_without_rank_is_refused() -> None:
    side = [People(person=[number], limit=[1]) for number in (1, 2)]
    with pytest.raises(ValueError, match=r"^wishes: rank 0 of mentee 1 and mentor 2 is under 1$"):
        build_field(*side, links=Links(wishes=[(1, 2, 0)]))
