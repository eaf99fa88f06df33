"""The optimum against brute force, against HiGHS, and its own promises."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Problem, certify, solve, solver
from matching.engine import solution as solution_module
from matching.engine.prices import Table, potentials
from matching.engine.solution import OBJECTIVES
from tests.matching.engine.oracles import Highs, brute_force, goals_of, random_problem, step_by_step


@st.composite
def problems(draw: st.DrawFn, most: tuple[int, int, int] = (4, 4, 8)) -> Problem:
    """At most so many mentees, mentors and pairs, with every option on."""
    mentees, mentors = draw(st.integers(1, most[0])), draw(st.integers(1, most[1]))
    every = [(i, j) for i in range(mentees) for j in range(mentors)]
    pairs = draw(st.lists(st.sampled_from(every), unique=True, max_size=most[2]))
    demand = draw(st.lists(st.integers(1, 3), min_size=mentees, max_size=mentees))
    capacity = draw(st.lists(st.integers(0, 3), min_size=mentors, max_size=mentors))
    locked: list[tuple[int, int]] = []
    for pair in draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2)) if pairs else []:
        load = [*locked, pair]
        fits = sum(i == pair[0] for i, _ in load) <= demand[pair[0]]
        if fits and sum(j == pair[1] for _, j in load) <= capacity[pair[1]]:
            locked.append(pair)
    return Problem(
        demand=demand,
        capacity=capacity,
        mentee=[i for i, _ in pairs],
        mentor=[j for _, j in pairs],
        score=draw(st.lists(st.integers(0, 4), min_size=len(pairs), max_size=len(pairs))),
        locked=locked,
        tier=draw(st.lists(st.integers(0, 2), min_size=mentees, max_size=mentees)),
        group=draw(st.lists(st.integers(-1, 1), min_size=mentees, max_size=mentees)),
        floor=draw(st.lists(st.sampled_from([0, 0.3, 0.5, 1]), min_size=2, max_size=2)),
        keep=draw(st.lists(st.booleans(), min_size=len(pairs), max_size=len(pairs))),
        need=draw(st.lists(st.integers(0, 7), min_size=mentees, max_size=mentees)),
        met=draw(st.lists(st.sampled_from([0, 0, 1, 6]), min_size=mentees, max_size=mentees)),
        serves=draw(st.lists(st.integers(0, 7), min_size=mentors, max_size=mentors)),
    )


@given(problems((6, 5, 20)), st.sampled_from(OBJECTIVES), st.integers(0, 3))
def test_no_set_of_pairs_is_better(problem: Problem, objective: str, min_score: int) -> None:
    solution = solve(problem, objective=objective, min_score=min_score)
    assert goals_of(solution) == step_by_step(problem, objective, min_score)
    assert solution.certificate.reason == ""
    assert solution.certificate.ok


@given(problems((6, 5, 20)), st.sampled_from(OBJECTIVES))
def test_no_set_of_pairs_is_better_with_the_weights_of_very_large_problems(
    problem: Problem, objective: str
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(solution_module, "_roomy", solution_module._ring)
        solution = solve(problem, objective=objective)
    assert goals_of(solution) == step_by_step(problem, objective, 0)
    assert (solution.certificate.reason, solution.certificate.ok) == ("", True)


def test_six_thousand_people_have_needs_and_floors() -> None:
    rng = np.random.default_rng(6)
    size, each = 6_000, 3
    mentor = (np.arange(size)[:, None] * 7 + np.arange(each) * 13) % (size * 3 // 5)
    problem = Problem(
        demand=[2] * size, capacity=[3] * (size * 3 // 5), mentee=np.repeat(np.arange(size), each),
        mentor=mentor.ravel(), score=rng.integers(0, 231_840, size * each), tier=np.arange(size) % 2,
        group=np.arange(size) % 10, floor=[0.5] * 10, need=[7] * size, serves=rng.integers(0, 8, size * 3 // 5),
    )  # fmt: skip
    solution = solve(problem)
    assert (solution.certificate.reason, solution.covered, solution.pairs) == ("", size, 10_800)


@given(problems(), st.sampled_from(OBJECTIVES), st.integers(0, 3))
def test_step_by_step_is_every_set_of_pairs(problem: Problem, objective: str, min_score: int) -> None:
    """The second opinion is right itself."""
    assert step_by_step(problem, objective, min_score) == brute_force(problem, objective, min_score)


@pytest.mark.parametrize("seed", range(30))
def test_no_set_of_pairs_is_better_where_all_may_be_paired(seed: int) -> None:
    """Six mentees, five mentors, and nearly every pair between them: far more sets than can be tried one by one."""
    problem = random_problem(seed, 6, 5, 0.9)
    objective, min_score = OBJECTIVES[seed % 2], seed % 3
    solution = solve(problem, objective=objective, min_score=min_score)
    assert goals_of(solution) == step_by_step(problem, objective, min_score)
    assert solution.certificate.ok


@given(problems())
def test_best_minimum_is_the_highest_that_costs_nobody(problem: Problem) -> None:
    solution = solve(problem, min_score="best")
    free = brute_force(problem, "people")[:2]
    assert (solution.covered, solution.pairs) == free
    if solution.pairs > len(problem.locked):
        assert brute_force(problem, "people", solution.min_score + 1)[:2] < free
    else:
        assert solution.min_score == 0


def test_a_ring_of_little_cost_is_found_long_before_it_adds_up() -> None:
    """A unit less each round would take ages to reach the bound; without the ring there are prices."""
    begin, head, arc = np.arange(4), np.array([1, 2, 0], dtype=np.int32), np.arange(3, dtype=np.int32)
    for cost, prices in (([5, -9, 3], None), ([5, -9, 4], [0, 5, -4])):
        table = Table(begin, head, np.array(cost), arc)
        found = potentials(3, (table,), -(1 << 60))
        assert (None if found is None else found.tolist()) == prices


@pytest.mark.parametrize("seed", range(60))
def test_highs_agrees(seed: int) -> None:
    problem = random_problem(seed, mentees=8 + seed % 5, mentors=5 + seed % 3)
    objective, min_score = OBJECTIVES[seed % 2], (0, 2)[seed // 2 % 2]
    solution = solve(problem, objective=objective, min_score=min_score)
    assert goals_of(solution) == Highs(problem, min_score).best(objective)
    assert solution.certificate.ok, solution.certificate.reason


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(12))
def test_order_of_people_and_pairs_does_not_matter(seed: int, objective: str) -> None:
    """Few distinct scores, hence many optima: the keys choose the same one, and the same needs."""
    problem = random_problem(seed, 60, 40, 0.4)
    problem = replace(problem, score=problem.score % 3)
    assert by_key(problem, objective) == by_key(shuffled(problem, seed), objective)


def test_ties_follow_the_keys() -> None:
    """With other keys another of the equal optima is chosen, so no hidden order decides."""
    square = [(i, j) for i in range(12) for j in range(12)]
    fields: dict[str, Any] = {
        "demand": [1] * 12,
        "capacity": [1] * 12,
        "mentee": [i for i, _ in square],
        "mentor": [j for _, j in square],
        "score": [7] * 144,
    }
    first = solve(Problem(**fields, key=(range(12), range(12))))
    second = solve(Problem(**fields, key=(range(100, 112), range(12))))
    assert first.total == second.total == 84
    assert first.mentor.tolist() != second.mentor.tolist()


def shuffled(problem: Problem, seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    sizes = len(problem.demand), len(problem.capacity), len(problem.score)
    mentees, mentors, edges = (rng.permutation(size) for size in sizes)
    new = np.argsort(mentees), np.argsort(mentors)
    return Problem(
        demand=problem.demand[mentees],
        capacity=problem.capacity[mentors],
        mentee=new[0][problem.mentee[edges]],
        mentor=new[1][problem.mentor[edges]],
        score=problem.score[edges],
        tier=problem.tier[mentees],
        group=problem.group[mentees],
        floor=problem.floor,
        key=(problem.key[0][mentees], problem.key[1][mentors]),
        keep=problem.keep[edges],
        need=problem.need[mentees],
        met=problem.met[mentees],
        serves=problem.serves[mentors],
        locked=np.stack([places[rows] for places, rows in zip(new, problem.locked.T, strict=True)], axis=1),
    )


def by_key(problem: Problem, objective: str) -> tuple[list[tuple[int, int, int]], int, int]:
    solution = solve(problem, objective=objective)
    mentee, mentor = problem.key[0][solution.mentee], problem.key[1][solution.mentor]
    pairs = zip(mentee.tolist(), mentor.tolist(), solution.need.tolist(), strict=True)
    return sorted(pairs), solution.total, solution.kept


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(4))
def test_goals_one_by_one_give_what_all_at_once_give(
    seed: int, objective: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the weights of all goals do not fit the solver's range, it is asked goal after goal."""
    problem = random_problem(seed, 30, 20)
    together = solve(problem, objective=objective)
    monkeypatch.setattr(solver, "_COST_RANGE", 0)
    apart = solve(problem, objective=objective)
    assert apart.certificate.ok, apart.certificate.reason
    assert goals_of(apart) == goals_of(together)
    assert (apart.mentee.tolist(), apart.mentor.tolist()) == (
        together.mentee.tolist(),
        together.mentor.tolist(),
    )


