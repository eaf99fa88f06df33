"""Until when both sides answer: in time, and mended where it was wrong."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from matching.deadlines import answer_rows
from matching.domain.answers import answer_pair, ask_sides, call_back, last_day, move_answer_date, to_ask
from matching.models import Lock, Run, SideAnswer
from matching.queries import answers_of, questions
from matching.summary import lede
from notifications.deadlines import COLUMNS
from notifications.models import Message
from programs.models import Cohort
from tests.matching.people import World, claim, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    """Mira with Dana and Ade with Lena, in a cohort that starts in twenty days."""
    found = world()
    day = today() + timedelta(days=20)
    Cohort.objects.update(answer_days=7, starts_on=day, ends_on=day + timedelta(days=365), timezone="UTC")
    found.cohort.refresh_from_db()
    for names, skill in ((("Mira Kovac", "Dana Whitfield"), "Law"), (("Ade Okafor", "Lena Ruiz"), "Art")):
        claim(found.mentee(names[0]), skill)
        claim(found.mentor(names[1]), skill)
    return found


@pytest.fixture
def run(here) -> Run:
    made = here.run()
    ask_sides(run=made, due_on=in_days(8), by=here.manager)
    return made


def today() -> date:
    return timezone.now().date()


def in_days(days: int) -> date:
    return today() + timedelta(days=days)


def url(run: Run) -> str:
    return reverse("matching_ask", args=[run.cohort.program.slug, run.cohort.slug, run.number])


def say(name: str, answer: str) -> None:
    row = questions().filter(enrollment__person__full_name=name).latest("pk")
    answer_pair(question=row, answer=answer, by=row.enrollment.person)


def refused(code: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.code == code)


def test_the_last_day_is_the_eve_of_the_start_or_two_months_once_that_is_over(here):
    assert last_day(here.cohort) == in_days(19)
    here.cohort.starts_on = in_days(1)
    assert last_day(here.cohort) == in_days(60)


def test_a_day_after_the_start_is_refused_and_said_beside_the_field(here, login):
    run = here.run()
    with refused("late_day"):
        ask_sides(run=run, due_on=in_days(20), by=here.manager)
    client = login(here.manager)
    late = client.post(url(run), {"due_on": "2099-01-01"}).context["form"]
    day = f"{in_days(19):%-d %B %Y}"
    assert late.errors == {"due_on": [f"Choose a day up to {day}."]}
    assert late["due_on"].help_text.startswith(f"Until the end of this day, {day} at the latest.")
    assert client.post(url(run), {"due_on": in_days(19).isoformat()}).status_code == 302


def test_the_day_that_is_offered_is_one_that_is_taken(here, login):
    Cohort.objects.update(answer_days=30)
    assert login(here.manager).get(url(here.run())).context["form"]["due_on"].value() == in_days(19)


def test_another_day_holds_on_next_steps_and_in_mails_that_have_not_gone_out(here, run, login):
    SideAnswer.objects.update(due_on=date(2099, 1, 1))
    Message.objects.filter(recipient__full_name="Lena Ruiz").update(state="sent")
    say("Ade Okafor", "yes")
    client = login(here.manager)
    page = client.get(url(run))
    assert "3 people have until 1 January 2099 to answer." in page.content.decode()
    assert page.context["move"]["due_on"].value() == date(2099, 1, 1)
    late = client.post(url(run), {"move-due_on": "2099-01-02"})
    assert (list(late.context["move"].errors), late.context["form"].errors) == (["due_on"], {})
    shown = client.post(url(run), {"move-due_on": in_days(9).isoformat()}, follow=True).content.decode()
    day = f"{in_days(9):%-d %B %Y}"
    assert f"3 people have until {day} to answer." in shown
    assert set(SideAnswer.objects.values_list("due_on", flat=True)) == {in_days(9)}
    assert {row[COLUMNS.index("due_on")] for row in answer_rows()} == {in_days(9)}
    mails = Message.objects.filter(kind="pair_proposed").select_related("recipient")
    told = {(mail.recipient.full_name, mail.state, f"Please answer by {day}." in mail.body) for mail in mails}
    assert told == {
        ("Mira Kovac", "draft", True),
        ("Dana Whitfield", "draft", True),
        ("Ade Okafor", "dropped", False),
        ("Lena Ruiz", "sent", False),
    }
    assert AuditEvent.objects.get(verb="sides.date_moved").data == {"due_on": in_days(9).isoformat()}


def test_questions_can_be_called_back_and_asked_again(here, run, login):
    say("Mira Kovac", "yes")
    for name in ("Ade Okafor", "Lena Ruiz"):
        say(name, "yes")
    client = login(here.manager)
    client.post(url(run), {"back": "1"})
    assert {row[8] is None for row in answer_rows()} == {False}
    with refused("closed"):
        say("Dana Whitfield", "yes")
    assert set(Message.objects.values_list("state", flat=True)) == {"dropped"}
    assert AuditEvent.objects.get(verb="sides.called_back").data == {"pairs": 1}
    assert [pair.mentee.person.full_name for pair in to_ask(run)] == ["Mira Kovac"]
    assert ask_sides(run=run, due_on=in_days(10), by=here.manager) == 1
    mail = Message.objects.get(state="draft")
    assert (mail.recipient.full_name, mail.subject) == ("Dana Whitfield", "What do you think of Mira Kovac?")
    say("Dana Whitfield", "yes")
    assert Lock.objects.filter(mentee__person__full_name="Mira Kovac").exists()


@pytest.mark.parametrize("answered", [(), ("Mira Kovac",)])
def test_what_was_called_back_is_no_longer_being_asked(here, run, login, answered):
    overview = reverse("cohort_desk", args=[here.program.slug, here.cohort.slug])
    client = login(here.manager)
    for name in answered:
        say(name, "yes")
    assert "Both sides are being asked." in client.get(overview).content.decode()
    call_back(run=run, by=here.manager)
    told = "Both sides were asked, then the open questions were called back; answers given: "
    assert lede(run, here.program).endswith(f" {told}{len(answered)}.")
    shown = client.get(overview).content.decode()
    assert ("Both sides are being asked." in shown, "Both sides have been asked." in shown) == (False, True)
    ask_sides(run=run, due_on=in_days(10), by=here.manager)
    asked = f"Both sides have been asked; answers so far: {len(answered)} of 4."
    assert lede(run, here.program).endswith(asked)


def test_a_pair_with_a_no_counts_by_what_was_said(here, run):
    say("Mira Kovac", "no")
    assert lede(run, here.program).endswith("Both sides have been asked; answers so far: 1 of 3.")
    assert answers_of(run) == {"asked": 3, "answered": 1, "wait": 2, "back": 0}


def test_what_nobody_has_to_answer_is_neither_moved_nor_called_back(here, run, login):
    for name in ("Mira Kovac", "Dana Whitfield", "Ade Okafor", "Lena Ruiz"):
        say(name, "yes")
    with refused("nobody_waits"):
        move_answer_date(run=run, due_on=in_days(9), by=here.manager)
    with refused("nobody_waits"):
        call_back(run=run, by=here.manager)
    shown = login(here.manager).post(url(run), {"back": "1"}, follow=True).content.decode()
    assert "Nobody has a question to answer any more." in shown


def test_a_pair_with_a_no_is_not_asked_about_again_on_the_same_run(here, run):
    say("Mira Kovac", "no")
    call_back(run=run, by=here.manager)
    assert [pair.mentee.person.full_name for pair in to_ask(run)] == ["Ade Okafor"]
