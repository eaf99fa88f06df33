"""Writing mails into the outbox, and what staff do with drafts."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from notifications.domain import outbox
from notifications.domain.links import issue_link
from notifications.models import Message, Preference
from tests.factories import MessageFactory, PersonFactory

pytestmark = pytest.mark.usefixtures("mail_kinds")
State = Message.State


def note(to: Any, **fields: Any) -> Message | None:
    return outbox.queue(kind="note", to=to, context={"words": "tea"}, **({"dedupe_key": "k"} | fields))


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The doorbell's rings, instead of the broker's queue."""
    rung: list[int] = []

    def send_task(name: str, args: list[int]) -> None:
        assert name == "notifications.tasks.deliver"
        rung.extend(args)

    monkeypatch.setattr(outbox.current_app, "send_task", send_task)
    monkeypatch.setattr(outbox, "_broker_away_until", 0.0)
    return rung


def test_a_mail_is_written_in_the_recipients_words(db: None) -> None:
    person = PersonFactory(full_name="Ann_Lee", language="fr")
    message = note(person, batch="b", program_id=3, cohort_id=4, about=person)
    assert message
    assert (message.subject, message.body) == ("About tea", "Hello Ann\\_Lee,\n\ntea\n")
    assert (message.state, message.language, message.address) == (State.PENDING, "fr", person.email)
    assert (message.batch, message.program_id, message.cohort_id) == ("b", 3, 4)
    assert (message.about_kind, message.about_id) == ("people.person", person.pk)


def test_the_same_event_is_told_once(db: None) -> None:
    person = PersonFactory()
    assert note(person)
    assert note(person) is None
    assert note(person, dedupe_key="other")
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_time_one_writes(bell: list[int]) -> None:
    person = PersonFactory()
    barrier, written = threading.Barrier(6), []

    def write() -> None:
        barrier.wait()
        written.append(note(person))
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(message is not None for message in written) == 1
    assert Message.objects.count() == 1
    assert len(bell) == 1


def test_an_unknown_kind_is_a_mistake(db: None) -> None:
    with pytest.raises(KeyError):
        outbox.queue(kind="nothing", to=PersonFactory(), context={}, dedupe_key="k")


def test_a_kind_that_was_switched_off_is_not_written_but_only_that_one(db: None) -> None:
    off, other = PersonFactory(), PersonFactory()
    Preference.objects.create(person=off, kind="note", wanted=False)
    Preference.objects.create(person=off, kind="invite", wanted=False)
    Preference.objects.create(person=other, kind="note", wanted=True)
    assert note(off) is None
    assert note(other)
    link = issue_link(purpose="p", recipient=off, target=off, target_digest="d")
    assert outbox.queue(kind="invite", to=off, context={}, dedupe_key="i", link=link)


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_woken_after_the_commit_and_not_for_drafts_or_later(bell: list[int]) -> None:
    person = PersonFactory()
    with transaction.atomic():
        message = note(person)
        note(person, dedupe_key="draft", draft=True)
        note(person, dedupe_key="later", not_before=timezone.now() + timedelta(hours=1))
        assert bell == []
    assert message
    assert bell == [message.pk]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_neither_written_nor_rung_for(bell: list[int]) -> None:
    person = PersonFactory()
    with pytest.raises(RuntimeError), transaction.atomic():
        note(person)
        raise RuntimeError
    assert not Message.objects.exists()
    assert bell == []


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_costs_one_attempt_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def away(*args: Any) -> None:
        calls.append(args)
        raise ConnectionError

    monkeypatch.setattr(outbox.current_app, "send_task", away)
    monkeypatch.setattr(outbox, "_broker_away_until", 0.0)
    person = PersonFactory()
    with transaction.atomic():
        for number in range(5):
            note(person, dedupe_key=f"k{number}")
    assert Message.objects.filter(state=State.PENDING).count() == 5
    assert len(calls) == 1


def draft(**fields: Any) -> Message:
    message: Message = MessageFactory(state=State.DRAFT, **fields)
    return message


def test_a_draft_is_edited_and_the_trail_says_by_whom(db: None) -> None:
    by, message = PersonFactory(), draft(program_id=7)
    outbox.edit_draft(message=message, subject="New\r\nBcc: x", body="Words", by=by)
    message.refresh_from_db()
    assert (message.subject, message.body) == ("New Bcc: x", "Words")
    event = AuditEvent.objects.get(verb="mail.edited")
    assert (event.actor_id, event.target_id, event.program_id, event.data) == (by.pk, message.pk, 7, {})