def test_coverage_is_not_sold_for_score() -> None:
    """A million points for one rich pair do not leave a mentee without mentor; "score" sells her."""
    problem = Problem(
        demand=[1, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 0], score=[2_000_000_000, 0, 0]
    )
    people, score = solve(problem), solve(problem, objective="score")
    assert (people.covered, people.total) == (2, 0)
    assert (score.covered, score.total) == (1, 2_000_000_000)
    assert people.certificate.ok
    assert score.certificate.ok


def test_everybody_once_before_anybody_twice() -> None:
    problem = Problem(demand=[2, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 1], score=[9, 9, 1])
    solution = solve(problem)
    assert solution.mentee.tolist() == [0, 1]
    assert solution.mentor.tolist() == [0, 1]


def test_left_out_before_is_served_first() -> None:
    problem = Problem(demand=[1, 1], capacity=[1], mentee=[0, 1], mentor=[0, 0], score=[9, 1], tier=[1, 0])
    solution = solve(problem)
    assert solution.mentee.tolist() == [1]
    assert solution.covered_by_tier == (1, 0)


def test_floor_lifts_a_group_and_its_shortfall_is_told() -> None:
    fields: dict[str, Any] = {
        "demand": [1, 1, 1],
        "capacity": [2],
        "mentee": [0, 1, 2],
        "mentor": [0, 0, 0],
        "score": [9, 8, 1],
        "group": [0, 0, 1],
    }
    without, with_floor = solve(Problem(**fields, floor=[0, 0])), solve(Problem(**fields, floor=[1, 1]))
    assert without.mentee.tolist() == [0, 1]
    assert with_floor.covered == 2
    assert with_floor.shortfall.sum() == 1
    assert solve(Problem(**fields, floor=[0.5, 1])).mentee.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("size", "share", "served", "missing"), [(3, 0.5, 1, 1), (3, 0.5, 2, 0), (100, 0.07, 7, 0)]
)
def test_share_of_a_group_is_rounded_up(size: int, share: float, served: int, missing: int) -> None:
    """But not by floating point: 0.07 * 100 is 7.000000000000001, and seven of a hundred are enough."""
    problem = Problem(
        demand=[1] * size, capacity=[served], mentee=list(range(size)), mentor=[0] * size, score=[1] * size,
        group=[0] * size, floor=[share],
    )  # fmt: skip
    assert solve(problem).shortfall.tolist() == [missing]


