"""After publishing: late joiners, leavers and re-matches are run again, and nobody else moves."""

from __future__ import annotations

import pytest

from agreements.domain.endings import end_without_fault
from agreements.domain.publishing import publish_run
from agreements.models import Member, Mentorship
from participants.models import Enrollment
from people.models import Person
from tests.matching.people import World, claim, pairs, world

pytestmark = pytest.mark.django_db

MIRA, ADE, DANA, LENA = "Mira Kovac", "Ade Okafor", "Dana Whitfield", "Lena Ruiz"


@pytest.fixture
def here() -> World:
    """Mira with Dana and Ade with Lena, published."""
    found = world()
    for mentee, mentor, skill in ((MIRA, DANA, "Law"), (ADE, LENA, "Art")):
        claim(found.mentee(mentee), skill)
        claim(found.mentor(mentor), skill)
    publish_run(run=found.run(), by=found.manager)
    found.cohort.refresh_from_db()
    return found


def together() -> set[tuple[str, str]]:
    """Who is with whom now, by name: mentee and mentor."""
    names = dict(Enrollment.objects.values_list("pk", "person__full_name"))
    keys = Member.objects.filter(left_on=None).exclude(pair_key="").values_list("pair_key", flat=True)
    pairs = (key.split(":") for key in keys)
    return {(names[int(mentee)], names[int(mentor)]) for mentor, mentee in pairs}


def test_a_late_joiner_gets_a_free_place_and_nobody_moves(here):
    claim(here.mentee("Late Joiner"), "Law")
    here.mentor("Free Mentor")
    run = here.run()
    assert pairs(run) == {("Late Joiner", "Free Mentor")}
    publish_run(run=run, by=here.manager)
    assert together() == {(MIRA, DANA), (ADE, LENA), ("Late Joiner", "Free Mentor")}


def test_who_parted_is_matched_anew_with_somebody_else_and_nobody_else_moves(here):
    parted = Mentorship.objects.get(members__person__full_name=MIRA)
    end_without_fault(mentorship=parted, by=Person.objects.get(full_name=MIRA))
    assert pairs(here.run()) == set()  # Dana is free, and never again Mira's
    here.mentor("Free Mentor")
    run = here.run()
    assert pairs(run) == {(MIRA, "Free Mentor")}
    publish_run(run=run, by=here.manager)
    assert together() == {(ADE, LENA), (MIRA, "Free Mentor")}


def test_the_place_of_a_leaver_goes_to_whoever_waits(here):
    parted = Mentorship.objects.get(members__person__full_name=MIRA)
    end_without_fault(mentorship=parted, by=Person.objects.get(full_name=MIRA))
    Enrollment.objects.filter(person__full_name=MIRA).update(state="left")
    here.mentee("Waiting One")
    assert pairs(here.run()) == {("Waiting One", DANA)}


def test_what_is_left_of_a_run_stays_proposed_by_the_next_as_far_as_it_can(here):
    rows = [(here.mentee(f"Mentee {n}"), here.mentor(f"Mentor {n}")) for n in range(4)]
    first = here.run()
    one, *others = first.proposals.order_by("pk")
    publish_run(run=first, proposals=[one], by=here.manager)
    here.mentor("One More")  # as good as any: no reason to move anybody
    assert pairs(here.run()) == {
        (pair.mentee.person.full_name, pair.mentor.person.full_name) for pair in others
    }
    assert len(rows) == len(others) + 1
