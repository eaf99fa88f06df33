"""The home page says with whom one is in a mentorship."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags

from agreements.domain.endings import end_without_fault
from agreements.standing import MOST, standing
from participants.standing import without_partner
from people.models import Person
from programs.models import Cohort
from tests.factories import MemberFactory, MentorshipFactory, PersonFactory, pair

pytestmark = pytest.mark.django_db


def said(person: Person) -> list[str]:
    return [strip_tags(sentence) for sentence in standing(person)]


def test_each_side_reads_of_the_other() -> None:
    mentorship, mentor, mentee = pair(state="active")
    mentorship.cohort.program.labels = {"en": {"mentee": "protégé"}}
    mentorship.cohort.program.save()
    assert said(mentee) == [f"{mentor.name} is your mentor."]
    assert said(mentor) == [f"{mentee.name} is your protégé."]
    assert said(PersonFactory()) == []


def test_pairs_of_one_mentor_are_told_together_and_each_leads_to_its_own_page() -> None:
    first, mentor, mentee = pair(state="active")
    second, _other, late = pair(state="active")
    MemberFactory(mentorship=second, side="mentor", person=mentor)
    [sentence] = standing(mentor)
    assert strip_tags(sentence) == f"{late.name} and {mentee.name} are your mentees."
    assert re.findall(r"/m/([^/]*)/", sentence) == [str(second.uid), str(first.uid)]


def test_those_whom_programs_call_differently_are_told_apart() -> None:
    _first, mentor, mentee = pair(state="active")
    second, _other, late = pair(state="active")
    MemberFactory(mentorship=second, side="mentor", person=mentor)
    second.cohort.program.labels = {"en": {"mentee": "protégé"}}
    second.cohort.program.save()
    assert said(mentor) == [f"{late.name} is your protégé.", f"{mentee.name} is your mentee."]


def test_an_ended_mentorship_is_not_told_any_more() -> None:
    mentorship, mentor, _mentee = pair(state="active")
    type(mentorship).objects.update(state="ended", ended_on=mentorship.starts_on, ending="no_fault")
    assert said(mentor) == []


def test_in_a_circle_mentees_read_of_their_mentor_alone() -> None:
    circle = MentorshipFactory(state="active")
    mentor = MemberFactory(mentorship=circle, side="mentor").person
    first, second, third = (MemberFactory(mentorship=circle).person for _ in range(3))
    assert said(first) == [f"{mentor.name} is your mentor."]
    assert said(mentor) == [f"{first.name}, {second.name} and {third.name} are your mentees."]
    host = MemberFactory(mentorship=circle, side="mentor").person
    assert said(first) == [f"{mentor.name} and {host.name} are your mentors."]


def test_names_are_escaped() -> None:
    _mentorship, mentor, mentee = pair(state="active")
    Person.objects.filter(pk=mentor.pk).update(full_name="<b>Bo</b>")
    assert "&lt;b&gt;Bo&lt;/b&gt;</a> is your mentor." in next(iter(standing(mentee)))


def test_many_mentorships_take_as_many_queries_as_one(
    login: Callable[..., Client], count_queries: Callable[[], Any]
) -> None:
    _mentorship, mentor, _mentee = pair(state="active")
    counts = []
    for _ in range(2):
        with count_queries() as counted:
            [sentence] = said(mentor)
        counts.append(len(counted))
        for _ in range(29):
            other, *_people = pair(state="active")
            MemberFactory(mentorship=other, side="mentor", person=mentor)
    assert (counts[0] == counts[1], sentence.count(",") + 2) == (True, MOST)


def test_once_the_mentorship_has_ended_one_reads_that_one_has_nobody() -> None:
    mentorship, mentor, mentee = pair(state="active")
    Cohort.objects.update(state="running")
    assert list(without_partner(mentee)) == []
    end_without_fault(mentorship=mentorship, by=mentor)
    assert [sentence.split(". ")[0] for one in (mentee, mentor) for sentence in without_partner(one)] == [
        f"You have no {role} in {mentorship.cohort.program.name}, {mentorship.cohort.name}, at the moment"
        for role in ("mentor", "mentee")
    ]
