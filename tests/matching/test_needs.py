"""What a mentor is for: read, spread over the mentors of one mentee, stored, and told."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from agreements.domain.endings import end_without_fault
from agreements.domain.publishing import publish_run
from matching.domain.pairs import remember_pair
from matching.models import Run
from matching.snapshot import read_snapshot
from matching.why import why_matched
from tests.factories import ProposalFactory, QuestionnaireFactory, RunFactory
from tests.matching.people import World, claim, world

pytestmark = pytest.mark.django_db


def two_careers_and_a_craft() -> World:
    """A mentee of two needs and two places; the two best mentors serve the same need."""
    here = world()
    claim(here.mentee(capacity=2, needs=["career", "technical"]), "Statistics", "Negotiation")
    for name in ("Dana Whitfield", "Lena Ortiz"):
        claim(here.mentor(name, needs=["career"]), "Statistics", "Negotiation")
    here.mentor("Omar Haddad", needs=["technical"])
    return here


def test_what_a_mentor_who_has_gone_was_for_is_looked_for_again():
    here = world()
    anna = here.mentee("Anna", capacity=2, needs=["career", "technical"])
    here.mentor("Mia", needs=["career"])
    here.mentor("Mo", needs=["technical"])
    run = here.run()
    for name in ("Mia", "Mo"):
        chosen = run.proposals.filter(mentor__person__full_name=name)
        (made,) = publish_run(run=run, by=here.manager, proposals=chosen)
    end_without_fault(mentorship=made, by=anna.person)
    ended = run.proposals.exclude(over_at=None).values_list("mentor__person__full_name", flat=True)
    assert list(ended) == ["Mo"]
    here.mentor("Zed", needs=["career"])
    here.mentor("Tom", needs=["technical"])
    assert needs(here.run()) == {"Tom": "technical"}


def needs(run: Run) -> dict[str, str]:
    """What each mentor is for."""
    return dict(run.proposals.values_list("mentor__person__full_name", "need"))


def test_different_needs_are_covered_before_the_same_one_twice():
    found = needs(two_careers_and_a_craft().run())
    assert sorted(found.values()) == ["career", "technical"]
    assert found["Omar Haddad"] == "technical"


def test_without_a_second_need_the_better_mentor_is_taken():
    here = two_careers_and_a_craft()
    here.cohort.enrollments.filter(role="mentee").update(needs=["career"])
    assert needs(here.run()) == {"Dana Whitfield": "career", "Lena Ortiz": "career"}


def test_a_need_that_a_published_mentor_serves_is_not_looked_for_again():
    here = two_careers_and_a_craft()
    here.cohort.enrollments.filter(person__full_name="Omar Haddad").update(state="waitlisted")
    first = here.run().proposals.get(mentor__person__full_name="Dana Whitfield")
    assert first.need == "career"
    first.published_at = timezone.now()
    first.save()
    remember_pair(first.mentee.person_id, first.mentor.person_id)
    here.cohort.enrollments.filter(pk__in=[first.mentee_id, first.mentor_id]).update(used=1)
    here.cohort.enrollments.filter(person__full_name="Omar Haddad").update(state="accepted")
    assert needs(here.run()) == {"Omar Haddad": "technical"}  # though Lena fits better


def test_a_need_is_looked_for_again_once_its_mentor_has_gone():
    here = two_careers_and_a_craft()
    first = here.run().proposals.get(mentor__person__full_name="Omar Haddad")
    first.published_at = timezone.now()
    first.save()  # and the place is free again
    assert read_snapshot(here.cohort, here.program.criteria).mentees.needs == [0b11]


def test_a_mentor_for_none_of_the_needs_is_for_none():
    here = world()
    here.mentee(needs=["career"])
    here.mentor(needs=["belonging"])
    assert needs(here.run()) == {"Dana Whitfield": ""}


def page(here: World, run: Run, **asked: Any) -> str:
    client = Client()
    client.force_login(here.manager)
    url = reverse("matching_run", args=[here.program.slug, here.cohort.slug, run.number])
    return client.get(url, asked).content.decode()


def test_the_review_says_what_each_mentor_is_for():
    here = two_careers_and_a_craft()
    run = here.run()
    told = page(here, run)
    assert (told.count("here for technical questions"), told.count("here for career questions")) == (1, 1)
    assert "questions of belonging" not in told
    opened = run.proposals.get(need="technical")
    assert "<p>Omar: here for technical questions</p>" in page(here, run, pair=opened.uid)


def test_a_pair_for_no_need_says_nothing_of_it():
    here = world()
    here.mentee()
    here.mentor()
    run = here.run()
    assert "here for" not in page(here, run, pair=run.proposals.get().uid)


def told(here: World, need: str, language: str = "en") -> tuple[list[str], list[str]]:
    """What the mentee and the mentor of a pair are told."""
    row = ProposalFactory(
        run=RunFactory(cohort=here.cohort), mentee=here.mentee(), mentor=here.mentor(), parts=[], need=need
    )
    found = why_matched([row], language)
    return found[row.pk, "mentee"], found[row.pk, "mentor"]


@pytest.mark.parametrize(
    ("need", "mentee", "mentor"),
    [
        (
            "career",
            ["Dana is here for your career questions."],
            ["Mira looks to you for career questions."],
        ),
        (
            "technical",
            ["Dana is here for your technical questions."],
            ["Mira looks to you for technical questions."],
        ),
        (
            "belonging",
            ["Dana is here to help you find your place."],
            ["Mira looks to you for help in finding their place."],
        ),
        ("", [], []),
        ("of-its-own", [], []),
    ],
)
def test_each_side_hears_what_the_mentor_is_for(need, mentee, mentor):
    assert told(world(), need) == (mentee, mentor)


def test_the_sentence_is_in_the_language_of_the_reader():
    assert told(world(), "career", "fr")[0] == ["Dana est là pour vos questions de carrière."]


def test_a_need_said_in_confidence_is_not_told_to_the_mentor():
    here = world()
    question = {"key": "needs", "kind": "choices", "feeds": "needs", "visible_to": "staff"}
    QuestionnaireFactory(
        program=here.program, purpose="mentee", questions={"pages": [{"questions": [question]}]}
    )
    assert told(here, "career") == (["Dana is here for your career questions."], [])


def test_only_a_published_pair_can_be_over():
    proposal = ProposalFactory()
    proposal.over_at = timezone.now()
    with pytest.raises(IntegrityError), transaction.atomic():
        proposal.save()
    proposal.published_at = timezone.now()
    proposal.save()
    assert proposal.run.proposals.exclude(over_at=None).count() == 1
