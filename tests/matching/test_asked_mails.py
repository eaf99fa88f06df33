"""Mails that ask about proposed pairs name the questions that wait, and no other."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from matching.domain.answers import answer_pair, ask_sides
from matching.domain.asked_mails import keep_true
from matching.domain.runs import mark_published
from matching.models import Run
from matching.queries import questions
from notifications.domain.outbox import edit_draft
from notifications.models import Message
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort
from tests.matching.people import World, claim, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    """Greta and Aria are both for Dana, who is asked about the two in one mail."""
    found = world()
    Cohort.objects.update(answer_days=7)
    found.cohort.refresh_from_db()
    for mentee in (found.mentee("Greta Berg"), found.mentee("Aria Moss")):
        claim(mentee, "Law")
    claim(found.mentor("Dana Whitfield", capacity=2), "Law")
    return found


@pytest.fixture
def run(here) -> Run:
    made = here.run()
    ask_sides(run=made, due_on=soon(), by=here.manager)
    return made


def soon() -> date:
    return timezone.now().date() + timedelta(days=8)


def say(name: str, about: str, answer: str) -> None:
    rows = questions().filter(enrollment__person__full_name=name)
    row = rows.get(proposal__mentee__person__full_name=about)
    answer_pair(question=row, answer=answer, by=row.enrollment.person)


def mail(name: str = "Dana Whitfield") -> Message:
    return Message.objects.get(kind="pair_proposed", recipient__full_name=name)


def told(message: Message) -> tuple[str, str, set[str]]:
    """State, subject, and whom the mail asks about."""
    return message.state, message.subject, set(re.findall(r"Say yes or no to ([\w ]+)\]", message.body))


def test_a_draft_about_two_goes_on_with_the_one_who_is_left(run):
    assert told(mail())[1:] == ("What do you think of these 2 people?", {"Greta Berg", "Aria Moss"})
    say("Greta Berg", "Greta Berg", "no")
    assert told(mail()) == ("draft", "What do you think of Aria Moss?", {"Aria Moss"})
    assert "Greta" not in mail().body
    assert keep_true(mail())
    say("Aria Moss", "Aria Moss", "no")
    assert mail().state == "dropped"


def test_a_mail_on_its_way_leaves_out_a_pair_that_a_newer_run_does_not_propose(here, run):
    Message.objects.update(state="claimed", lease_until=timezone.now())
    Person.objects.filter(full_name="Greta Berg").update(supervisor=mail().recipient)
    here.run()
    assert keep_true(mail())
    assert told(mail()) == ("claimed", "What do you think of Aria Moss?", {"Aria Moss"})
    assert not keep_true(mail("Greta Berg"))


def test_asking_on_a_newer_run_keeps_what_still_waits(here, run):
    Person.objects.filter(full_name="Greta Berg").update(supervisor=mail().recipient)
    claim(here.mentor("Lena Ruiz"), "Art")
    ask_sides(run=here.run(), due_on=soon(), by=here.manager)
    assert told(mail()) == ("draft", "What do you think of Aria Moss?", {"Aria Moss"})


def test_publishing_one_of_the_two_keeps_what_is_asked_about_the_other(here, run):
    greta = run.proposals.filter(mentee__person__full_name="Greta Berg")
    mark_published(run=run, proposals=greta, by=here.manager)
    assert told(mail()) == ("draft", "What do you think of Aria Moss?", {"Aria Moss"})
    assert {(name, mail(name).state) for name in ("Greta Berg", "Aria Moss")} == {
        ("Greta Berg", "dropped"),
        ("Aria Moss", "draft"),
    }


def test_what_was_answered_before_the_mail_went_out_is_not_asked_again(run):
    say("Dana Whitfield", "Greta Berg", "yes")
    assert keep_true(mail())
    assert told(mail())[2] == {"Aria Moss"}
    say("Dana Whitfield", "Aria Moss", "yes")
    assert not keep_true(mail())


def test_words_that_staff_have_written_stay_while_all_is_still_asked(here, run):
    edit_draft(
        message=mail("Aria Moss"), subject="Dear Aria", body="Please look at your page.", by=here.manager
    )
    say("Greta Berg", "Greta Berg", "no")
    assert keep_true(mail("Aria Moss"))
    assert mail("Aria Moss").subject == "Dear Aria"
    Enrollment.objects.filter(person__full_name="Aria Moss").update(state="left")
    assert not keep_true(mail("Aria Moss"))
