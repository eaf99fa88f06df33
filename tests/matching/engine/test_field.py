"""The field against a plain scorer that looks at one pair at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import field as field_module
from matching.engine import ground, solve
from matching.engine.field import (
    CRITERIA,
    RULES,
    UNKNOWN,
    Criteria,
    Links,
    People,
    Rules,
    Weights,
    build_field,
)
from tests.matching.engine.people import (
    broken_rules,
    naive_attainable,
    naive_parts,
    random_cast,
    random_criteria,
    whole_shares,
)

SEED = st.integers(0, 2**32 - 1)  # ENGINE_EXAMPLES=3000 looks at thousands


@contextmanager
def small_pieces(seed: int) -> Iterator[None]:
    with (
        mock.patch.object(ground, "PIECE", 20),
        mock.patch.object(ground, "MENTEES_TO_A_BLOCK", 1 + seed % 4),
    ):
        yield


@given(seed=SEED)
def test_candidates_and_scores_are_those_of_the_plain_scorer(seed: int) -> None:
    cast, criteria = random_cast(seed), random_criteria(seed)
    with small_pieces(seed):
        field = build_field(cast.mentees, cast.mentors, criteria, cast.links)
        assert field.pairs is field.pairs
    allowed = [
        (i, j, sum(naive_parts(cast, criteria, a, b).values()))
        for i, a in enumerate(cast.rows[0])
        for j, b in enumerate(cast.rows[1])
        if not broken_rules(cast, criteria, a, b)
    ]
    least = [criteria.min_fit * naive_attainable(criteria, a) for a in cast.rows[0]]
    expected = [pair for pair in allowed if 100 * pair[2] >= least[pair[0]]]
    assert (
        list(zip(field.mentee.tolist(), field.mentor.tolist(), field.score.tolist(), strict=True)) == expected
    )
    assert field.attainable.tolist() == [naive_attainable(criteria, a) for a in cast.rows[0]]
    assert [field.eligible(mentee=row) for row in range(12)] == [
        sum(pair[0] == row for pair in expected) for row in range(12)
    ]
    low = set(allowed) - set(expected)
    for side, rows in (("mentee", cast.rows[0]), ("mentor", cast.rows[1])):
        assert [field.too_low(**{side: row}) for row in range(len(rows))] == [
            sum(pair[side == "mentor"] == row for pair in low) for row in range(len(rows))
        ]


@given(seed=SEED)
def test_parts_are_those_of_the_plain_scorer_and_make_up_the_score(seed: int) -> None:
    cast, criteria = random_cast(seed), random_criteria(seed)
    field = build_field(cast.mentees, cast.mentors, criteria, cast.links)
    for i, j, score in zip(field.mentee.tolist(), field.mentor.tolist(), field.score.tolist(), strict=True):
        parts = field.parts(i, j)
        assert sum(part.points for part in parts) == score == field.score_of(i, j)
        told = {part.criterion: part.points for part in parts}
        plain = naive_parts(cast, criteria, cast.rows[0][i], cast.rows[1][j])
        assert {name: points for name, points in told.items() if points} == {
            name: points for name, points in plain.items() if points
        }
        assert [part.criterion for part in parts] == [name for name in CRITERIA if name in told]
        assert all(0 <= part.points <= part.most for part in parts)


@given(seed=SEED)
def test_removals_count_every_rule_and_what_relaxing_it_would_win(seed: int) -> None:
    cast, criteria = random_cast(seed), random_criteria(seed)
    with small_pieces(seed):
        field = build_field(cast.mentees, cast.mentors, criteria, cast.links)
        assert field.pairs is field.pairs
    table = [[broken_rules(cast, criteria, a, b) for b in cast.rows[1]] for a in cast.rows[0]]
    for row, mine in enumerate(table):
        assert counted(field.removals(mentee=row)) == tallied(mine)
    for column in range(len(cast.rows[1])):
        assert counted(field.removals(mentor=column)) == tallied([mine[column] for mine in table])
    for row, mine in enumerate(table):
        for column, found in enumerate(mine):
            assert field.blocked_by(row, column) == tuple(rule for rule in RULES if rule in found)
            points = sum(naive_parts(cast, criteria, cast.rows[0][row], cast.rows[1][column]).values())
            low = 100 * points < criteria.min_fit * naive_attainable(criteria, cast.rows[0][row])
            assert (field.score_of(row, column) is None) == (bool(found) or low)


def counted(removals: list[Any]) -> dict[str, tuple[int, int]]:
    assert [item.removed for item in removals] == sorted((item.removed for item in removals), reverse=True)
    return {item.rule: (item.removed, item.only) for item in removals}


def tallied(found: list[set[str]]) -> dict[str, tuple[int, int]]:
    counts = {
        rule: (sum(rule in one for one in found), sum(one == {rule} for one in found)) for rule in RULES
    }
    return {rule: count for rule, count in counts.items() if count[0]}


@pytest.mark.parametrize("seed", range(4))
def test_candidates_do_not_depend_on_the_order_of_people(seed: int) -> None:
    cast, criteria = random_cast(seed), random_criteria(seed)
    rng = np.random.default_rng(seed)
    turned = [[side[place] for place in rng.permutation(len(side))] for side in cast.rows]
    columns = [{name: [row[name] for row in side] for name in side[0]} for side in turned]
    fields = (
        build_field(cast.mentees, cast.mentors, criteria, cast.links),
        build_field(People(**columns[0]), People(**columns[1]), criteria, cast.links),
    )
    told = []
    for field in fields:
        solution = solve(field.problem())
        persons = field.mentees.person[solution.mentee], field.mentors.person[solution.mentor]
        told.append(sorted(zip(*(side.tolist() for side in persons), solution.score.tolist(), strict=True)))
    assert told[0] == told[1]


def one(person: int, **columns: Any) -> People:
    return People(person=[person], limit=[1], **{name: [value] for name, value in columns.items()})


def test_problem_carries_limits_tiers_floors_locks_and_kept_pairs() -> None:
    mentees = People(person=[11, 12, 13], limit=[1, 2, 1], tier=[0, 1, 0], group=[40, 7, UNKNOWN])
    mentors = People(person=[21, 22], limit=[2, 0], strand=[1, 1])
    field = build_field(mentees, mentors, Criteria(floor=0.5))
    problem = field.problem(locks=[(12, 21)], keep=[(11, 22), (11, 99)])
    assert problem.demand.tolist() == [1, 2, 1]
    assert problem.capacity.tolist() == [2, 0]
    assert problem.tier.tolist() == [0, 1, 0]
    assert (field.group_ids.tolist(), problem.group.tolist()) == ([7, 40], [1, 0, -1])
    assert problem.floor.tolist() == [0.5, 0.5]
    assert problem.locked.tolist() == [[1, 0]]
    assert np.flatnonzero(problem.keep).tolist() == [1]
    assert [ids.tolist() for ids in problem.key] == [[11, 12, 13], [21, 22]]
    assert build_field(mentees, mentors).problem().floor.tolist() == []


def test_a_lock_stands_under_the_minimum_fit_and_no_other_pair_does() -> None:
    mentees = People(person=[11, 12], limit=[1, 1], goals=[[1, 2], [1, 2]])
    mentors = People(person=[21, 22], limit=[1, 1], goals=[[1], [1, 2]])
    field = build_field(mentees, mentors, Criteria(min_fit=51))
    assert (field.mentee.tolist(), field.mentor.tolist()) == ([0, 1], [1, 1])
    free, locked = solve(field.problem()), solve(field.problem(locks=[(12, 21)], keep=[(12, 21)]))
    assert (free.mentor.tolist(), locked.mentee.tolist(), locked.mentor.tolist()) == ([1], [0, 1], [1, 0])
    assert (locked.score.tolist(), locked.kept, locked.certificate.ok) == ([60480, 30240], 1, True)
    assert field.score_percent(locked.mentee, locked.score).tolist() == [100, 50]
    assert build_field(mentees, mentors, Criteria(min_fit=50)).eligible(mentee=1) == 2


def test_people_left_out_before_come_first_unless_that_is_off() -> None:
    mentees = People(person=[11, 12], limit=[1, 1], tier=[0, 1], goals=[[2], [1]])
    mentor = People(person=[21], limit=[1], goals=[[1]])
    found = [
        solve(build_field(mentees, mentor, Criteria(left_out_first=first)).problem()).mentee.tolist()
        for first in (True, False)
    ]
    assert found == [[0], [1]]


def test_a_forbidden_lock_is_refused_with_its_rules() -> None:
    mentee = one(11, strand=1, languages=1)
    field = build_field(mentee, one(21, strand=2, languages=2))
    with pytest.raises(ValueError, match=r"^locks: \(11, 21\) is forbidden by strand, language$"):
        field.problem(locks=[(11, 21)])
    with pytest.raises(ValueError, match=r"^locks: \(11, 99\) names somebody who is not in the field$"):
        field.problem(locks=[(11, 99)])


def test_nothing_switches_off_the_supervisor_and_oneself() -> None:
    """All rules off, wished for, introduced: still never; two levels up, and one's own report, are allowed."""
    off = Criteria(rules=Rules(exclusions=False, past_pairs=False, same_strand=False, shared_language=False))
    mentee = one(11, supervisor=21, chain=[21, 22])
    mentors = People(person=[11, 21, 22, 23], limit=[1] * 4, supervisor=[UNKNOWN, UNKNOWN, UNKNOWN, 11])
    links = Links(wishes=[(11, 21, 1), (11, 11, 1)], introductions=[(11, 21)])
    field = build_field(mentee, mentors, off, links)
    assert [field.blocked_by(0, mentor) for mentor in range(4)] == [("same_person",), ("supervisor",), (), ()]
    assert field.mentor.tolist() == [2, 3]


