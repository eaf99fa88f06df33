"""A minimum fit, the directorate as a must, and whether those left out before come first: in runs."""

from __future__ import annotations

import pytest

from matching import left_words
from matching.domain.fixed import lock_pair
from matching.engine.field import Criteria
from matching.models import Leftover, Outlook
from matching.summary import lede
from tests.factories import UnitFactory
from tests.matching.people import claim, pairs, wish, world

pytestmark = pytest.mark.django_db

ONLY_SKILLS = dict.fromkeys(Criteria().to_dict()["weights"], 0) | {"skills": 10}


def test_no_pair_is_made_under_the_minimum_and_both_sides_hear_why():
    here = world(criteria={"weights": ONLY_SKILLS, "min_fit": 51})
    mentee, mentor = here.mentee(), here.mentor()
    claim(mentee, "Statistics", "Negotiation")
    claim(mentor, "Statistics")
    wish(mentee, mentor)
    run = here.run()
    assert pairs(run) == set()
    left = Leftover.objects.filter(run=run).select_related("enrollment__person")
    assert {row.reasons["reason"] for row in left} == {"minimum"}
    assert {told.why for told in left_words.leftovers(left).values()} == {
        "Every pair with Mira that the rules allow is under the minimum fit.",
        "Every pair with Dana that the rules allow is under the minimum fit.",
    }
    outlooks = Outlook.objects.filter(run=run).select_related("enrollment__person")
    [told] = left_words.wishes(outlooks)[mentee.pk]
    assert (told.met, told.why) == (False, "The fit would be under the minimum.")


def test_a_locked_pair_stands_under_the_minimum():
    here = world(criteria={"weights": ONLY_SKILLS, "min_fit": 100})
    mentee, mentor = here.mentee(), here.mentor()
    claim(mentee, "Statistics", "Negotiation")
    claim(mentor, "Statistics")
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    run = here.run()
    assert list(run.proposals.values_list("score", "locked")) == [(50, True)]


@pytest.mark.parametrize(("unit", "mentors"), [("same", {"Here"}), ("other", {"There"})])
def test_the_directorate_can_be_a_must(unit, mentors):
    here = world(criteria={"rules": {"unit": unit}})
    first, second = UnitFactory(), UnitFactory()
    here.mentee("Mira", person={"unit": first}, capacity=2)
    here.mentor("Here", person={"unit": first})
    here.mentor("There", person={"unit": second})
    run = here.run()
    assert {mentor for _mentee, mentor in pairs(run)} == mentors
    [left] = Leftover.objects.filter(run=run, enrollment__role="mentor")
    assert left.reasons["rules"] == [{"rule": "unit", "removed": 1, "only": 1}]


def test_those_left_out_before_have_no_precedence_where_that_is_off():
    here = world(criteria={"left_out_first": False, "weights": ONLY_SKILLS})
    claim(here.mentee("Again", left_out_before=True), "Negotiation")
    claim(here.mentee("Better"), "Statistics")
    claim(here.mentor("One"), "Statistics")
    assert pairs(here.run()) == {("Better", "One")}


@pytest.mark.parametrize("left_out_first", [True, False])
def test_whoever_has_a_mentor_already_comes_last(left_out_first):
    here = world(criteria={"weights": ONLY_SKILLS, "left_out_first": left_out_first})
    has_one = here.mentee("Has one", capacity=2, used=1, left_out_before=True)
    claim(has_one, "Statistics")
    for name in ("New", "Newer"):
        claim(here.mentee(name), "Negotiation")
    mentor = here.mentor("One", capacity=2)
    claim(mentor, "Statistics")
    wish(has_one, mentor)
    run = here.run()
    assert pairs(run) == {("New", "One"), ("Newer", "One")}
    told = {
        name: run.numbers[name]
        for name in ("mentees", "covered", "further", "further_served", "left_out_before")
    }
    assert told == {"mentees": 3, "covered": 2, "further": 1, "further_served": 0, "left_out_before": 0}
    assert "as many as can be are matched, 2 of 2 mentees." in lede(run, here.cohort.program)
    [told] = left_words.wishes(Outlook.objects.filter(run=run).select_related("enrollment__person"))[
        has_one.pk
    ]
    assert told.why == "Somebody without a mentor would go without, for somebody who has one already."


def test_a_place_that_nobody_else_wants_gives_a_second_mentor():
    here = world()
    here.mentee("Has one", capacity=2, used=1)
    here.mentee("New")
    here.mentor("One", capacity=2)
    run = here.run()
    assert pairs(run) == {("Has one", "One"), ("New", "One")}
    assert lede(run, here.cohort.program).startswith(
        "Run 1 is proven optimal: as many as can be are matched, 1 of 1 mentee."
        " 1 person who has a mentor gets another one."
    )


def test_a_run_for_those_who_want_another_mentor_alone():
    here = world()
    here.mentee("Has one", capacity=2, used=1)
    here.mentor("One")
    assert lede(here.run(), here.cohort.program).startswith(
        "Run 1 is proven optimal: as many as can be are matched, 1 of 1 mentee. Nobody"
    )
