"""What a relaxed rule or more mentors would win, against runs on the field built anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Problem, Solution, reach, solve
from matching.engine.field import (
    CRITERIA,
    UNKNOWN,
    Criteria,
    Field,
    Links,
    People,
    Rules,
    Weights,
    build_field,
)
from matching.engine.relief import Recruit, Relaxation, Wins, reachable, recruits, relaxations, wins
from tests.matching.engine.people import Cast, random_cast, random_criteria

PLAIN = Rules(past_pairs=False, same_strand=False, shared_language=False)


@given(
    seed=st.integers(0, 10**6),
    mentees=st.integers(3, 12),
    mentors=st.integers(3, 8),
    least=st.sampled_from([0, 0, 60_000, 120_000]),
    objective=st.sampled_from(["people", "score"]),
    locks=st.integers(0, 3),
    block=st.sampled_from([1, 7, 1 << 22]),
)
def test_figures_are_those_of_fields_built_anew(
    seed: int, mentees: int, mentors: int, least: int, objective: str, locks: int, block: int
) -> None:
    cast, criteria = random_cast(seed, mentees, mentors), random_criteria(seed)
    field, problem, solution = solved(cast, criteria, least, objective, locks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "_ROWS", block)
        patch.setattr(reach, "_BLOCK", block)
        patch.setattr(reach, "_KEPT", block)
        found = relaxations(field, problem, solution)
        hired = recruits(field, problem, solution)
    check_relaxations(cast, criteria, problem, solution, found)
    check_recruits(cast, criteria, problem, solution, hired)
    for mentee in range(mentees):
        check_wins(cast, criteria, (field, problem, solution), mentee, found, hired)


def solved(
    cast: Cast, criteria: Criteria, least: int, objective: str, locks: int
) -> tuple[Field, Problem, Solution]:
    """Solved with the first so many pairs that fit as locks."""
    field = build_field(cast.mentees, cast.mentors, criteria, cast.links)
    first = solve(field.problem())
    chosen = list(zip(first.mentee.tolist(), first.mentor.tolist(), strict=True))[:locks]
    persons = [(int(cast.mentees.person[a]), int(cast.mentors.person[b])) for a, b in chosen]
    problem = field.problem(locks=persons)
    return field, problem, solve(problem, objective=objective, min_score=least)


def rebuilt(
    cast: Cast, criteria: Criteria, problem: Problem, *, hired: list[Recruit] | None = None
) -> Problem:
    """The same people and locks under other criteria, or with more mentors."""
    rows = [*cast.rows[1], *[stranger for one in hired or [] for stranger in strangers(one)]]
    for number, row in enumerate(rows[len(cast.rows[1]) :]):
        row["person"] = 2000 + number
    mentors = People(**{name: [row[name] for row in rows] for name in rows[0]})
    field = build_field(cast.mentees, mentors, criteria, cast.links)
    locks = [(int(cast.mentees.person[a]), int(mentors.person[b])) for a, b in problem.locked]
    return field.problem(locks=locks)


def strangers(recruit: Recruit) -> list[dict[str, Any]]:
    """So many people as a recruit asks for, in the words of the plain scorer."""
    kind = recruit.kind
    return [
        {
            "limit": recruit.places, "strand": kind.strand, "languages": kind.languages, "level": kind.level,
            "unit": kind.unit, "location": kind.location, "utc_offset": kind.utc_offset,
            "supervisor": UNKNOWN, "chain": [], "skills": list(kind.skills), "goals": list(kind.goals),
            "media": kind.media, "availability": kind.availability, "tier": 0, "group": UNKNOWN,
            "needs": 0, "weights": [UNKNOWN] * len(CRITERIA),
        }
        for _ in range(recruit.mentors)
    ]  # fmt: skip


def most(problem: Problem, solution: Solution) -> tuple[int, int]:
    """Most mentees covered and most pairs, under the minimum score of the solution."""
    proof = solve(problem, min_score=solution.min_score).certificate
    return proof.covered, proof.pairs


def together(problem: Problem, solution: Solution, mentees: set[int]) -> bool:
    """Whether all of these can have a mentor at once."""
    tier = np.array([0 if row in mentees else 1 for row in range(len(problem.demand))])
    by_tier = solve(replace(problem, tier=tier), min_score=solution.min_score).covered_by_tier
    return not mentees or by_tier[0] == len(mentees)


def weaker(rules: Rules) -> list[list[tuple[str, int | None, Rules]]]:
    levels, gap, hours = rules.chain_levels, rules.min_level_gap, rules.max_hours_apart
    found: list[list[tuple[str, int | None, Rules]]] = [
        [
            ("chain", value, replace(rules, chain_levels=value))
            for value in (levels - 1, 1)
            if 0 < value < levels
        ]
    ]
    for rule, setting in (
        ("exclusion", "exclusions"), ("past_pair", "past_pairs"), ("strand", "same_strand"),
        ("language", "shared_language"), ("availability", "shared_availability"),
    ):  # fmt: skip
        if getattr(rules, setting):
            found.append([(rule, None, replace(rules, **{setting: False}))])
    if rules.unit:
        found.append([("unit", None, replace(rules, unit=""))])
    if gap is not None:
        steps = [("level", value, replace(rules, min_level_gap=value)) for value in (gap - 1, None)]
        found.append(steps)
    if hours is not None:
        limits = [hours + 1] * (hours < 12)
        found.append(
            [("time_zone", value, replace(rules, max_hours_apart=value)) for value in (*limits, None)]
        )
    return found


def check_relaxations(
    cast: Cast, criteria: Criteria, problem: Problem, solution: Solution, found: list[Relaxation]
) -> None:
    now, expected, problems = most(problem, solution), {}, {}
    for steps in weaker(criteria.rules):
        worth = (0, 0)
        for rule, value, rules in steps:
            problems[rule, value] = other = rebuilt(cast, replace(criteria, rules=rules), problem)
            covered, pairs = most(other, solution)
            if (covered - now[0], pairs - now[1]) > worth:
                expected[rule, value] = worth = covered - now[0], pairs - now[1]
    assert {(told.rule, told.value): (told.covered, told.pairs) for told in found} == expected
    worths = [(told.covered, told.pairs) for told in found]
    assert worths == sorted(worths, reverse=True)
    covered = set(solution.mentee.tolist())
    for told in found:
        assert len(told.mentees) == told.covered
        assert set(told.mentees) <= set(told.could)
        if solution.objective == "people":
            other = problems[told.rule, told.value]
            assert together(other, solution, covered | set(told.mentees))
            assert list(told.could) == [
                row
                for row in range(len(problem.demand))
                if row not in covered and together(other, solution, covered | {row})
            ]


def check_recruits(
    cast: Cast, criteria: Criteria, problem: Problem, solution: Solution, hired: list[Recruit]
) -> None:
    before = most(problem, solution)[0]
    assert len({recruit.kind for recruit in hired}) == len(hired) <= 5
    total = 0
    for number, recruit in enumerate(hired, start=1):
        with_them = rebuilt(cast, criteria, problem, hired=hired[:number])
        total += recruit.covered
        assert recruit.covered == len(recruit.mentees) > 0
        assert recruit.total == total == most(with_them, solution)[0] - before
        assert (recruit.mentors - 1) * recruit.places < recruit.covered <= recruit.mentors * recruit.places
    if solution.objective == "people" and hired:
        won = {mentee for recruit in hired for mentee in recruit.mentees}
        assert not won & set(solution.mentee.tolist())
        everybody = rebuilt(cast, criteria, problem, hired=hired)
        assert together(everybody, solution, won | set(solution.mentee.tolist()))


def check_wins(
    cast: Cast,
    criteria: Criteria,
    run: tuple[Field, Problem, Solution],
    mentee: int,
    found: list[Relaxation],
    hired: list[Recruit],
) -> None:
    _, problem, solution = run
    told = wins(*run, mentee)
    if solution.objective == "score":
        return
    covered = set(solution.mentee.tolist())
    if mentee in covered:
        assert told == Wins()
        return
    assert told.relaxations == tuple(each for each in found if mentee in each.could)
    assert (told.recruit is None) <= (solution.min_score > 0 or criteria.min_fit > 0), (
        "without a minimum somebody always fits"
    )
    if told.recruit:
        needed = hired[: hired.index(told.recruit) + 1] if told.recruit in hired else [told.recruit]
        with_them = rebuilt(cast, criteria, problem, hired=needed)
        assert together(with_them, solution, covered | {mentee})


@pytest.mark.parametrize("objective", ["people", "score"])
@pytest.mark.parametrize("least", [0, 60_000])
@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_rows_does_not_matter(seed: int, least: int, objective: str) -> None:
    """Of several who would do as well it is always the same who is counted as served."""
    cast, criteria = random_cast(seed, 14, 6), random_criteria(seed)
    told = [
        by_person(*solved(each, criteria, least, objective, 0))
        for each in (cast, shuffled(cast, np.random.default_rng(seed)))
    ]
    assert told[0] == told[1]
    assert told[0][0]


def shuffled(cast: Cast, dice: np.random.Generator) -> Cast:
    rows = tuple([side[place] for place in dice.permutation(len(side)).tolist()] for side in cast.rows)
    sides = [People(**{name: [row[name] for row in side] for name in side[0]}) for side in rows]
    return Cast(sides[0], sides[1], cast.links, (rows[0], rows[1]))


def by_person(field: Field, problem: Problem, solution: Solution) -> tuple[list[Any], list[Any]]:
    """What is told, with the ids of mentees for their rows."""

    def ids(rows: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(field.mentees.person[list(rows)].tolist()))

    run = field, problem, solution
    return (
        [replace(told, mentees=ids(told.mentees)) for told in recruits(*run)],
        [replace(told, mentees=ids(told.mentees), could=ids(told.could)) for told in relaxations(*run)],
    )


def test_whom_only_the_score_leaves_out_is_helped_like_the_others() -> None:
    """Mentee 0 wants both mentors and fits best; mentor 101 is excluded for the other two."""
    field = build_field(
        People(person=range(3), limit=[2, 1, 1], level=[5, 1, 1]),
        People(person=[100, 101], limit=[1, 1], level=[6, 6]),
        Criteria(),
        Links(exclusions=[(1, 101), (2, 101)]),
    )
    problem = field.problem()
    solution = solve(problem, objective="score")
    assert solution.mentee.tolist() == [0, 0]
    told = [wins(field, problem, solution, mentee) for mentee in range(3)]
    assert [(each.relaxations, each.recruit and each.recruit.covered) for each in told] == [
        ((), None), ((), 1), ((), 1)
    ]  # fmt: skip
    assert reachable(field, problem, solution) == 2


def plain_field(mentees: dict[str, Any], mentors: dict[str, Any], rules: Rules, **links: Any) -> Field:
    size, width = len(mentees["strand"]), len(mentors["limit"])
    return build_field(
        People(person=range(size), limit=[1] * size, **mentees),
        People(person=range(100, 100 + width), **mentors),
        Criteria(rules=rules, weights=Weights(place=1)),
        Links(**links),
    )


def test_a_recruiting_list_reads_as_a_program_would_write_it() -> None:
    """Eleven want data science (7) in French (bit 1) on the north campus (4), two talks (8) in English."""
    field = plain_field(
        {
            "strand": [0] * 13, "languages": [2] * 11 + [1] * 2, "location": [4] * 9 + [5] * 4,
            "skills": [[7]] * 11 + [[8]] * 2, "level": [3] * 13,
        },
        {"limit": [4, 4, 4], "languages": [4] * 3},
        Rules(min_level_gap=1),
    )  # fmt: skip
    problem = field.problem()
    first, second = recruits(field, problem, solve(problem))
    assert (first.mentors, first.places, first.covered, first.total) == (3, 4, 11, 11)
    assert (first.kind.languages, first.kind.location, first.kind.level, first.kind.skills) == (2, 4, 4, (7,))
    assert first.mentees == tuple(range(11))
    assert (second.mentors, second.covered, second.total, second.kind.skills) == (1, 2, 13, (8,))
    assert recruits(field, problem, solve(problem), most=1) == [first]


def test_one_place_freed_by_moving_others_counts() -> None:
    """Mentee 1 may only have mentor 0, who is taken; mentee 0 could move if the level rule were weaker."""
    field = plain_field(
        {"strand": [0, 0], "level": [5, 5]},
        {"limit": [1, 1], "level": [7, 6]},
        Rules(min_level_gap=2, past_pairs=True),
        past_pairs=[(1, 101)],
    )
    problem = field.problem()
    solution = solve(problem)
    left = 1 - int(solution.mentee[0])
    (told,) = relaxations(field, problem, solution)
    assert (told.rule, told.value, told.covered, told.pairs) == ("level", 1, 1, 1)
    assert told.mentees == told.could == (left,)


def test_nothing_is_told_where_everybody_has_a_mentor() -> None:
    field = plain_field({"strand": [0]}, {"limit": [1]}, PLAIN)
    problem = field.problem()
    solution = solve(problem)
    assert relaxations(field, problem, solution) == recruits(field, problem, solution) == []
    assert wins(field, problem, solution, 0) == Wins()


def test_rules_nobody_may_relax_are_never_offered() -> None:
    """The one mentor with a place is the supervisor of the one mentee, or the mentee."""
    for mentees in ({"supervisor": [100]}, {"chain": [[100]]}):
        field = plain_field({"strand": [0], **mentees}, {"limit": [1]}, PLAIN)
        problem = field.problem()
        assert relaxations(field, problem, solve(problem)) == []


def test_no_kind_is_told_that_a_minimum_score_bars() -> None:
    field = plain_field({"strand": [0], "skills": [[7]]}, {"limit": [1], "strand": [1]}, Rules())
    problem = field.problem()
    assert len(recruits(field, problem, solve(problem, min_score=100_800))) == 1
    assert recruits(field, problem, barred := solve(problem, min_score=100_801)) == []
    assert wins(field, problem, barred, 0) == Wins()


def test_a_field_without_mentors_still_tells_whom_to_recruit() -> None:
    field = plain_field({"strand": [0, 0, 1]}, {"limit": []}, Rules())
    problem = field.problem()
    told = recruits(field, problem, solve(problem))
    assert [(each.kind.strand, each.mentors, each.covered) for each in told] == [(0, 2, 2), (1, 1, 1)]


@pytest.mark.parametrize("mentee", [-1, 1])
def test_a_row_that_is_not_there_is_refused(mentee: int) -> None:
    field = plain_field({"strand": [0]}, {"limit": [1]}, PLAIN)
    problem = field.problem()
    with pytest.raises(ValueError, match=f"^mentee: {mentee} names none of the 1 there are$"):
        wins(field, problem, solve(problem), mentee)


def test_a_larger_field_is_counted_block_by_block_as_in_one_piece() -> None:
    cast, criteria = random_cast(3, 160, 90), replace(random_criteria(1), rules=Rules(min_level_gap=2))
    field, problem, solution = solved(cast, criteria, 80_000, "people", 2)
    check_relaxations(cast, criteria, problem, solution, relaxations(field, problem, solution))
    check_recruits(cast, criteria, problem, solution, recruits(field, problem, solution))
