"""PX-06: the first-line supervisor is never the mentor, on no path; others up the chain may be."""

from __future__ import annotations

import pytest
from django.db.models import F

from benchmarks.people import make_cohort
from core.errors import Refused
from matching.domain.execution import execute_run
from matching.domain.fixed import lock_pair
from matching.domain.runs import request_run
from matching.engine.field import Criteria
from people.models import Person
from tests.factories import PersonFactory, ProgramFactory
from tests.matching.people import claim, pairs, wish, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    """A mentee whose direct supervisor and the supervisor's supervisor are mentors."""
    here = world()
    top = here.mentor("Top")
    boss = here.mentor("Boss", person={"supervisor": top.person})
    mentee = here.mentee(person={"supervisor": boss.person})
    for row in (top, boss, mentee):
        claim(row, "Statistics")
    return here, mentee, boss, top


def test_not_by_a_run_where_nobody_else_is_left(team):
    here, _mentee, _boss, top = team
    top.state = "left"
    top.save()
    run = here.run()
    assert pairs(run) == set()
    rules = run.leftovers.get(enrollment__role="mentee").reasons["rules"]
    assert rules == [{"rule": "supervisor", "removed": 1, "only": 1}]


def test_not_by_a_wish(team):
    here, mentee, boss, _top = team
    wish(mentee, boss)
    run = here.run()
    assert pairs(run) == {("Mira Kovac", "Top")}
    assert run.outlooks.get(enrollment=mentee).wishes == [
        {
            "mentor": boss.person_id,
            "rank": 1,
            "outcome": "rule",
            "rules": ["supervisor"],
            "enrollment": boss.pk,
        }
    ]


def test_not_by_a_lock(team):
    here, mentee, boss, top = team
    with pytest.raises(Refused, check=lambda error: error.code == "rule_supervisor"):
        lock_pair(mentee=mentee, mentor=boss, by=here.manager)
    lock_pair(mentee=mentee, mentor=top, by=here.manager)


def test_not_by_criteria():
    with pytest.raises(ValueError, match="chain_levels"):
        Criteria.from_dict({"rules": {"chain_levels": 0}})


def test_a_supervisor_since_the_lock_fails_the_run(team):
    here, mentee, _boss, top = team
    lock_pair(mentee=mentee, mentor=top, by=here.manager)
    Person.objects.filter(pk=mentee.person_id).update(supervisor=top.person)
    run = here.run()
    assert (run.state, run.certificate["pairs"][0]["rules"]) == ("failed", ["supervisor"])


def test_further_up_the_chain_is_allowed_unless_the_criteria_say_otherwise(team):
    here, *_ = team
    assert pairs(here.run()) == {("Mira Kovac", "Top")}
    here.program.criteria = {"rules": {"chain_levels": 2}}
    here.program.save()
    here.cohort.refresh_from_db()
    assert pairs(here.run()) == set()


def test_in_no_pair_of_a_whole_cohort():
    cohort = make_cohort(ProgramFactory(), 40, 12)
    run = request_run(cohort=cohort, by=PersonFactory())
    execute_run(run.pk)
    assert run.proposals.count() > 10
    assert not run.proposals.filter(mentee__person__supervisor=F("mentor__person")).exists()
    assert cohort.enrollments.filter(role="mentee", person__supervisor__enrollments__cohort=cohort).exists()
