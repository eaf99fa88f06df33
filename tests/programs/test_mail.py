"""The mail pages of the desk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.roles import Permission, Role, roles_granting
from notifications.domain.links import issue_link, token_of
from notifications.models import Message, Pause
from people.models import Person
from programs.models import Cohort
from tests.factories import CohortFactory, MembershipFactory, MessageFactory, PersonFactory

pytestmark = pytest.mark.django_db
State = Message.State


@pytest.fixture
def cohort() -> Cohort:
    made: Cohort = CohortFactory()
    return made


@pytest.fixture
def desk(client: Client, cohort: Cohort) -> Client:
    """Signed in as a coordinator of the cohort's program."""
    client.force_login(MembershipFactory(program=cohort.program, role=Role.COORDINATOR).person)
    return client


def at(cohort: Cohort, rest: str = "") -> str:
    return f"/desk/{cohort.program.slug}/{cohort.slug}/mail/{rest}"


def mail(cohort: Cohort, state: str = State.DRAFT, **fields: Any) -> Message:
    values = {"cohort_id": cohort.pk, "program_id": cohort.program_id, "state": state}
    if state in {State.CLAIMED, State.DATA_STARTED}:
        values["lease_until"] = timezone.now()
    message: Message = MessageFactory(**(values | fields))
    return message


def html(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return " ".join(response.content.decode().split())


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return str(message.state)


def test_the_list_shows_each_mail_with_its_person_and_state(desk: Client, cohort: Cohort) -> None:
    person = PersonFactory(full_name="Mira Kovač")
    mail(cohort, State.UNCERTAIN, recipient=person, subject="Your match")
    mail(CohortFactory(program=cohort.program), subject="Of another cohort")
    page = html(desk, at(cohort))
    assert "Mira Kovač" in page
    assert "Your match" in page
    assert "Maybe sent" in page
    assert "Of another cohort" not in page


def test_an_empty_outbox_says_what_will_come(desk: Client, cohort: Cohort) -> None:
    assert "No mail yet" in html(desk, at(cohort))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"draft", "pending", "claimed", "sent", "uncertain", "failed", "dropped"}),
        ("?state=draft", {"draft"}),
        ("?state=waiting", {"pending", "claimed"}),
        ("?state=uncertain", {"uncertain"}),
        ("?state=nonsense", {"draft", "pending", "claimed", "sent", "uncertain", "failed", "dropped"}),
        ("?q=MIRA", {"sent"}),
        ("?q=mira@&state=draft", set()),
        ("?kind=other", {"failed"}),
        ("?kind=nonsense", {"draft", "pending", "claimed", "sent", "uncertain", "failed", "dropped"}),
        ("?batch=b1", {"draft"}),
    ],
)
def test_the_filter_stands_in_the_address(desk: Client, cohort: Cohort, query: str, shown: set[str]) -> None:
    special = {
        "sent": {"recipient": PersonFactory(full_name="Mira", email="mira@example.org")},
        "failed": {"kind": "other"},
        "draft": {"batch": "b1"},
    }
    for state in ("draft", "pending", "claimed", "sent", "uncertain", "failed", "dropped"):
        mail(cohort, state, subject=f"is-{state}", **special.get(state, {}))
    page = html(desk, at(cohort, query))
    assert {state for state in State.values if f">is-{state}<" in page} == shown


def test_drafts_are_grouped_by_what_made_them(desk: Client, cohort: Cohort) -> None:
    for batch, kind, count in (
        ("run-1", "reminder", 3),
        ("run-2", "reminder", 1),
        ("run-2", "escalation", 2),
    ):
        for _ in range(count):
            mail(cohort, batch=batch, kind=kind)
    mail(cohort, State.SENT, batch="run-1", kind="reminder")
    page = html(desk, at(cohort))
    for words in ("Send all 3", "Send it", "Send all 2"):
        assert page.count(words) == 1
    confirm = html(desk, at(cohort, "send/?batch=run-1&kind=reminder"))
    assert "Send 3 mails?" in confirm
    assert Message.objects.filter(state=State.DRAFT).count() == 6, "asking sends nothing"
    desk.post(at(cohort, "send/"), {"batch": "run-1", "kind": "reminder"})
    assert Message.objects.filter(state=State.PENDING).count() == 3
    assert not Message.objects.filter(state=State.PENDING).exclude(batch="run-1").exists()