def test_percent_is_the_share_of_a_perfect_mentor() -> None:
    weights = Weights(**{**dict.fromkeys(CRITERIA, 0), "skills": 10, "goals": 5, "wish": 5})
    mentees = People(person=[11, 12, 13], limit=[1] * 3, skills=[[1, 2], [1, 2], []], goals=[[5], [], []])
    mentor = one(21, skills=[1], goals=[5])
    field = build_field(mentees, mentor, Criteria(weights=weights), Links(wishes=[(12, 21, 1), (13, 21, 1)]))
    assert field.score.tolist() == [10 * 5040 + 5 * 10080, 10 * 5040 + 5 * 10080, 5 * 10080]
    assert field.score_percent([0, 1, 2], field.score).tolist() == [66, 100, 100]
    assert field.score_percent([0, 2], [0, 0]).tolist() == [0, 0]
    assert field.score_percent(0, 5 * 10080) == 33


def test_own_weights_of_the_two_meet_halfway() -> None:
    """A criterion weighs the mean of both; a weight not stated is the program's, 0 of one's own is 0."""
    program = Weights(**{**dict.fromkeys(CRITERIA, 0), "goals": 6, "unit": 2})
    own = [[UNKNOWN] * 11, [UNKNOWN, 10, *[UNKNOWN] * 9], [UNKNOWN, 0, UNKNOWN, 5, *[UNKNOWN] * 7]]
    sides = [
        People(person=range(first, first + 3), limit=[1] * 3, goals=[[1]] * 3, unit=[first] * 3, weights=own)
        for first in (10, 20)
    ]
    field = build_field(*sides, Criteria(weights=program))
    halves = [[6, 2], [10, 2], [0, 5]]
    expected = [5040 * (a + b + c + d) for a, c in halves for b, d in halves]
    assert field.score.tolist() == expected
    assert field.attainable.tolist() == [5040 * (6 + 6 + 2 + 2), 5040 * (10 + 6 + 2 + 2), 5040 * (6 + 5 + 2)]
    assert [(part.criterion, part.points, part.most) for part in field.parts(1, 2)] == [
        ("goals", 5040 * 10, 5040 * 10), ("unit", 5040 * 7, 5040 * 7),
    ]  # fmt: skip
    assert [part.criterion for part in field.parts(2, 2)] == ["unit"]


