"""The share of each directorate: what a run reached of it is told, and why it reached no more."""

from __future__ import annotations

from typing import Any

import pytest

from matching.compare import compare
from matching.domain.consequences import consequences
from matching.domain.criteria import change_criteria
from matching.domain.undo import Wanted
from matching.floors import missed, share_rows
from matching.left_words import told_of
from matching.moves import FigureRow
from participants.models import Enrollment
from people.models import Unit
from tests.factories import RunFactory, UnitFactory
from tests.matching.people import World, claim, world
from tests.matching.test_views import text, url

pytestmark = pytest.mark.django_db
SHORT = (
    "Places are short: one more of them would mean fewer matched in all, a place taken from those who come first, "
    "or another directorate under its share."
)


@pytest.fixture
def here() -> World:
    """Four of the labs and two of the offices for three places, three quarters of each wanted; labs fit better."""
    found = world()
    for unit, people, skill in (("Labs", 4, "Statistics"), ("Offices", 2, "Welding")):
        made = UnitFactory(name=unit)
        for number in range(people):
            person = {"unit": made, "organization": made.organization}
            claim(found.mentee(f"{unit} {number}", person=person), skill)
    for number in range(3):
        claim(found.mentor(f"Mentor {number}"), "Statistics")
    change_criteria(cohort=found.cohort, criteria={"floor": 0.75}, version=0, by=found.manager)
    return found


def row(here: World, name: str) -> Enrollment:
    people = here.cohort.enrollments.select_related("person", "cohort__program", "strand")
    return people.get(person__full_name=name)


def test_where_places_are_short_the_review_and_the_pictures_say_so(here: World, login: Any) -> None:
    run = here.run()
    assert missed(run) == [(SHORT, ["Offices: 0 of 2 matched (0%), 2 wanted."])]
    for name in ("matching_run", "matching_pictures"):
        shown = text(login(here.manager).get(url(here, name, run.number)))
        assert f"the criteria ask for Offices: 0 of 2 matched (0%), 2 wanted. {SHORT}" in shown


def test_what_a_decision_costs_tells_of_the_shares(here: World, login: Any) -> None:
    run = here.run()
    wanted = Wanted(lock=[(row(here, "Offices 0"), row(here, "Mentor 0"))], why=[""])
    figures = consequences(run=run, wanted=wanted).figures
    assert figures[-2:] == [
        FigureRow("Labs, 3 wanted", "3 of 4 (75%)", "2 of 4 (50%)", "−1", "worse"),
        FigureRow("Offices, 2 wanted", "0 of 2 (0%)", "1 of 2 (50%)", "+1", "better"),
    ]
    page = f"{url(here, 'matching_decide', run.number)}?act=assign&pair="
    pair = ":".join(str(row(here, name).uid) for name in ("Offices 0", "Mentor 0"))
    assert "Labs, 3 wanted 3 of 4 (75%) 2 of 4 (50%)" in text(login(here.manager).get(page + pair))


def test_runs_side_by_side_tell_of_the_shares(here: World) -> None:
    first = here.run()
    here.mentor("Mentor 3")
    second = here.run()
    assert compare(first, second).figures[-1] == FigureRow(
        "Offices, 2 wanted", "0 of 2 (0%)", "1 of 2 (50%)", "+1", "better"
    )


def test_without_a_share_in_the_criteria_nothing_is_told(here: World) -> None:
    change_criteria(cohort=here.cohort, criteria={}, version=1, by=here.manager)
    run = here.run()
    assert (run.numbers["floors"], missed(run)) == ([], [])
    assert share_rows({}, run.numbers) == []  # a run of before the shares were kept


@pytest.mark.parametrize(
    ("able", "objective", "locked", "why"),
    [
        (0, "people", 0, "The rules and the minimum fit leave none of them anybody."),
        (1, "people", 0, "The rules and the minimum fit leave only 1 of them anybody."),
        (2, "score", 0, "The rules and the minimum fit leave only 2 of them anybody."),
        (3, "score", 0, "In this run the highest fit in total comes before any share."),
        (3, "people", 0, SHORT),
        (4, "people", 2, f"{SHORT} Locked pairs stand in any case."),
    ],
)
def test_why_no_more_were_matched(able: int, objective: str, locked: int, why: str) -> None:
    unit = UnitFactory(name="Labs")
    share = {"unit": unit.pk, "people": 4, "wanted": 3, "matched": 0, "able": able}
    run = RunFactory(objective=objective, numbers={"floors": [share], "locked": locked})
    assert missed(run) == [(why, ["Labs: 0 of 4 matched (0%), 3 wanted."])]
    Unit.objects.all().delete()
    assert missed(run) == []


def test_one_reason_of_several_directorates_is_told_once() -> None:
    labs, shops, halls = (UnitFactory(name=name) for name in ("Labs", "Shops", "Halls"))
    short = [{"unit": unit.pk, "people": 4, "wanted": 3, "matched": 1, "able": 4} for unit in (labs, shops)]
    none = {"unit": halls.pk, "people": 2, "wanted": 1, "matched": 0, "able": 0}
    run = RunFactory(objective="people", numbers={"floors": [short[0], none, short[1]], "locked": 0})
    assert missed(run) == [
        (SHORT, ["Labs: 1 of 4 matched (25%), 3 wanted.", "Shops: 1 of 4 matched (25%), 3 wanted."]),
        (
            "The rules and the minimum fit leave none of them anybody.",
            ["Halls: 0 of 2 matched (0%), 1 wanted."],
        ),
    ]


def test_a_wish_that_would_cost_a_directorate_its_share_says_so() -> None:
    found = {"outcome": "cost", "covered": 0, "pairs": 0, "tier": None, "shortfall": 1}
    found |= {"needs": 0, "lower": False, "kept": 0}
    assert told_of(found, "Dana", "Mira").why == (
        "A directorate would fall further below the share that the criteria ask for."
    )
    assert "It would cost nothing" in told_of({**found, "shortfall": 0}, "Dana", "Mira").why