def test_ticked_drafts_are_sent_and_no_others(desk: Client, cohort: Cohort) -> None:
    ticked, left = [mail(cohort), mail(cohort)], mail(cohort)
    query = "&".join(f"mail={message.uid}" for message in ticked)
    page = html(desk, at(cohort, f"send/?{query}"))
    assert "Send 2 mails?" in page
    for message in ticked:
        assert f'name="mail" value="{message.uid}"' in page
    desk.post(at(cohort, "send/"), {"mail": [str(message.uid) for message in ticked]})
    assert [state_of(message) for message in (*ticked, left)] == [State.PENDING, State.PENDING, State.DRAFT]


def test_dropping_asks_first_and_reaches_nobody(desk: Client, cohort: Cohort) -> None:
    message, sent = mail(cohort), mail(cohort, State.SENT)
    assert "Drop 1 mail?" in html(desk, at(cohort, f"drop/?mail={message.uid}&mail={sent.uid}"))
    assert state_of(message) == State.DRAFT
    desk.post(at(cohort, "drop/"), {"mail": [str(message.uid), str(sent.uid)]})
    assert (state_of(message), state_of(sent)) == (State.DROPPED, State.SENT)


@pytest.mark.parametrize("act", ["send/", "drop/"])
@pytest.mark.parametrize("choice", [{}, {"mail": "nonsense"}, {"batch": ""}, {"kind": "reminder"}])
def test_nothing_chosen_changes_nothing(
    desk: Client, cohort: Cohort, act: str, choice: dict[str, str]
) -> None:
    message = mail(cohort)
    assert "Nothing is chosen" in desk.get(at(cohort, act), choice).content.decode()
    desk.post(at(cohort, act), choice)
    assert state_of(message) == State.DRAFT


def test_mails_of_other_cohorts_cannot_be_named(desk: Client, cohort: Cohort) -> None:
    other = mail(CohortFactory(program=cohort.program), batch="b", kind="reminder")
    foreign = mail(CohortFactory())
    for message in (other, foreign):
        desk.post(at(cohort, "send/"), {"mail": str(message.uid)})
        desk.post(at(cohort, "drop/"), {"batch": "b", "kind": "reminder"})
        for page in ("", "html/", "edit/"):
            assert desk.get(at(cohort, f"{message.uid}/{page}")).status_code == 404
        for act in ("resend/", "arrived/"):
            assert desk.post(at(cohort, f"{message.uid}/{act}")).status_code == 404
        assert state_of(message) == State.DRAFT


def test_one_mail_is_shown_as_its_reader_sees_it_but_without_the_secret(desk: Client, cohort: Cohort) -> None:
    person = PersonFactory()
    link = issue_link(purpose="p", recipient=person, target=person, target_digest="d")
    message = mail(cohort, recipient=person, link=link, body="[Decide]({{ link }})")
    page, frame = html(desk, at(cohort, f"{message.uid}/")), desk.get(at(cohort, f"{message.uid}/html/"))
    assert "Decide: " in page
    assert 'class="button"' in frame.content.decode()
    assert token_of(link) not in page + frame.content.decode()
    assert "sandbox" in frame["Content-Security-Policy"]


def test_a_draft_is_edited(desk: Client, cohort: Cohort) -> None:
    message = mail(cohort)
    response = desk.post(at(cohort, f"{message.uid}/edit/"), {"subject": "New", "body": "**New** words"})
    assert response.status_code == 302
    message.refresh_from_db()
    assert (message.subject, message.body) == ("New", "**New** words")


def test_an_edit_that_loses_the_link_keeps_what_was_written(desk: Client, cohort: Cohort) -> None:
    person = PersonFactory()
    link = issue_link(purpose="p", recipient=person, target=person, target_digest="d")
    message = mail(cohort, link=link, body="{{ link }}")
    address = at(cohort, f"{message.uid}/edit/")
    assert "This mail carries a personal link" in html(desk, address)
    page = desk.post(address, {"subject": "S", "body": "my long new words"}).content.decode()
    assert "The personal link is missing" in page
    assert "{{ link }}" in page
    assert "my long new words" in page
    assert state_of(message) == State.DRAFT
    assert message.body == "{{ link }}"