@pytest.mark.parametrize(
    ("subject", "body", "code"),
    [
        ("S", "no link", "link_missing"),
        ("S", "{{ link }} and {{ name }}", "unknown_placeholder"),
        ("S", "{{ link }} {% now %}", "unknown_placeholder"),
        (" \n", "{{ link }}", "subject_missing"),
    ],
)
def test_an_edit_that_cannot_go_out_is_refused(db: None, subject: str, body: str, code: str) -> None:
    person = PersonFactory()
    message = draft(link=issue_link(purpose="p", recipient=person, target=person, target_digest="d"))
    with pytest.raises(Refused) as refused:
        outbox.edit_draft(message=message, subject=subject, body=body, by=person)
    assert refused.value.code == code
    message.refresh_from_db()
    assert message.body == "A text."


def test_a_mail_without_a_link_may_not_gain_the_placeholder(db: None) -> None:
    with pytest.raises(Refused, match="not known"):
        outbox.edit_draft(message=draft(), subject="S", body="{{ link }}", by=PersonFactory())


@pytest.mark.parametrize(
    "state", [state for state in State if state not in {State.DRAFT, State.CLAIMED, State.DATA_STARTED}]
)
def test_only_a_draft_can_be_edited(db: None, state: str) -> None:
    message = MessageFactory(state=state)
    with pytest.raises(Refused) as refused:
        outbox.edit_draft(message=message, subject="S", body="B", by=PersonFactory())
    assert refused.value.code == "not_a_draft"


@pytest.mark.django_db(transaction=True)
def test_sending_drafts_takes_drafts_alone_and_once(bell: list[int]) -> None:
    by, first, second = PersonFactory(), draft(), draft()
    sent, dropped = MessageFactory(state=State.SENT), MessageFactory(state=State.DROPPED)
    assert outbox.send_drafts(messages=[first, second, sent, dropped], by=by) == 2
    assert outbox.send_drafts(messages=Message.objects.all(), by=by) == 0
    assert sorted(bell) == [first.pk, second.pk]
    assert set(Message.objects.filter(state=State.PENDING)) == {first, second}
    assert AuditEvent.objects.filter(verb="mail.released").count() == 2


@pytest.mark.parametrize(
    ("state", "dropped"),
    [
        ("draft", 1),
        ("pending", 1),
        ("failed", 1),
        ("sent", 0),
        ("uncertain", 0),
        ("claimed", 0),
        ("data_started", 0),
    ],
)
def test_what_has_begun_to_go_out_cannot_be_dropped(db: None, state: str, dropped: int) -> None:
    message = MessageFactory(state=state, lease_until=timezone.now())
    other = MessageFactory(state=State.DRAFT)
    assert outbox.drop(messages=[message], by=PersonFactory()) == dropped
    message.refresh_from_db()
    other.refresh_from_db()
    assert (message.state == State.DROPPED) == bool(dropped)
    assert other.state == State.DRAFT


def test_resending_uses_the_address_of_today(db: None) -> None:
    person = PersonFactory(email="new@example.org")
    message = MessageFactory(recipient=person, address="old@example.org", state=State.FAILED, attempts=9)
    outbox.resend(message=message, by=person)
    message.refresh_from_db()
    assert (message.address, message.state, message.attempts) == ("new@example.org", State.PENDING, 0)


@pytest.mark.parametrize("state", ["draft", "pending", "sent", "dropped"])
def test_only_what_did_not_arrive_is_resent(db: None, state: str) -> None:
    with pytest.raises(Refused) as refused:
        outbox.resend(message=MessageFactory(state=state), by=PersonFactory())
    assert refused.value.code == "not_resendable"


def test_only_an_uncertain_mail_is_marked_as_sent(db: None) -> None:
    by, message = PersonFactory(), MessageFactory(state=State.UNCERTAIN)
    outbox.mark_sent(message=message, by=by)
    message.refresh_from_db()
    assert message.state == State.SENT
    assert message.sent_at
    assert AuditEvent.objects.get(verb="mail.marked_sent").actor_id == by.pk
    with pytest.raises(Refused):
        outbox.mark_sent(message=MessageFactory(state=State.FAILED), by=by)


def test_a_body_never_holds_the_links_secret(db: None, mail_kinds: Path) -> None:
    from notifications.domain.links import token_of

    person = PersonFactory()
    link = issue_link(purpose="p", recipient=person, target=person, target_digest="d")
    message = outbox.queue(kind="invite", to=person, context={}, dedupe_key="i", link=link)
    assert message
    assert message.body.count("{{ link }}") == 2
    assert token_of(link) not in message.body