def test_facts_say_what_the_points_rest_on() -> None:
    mentee = one(
        11, skills=[(1, 3), (2, 1), (4, 0)], goals=[5, 6], level=3, unit=1, location=2, utc_offset=60, media=3,
        availability=5,
    )  # fmt: skip
    mentor = one(
        21,
        skills=[(1, 2), (2, 3)],
        goals=[6],
        level=5,
        unit=1,
        location=2,
        utc_offset=-60,
        media=2,
        availability=4,
    )
    links = Links(wishes=[(11, 21, 3), (11, 21, 2)], mentor_wishes=[(11, 21, 1)], introductions=[(11, 21)])
    parts = build_field(mentee, mentor, Criteria(unit_wanted="same"), links).parts(0, 0)
    assert {part.criterion: part.facts for part in parts} == {
        "skills": {"matched": [(1, 3, 2), (2, 1, 3)], "missing": [4]},
        "goals": {"matched": [6]},
        "level": {"gap": 2},
        "unit": {"same": True},
        "place": {"same": True},
        "time_zone": {"minutes": 120},
        "media": {"matched": [1]},
        "availability": {"matched": [2]},
        "wish": {"rank": 2},
        "mentor_wish": {"rank": 1},
        "introduction": {},
    }
    assert parts[0].points == 10 * 10080 // 3 // 2 + 10 * 10080 // 3
    assert parts[0].most == 10 * 10080


