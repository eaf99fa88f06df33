"""Why not, against a forced re-solve; why unmatched, against the definition of a closed set."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

from matching.engine import Change, Counterfactual, Problem, Shortage, Solution, solve, why_not, why_unmatched
from matching.engine.solution import OBJECTIVES, usable
from tests.matching.engine.oracles import random_problem

CHAIN = Problem(
    demand=[1, 1, 1],
    capacity=[1, 1, 1],
    mentee=[0, 0, 1, 1, 2],
    mentor=[0, 1, 1, 2, 0],
    score=[9, 8, 9, 3, 7],
)


def test_cost_equals_that_of_a_forced_run_in_all_of_five_hundred() -> None:
    """Mixed problems with every option on, both objectives, three minimum scores."""
    asked, rng = 0, np.random.default_rng(5)
    for seed in count():
        problem = random_problem(seed, 9 + seed % 5 * 6, 6 + seed % 5 * 3, 0.6)
        solution = solve(problem, objective=OBJECTIVES[seed % 2], min_score=seed % 3)
        for edge in rng.permutation(len(problem.score))[:25].tolist():
            asked += check_question(problem, solution, int(problem.mentee[edge]), int(problem.mentor[edge]))
            if asked == 500:
                return


def test_cost_equals_that_of_a_forced_run_among_a_hundred_people() -> None:
    """Long chains: few candidates for each, and hardly a place to spare."""
    asked, longest = 0, 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        capacity = rng.integers(0, 3, 60)
        problem = random_problem(seed, 90, 60, 0.08, capacity=capacity, locked=None)
        solution = solve(problem, objective=OBJECTIVES[seed % 2])
        for edge in rng.permutation(len(problem.score))[:60].tolist():
            pair = int(problem.mentee[edge]), int(problem.mentor[edge])
            asked += check_question(problem, solution, *pair)
            longest = max(longest, len(why_not(problem, solution, *pair).changes))
    assert asked >= 100
    assert longest >= 5


def check_question(problem: Problem, solution: Solution, mentee: int, mentor: int) -> bool:
    """Whether the question could be put; then the answer is that of a run with the pair forced."""
    told = why_not(problem, solution, mentee, mentor)
    if told.blocked or told.paired:
        return False
    forced = replace(problem, locked=[*problem.locked.tolist(), (mentee, mentor)])
    other = solve(forced, objective=solution.objective, min_score=solution.min_score)
    assert figures(told) == (
        solution.covered - other.covered,
        solution.pairs - other.pairs,
        tuple(a - b for a, b in zip(solution.covered_by_tier, other.covered_by_tier, strict=True)),
        int(other.shortfall.sum() - solution.shortfall.sum()),
        solution.needs - other.needs,
        solution.total - other.total,
        solution.kept - other.kept,
    )
    assert solution.kept - told.kept == check_changes(problem, solution, told.changes, (mentee, mentor))
    return True


def figures(told: Counterfactual) -> tuple[object, ...]:
    return told.covered, told.pairs, told.tiers, told.shortfall, told.needs, told.score, told.kept


def check_changes(
    problem: Problem, solution: Solution, changes: tuple[Change, ...], wanted: tuple[int, int]
) -> int:
    """The changes lead to a feasible set of pairs that holds the wanted one and every lock; how many are kept."""
    pairs = set(zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True))
    gone = {(change.mentee, change.loses) for change in changes if change.loses is not None}
    come = {(change.mentee, change.takes) for change in changes if change.takes is not None}
    assert gone <= pairs
    assert not come & pairs
    after = sorted((pairs - gone) | come)
    assert wanted in after
    assert {tuple(lock) for lock in problem.locked.tolist()} <= set(after)
    assert changes[0].mentee == wanted[0]
    rows = np.array(after).T
    assert (problem.edges_of(rows[0], rows[1]) >= 0).all()
    assert (np.bincount(rows[0], minlength=len(problem.demand)) <= problem.demand).all()
    assert (np.bincount(rows[1], minlength=len(problem.capacity)) <= problem.capacity).all()
    return int(problem.keep[problem.edges_of(rows[0], rows[1])].sum())


def test_chain_is_told_from_the_asking_mentee_on() -> None:
    solution = solve(CHAIN)
    assert solution.mentor.tolist() == [1, 2, 0]
    told = why_not(CHAIN, solution, 1, 1)
    assert told.changes == (Change(1, 2, 1), Change(0, 1, 0), Change(2, 0, None))
    assert (told.covered, told.pairs, told.score) == (1, 1, 8 + 3 + 7 - 9 - 9)
    assert told.tiers == (1,)


def test_a_pair_that_stands_costs_nothing() -> None:
    assert why_not(CHAIN, solve(CHAIN), 2, 0) == Counterfactual(paired=True)


def test_a_locked_pair_stands_whatever_the_minimum() -> None:
    problem = replace(CHAIN, locked=[(1, 2)])
    assert why_not(problem, solve(problem, min_score=5), 1, 2) == Counterfactual(paired=True)


@pytest.mark.parametrize(
    ("mentee", "mentor", "blocked"),
    [(2, 2, "rule"), (1, 2, "minimum"), (0, 1, "mentee_full"), (2, 0, "mentor_full"), (1, 1, "")],
)
def test_what_blocks_a_pair_is_named(mentee: int, mentor: int, blocked: str) -> None:
    problem = replace(CHAIN, locked=[(0, 0)])
    assert why_not(problem, solve(problem, min_score=5), mentee, mentor).blocked == blocked


def test_questions_about_nobody_or_without_proof_are_refused() -> None:
    solution = solve(CHAIN)
    for mentee, mentor, message in (
        (3, 0, "mentee: 3 names none of the 3 there are"),
        (0, -1, "mentor: -1 names none of the 3 there are"),
    ):
        with pytest.raises(ValueError, match=rf"^{re.escape(message)}$"):
            why_not(CHAIN, solution, mentee, mentor)
    unproven = replace(
        solution, certificate=replace(solution.certificate, ok=False, reason="total is 1, not 2")
    )
    with pytest.raises(ValueError, match=r"^solution: not certified \(total is 1, not 2\)$"):
        why_not(CHAIN, unproven, 0, 0)


def test_every_question_is_answered_alike() -> None:
    """The first answer prepares those that follow."""
    problem = Problem(demand=[1], capacity=[1, 1, 1], mentee=[0, 0, 0], mentor=[0, 1, 2], score=[9, 4, 3])
    solution = solve(problem)
    for _ in range(2):
        assert [why_not(problem, solution, 0, mentor).score for mentor in (1, 2)] == [5, 6]


def test_two_compete_for_one_place() -> None:
    problem = Problem(demand=[1, 1, 1], capacity=[1, 5], mentee=[0, 1, 2], mentor=[0, 0, 1], score=[3, 5, 1])
    assert why_unmatched(problem, solve(problem), 0) == Shortage("places", 1, (0, 1), (0,), 1)


def test_no_mentor_low_scores_and_locked_places_are_told_apart() -> None:
    problem = Problem(
        demand=[1, 1, 1, 1],
        capacity=[1, 1],
        mentee=[1, 2, 3],
        mentor=[0, 1, 1],
        score=[3, 9, 8],
        locked=[(2, 1)],
    )
    solution = solve(problem, min_score=5)
    assert why_unmatched(problem, solution, 0) == Shortage("no_mentor", 0)
    assert why_unmatched(problem, solution, 1) == Shortage("minimum", 0)
    assert why_unmatched(problem, solution, 3) == Shortage("places", 1, (3,), (1,), 0)
    with pytest.raises(ValueError, match=r"^mentee 2 has all the mentors wanted$"):
        why_unmatched(problem, solution, 2)


def test_left_out_for_the_total_is_not_called_a_lack_of_places() -> None:
    problem = Problem(demand=[1, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 0], score=[9, 1, 1])
    told = why_unmatched(problem, solve(problem, objective="score"), 1)
    assert (told.reason, told.mentees, told.mentors, told.places) == ("score", (0, 1), (0, 1), 2)
    rich = Problem(demand=[2, 1], capacity=[1, 1], mentee=[0, 0, 1], mentor=[0, 1, 1], score=[9, 9, 1])
    assert why_unmatched(rich, solve(rich, objective="score"), 1).reason == "score"


@pytest.mark.parametrize("seed", range(25))
def test_closed_set_is_closed_and_too_small(seed: int) -> None:
    problem = random_problem(seed, 14, 6, 0.4)
    solution = solve(problem, min_score=seed % 2)
    got = np.bincount(solution.mentee, minlength=len(problem.demand))
    free = usable(problem, solution.min_score)
    used = np.zeros(len(free), dtype=bool)
    used[problem.edges_of(solution.mentee, solution.mentor)] = True
    held = np.bincount(problem.locked[:, 1], minlength=len(problem.capacity))
    for mentee in np.flatnonzero(got < problem.demand).tolist():
        told = why_unmatched(problem, solution, mentee)
        own = free & ~used & (problem.mentee == mentee)
        assert told.eligible == own.sum()
        if told.reason != "places":
            assert told.reason in {"no_mentor", "minimum"}
            assert not own.any()
            continue
        among = np.isin(problem.mentee, told.mentees)
        assert set(problem.mentor[free & ~used & among].tolist()) <= set(told.mentors)
        assert told.places == (problem.capacity - held)[list(told.mentors)].sum()
        assert told.places == (free & used & among & np.isin(problem.mentor, told.mentors)).sum()
        if not got[mentee]:
            assert set(problem.mentor[free & among].tolist()) == set(told.mentors)
            assert len(told.mentees) == told.places + sum(got[list(told.mentees)] == 0)
