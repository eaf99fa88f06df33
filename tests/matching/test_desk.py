"""What the desk and the next steps say about matching."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from core.dates import end_of_day
from core.roles import Role
from matching.deadlines import publish_rows, publish_words
from matching.panels import matched
from notifications.deadlines import COLUMNS, Deadline
from tests.factories import MembershipFactory, OrganizationFactory, RunFactory
from tests.matching.people import World, world

pytestmark = pytest.mark.django_db


def deadlines(here: World) -> list[Deadline]:
    rows = publish_rows().filter(program=here.program)
    return sorted((Deadline(*row) for row in rows), key=lambda row: row.person_id)


def test_whoever_may_run_the_matching_owes_it_by_the_start():
    here = world()
    for role in (Role.HR_LIAISON, Role.SPONSOR, Role.REVIEWER):
        MembershipFactory(program=here.program, role=role)
    MembershipFactory(program=here.program, role=Role.COORDINATOR, organization=OrganizationFactory())
    MembershipFactory(
        program=here.program, role=Role.COORDINATOR, person=here.manager
    )  # two roles, one deadline
    cohort = here.cohort
    due = end_of_day(cohort.starts_on, cohort.timezone)
    opens = cohort.call_closes_on + timedelta(days=1)
    assert deadlines(here) == [
        Deadline(
            "publish_matching", here.manager.pk, cohort.pk, cohort.pk, "", opens, cohort.starts_on, due, None
        )
    ]
    assert len(COLUMNS) == 9


@pytest.mark.parametrize(
    ("state", "owed"), [("call_open", 0), ("selecting", 1), ("matching", 1), ("running", 0)]
)
def test_it_is_owed_while_the_cohort_is_to_be_matched(state, owed):
    here = world()
    here.cohort.state = state
    here.cohort.save()
    assert len(deadlines(here)) == owed


def test_it_is_done_when_the_first_run_is_published():
    here = world()
    first, later = timezone.now() - timedelta(days=3), timezone.now()
    RunFactory(cohort=here.cohort, number=1, state="certified")
    assert deadlines(here)[0].done_at is None
    RunFactory(cohort=here.cohort, number=2, state="published", published_at=first)
    RunFactory(cohort=here.cohort, number=3, state="published", published_at=later)
    here.cohort.state = "running"
    here.cohort.save()
    assert [row.done_at for row in deadlines(here)] == [first]


def test_its_words_lead_to_the_matching_in_one_query(count_queries):
    here = world()
    rows = deadlines(here)
    with count_queries() as counted:
        worded = publish_words(rows)
    assert len(counted) == 1
    found = worded[here.cohort.pk, "", here.manager.pk]
    assert found.verb == "Run matching and publish the pairs"
    assert found.url == reverse("matching_review", args=[here.program.slug, here.cohort.slug])


def test_the_panel_counts_those_who_wait_before_the_first_run():
    here = world()
    here.mentee()
    here.mentor(capacity=2)
    built = matched(here.cohort)
    assert (built["run"], built["waiting"]) == (
        None,
        {"mentees": 1, "further": 0, "mentors": 1, "places": 2, "circle_mentees": 0, "hosts": 0},
    )


def test_the_panel_shows_the_latest_run_until_one_is_published(count_queries):
    here = world()
    numbers = {"covered": 2, "mentees": 3}
    RunFactory(cohort=here.cohort, number=1, numbers=numbers)
    RunFactory(cohort=here.cohort, number=2, state="failed")
    with count_queries() as counted:
        built = matched(here.cohort)
    assert len(counted) <= 4
    assert (built["run"].number, built["covered"], built["left"]) == (1, 2, 1)
    assert built["left_url"].endswith("/matching/1/?show=unmatched")
    RunFactory(cohort=here.cohort, number=3, state="published", published_at=timezone.now(), numbers=numbers)
    built = matched(here.cohort)
    assert (built["run"].number, built["to_review"]) == (3, None)
    RunFactory(cohort=here.cohort, number=4, numbers=numbers)
    built = matched(here.cohort)
    assert (built["run"].number, built["to_review"].number) == (3, 4)


def test_after_publishing_the_panel_counts_the_whole_cohort():
    here = world()
    here.mentee(used=1)
    here.mentee(state="completed")
    here.mentee()
    here.mentee(state="waitlisted")
    here.mentor(used=1)
    RunFactory(
        cohort=here.cohort, number=1, state="published", published_at=timezone.now(),
        numbers={"covered": 1, "mentees": 1},
    )  # fmt: skip
    built = matched(here.cohort)
    assert (built["covered"], built["total"], built["left"]) == (2, 3, 1)
    assert built["left_url"].endswith("/matching/")


def test_the_desk_leads_to_a_run_that_waits_for_review(login):
    here = world()
    numbers = {"covered": 1, "mentees": 1}
    RunFactory(cohort=here.cohort, number=1, state="published", published_at=timezone.now(), numbers=numbers)
    RunFactory(cohort=here.cohort, number=2, numbers=numbers)
    page = login(here.manager).get(reverse("cohort_desk", args=[here.program.slug, here.cohort.slug]))
    assert "Review run 2: it is not published" in page.content.decode()


def test_the_desk_shows_the_panel_and_the_tab(login):
    here = world()
    here.mentee()
    page = login(here.manager).get(reverse("cohort_desk", args=[here.program.slug, here.cohort.slug]))
    assert "1 person waits for a match. 0 have free places. No run yet." in page.content.decode()
    assert [str(tab.label) for tab in page.context["desk_tabs"]].count("Matching") == 1