def test_what_is_no_draft_cannot_be_edited(desk: Client, cohort: Cohort) -> None:
    message = mail(cohort, State.SENT)
    assert desk.get(at(cohort, f"{message.uid}/edit/")).status_code == 302
    desk.post(at(cohort, f"{message.uid}/edit/"), {"subject": "New", "body": "New"})
    message.refresh_from_db()
    assert message.subject == "A subject"


def test_doubt_is_settled_by_a_person(desk: Client, cohort: Cohort) -> None:
    first, second = mail(cohort, State.UNCERTAIN), mail(cohort, State.UNCERTAIN)
    page = html(desk, at(cohort, f"{first.uid}/"))
    assert "It arrived" in page
    assert "Send again" in page
    desk.post(at(cohort, f"{first.uid}/arrived/"))
    desk.post(at(cohort, f"{second.uid}/resend/"))
    assert (state_of(first), state_of(second)) == (State.SENT, State.PENDING)
    for act in ("arrived/", "resend/"):
        assert desk.get(at(cohort, f"{first.uid}/{act}")).status_code == 405


def test_a_refused_mail_says_why(desk: Client, cohort: Cohort) -> None:
    message = mail(cohort, State.FAILED, smtp_text="No such user")
    assert "No such user" in html(desk, at(cohort, f"{message.uid}/"))
    desk.post(at(cohort, f"{message.uid}/resend/"))
    assert state_of(message) == State.PENDING


def test_a_held_back_queue_is_said(desk: Client, cohort: Cohort) -> None:
    assert "Mail is held back" not in html(desk, at(cohort))
    pause = Pause.objects.create(pk=1, until=timezone.now() + timedelta(minutes=5), smtp_text="Sign in first")
    assert "Sign in first" in html(desk, at(cohort))
    pause.until = timezone.now()
    pause.save()
    assert "Sign in first" not in html(desk, at(cohort))


PAGES = ["", "send/", "drop/", "{uid}/", "{uid}/html/", "{uid}/edit/"]
ACTS = ["send/", "drop/", "{uid}/edit/", "{uid}/resend/", "{uid}/arrived/"]


@pytest.mark.parametrize("role", Role.values)
def test_only_roles_that_send_mail_see_it(client: Client, cohort: Cohort, role: str) -> None:
    message = mail(cohort, State.UNCERTAIN)
    client.force_login(MembershipFactory(program=cohort.program, role=role).person)
    may = role in roles_granting(Permission.SEND_MAIL)
    for page in PAGES:
        status = client.get(at(cohort, page.format(uid=message.uid))).status_code
        assert status in ({200, 302} if may else {403}), page
    if not may:
        for act in ACTS:
            assert client.post(at(cohort, act.format(uid=message.uid))).status_code == 403
        assert state_of(message) == State.UNCERTAIN


def test_a_manager_of_another_program_and_strangers_see_nothing(client: Client, cohort: Cohort) -> None:
    message = mail(cohort, State.UNCERTAIN)
    addresses = [at(cohort, page.format(uid=message.uid)) for page in PAGES]
    assert {client.get(address).status_code for address in addresses} == {302}
    near_miss: Person = MembershipFactory(program=CohortFactory().program, role=Role.MANAGER).person
    client.force_login(near_miss)
    assert {client.get(address).status_code for address in addresses} == {404}
    assert {client.post(at(cohort, act.format(uid=message.uid))).status_code for act in ACTS} == {404}
    assert state_of(message) == State.UNCERTAIN


def test_the_list_takes_as_many_queries_for_thirty_as_for_one(
    desk: Client, cohort: Cohort, count_queries: Callable[[], AbstractContextManager[CaptureQueriesContext]]
) -> None:
    counted = []
    for count in (1, 29):
        for _ in range(count):
            mail(cohort, batch="b")
        with count_queries() as queries:
            html(desk, at(cohort))
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_long_lists_are_paged_and_keep_their_filter(desk: Client, cohort: Cohort) -> None:
    for number in range(53):
        mail(cohort, State.SENT, subject=f"n{number}.")
    page = html(desk, at(cohort, "?state=sent"))
    assert ">n52.<" in page
    assert ">n2.<" not in page
    assert "state=sent&amp;page=2" in page
    assert ">n2.<" in html(desk, at(cohort, "?state=sent&page=2"))
