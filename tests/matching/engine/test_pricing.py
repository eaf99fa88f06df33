"""Large fields: few candidates, yet the optimum of every pair."""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.engine import Problem, Solution, certify, pricing, solve
from matching.engine.candidates import Prices, _best, gaining
from matching.engine.field import Criteria, Field, Links, People, Weights, build_field
from matching.engine.pairs import Pairs
from matching.engine.pricing import FieldSolution, solve_field
from tests.matching.engine.limits import large
from tests.matching.engine.oracles import goals_of
from tests.matching.engine.people import Cast, random_cast, random_criteria

SEED = st.integers(0, 2**32 - 1)
built = partial(build_field, any_size=True)


def fixed(field: Field, seed: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Some pairs to lock, within everybody's limits, and some to keep."""
    rng = np.random.default_rng(seed)
    pairs = np.stack([field.mentees.person[field.mentee], field.mentors.person[field.mentor]], axis=1)
    drawn = [(int(a), int(b)) for a, b in pairs[rng.permutation(len(pairs))[:30]]]
    takes = dict(zip(field.mentors.person.tolist(), field.mentors.limit.tolist(), strict=True))
    locks: dict[int, int] = {}
    for mentee, mentor in drawn[:4]:
        if takes[mentor] and mentee not in locks and mentor not in locks.values():
            locks[mentee] = mentor
    return list(locks.items()), drawn[4:]


def compared(cast: Cast, criteria: Criteria, seed: int, **arguments: Any) -> tuple[Solution, FieldSolution]:
    """The optimum with every pair a candidate, and that of the field taken for a large one."""
    whole = built(cast.mentees, cast.mentors, criteria, cast.links)
    locks, keep = fixed(whole, seed)
    expected = solve(whole.problem(locks=locks, keep=keep), **arguments)
    lead = 1 + seed % 3
    piece = max(50, len(cast.mentees.person) * len(cast.mentors.person) // 20)
    with large(lead, lead + seed % 4, 1 + seed % 5, [1, 40, 10**9][seed % 3], piece):
        field = built(cast.mentees, cast.mentors, criteria, cast.links)
        return expected, solve_field(field, locks=locks, keep=keep, **arguments)


def check(expected: Solution, found: FieldSolution) -> None:
    solution, proof = found.solution, found.proof
    assert solution.certificate.ok, solution.certificate.reason
    assert certify(found.problem, solution).ok
    assert proof.complete
    assert (proof.covered_gap, proof.pairs_gap, proof.total_gap) == (0, 0, 0)
    assert proof.considered == len(found.problem.score) == len(found.field.score)
    assert solution.min_score == expected.min_score
    if proof.ties:
        assert goals_of(solution) == goals_of(expected)
        assert chosen(solution) == chosen(expected)
    else:
        assert goals_of(solution)[:-1] == goals_of(expected)[:-1]  # all but the pairs kept
    if solution.objective == "people":
        bounds = [(one.certificate.covered, one.certificate.pairs) for one in (solution, expected)]
        assert bounds[0] == bounds[1]
    else:
        assert solution.certificate.covered >= expected.certificate.covered
        assert solution.certificate.pairs >= expected.certificate.pairs
        assert sum(solution.certificate.by_tier) >= expected.certificate.covered


def chosen(solution: Solution) -> list[tuple[int, int]]:
    return list(zip(solution.mentee.tolist(), solution.mentor.tolist(), strict=True))


@given(
    seed=SEED, objective=st.sampled_from(["people", "score"]), min_score=st.sampled_from([0, 60_000, "best"])
)
def test_the_optimum_is_that_of_every_pair(seed: int, objective: str, min_score: int | str) -> None:
    """Locks, kept pairs, tiers, floors and own weights included."""
    cast, criteria = random_cast(seed, 30, 18), random_criteria(seed)
    check(*compared(cast, criteria, seed, objective=objective, min_score=min_score))


@pytest.mark.parametrize("seed", range(6))
def test_the_optimum_of_hundreds_of_people_is_that_of_every_pair(seed: int) -> None:
    cast = random_cast(seed, 600, 380)
    arguments: dict[str, Any] = {
        "objective": ("people", "score")[seed % 2],
        "min_score": (0, "best")[seed == 4],
    }
    expected, found = compared(cast, Criteria(floor=0.7), seed, **arguments)
    check(expected, found)
    assert found.proof.considered < found.proof.eligible / 4


def test_equals_are_settled_as_if_every_pair_had_been_there() -> None:
    """Everybody is worth the same: only the lot decides, and pairs of the run before."""
    people = People(person=range(12), limit=[1] * 12), People(person=range(50, 60), limit=[1] * 10)
    keep = [(row, 59 - row) for row in range(5)]
    expected = solve(built(*people).problem(keep=keep))
    with large(2, 2, 30):
        found = solve_field(built(*people), keep=keep)
    check(expected, found)
    assert found.proof.ties
    assert found.proof.considered == 120
    with large(1, 1, 2):
        found = solve_field(built(*people), keep=keep)
    check(expected, found)
    assert not found.proof.ties


def test_a_small_field_is_solved_whole() -> None:
    cast = random_cast(3)
    field = built(cast.mentees, cast.mentors, links=cast.links)
    found = solve_field(field, objective="score", min_score=7)
    assert found.field is field
    assert chosen(found.solution) == chosen(solve(field.problem(), objective="score", min_score=7))
    assert (found.proof.complete, found.proof.ties, found.proof.passes) == (True, True, 0)
    assert found.proof.considered == found.proof.eligible == len(field.score)


def test_a_pair_far_from_the_best_is_found() -> None:
    """Both want the same mentor; the one who gives way takes somebody who is nobody's first, second or third."""
    weights = Weights(**{**dict.fromkeys(Weights.__dataclass_fields__, 0), "skills": 10})
    skills = [[(1, 0), (2, 0)], [(1, 0), (2, 0)]]
    mentees = People(person=[1, 2], limit=[1, 1], skills=skills, strand=[1, 1])
    mentors = People(
        person=[11, 12, 13, 14],
        limit=[1, 0, 0, 1],
        skills=[[(1, 0), (2, 0)], [(1, 0)], [(2, 0)], []],
        strand=[1] * 4,
    )
    with large(1, 1):
        found = solve_field(built(mentees, mentors, Criteria(weights=weights)))
    assert (found.solution.covered, found.solution.total) == (2, 10 * 10080)
    assert set(found.solution.mentor.tolist()) == {0, 3}


@pytest.mark.parametrize("objective", ["people", "score"])
def test_stopped_early_the_gap_is_told(objective: str) -> None:
    """A clock that runs out in the midst: what is possible stays within what was reached and the gap."""
    assert sum(gaps_of_total_told(seed, objective) for seed in range(5))


def gaps_of_total_told(seed: int, objective: str) -> int:
    cast, criteria = random_cast(seed, 40, 30), Criteria(floor=0.5)
    best = solve(built(cast.mentees, cast.mentors, criteria, cast.links).problem(), objective=objective)
    known = 0
    for stop in range(2, 15):
        clock = mock.Mock(side_effect=[*[0.0] * stop, *[100.0] * 50])
        with large(1, 2, 1, 10**9, 200), mock.patch.object(pricing.time, "monotonic", clock):
            field = built(cast.mentees, cast.mentors, criteria, cast.links)
            found = solve_field(field, objective=objective, time_limit=50)
        solution, proof = found.solution, found.proof
        assert solution.certificate.ok
        if proof.complete:
            assert goals_of(solution) == goals_of(best) or not proof.ties
            break
        assert proof.covered_gap is not None
        assert best.covered <= solution.covered + proof.covered_gap
        assert proof.pairs_gap is not None
        assert best.pairs <= solution.pairs + proof.pairs_gap
        assert (best.covered, best.pairs) <= (solution.certificate.covered, solution.certificate.pairs)
        assert best.pairs <= solution.certificate.pairs
        assert all(np.cumsum(best.covered_by_tier) <= np.cumsum(solution.certificate.by_tier))
        if proof.passes == 0:
            assert proof.total_gap is None
        elif proof.total_gap is not None:
            known += 1
            assert best.total <= solution.total + proof.total_gap
    assert proof.complete
    return known


def test_out_of_time_at_once() -> None:
    cast = random_cast(1, 40, 30)
    with large(1, 1):
        found = solve_field(built(cast.mentees, cast.mentors), time_limit=0)
        best = solve_field(built(cast.mentees, cast.mentors), time_limit=0, min_score="best")
    for one in (found, best):
        assert one.solution.certificate.ok
        assert (one.proof.complete, one.proof.passes, one.proof.total_gap) == (False, 0, None)
    assert found.proof.rounds == 1


def test_progress_tells_stage_and_share() -> None:
    cast = random_cast(2, 40, 30)
    told: list[tuple[str, int, int]] = []
    with large():
        solve_field(built(cast.mentees, cast.mentors), progress=lambda *step: told.append(step))
    stages = [stage for place, (stage, _, _) in enumerate(told) if not place or told[place - 1][0] != stage]
    assert stages[:2] == ["candidates", "solving"]
    assert stages[-1] == "checking"
    assert [done for stage, done, total in told if stage == "candidates"][-1] == 40
    assert {total for stage, done, total in told if stage != "solving"} == {40}
    rounds = [done for stage, done, _ in told if stage == "solving"]
    assert rounds == list(range(len(rounds)))


def test_who_stops_the_progress_stops_the_work() -> None:
    def stop(stage: str, done: int, total: int) -> None:
        if stage == "checking":
            raise InterruptedError

    cast = random_cast(2, 40, 30)
    with large(), pytest.raises(InterruptedError):
        solve_field(built(cast.mentees, cast.mentors), progress=stop)


def test_wrong_arguments_are_refused_before_any_work() -> None:
    people = People(person=[1], limit=[1], strand=[1]), People(person=[2], limit=[1], strand=[2])
    with large():
        field = built(*people)
        with pytest.raises(ValueError, match=r"^locks: \(1, 2\) is forbidden by strand$"):
            solve_field(field, locks=[(1, 2)])
        with pytest.raises(ValueError, match=r"^objective: 'luck'"):
            solve_field(field, objective="luck")
        with pytest.raises(ValueError, match=r"^min_score: -1"):
            solve_field(field, min_score=-1)
        found = solve_field(field, min_score="best")
    assert (found.solution.pairs, found.proof.complete, found.solution.min_score) == (0, True, 0)


@given(seed=SEED, high=st.sampled_from([0, 10**6, 10**12, 2**60]))
def test_every_pair_that_gains_is_found(seed: int, high: int) -> None:
    """With prices of any size, though the quick look is in single precision."""
    rng, cast = np.random.default_rng(seed), random_cast(seed, 20, 15)
    field = built(cast.mentees, cast.mentors, Criteria(), cast.links)
    class_of = rng.integers(-1, 2, 20) * high, rng.integers(-1, 2, 15) * high
    prices = Prices(
        class_of[0] + rng.integers(-60_000, 200_000, 20), class_of[1] + rng.integers(0, 100_000, 15),
        int(rng.choice([1, 7])), int(rng.choice([0, 90_000])),
    )  # fmt: skip
    known = Pairs.of((20, 15), *(column[::3] for column in (field.mentee, field.mentor, field.score)))
    sides = np.ones(20, dtype=bool), rng.random(15) < 0.8
    margin, most = int(rng.choice([0, 5000])), int(rng.choice([2, 100]))
    with large():
        found = gaining(field.ground, prices, margin, most, known, sides, lambda done: None)
    gain = prices.gain(field.mentee, field.mentor, field.score)
    expected: dict[int, list[int]] = {}
    for edge in np.lexsort((-gain, field.mentee)).tolist():
        if sides[1][field.mentor[edge]] and field.score[edge] >= prices.lowest:
            expected.setdefault(int(field.mentee[edge]), []).append(edge)
    told = dict(
        zip(zip(found.mentee.tolist(), found.mentor.tolist(), strict=True), found.gain.tolist(), strict=True)
    )
    for edges in expected.values():
        for edge in edges[:most]:
            pair = (int(field.mentee[edge]), int(field.mentor[edge]))
            if (
                edge % 3
                and gain[edge] >= -margin * prices.unit
                and gain[edges].tolist().count(gain[edge]) == 1
            ):
                assert told[pair] == gain[edge]
    assert all(value >= -margin * prices.unit for value in told.values())
    assert not any(known.find(found.mentee, found.mentor) >= 0)


@given(values=st.lists(st.integers(-3, 12), max_size=200), most=st.integers(1, 9), turn=st.integers(0, 50))
def test_the_best_of_a_row(values: list[int], most: int, turn: int) -> None:
    found = _best(np.array(values, dtype=np.int64), most, turn)
    assert sorted(np.array(values)[found].tolist() if values else []) == sorted(values)[-most:][: len(values)]
    assert found.tolist() == sorted(set(found.tolist()))


def test_the_solution_stands_on_the_problem_of_its_field() -> None:
    """Rows and candidates of problem and field agree, so explanations may use either."""
    cast = random_cast(5, 40, 30)
    with large():
        found = solve_field(built(cast.mentees, cast.mentors, links=cast.links))
    problem: Problem = found.problem
    for name in ("mentee", "mentor", "score"):
        assert getattr(problem, name).tolist() == getattr(found.field, name).tolist()
    assert not found.field.complete
    assert found.field.eligible(mentee=0) == built(cast.mentees, cast.mentors).eligible(mentee=0)
    wished = {(m, n) for m, n, _ in cast.links.wishes}
    considered = set(
        zip(
            cast.mentees.person[problem.mentee].tolist(),
            cast.mentors.person[problem.mentor].tolist(),
            strict=True,
        )
    )
    allowed = {
        pair for pair in wished
        if (rows := found.field.rows_of([pair]))[0][0] >= 0 and rows[1][0] >= 0
        and not found.field.blocked_by(int(rows[0][0]), int(rows[1][0]))
    }  # fmt: skip
    assert allowed
    assert allowed <= considered


def test_links_reach_pairs_outside_the_best() -> None:
    mentees, mentors = People(person=[1], limit=[1]), People(person=[11, 12, 13], limit=[1] * 3)
    with large(1, 1):
        found = solve_field(built(mentees, mentors, links=Links(introductions=[(1, 13)])))
    assert found.solution.mentor.tolist() == [2]
