"""Questions about a large field: what was not considered is answered as if every pair had been a candidate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine import Problem, Solution, explain, solve, whole
from matching.engine.field import Criteria, Field
from matching.engine.pricing import FieldSolution, solve_field
from matching.engine.runners_up import runners_up
from matching.engine.stability import blocking_pairs
from tests.matching.engine.limits import large
from tests.matching.engine.people import Cast, random_cast, random_criteria
from tests.matching.engine.test_explain import check_changes, figures
from tests.matching.engine.test_pricing import SEED, built, chosen, fixed

FEWER = settings(max_examples=max(25, settings().max_examples // 3))
OBJECTIVE, MINIMUM = st.sampled_from(["people", "score"]), st.sampled_from([0, 60_000])


def both(cast: Cast, criteria: Criteria, seed: int, **options: Any) -> tuple[Field, Problem, FieldSolution]:
    """The field with every pair held, its problem, and what was found on few candidates."""
    field = built(cast.mentees, cast.mentors, criteria, cast.links)
    locks, keep = fixed(field, seed)
    problem = field.problem(locks=locks, keep=keep)
    with large(1, 2, 12, [1, 40, 10**9][seed % 3]):
        few = built(cast.mentees, cast.mentors, criteria, cast.links)
        return field, problem, solve_field(few, locks=locks, keep=keep, **options)


def asked(found: FieldSolution) -> tuple[Field, Problem, Solution]:
    return found.field, found.problem, found.solution


@FEWER
@given(seed=SEED, objective=OBJECTIVE, min_score=MINIMUM)
def test_any_pair_is_priced_as_a_run_with_it_forced(seed: int, objective: str, min_score: int) -> None:
    """Asked in any order; what one question brought in stays for the next."""
    cast = random_cast(seed, 16, 11)
    criteria = random_criteria(seed) if seed % 2 else Criteria()
    _field, problem, found = both(cast, criteria, seed, objective=objective, min_score=min_score)
    assert whole.certify(*asked(found)).reason == ""
    dice = np.random.default_rng(seed)
    for mentee, mentor in zip(
        dice.integers(0, 16, 8).tolist(), dice.integers(0, 11, 8).tolist(), strict=True
    ):
        told = whole.why_not(*asked(found), mentee, mentor)
        if told.blocked or told.paired:
            plain = explain.why_not(problem, found.solution, mentee, mentor)
            assert (told.blocked, told.paired) == (plain.blocked, plain.paired)
            continue
        forced = replace(problem, locked=[*problem.locked.tolist(), (mentee, mentor)])
        other, here = solve(forced, objective=objective, min_score=min_score), found.solution
        assert figures(told)[:-1] == (
            here.covered - other.covered,
            here.pairs - other.pairs,
            tuple(a - b for a, b in zip(here.covered_by_tier, other.covered_by_tier, strict=True)),
            int(other.shortfall.sum() - here.shortfall.sum()),
            here.needs - other.needs,
            here.total - other.total,
        )
        assert told.kept >= here.kept - other.kept
        assert here.kept - told.kept == check_changes(problem, here, told.changes, (mentee, mentor))


def test_some_of_these_questions_need_more_than_the_pair_itself() -> None:
    """Bringing in nothing but the pair asked for would price some of them too high."""
    higher = 0
    for seed in (4, 7, 10):
        cast = random_cast(seed, 40, 30)
        _field, _problem, found = both(cast, Criteria(), seed)
        ground, known = found.field.ground, found.problem
        for mentee, mentor in np.random.default_rng(seed).integers(0, 30, (60, 2)).tolist():
            told = whole.why_not(*asked(found), mentee, mentor)
            if known.edges_of([mentee], [mentor])[0] < 0 and not told.blocked:
                rows = np.array([mentee]), np.array([mentor])
                alone = whole._joined(known, *rows, ground.worth(*rows))
                plain = explain.why_not(alone, found.solution, mentee, mentor)
                assert figures(plain)[:2] >= figures(told)[:2]
                higher += figures(plain) != figures(told)
    assert higher >= 5


@FEWER
@given(seed=SEED, objective=OBJECTIVE, min_score=MINIMUM)
def test_somebody_left_out_is_told_of_the_same_people_and_places(
    seed: int, objective: str, min_score: int
) -> None:
    cast, criteria = random_cast(seed, 30, 9), random_criteria(seed)
    _field, problem, found = both(cast, criteria, seed, objective=objective, min_score=min_score)
    for mentee in range(30):
        if np.count_nonzero(found.solution.mentee == mentee) < problem.demand[mentee]:
            told = whole.why_unmatched(*asked(found), mentee)
            assert told == explain.why_unmatched(problem, found.solution, mentee)
        else:
            with pytest.raises(ValueError, match=rf"^mentee {mentee} has all the mentors wanted$"):
                whole.why_unmatched(*asked(found), mentee)


@FEWER
@given(seed=SEED, objective=OBJECTIVE)
def test_a_set_that_many_share_is_closed_for_each_of_them(seed: int, objective: str) -> None:
    cast, criteria = random_cast(seed, 30, 9), random_criteria(seed)
    _field, problem, found = both(cast, criteria, seed, objective=objective)
    made = problem.edges_of(found.solution.mentee, found.solution.mentor)
    unmade = np.setdiff1d(np.arange(len(problem.score)), made)
    shorter = np.bincount(found.solution.mentee, minlength=30) < problem.demand
    for mentee in np.flatnonzero(shorter).tolist():
        told = whole.why_unmatched(*asked(found), mentee, exact=False)
        least = explain.why_unmatched(problem, found.solution, mentee)
        assert (told.reason, told.eligible) == (least.reason, least.eligible)
        assert mentee in told.mentees or told == least
        assert set(told.mentees) >= set(least.mentees)
        among = unmade[np.isin(problem.mentee[unmade], told.mentees)]
        if told.reason == "places":
            assert set(problem.mentor[among].tolist()) <= set(told.mentors)
            taken = np.isin(found.solution.mentor, told.mentors).sum()
            assert told.places == taken - np.isin(problem.locked[:, 1], told.mentors).sum()


@FEWER
@given(seed=SEED, objective=OBJECTIVE)
def test_runners_up_and_those_who_would_break_up_are_counted_on_every_pair(seed: int, objective: str) -> None:
    cast, criteria = random_cast(seed, 20, 14), random_criteria(seed)
    limit = np.where(np.arange(14) % 5, cast.mentors.limit, 0)  # some are full
    cast = replace(cast, mentors=replace(cast.mentors, limit=limit))
    field, problem, found = both(cast, criteria, seed, objective=objective)
    assert whole.blocking(*asked(found)) == len(blocking_pairs(problem, found.solution))
    held = set(chosen(found.solution))
    expected: list[dict[int, list[tuple[int, int, int]]]] = [{}, {}]
    for row in zip(field.mentee.tolist(), field.mentor.tolist(), field.score.tolist(), strict=True):
        mentee, mentor, score = row
        if (mentee, mentor) not in held and cast.mentors.limit[mentor]:
            rank = -int(field.score_percent(mentee, score)), -score
            expected[0].setdefault(mentee, []).append((*rank, mentor))
            expected[1].setdefault(mentor, []).append((*rank, mentee))
    with large():  # in small pieces
        sides = runners_up(found.field, found.solution, 3)
    for side, people, by_hand in zip(sides, (20, 14), expected, strict=True):
        for person in range(people):
            best = sorted(by_hand.get(person, []))[:3]
            assert side.of(person) == [(other, -percent) for percent, _score, other in best]


def test_where_every_pair_is_held_nothing_is_different() -> None:
    cast = random_cast(4, 14, 6)
    field = built(cast.mentees, cast.mentors, Criteria(), cast.links)
    problem = field.problem()
    solution = solve(problem)
    assert whole.certify(field, problem, solution) == solution.certificate
    assert whole.blocking(field, problem, solution) == len(blocking_pairs(problem, solution))
    for mentee in range(14):
        told = whole.why_not(field, problem, solution, mentee, 3)
        assert told == explain.why_not(problem, solution, mentee, 3)


def test_a_pair_outside_that_would_improve_the_result_is_named() -> None:
    """A solution that is proven on its few candidates, but not on the field."""
    cast = random_cast(2, 30, 20)
    with large(1, 1, 1):
        field = built(cast.mentees, cast.mentors, Criteria(), cast.links)
        found = solve_field(field, time_limit=0)
    assert found.solution.certificate.ok
    told = whole.certify(*asked(found))
    assert not told.ok
    words = told.reason.split()
    mentee, mentor = int(words[1]), int(words[4])
    assert words[5:] == "is worth more than its prices".split()
    assert found.problem.edges_of([mentee], [mentor])[0] < 0