def test_a_whole_group_beyond_its_floor_is_certified() -> None:
    problem = Problem(
        demand=[1, 1],
        capacity=[1, 1, 1],
        mentee=[0, 0, 1],
        mentor=[0, 1, 2],
        score=[1, 1, 1],
        group=[0, 0],
        floor=[0],
    )
    assert solve(problem).certificate.reason == ""


def test_run_again_keeps_what_it_can_at_no_cost() -> None:
    fields: dict[str, Any] = {
        "demand": [1, 1],
        "capacity": [1, 1],
        "mentee": [0, 0, 1, 1],
        "mentor": [0, 1, 0, 1],
    }
    crossed = Problem(**fields, score=[5, 5, 5, 5], keep=[False, True, True, False])
    straight = Problem(**fields, score=[5, 5, 5, 5], keep=[True, False, False, True])
    dearer = Problem(**fields, score=[5, 5, 5, 6], keep=[False, True, True, False])
    assert solve(crossed).mentor.tolist() == [1, 0]
    assert solve(straight).mentor.tolist() == [0, 1]
    assert (solve(dearer).mentor.tolist(), solve(dearer).kept) == ([0, 1], 0)


def test_lock_stands_below_the_minimum_and_against_the_score() -> None:
    problem = Problem(
        demand=[1, 1], capacity=[1], mentee=[0, 1], mentor=[0, 0], score=[1, 9], locked=[(0, 0)]
    )
    solution = solve(problem, min_score=5)
    assert (solution.mentee.tolist(), solution.score.tolist()) == ([0], [1])
    assert solution.certificate.ok


@pytest.mark.parametrize("mentees", [0, 2])
def test_nobody_to_pair(mentees: int) -> None:
    problem = Problem(demand=[1] * mentees, capacity=[1], mentee=[], mentor=[], score=[])
    for min_score in (0, "best"):
        solution = solve(problem, min_score=min_score)
        assert (solution.covered, solution.pairs, solution.total, solution.min_score) == (0, 0, 0, 0)
        assert solution.certificate.ok


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"objective": "luck"}, "objective: 'luck' is neither 'people' nor 'score'"),
        ({"min_score": -1}, "min_score: -1 is neither a number from 0 on nor 'best'"),
        ({"min_score": "worst"}, "min_score: 'worst' is neither a number from 0 on nor 'best'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    problem = Problem(demand=[1], capacity=[1], mentee=[0], mentor=[0], score=[1])
    with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
        solve(problem, **arguments)


def test_large_field_is_solved_and_certified() -> None:
    problem = random_problem(3, 400, 250, 0.3)
    solution = solve(problem, min_score="best")
    assert solution.certificate.ok, solution.certificate.reason
    assert certify(problem, solution) == solution.certificate
    assert (solution.covered, solution.pairs) == (solution.certificate.covered, solution.certificate.pairs)


def test_a_minimum_may_be_any_whole_number() -> None:
    problem = Problem(demand=[1], capacity=[1], mentee=[0], mentor=[0], score=[3])
    solution = solve(problem, min_score=np.int64(3))  # type: ignore[arg-type]
    assert (solution.pairs, type(solution.min_score)) == (1, int)
    assert solve(problem, min_score=np.int64(4)).pairs == 0  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^min_score: True is neither a number from 0 on nor 'best'$"):
        solve(problem, min_score=True)