def test_what_is_not_stated_neither_forbids_nor_earns() -> None:
    strict = Criteria(rules=Rules(min_level_gap=1, max_hours_apart=0, shared_availability=True))
    stated = one(
        21, strand=1, languages=1, level=1, utc_offset=0, availability=1, unit=1, location=1, media=1
    )
    for mentees, mentors in ((one(11), stated), (stated, one(11))):
        field = build_field(mentees, mentors, strict)
        assert field.score.tolist() == [0]
        assert field.parts(0, 0) == []


def test_too_large_a_field_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its people may be asked about; its pairs are for `solve_field`."""
    monkeypatch.setattr(field_module, "MOST_PAIRS", 5)
    people = People(person=range(3), limit=[1] * 3), People(person=range(5, 7), limit=[1] * 2)
    field = build_field(*people, links=Links(exclusions=[(0, 5)]))
    assert (field.complete, field.size) == (True, 5)
    field = build_field(*people, any_size=True)
    assert (field.complete, field.size, field.eligible(mentee=0)) == (False, 6, 2)
    assert field.score_of(0, 1) == 0
    refused = r"^the field has more than 5 eligible pairs: build it for any_size, and use solve_field$"
    with pytest.raises(ValueError, match=refused):
        field.problem()
    with pytest.raises(ValueError, match=refused):
        build_field(*people)


@pytest.mark.parametrize(("mentees", "mentors"), [(0, 0), (0, 2), (2, 0)])
def test_empty_sides(mentees: int, mentors: int) -> None:
    sides = [People(person=range(size), limit=[1] * size) for size in (mentees, mentors)]
    field = build_field(*sides, links=Links(wishes=[(1, 1, 1)], past_pairs=[(0, 1)]))
    assert len(field.score) == 0
    assert solve(field.problem(keep=[(0, 0)])).certificate.ok


def test_removals_are_of_one_person() -> None:
    field = build_field(one(11), one(21))
    for arguments in ({}, {"mentee": 0, "mentor": 0}):
        with pytest.raises(ValueError, match=r"^removals: give a mentee or a mentor$"):
            field.removals(**arguments)


def test_the_highest_score_is_exact_in_single_precision() -> None:
    """Every weight 10 and everything shared: the sum stays below 2**24, where float32 is whole."""
    assert whole_shares()
    everything = {
        "skills": list(range(10)), "goals": [1], "level": 1, "unit": 1, "location": 1, "utc_offset": 0,
        "media": 1, "availability": 1,
    }  # fmt: skip
    mentor = replace(one(21, **everything), level=[3])
    links = Links(wishes=[(11, 21, 1)], mentor_wishes=[(11, 21, 1)], introductions=[(11, 21)])
    criteria = Criteria(weights=Weights(*[10] * 11), unit_wanted="same")
    field = build_field(one(11, **everything), mentor, criteria, links)
    assert field.score.tolist() == [11 * 10 * 10080]
    assert field.attainable.tolist() == [8 * 10 * 10080]
    assert field.score[0] < 2**24


@pytest.mark.parametrize("size", [1, 10, 11, 13, 17, 50, 62])
def test_a_perfect_mentor_fits_wholly_however_long_the_lists(size: int) -> None:
    entries, slots = [[(number, 0) for number in range(size)]], [(1 << size) - 1]
    lists = {"skills": entries, "goals": [list(range(size))], "media": slots, "availability": slots}
    sides = People(person=[1], limit=[1], **lists), People(person=[2], limit=[1], **lists)
    field = build_field(*sides, Criteria(min_fit=100))
    assert field.score.tolist() == field.attainable.tolist()
    assert field.score_percent([0], field.score).tolist() == [100]
