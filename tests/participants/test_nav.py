"""What the main navigation shows of applications, mentors and introductions, and what it asks for that."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from participants.nav import own_pages
from people.models import Person
from tests import factories as make

pytestmark = pytest.mark.django_db


def shown(person: Person, path: str = "/") -> list[tuple[str, bool, int]]:
    request: Any = RequestFactory().get(path)
    request.user = person
    items = sorted(own_pages(request), key=lambda entry: entry[0])
    return [(str(item.label), item.current, item.count) for _order, item in items]


def test_whoever_never_applied_sees_nothing_and_costs_one_query(
    count_queries: Callable[[], AbstractContextManager[CaptureQueriesContext]],
) -> None:
    with count_queries() as counted:
        assert shown(make.PersonFactory()) == []
    reads = [query for query in counted.captured_queries if query["sql"].startswith("SELECT")]
    assert len(reads) == 1


def test_a_mentee_who_may_look_sees_the_mentors() -> None:
    cohort = make.CohortFactory(state="matching", introductions=True)
    mentee = make.EnrollmentFactory(cohort=cohort, role="mentee", state="accepted").person
    assert shown(mentee, "/mentors/") == [("Mentors", True, 0), ("My applications", False, 0)]


def test_who_is_asked_sees_how_many_wait_for_an_answer() -> None:
    cohort = make.CohortFactory(state="matching", introductions=True)
    mentor = make.EnrollmentFactory(cohort=cohort, role="mentor", state="accepted")
    assert shown(mentor.person) == [("Introductions", False, 0), ("My applications", False, 0)]
    for state in ("asked", "asked", "refused"):
        mentee = make.EnrollmentFactory(cohort=cohort, role="mentee", state="accepted")
        make.IntroductionFactory(mentee=mentee, mentor=mentor, state=state, asked_by="mentee")
    assert shown(mentor.person, "/me/introductions/") == [
        ("Introductions", True, 2), ("My applications", False, 0),
    ]  # fmt: skip


def test_where_the_cohort_is_under_way_only_the_applications_are_left() -> None:
    cohort = make.CohortFactory(state="running", introductions=True)
    mentee = make.EnrollmentFactory(cohort=cohort, role="mentee", state="accepted").person
    assert shown(mentee, "/me/applications/") == [("My applications", True, 0)]
