"""Circles: against brute force on small fields, against nobody's order, and what is refused and explained."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.circle_program import best_circles
from matching.engine.circles import (
    NOBODY,
    Circle,
    Gathered,
    Gathering,
    certify_circles,
    gather,
    gathering,
    why_not_placed,
)
from matching.engine.field import Criteria, Links, People, Rules, build_field
from matching.engine.network import EngineError

Value = tuple[Any, ...]


def random_gathering(seed: int, mentees: int = 6, hosts: int = 3, **change: Any) -> Gathering:
    """A seeded small problem with every option on: times, tiers, two hosts, locks, seats to keep."""
    rng = np.random.default_rng(seed)
    pairs = [(host, NOBODY) for host in range(hosts)]
    if rng.random() < 0.5:
        pairs.append((0, hosts - 1))
    mentee, circle = np.nonzero(rng.random((mentees, len(pairs))) < 0.7)
    least = rng.integers(1, 4, len(pairs))
    fields: dict[str, Any] = {
        "hosts": pairs,
        "least": least,
        "most": least + rng.integers(0, 3, len(pairs)),
        "mentee": mentee,
        "circle": circle,
        "score": rng.integers(0, int(rng.choice([3, 1000])), len(mentee)),
        "free": rng.integers(0, 8, mentees),
        "host_free": rng.integers(0, 8, hosts),
        "tier": rng.integers(0, int(rng.integers(1, 4)), mentees),
        "keep": rng.random(len(mentee)) < 0.3 * rng.integers(0, 2),
        "key": (rng.permutation(1000)[:mentees], rng.permutation(1000)[:hosts]),
        "price": int(rng.choice([0, 1, 50])),
    }
    return Gathering(**{**fields, **change})


def value_of(found: Gathered) -> Value:
    """What counts, in the order in which it counts; larger is better."""
    return (found.placed, *found.by_tier[:-1], found.worth, found.kept)


def brute_force(problem: Gathering) -> Value | None:
    """The best value over every way to open circles and to seat each mentee; None if locks leave none."""
    seats = {
        (mentee, circle): edge
        for edge, (mentee, circle) in enumerate(
            zip(problem.mentee.tolist(), problem.circle.tolist(), strict=True)
        )
    }
    choices = [[NOBODY, *(c for m, c in seats if m == row)] for row in range(len(problem.free))]
    values = [value for chosen in product(*choices) if (value := seated(problem, seats, chosen))]
    return max(values, default=None)


def seated(problem: Gathering, seats: dict[tuple[int, int], int], chosen: tuple[int, ...]) -> Value | None:
    """Value of a seating, None if it may not be."""
    circles = sorted(set(chosen) - {NOBODY})
    hosts = [host for circle in circles for host in problem.hosts[circle].tolist() if host != NOBODY]
    if len(set(hosts)) < len(hosts):
        return None
    for circle in circles:
        members = [row for row, where in enumerate(chosen) if where == circle]
        masks = [int(problem.free[row]) for row in members]
        masks += [int(problem.host_free[host]) for host in problem.hosts[circle].tolist() if host != NOBODY]
        if not problem.least[circle] <= len(members) <= problem.most[circle]:
            return None
        if any(masks) and not np.bitwise_and.reduce([mask for mask in masks if mask]):
            return None
    for mentee, host in problem.locked.tolist():
        if chosen[mentee] == NOBODY or host not in problem.hosts[chosen[mentee]]:
            return None
    edges = [seats[row, circle] for row, circle in enumerate(chosen) if circle != NOBODY]
    placed = [row for row, circle in enumerate(chosen) if circle != NOBODY]
    tiers = [sum(problem.tier[row] == tier for row in placed) for tier in np.unique(problem.tier)]
    worth = int(problem.score[edges].sum()) - problem.price * len(circles)
    return (len(placed), *map(int, tiers[:-1]), worth, int(problem.keep[edges].sum()))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_the_best_circles_are_found_and_proven(seed: int) -> None:
    problem = random_gathering(seed)
    found = gather(problem)
    assert value_of(found) == brute_force(problem)
    assert found.certificate.ok, found.certificate.reason
    assert found.certificate.proven
    assert (found.certificate.gap, found.certificate.placed) == (0, found.placed)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_locks_stand_or_are_refused(seed: int) -> None:
    problem = random_gathering(seed)
    rng = np.random.default_rng(seed)
    pairs = [(int(rng.integers(6)), int(rng.integers(3))) for _ in range(int(rng.integers(1, 3)))]
    problem = replace(problem, locked=pairs)
    best = brute_force(problem)
    if best is None:
        with pytest.raises(ValueError, match="locked"):
            gather(problem)
        with pytest.raises(ValueError, match="locked"):
            gather(problem, exact=False)
    else:
        assert value_of(gather(problem)) == best
        assert gather(problem, exact=False).certificate.ok


def test_a_lock_stands_in_another_circle_of_its_host() -> None:
    """The circle of hosts 1 and 2 has more seats, but none for mentee 0, who is locked to host 1."""
    problem = Gathering(
        hosts=[(0, NOBODY), (1, NOBODY), (1, 2)], least=[1, 1, 1], most=[4, 4, 4], mentee=[0, 0, 1, 2, 3],
        circle=[0, 1, 2, 2, 2], score=[0] * 5, free=[0] * 4, host_free=[0] * 3, locked=[(0, 1)],
    )  # fmt: skip
    for exact in (True, False):
        assert gather(problem, exact=exact).circles == (Circle((1,), (0,), 0, 1),)


def test_a_lock_stands_with_one_of_two_hosts_whose_best_circles_starve_each_other() -> None:
    """Both locked circles need three of four people at their best times, where each has all of them."""
    fields: dict[str, Any] = {
        "mentee": [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3], "circle": [0] * 4 + [1] * 4 + [2] * 4, "score": [0] * 12,
        "free": [0] * 4, "host_free": [0] * 3, "locked": [(0, 0), (1, 1)], "most": [4] * 3,
    }  # fmt: skip
    problem = Gathering(hosts=[(0, NOBODY), (1, NOBODY), (0, 2)], least=[3, 3, 1], **fields)
    for exact in (True, False):
        found = gather(problem, exact=exact)
        assert (found.placed, [circle.candidate for circle in found.circles]) == (4, [1, 2])
    with pytest.raises(ValueError, match=r"^locked: no way was found to seat these people with their hosts$"):
        gather(replace(problem, least=[3, 3, 3]), exact=False)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_what_is_only_approached_says_how_far_it_may_be(seed: int) -> None:
    problem = random_gathering(seed, mentees=7, hosts=4)
    best, found = gather(problem), gather(problem, exact=False)
    proof = found.certificate
    assert proof.ok, proof.reason
    assert value_of(found) <= value_of(best)
    assert proof.placed >= best.placed
    assert proof.gap >= (best.placed - found.placed) / max(best.placed, 1)
    if proof.proven:
        assert value_of(found) == value_of(best)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_the_order_of_people_does_not_matter(seed: int) -> None:
    problem = random_gathering(seed, mentees=8, score=None)
    rng = np.random.default_rng(seed + 1)
    mentees, hosts = rng.permutation(8), rng.permutation(3)
    mentee_at, host_at = np.argsort(mentees), np.argsort(hosts)
    circles, edges = rng.permutation(len(problem.hosts)), rng.permutation(len(problem.mentee))
    moved = Gathering(
        hosts=np.where(problem.hosts == NOBODY, NOBODY, host_at[problem.hosts])[circles],
        least=problem.least[circles],
        most=problem.most[circles],
        mentee=mentee_at[problem.mentee][edges],
        circle=np.argsort(circles)[problem.circle][edges],
        score=problem.score[edges],
        free=problem.free[mentees],
        host_free=problem.host_free[hosts],
        tier=problem.tier[mentees],
        keep=problem.keep[edges],
        key=(problem.key[0][mentees], problem.key[1][hosts]),
        price=problem.price,
    )
    for exact in (True, False):
        assert named(moved, gather(moved, exact=exact)) == named(problem, gather(problem, exact=exact))


@pytest.mark.parametrize("seed", range(6))
def test_the_order_of_two_hosts_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids, hosts = rng.permutation(100)[:8], 200 + rng.permutation(100)[:4]

    def told(mentees: Any, mentors: Any) -> list[set[tuple[frozenset[int], frozenset[int]]]]:
        sides = People(person=mentees, limit=[1] * 8), People(person=mentors, limit=[4] * 4)
        problem = gathering(build_field(*sides, Criteria()), least=2, most=3, hosts=2)
        return [named(problem, gather(problem, exact=exact)) for exact in (True, False)]

    assert told(ids, hosts) == told(rng.permutation(ids), rng.permutation(hosts))


def named(problem: Gathering, found: Gathered) -> set[tuple[frozenset[int], frozenset[int]]]:
    """Circles by the keys of hosts and members."""
    mentees, hosts = (key.tolist() for key in problem.key)
    return {
        (frozenset(hosts[row] for row in circle.hosts), frozenset(mentees[row] for row in circle.members))
        for circle in found.circles
    }


def before_and_after(seed: int) -> Gathering:
    """Forty people and ten hosts, many answers being as good; a third of all seats are those of the run before."""
    rng = np.random.default_rng(seed)
    mentee, circle = np.nonzero(rng.random((40, 10)) < 0.5)
    return Gathering(
        hosts=[(host, NOBODY) for host in range(10)], least=[3] * 10, most=[5] * 10, mentee=mentee, circle=circle,
        score=rng.integers(0, 3, len(mentee)) * 1000, free=[0] * 40, host_free=[0] * 10,
        keep=rng.random(len(mentee)) < 0.3, price=200,
    )  # fmt: skip


def test_as_few_changes_as_can_be() -> None:
    found = gather(before_and_after(9))
    assert (found.placed, found.kept, found.bound.kept if found.bound else None) == (40, 19, 19)
    assert found.certificate.proven
    fewer = replace(found, bound=replace(found.bound, kept=20))
    assert not certify_circles(before_and_after(9), found, fewer.bound).proven
    more = certify_circles(before_and_after(9), found, replace(found.bound, kept=18))
    assert (more.ok, more.reason) == (False, "the circles are better than what was proven to be the best")


def one_host(**change: Any) -> Gathering:
    """Four mentees and one host who takes two or three."""
    fields: dict[str, Any] = {
        "hosts": [(0, NOBODY)], "least": [2], "most": [3],
        "mentee": [0, 1, 2, 3], "circle": [0, 0, 0, 0], "score": [5, 6, 7, 8],
        "free": [0, 0, 0, 0], "host_free": [0],
    }  # fmt: skip
    return Gathering(**{**fields, **change})


def test_the_best_three_sit_together_and_the_fourth_hears_that_it_is_full() -> None:
    problem = one_host()
    found = gather(problem)
    assert found.circles == (Circle((0,), (1, 2, 3), 0, 0),)
    assert (found.placed, found.total, found.worth) == (3, 21, 21)
    absent = why_not_placed(problem, found, 0)
    assert (absent.reason, absent.hosts, absent.full) == ("full", 1, 1)
    with pytest.raises(ValueError, match="mentee 1 sits in a circle"):
        why_not_placed(problem, found, 1)


def test_left_out_before_goes_before_a_better_fit() -> None:
    found = gather(one_host(tier=[0, 1, 1, 1]))
    assert found.circles[0].members == (0, 2, 3)
    assert found.by_tier == (1, 2)


def test_all_share_one_time_at_least() -> None:
    problem = one_host(free=[0b001, 0b001, 0b010, 0b110], host_free=[0b111])
    found = gather(problem)
    assert found.circles == (Circle((0,), (2, 3), 0b010, 0),)
    absent = why_not_placed(problem, found, 0)
    assert (absent.reason, absent.in_time, absent.other_time) == ("other_time", 1, 1)


def test_a_full_circle_at_another_time_is_not_told_as_one_to_join() -> None:
    """The host could meet whenever the mentee is free, but meets when those of the full circle are."""
    problem = one_host(most=[2], free=[0b001, 0b001, 0b010, 0b010], host_free=[0b111])
    absent = why_not_placed(problem, gather(problem), 0)
    assert (absent.reason, absent.full, absent.other_time, absent.away) == ("away", 0, 0, 1)
    suited = replace(problem, free=np.array([0b011, 0b001, 0b010, 0b010], dtype=np.uint64))
    assert why_not_placed(suited, gather(suited), 0).reason == "full"


def test_whoever_states_no_time_suits_any() -> None:
    found = gather(one_host(free=[0, 0b10, 0b10, 0b01], host_free=[0]))
    assert found.circles == (Circle((0,), (0, 1, 2), 0b10, 0),)


@pytest.mark.parametrize(
    ("change", "reason", "most", "least"),
    [
        ({"mentee": [1], "circle": [0], "score": [1]}, "no_host", 0, 0),
        ({"free": [1, 2, 2, 2], "host_free": [2]}, "no_time", 0, 0),
        ({"free": [1, 2, 4, 8], "host_free": [15]}, "too_few", 1, 2),
    ],
)
def test_why_nobody_could_place_somebody(change: dict[str, Any], reason: str, most: int, least: int) -> None:
    problem = one_host(**change)
    absent = why_not_placed(problem, gather(problem), 0)
    assert (absent.reason, absent.most, absent.least) == (reason, most, least)


def test_a_circle_that_would_need_people_of_another_stays_closed() -> None:
    problem = Gathering(
        hosts=[(0, NOBODY), (1, NOBODY)], least=[3, 2], most=[3, 2], mentee=[0, 1, 2, 2, 3], circle=[0, 0, 0, 1, 1],
        score=[1, 1, 1, 9, 9], free=[0] * 4, host_free=[0, 0],
    )  # fmt: skip
    found = gather(problem)
    assert found.circles == (Circle((0,), (0, 1, 2), 0, 0),)
    assert why_not_placed(problem, found, 3).reason == "not_opened"


def test_a_circle_must_win_its_price() -> None:
    fields: dict[str, Any] = {
        "hosts": [(0, NOBODY), (1, NOBODY)], "least": [1, 1], "most": [2, 2], "mentee": [0, 0, 1, 1],
        "circle": [0, 1, 0, 1], "score": [10, 0, 10, 15], "free": [0, 0], "host_free": [0, 0],
    }  # fmt: skip
    assert len(gather(Gathering(**fields, price=4)).circles) == 2
    assert len(gather(Gathering(**fields, price=6)).circles) == 1


def test_nobody_sits_in_no_circle() -> None:
    nobody: dict[str, Any] = {"free": [], "mentee": [], "circle": [], "score": []}
    for exact in (True, False):
        found = gather(one_host(**nobody), exact=exact)
        assert (found.circles, found.by_tier, found.certificate.ok, found.certificate.proven) == (
            (),
            (),
            True,
            True,
        )


def test_of_equals_the_seats_of_the_run_before_are_kept() -> None:
    problem = one_host(score=[5, 5, 5, 5], keep=[True, False, True, True])
    assert gather(problem).circles[0].members == (0, 2, 3)
    assert gather(problem).kept == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"least": [0]}, "least[0]: 0 is under 1"),
        ({"most": [1]}, "most[0]: 1 is under 2, the least"),
        ({"hosts": [(0, 0)]}, "hosts[0]: 0 stands twice"),
        ({"hosts": [(1, NOBODY)]}, "hosts, column 0[0]: 1 names none of the 1 there are"),
        ({"mentee": [0, 0, 2, 3]}, "mentee, circle: a seat stands twice"),
        ({"locked": [(4, 0)]}, "locked mentee[0]: 4 names none of the 4 there are"),
        ({"score": [1, 2, 3]}, "score: 3 values where 4 are needed"),
        ({"score": [1, 2, 3, 2**31]}, "score[3]: 2147483648 is too large"),
        ({"most": [2**31]}, "most[0]: 2147483648 is too large"),
        ({"hosts": [0, NOBODY, 0]}, "hosts: two columns are needed"),
        ({"locked": [(0, 0), (0,)]}, "locked: rows of one length are needed"),
        ({"keep": [True]}, "keep: true or false is needed for each of the 4 pairs"),
        ({"key": ([1, 2, 3], [1])}, "key of mentees: 3 values where 4 are needed"),
        ({"key": ([1, 2, 3, 3], [1])}, "key of mentees: 3 stands twice"),
        ({"key": ([1, 2, 3, 4],)}, "key: ids of the mentees and ids of the hosts are needed"),
        ({"free": [1.5, 0, 0, 0]}, "free: whole numbers are needed, not float64"),
        ({"free": [0, 0, 0, -1]}, "free[3]: -1 is under 0"),
        ({"host_free": [-1]}, "host_free[0]: -1 is under 0"),
        ({"price": -1}, "price[0]: -1 is under 0"),
        ({"price": 2**31}, "price[0]: 2147483648 is too large"),
    ],
)
def test_what_is_malformed_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        one_host(**change)


@pytest.mark.parametrize(
    ("circles", "reason"),
    [
        ((Circle((0,), (1, 2, 2), 0, 0),), "a mentee sits in two circles"),
        ((Circle((0,), (1, 2), 0, 0), Circle((0,), (0, 3), 0, 0)), "somebody hosts two circles"),
        ((Circle((0,), (1,), 0, 0),), "the circle of host 0 has 1 members"),
        ((Circle((0,), (0, 1, 2, 3), 0, 0),), "the circle of host 0 has 4 members"),
        ((Circle((0,), (1, 2, 3), 1, 0),), "the circle of host 0 has no such time in common"),
        ((), "the figures are not those of the circles"),
    ],
)
def test_the_check_rests_on_the_people_alone(circles: tuple[Circle, ...], reason: str) -> None:
    problem = one_host()
    forged = replace(gather(problem), circles=circles)
    proof = certify_circles(problem, forged)
    assert (proof.ok, proof.reason) == (False, reason)


def test_a_lock_that_was_not_kept_is_noticed() -> None:
    problem = one_host()
    proof = certify_circles(replace(problem, locked=[(0, 0)]), gather(problem))
    assert (proof.ok, proof.reason) == (False, "mentee 0 does not sit with host 0, though locked")


def field(mentees: int = 6, mentors: int = 3, **links: Any) -> Any:
    """Mentees 1.., mentors 101.., who all suit one another."""
    people = People(person=np.arange(1, mentees + 1), limit=[1] * mentees, availability=[3] * mentees)
    hosts = People(
        person=np.arange(101, 101 + mentors), limit=[4] * mentors, availability=[1, 3, 2][:mentors]
    )
    return build_field(people, hosts, Criteria(), Links(**links))


def test_a_field_becomes_circles() -> None:
    problem = gathering(field(), least=3, most=8)
    assert problem.hosts.tolist() == [[0, NOBODY], [1, NOBODY], [2, NOBODY]]
    assert problem.most.tolist() == [4, 4, 4]
    assert gather(problem).placed == 6
    assert len(gathering(field(), least=5, most=8).hosts) == 0


def test_a_forbidden_lock_names_the_rule() -> None:
    with pytest.raises(ValueError, match=r"locks: \(1, 101\) is forbidden by exclusion"):
        gathering(field(exclusions=[(1, 101)]), least=3, most=8, locks=[(1, 101)])
    with pytest.raises(ValueError, match=r"locks: \(9, 101\) names somebody who is not in the field"):
        gathering(field(), least=3, most=8, locks=[(9, 101)])


def test_co_hosts_host_together_or_not_at_all() -> None:
    problem = gathering(field(), least=3, most=8, together=[(102, 101)], locks=[(1, 101)])
    assert problem.hosts.tolist() == [[2, NOBODY], [0, 1]]
    found = gather(problem)
    assert [circle.hosts for circle in found.circles if 0 in circle.members] == [(0, 1)]


def test_circles_of_two_hosts_share_time_and_mentees() -> None:
    problem = gathering(field(exclusions=[(1, 101)]), least=3, most=8, hosts=2)
    assert problem.hosts.tolist() == [[0, 1], [1, 2]]
    rows = zip(problem.mentee.tolist(), problem.circle.tolist(), strict=True)
    assert (0, 0) not in set(rows)
    assert len(problem.mentee) == 11
    assert len(gather(problem).circles) == 1


def test_two_hosts_whose_sizes_exclude_each_other_host_no_circle() -> None:
    sizes: dict[str, Any] = {"least": [2, 4, 2], "most": [3, 4, 4], "hosts": 2}
    problem = gathering(field(), **sizes)
    assert (problem.hosts.tolist(), problem.least.tolist(), problem.most.tolist()) == ([[1, 2]], [4], [4])
    assert gathering(field(), **sizes, together=[(101, 102)]).hosts.tolist() == [[1, 2]]
    assert gathering(field(), **{**sizes, "most": 4}).hosts.tolist() == [[0, 1], [1, 2]]


def test_seats_of_the_run_before_are_known_again() -> None:
    problem = gathering(field(), least=3, most=8, keep=[(1, 102), (9, 101)])
    rows = zip(problem.mentee[problem.keep].tolist(), problem.circle[problem.keep].tolist(), strict=True)
    assert list(rows) == [(0, 1)]


def test_some_hundred_people_are_placed_and_proven() -> None:
    rng = np.random.default_rng(7)
    people = People(
        person=np.arange(300),
        limit=[1] * 300,
        strand=np.arange(300) % 3,
        goals=[[int(g)] for g in rng.integers(0, 9, 300)],
    )
    hosts = People(
        person=np.arange(1000, 1050),
        limit=[8] * 50,
        strand=np.arange(50) % 3,
        goals=[[int(g)] for g in rng.integers(0, 9, 50)],
    )
    problem = gathering(build_field(people, hosts, Criteria(rules=Rules())), least=4, most=8)
    found = gather(problem)
    assert (found.placed, found.certificate.proven) == (300, True)


def test_a_lock_stands_below_the_minimum_fit_too() -> None:
    people = People(person=[1], limit=[1], goals=[[1]], availability=[1])
    low = build_field(people, People(person=[101], limit=[4], goals=[[2]]), Criteria(min_fit=90))
    assert not len(low.mentee)
    problem = gathering(low, least=1, most=8, locks=[(1, 101)])
    assert gather(problem).circles == (Circle((0,), (0,), 1, 0),)
    assert gather(gathering(low, least=1, most=8)).circles == ()


def test_a_program_may_place_nobody_first() -> None:
    people = People(person=[1, 2], limit=[1, 1], tier=[0, 1])
    hosts = People(person=[9], limit=[4])
    for first, tiers in ((True, [0, 1]), (False, [1, 1])):
        built = build_field(people, hosts, Criteria(left_out_first=first))
        assert gathering(built, least=1, most=1).tier.tolist() == tiers


@pytest.mark.parametrize(("limit", "proven"), [("EXACT", False), ("COLUMNS", False), ("SECONDS", True)])
def test_what_is_too_large_to_prove_is_approached(
    limit: str, proven: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = one_host(free=[0b001, 0b001, 0b010, 0b110], host_free=[0b111])
    asked = []

    def told(*given: object) -> object:
        asked.append(given)
        return best_circles(*given)

    monkeypatch.setattr(f"matching.engine.circles.{limit}", 3)
    monkeypatch.setattr("matching.engine.circles.best_circles", told)
    assert gather(problem).certificate.ok
    assert bool(asked) == proven


def test_a_search_that_finds_nothing_in_time_is_approached(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_given: object) -> None:
        raise EngineError("late")

    monkeypatch.setattr("matching.engine.circles.best_circles", late)
    found = gather(one_host())
    assert (found.placed, found.bound, found.certificate.ok) == (3, None, True)
