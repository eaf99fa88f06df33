"""Delivery against a real SMTP server in every mood: nothing is lost, nothing goes twice, doubt is shown."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from notifications import mails, smtp
from notifications.domain import delivery
from notifications.domain.delivery import deliver_due, deliver_one, recover
from notifications.domain.links import issue_link, revoke_links, token_of, use_link
from notifications.models import Message, Pause
from tests.factories import MessageFactory, PersonFactory
from tests.harness.mail import AnyPort, Catcher

pytestmark = [pytest.mark.django_db(transaction=True)]
State = Message.State


class MoodyServer(Catcher):
    """Replies to more steps, and can hang or hang up."""

    def __init__(self) -> None:
        super().__init__()
        self.at_data: Callable[[Any], Any] | None = None
        self.connections = 0

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return [self.replies["EHLO"]] if "EHLO" in self.replies else responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if "MAIL" in self.replies:
            return self.replies["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = await super().handle_DATA(server, session, envelope)
        if self.at_data:
            await self.at_data(server)
        return reply


@pytest.fixture
def server(settings: Any) -> Iterator[MoodyServer]:
    handler = MoodyServer()
    controller = AnyPort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_TIMEOUT = 2
    yield handler
    controller.stop()


@pytest.fixture
def nobody_there(settings: Any) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        settings.EMAIL_HOST, settings.EMAIL_PORT = probe.getsockname()


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for state in Message.objects.values_list("state", flat=True):
        found[str(state)] = found.get(str(state), 0) + 1
    return found


def state_of(message: Message) -> str:
    message.refresh_from_db()
    return str(message.state)


def make_due() -> None:
    """Let the waits pass."""
    Message.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    Pause.objects.update(until=timezone.now() - timedelta(seconds=1))


def end_leases() -> None:
    Message.objects.filter(lease_until__isnull=False).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )


class Killed(BaseException):
    """Ends a worker where it stands."""


def test_a_mail_arrives_whole(server: MoodyServer) -> None:
    person = PersonFactory(full_name="Zoë, Ba", language="fr", email="zoe@example.org")
    message = MessageFactory(recipient=person, subject="Été", body="Bonjour **Zoë**", language="fr")
    assert deliver_one(message.pk) == 1
    (mail,) = server.messages
    assert (mail["Subject"], mail["To"].addresses[0].display_name) == ("Été", "Zoë, Ba")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "fr"
    assert mail["Message-ID"].startswith("<")
    assert mail.get_content_type() == "multipart/alternative"
    assert "Bonjour Zoë" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "<strong" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    message.refresh_from_db()
    assert (message.state, message.lease_until, message.smtp_code) == (State.SENT, None, 250)
    assert message.sent_at


def test_a_line_that_begins_with_a_dot_survives(server: MoodyServer) -> None:
    MessageFactory(body="one\n\n.\n\n.two\n")
    deliver_due(seconds=20)
    assert "one\n\n.\n\n.two" in server.messages[0].get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]


def test_the_oldest_go_first_over_one_connection(server: MoodyServer) -> None:
    later = [MessageFactory(subject=f"later {n}") for n in range(12)]
    first = MessageFactory(subject="first", not_before=timezone.now() - timedelta(hours=1))
    assert deliver_due(seconds=20) == 13
    assert server.messages[0]["Subject"] == first.subject
    assert [mail["Subject"] for mail in server.messages[1:]] == [message.subject for message in later]
    assert server.connections == 1


def test_what_is_not_due_or_not_pending_stays(server: MoodyServer) -> None:
    MessageFactory(not_before=timezone.now() + timedelta(minutes=5))
    for state in (State.DRAFT, State.SENT, State.FAILED, State.UNCERTAIN, State.DROPPED):
        MessageFactory(state=state)
    assert deliver_due(seconds=20) == 0
    for message in Message.objects.all():
        assert deliver_one(message.pk) == 0
    assert server.messages == []


def test_running_twice_sends_once(server: MoodyServer) -> None:
    message = MessageFactory()
    assert [deliver_one(message.pk), deliver_one(message.pk), deliver_due(seconds=5)] == [1, 0, 0]
    assert len(server.messages) == 1


def test_two_sweeps_at_once_share_the_work(server: MoodyServer) -> None:
    MessageFactory.create_batch(40)
    barrier, sent = threading.Barrier(4), []

    def sweep() -> None:
        barrier.wait()
        sent.append(deliver_due(seconds=30))
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(sent) == 40
    assert len({mail["Message-ID"] for mail in server.messages}) == len(server.messages) == 40


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [450, 451, 452])
def test_a_temporary_refusal_is_tried_again_later(server: MoodyServer, step: str, code: int) -> None:
    server.replies[step] = f"{code} Try again later"
    message = MessageFactory()
    assert deliver_due(seconds=5) == 0
    message.refresh_from_db()
    assert (message.state, message.smtp_code, message.attempts) == (State.PENDING, code, 1)
    assert message.not_before > timezone.now() + timedelta(seconds=30)
    assert not Pause.objects.exists()
    server.replies.clear()
    server.messages.clear()
    make_due()
    assert deliver_due(seconds=5) == 1
    assert len(server.messages) == 1


def test_waits_grow_and_end(server: MoodyServer) -> None:
    server.replies["RCPT"] = "452 Mailbox full"
    message = MessageFactory()
    waits = []
    for _ in range(delivery.MAX_ATTEMPTS):
        make_due()
        deliver_one(message.pk)
        message.refresh_from_db()
        waits.append(message.not_before - timezone.now())
    assert timedelta(seconds=50) < waits[0] < timedelta(seconds=70)
    assert waits[1] > timedelta(minutes=3)
    assert max(waits) < timedelta(hours=4, seconds=10)
    assert message.state == State.FAILED
    assert message.smtp_text == "Mailbox full"


def test_a_refused_address_fails_for_that_person_alone(server: MoodyServer) -> None:
    bad, good = MessageFactory(address="gone@example.org"), MessageFactory()
    server.replies["RCPT gone@example.org"] = "550 No such user"
    assert deliver_due(seconds=5) == 1
    bad.refresh_from_db()
    assert (bad.state, bad.smtp_code, bad.smtp_text) == (State.FAILED, 550, "No such user")
    assert state_of(good) == State.SENT
    assert not Pause.objects.exists()


def test_content_that_is_refused_fails(server: MoodyServer) -> None:
    server.replies["DATA"] = "554 Looks like spam"
    message = MessageFactory()
    deliver_due(seconds=5)
    message.refresh_from_db()
    assert (message.state, message.smtp_code) == (State.FAILED, 554)


@pytest.mark.parametrize(
    ("step", "reply"),
    [
        ("MAIL", "530 Sign in first"),
        ("MAIL", "550 Sender unknown"),
        ("RCPT", "503 Bad sequence"),
        ("RCPT", "535 Not accepted"),
        ("RCPT", "421 Closing"),
        ("DATA", "503 Bad sequence"),
    ],
)
def test_a_fault_of_ours_pauses_everything_and_fails_nobody(
    server: MoodyServer, step: str, reply: str
) -> None:
    MessageFactory.create_batch(25)
    server.replies[step] = reply
    assert deliver_due(seconds=5) == 0
    assert states() == {"pending": 25}
    assert set(Message.objects.values_list("attempts", "lease_until")) == {(0, None)}
    pause = Pause.objects.get()
    assert (pause.smtp_code, pause.failures) == (int(reply[:3]), 1)
    server.replies.clear()
    server.messages.clear()
    assert deliver_due(seconds=5) == 0, "while paused nothing is tried"
    assert deliver_one(Message.objects.first().pk) == 0  # type: ignore[union-attr]
    make_due()
    assert deliver_due(seconds=20) == 25
    assert not Pause.objects.exists()


def test_nobody_at_the_other_end_pauses_longer_each_time(nobody_there: None) -> None:
    MessageFactory.create_batch(3)
    waits = []
    for _ in range(8):
        make_due()
        deliver_due(seconds=5)
        waits.append(Pause.objects.get().until - timezone.now())
    assert states() == {"pending": 3}
    assert waits[0] < timedelta(seconds=31) < waits[1] < timedelta(seconds=61) < waits[2]
    assert timedelta(minutes=14) < waits[-1] < timedelta(minutes=16)
    assert "ConnectionRefusedError" in Pause.objects.get().smtp_text


def test_a_password_that_is_refused_pauses(server: MoodyServer, settings: Any) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "ithaca", "wrong"
    MessageFactory()
    deliver_due(seconds=5)
    assert states() == {"pending": 1}
    assert Pause.objects.exists()


def test_encryption_that_cannot_be_had_pauses_rather_than_going_without(
    server: MoodyServer, settings: Any
) -> None:
    settings.EMAIL_USE_TLS = True
    MessageFactory()
    deliver_due(seconds=5)
    assert states() == {"pending": 1}
    assert server.messages == []


def test_a_server_that_hangs_after_the_content_leaves_doubt(server: MoodyServer) -> None:
    async def hang(_server: Any) -> None:
        await asyncio.sleep(4)

    server.at_data = hang
    MessageFactory()
    deliver_due(seconds=5)
    assert states() == {"uncertain": 1}
    server.at_data = None
    make_due()
    recover()
    assert deliver_due(seconds=5) == 0, "doubt is not resolved by sending again"


def test_a_server_that_hangs_up_instead_of_answering_leaves_doubt_and_the_next_mail_goes(
    server: MoodyServer,
) -> None:
    calls = []

    async def hang_up_once(connected: Any) -> None:
        calls.append(1)
        if len(calls) == 1:
            connected.transport.abort()

    server.at_data = hang_up_once
    MessageFactory.create_batch(2)
    assert deliver_due(seconds=5) == 1
    assert states() == {"uncertain": 1, "sent": 1}


def test_a_silent_server_before_the_content_is_tried_again(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_out(*_args: Any) -> None:
        raise TimeoutError("no answer")

    monkeypatch.setattr(smtp.smtplib.SMTP, "rcpt", time_out)
    message = MessageFactory()
    deliver_due(seconds=5)
    message.refresh_from_db()
    assert (message.state, message.smtp_text) == (State.PENDING, "TimeoutError: no answer")


def die(*_args: Any, **_kwargs: Any) -> None:
    raise Killed


def test_a_worker_that_dies_before_the_content_has_sent_nothing(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = MessageFactory()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(delivery, "_begin_data", die)
        deliver_due(seconds=5)
    assert state_of(message) == State.CLAIMED
    assert deliver_due(seconds=5) == 0, "the lease still holds"
    recover()
    assert state_of(message) == State.CLAIMED
    end_leases()
    assert recover() == 1
    assert deliver_due(seconds=5) == 1
    assert len(server.messages) == 1
    assert message.attempts == 1


def test_a_worker_that_dies_while_handing_over_leaves_doubt(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, other = MessageFactory(), MessageFactory()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(smtp.Courier, "_content", die)
        deliver_one(message.pk)
    assert state_of(message) == State.DATA_STARTED
    recover()
    assert state_of(message) == State.DATA_STARTED
    end_leases()
    recover()
    assert state_of(message) == State.UNCERTAIN
    assert deliver_due(seconds=5) == 1
    assert state_of(other) == State.SENT


def test_a_worker_that_dies_after_the_answer_leaves_doubt_not_a_second_mail(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = MessageFactory()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(delivery, "_settle", die)
        deliver_due(seconds=5)
    end_leases()
    recover()
    deliver_due(seconds=5)
    assert state_of(message) == State.UNCERTAIN
    assert len(server.messages) == 1


def test_a_worker_whose_lease_was_taken_sends_nothing(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow worker comes back when another one has the mail already."""
    message = MessageFactory()
    begin = delivery._begin_data

    def slow(claimed: Message) -> bool:
        monkeypatch.setattr(delivery, "_begin_data", begin)
        end_leases()
        recover()
        assert deliver_one(claimed.pk) == 1
        return begin(claimed)

    monkeypatch.setattr(delivery, "_begin_data", slow)
    assert deliver_due(seconds=5) == 0
    assert len(server.messages) == 1
    assert state_of(message) == State.SENT


def test_a_worker_whose_lease_another_holds_sends_nothing(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail is claimed, as it was; but not by this worker any more."""
    message, begin = MessageFactory(), delivery._begin_data

    def slow(claimed: Message) -> bool:
        end_leases()
        recover()
        assert [other.pk for other in delivery._claim(Q(), limit=1)] == [claimed.pk]
        return begin(claimed)

    monkeypatch.setattr(delivery, "_begin_data", slow)
    assert deliver_due(seconds=5) == 0
    assert server.messages == []
    assert state_of(message) == State.CLAIMED


def test_a_mail_that_another_worker_is_claiming_is_passed_over(server: MoodyServer) -> None:
    held, free = MessageFactory(), MessageFactory()
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT 1 FROM notifications_message WHERE id = %s FOR UPDATE", [held.pk])
            with connection.cursor() as own:
                own.execute("SET lock_timeout = '2s'")
            assert deliver_due(seconds=5) == 1
    finally:
        other.rollback()
        other.close()
        with connection.cursor() as own:
            own.execute("RESET lock_timeout")
    assert (state_of(held), state_of(free)) == (State.PENDING, State.SENT)


def test_a_known_result_survives_a_database_that_was_away(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    message, tries = MessageFactory(), []
    real = delivery._held

    def flaky(row: Message, *wanted: str) -> Any:
        held = real(row, *wanted)
        if State.DATA_STARTED not in wanted:
            return held

        class Away:
            def update(self, **fields: Any) -> int:
                tries.append(1)
                if len(tries) < 3:
                    raise OperationalError("terminating connection")
                return int(held.update(**fields))

        return Away()

    monkeypatch.setattr(delivery, "_held", flaky)
    assert deliver_due(seconds=5) == 1
    assert len(tries) == 3
    assert state_of(message) == State.SENT


def test_one_who_knows_that_it_was_sent_corrects_the_doubt(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep gave the worker up for dead while it waited for the server's answer."""
    message, settle = MessageFactory(), delivery._settle

    def late(row: Message, reply: smtp.Reply) -> None:
        end_leases()
        recover()
        assert state_of(message) == State.UNCERTAIN
        settle(row, reply)

    monkeypatch.setattr(delivery, "_settle", late)
    deliver_due(seconds=5)
    assert state_of(message) == State.SENT


def test_the_message_id_is_the_same_for_every_attempt_and_differs_between_mails(server: MoodyServer) -> None:
    first, second = MessageFactory(), MessageFactory()
    deliver_due(seconds=5)
    Message.objects.filter(pk=first.pk).update(state=State.PENDING)
    deliver_due(seconds=5)
    ids = [mail["Message-ID"] for mail in server.messages]
    assert ids[0] == ids[2]
    assert ids[0] != ids[1]
    assert state_of(second) == State.SENT


@pytest.mark.parametrize(
    "bad",
    [
        {"subject": "Hi\r\nBcc: all@example.org"},
        {"subject": "Hi\nX-Evil: 1\n\nbody"},
    ],
)
def test_a_header_cannot_be_smuggled_in(server: MoodyServer, bad: dict[str, str]) -> None:
    person = PersonFactory(full_name="Ann\r\nBcc: other@example.org")
    MessageFactory(recipient=person, **bad)
    assert deliver_due(seconds=5) == 1
    (mail,) = server.messages
    assert mail["Bcc"] is None
    assert mail["X-Evil"] is None
    assert [each.addr_spec for each in mail["To"].addresses] == [person.email]


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nRCPT TO:<b@example.org>", "", "no at sign", "a@b@c", "a@exa mple.org"]
)
def test_an_address_that_is_none_fails_and_holds_up_nobody(server: MoodyServer, address: str) -> None:
    bad, good = MessageFactory(address=address), MessageFactory()
    assert deliver_due(seconds=5) == 1
    assert (state_of(bad), state_of(good)) == (State.FAILED, State.SENT)


def test_an_international_domain_is_written_as_servers_know_it(server: MoodyServer) -> None:
    MessageFactory(address="a@bücher.example.org")
    assert deliver_due(seconds=5) == 1
    assert server.messages[0]["To"].addresses[0].domain == "xn--bcher-kva.example.org"


def with_link(**fields: Any) -> Message:
    person = PersonFactory()
    link = issue_link(purpose="p", recipient=person, target=person, target_digest="d")
    message: Message = MessageFactory(recipient=person, link=link, body="[Decide]({{ link }})", **fields)
    return message


def test_the_link_is_filled_in_on_the_way_out_alone(server: MoodyServer, settings: Any) -> None:
    message = with_link()
    assert message.link
    deliver_due(seconds=5)
    address = f"{settings.BASE_URL}/l/{token_of(message.link)}/"
    assert address in server.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert f'href="{address}"' in server.messages[0].get_body(("html",)).get_content()  # type: ignore[union-attr]
    message.refresh_from_db()
    assert message.body == "[Decide]({{ link }})"


def test_a_mail_whose_link_was_withdrawn_or_used_is_dropped(server: MoodyServer) -> None:
    revoked, used = with_link(), with_link()
    revoke_links(target=revoked.recipient, purpose="p", by=None)
    assert used.link
    use_link(link=used.link, decision="approve", typed_name="A", address=None, target_digest="d")
    assert deliver_due(seconds=5) == 0
    assert states() == {"dropped": 2}


def test_a_mail_whose_link_has_expired_is_shown_as_failed(server: MoodyServer) -> None:
    message = with_link()
    assert message.link
    message.link.expires_at = timezone.now()
    message.link.save()
    deliver_due(seconds=5)
    assert state_of(message) == State.FAILED
    assert "expired" in message.smtp_text


def test_optional_mails_say_how_to_stop_them_and_others_do_not(server: MoodyServer, mail_kinds: Any) -> None:
    MessageFactory(kind="note")
    MessageFactory(kind="invite")
    deliver_due(seconds=5)
    optional, other = server.messages
    assert "/me/mail/off/" in optional["List-Unsubscribe"]
    assert optional["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert optional["List-Unsubscribe"].strip("<>") in optional.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert other["List-Unsubscribe"] is None


def test_a_kind_may_drop_its_mail_at_the_last_moment(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh, stale = (
        MessageFactory(kind="timely", subject="fresh"),
        MessageFactory(kind="timely", subject="stale"),
    )
    kind = mails.MailKind("timely", "Timely", refresh=lambda message: message.subject == "fresh")
    monkeypatch.setitem(mails._kinds, "timely", kind)
    assert deliver_due(seconds=5) == 1
    assert (state_of(fresh), state_of(stale)) == (State.SENT, State.DROPPED)


def test_a_mail_that_cannot_be_written_holds_up_nobody(
    server: MoodyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_message: Message) -> bool:
        raise LookupError

    monkeypatch.setitem(mails._kinds, "broken", mails.MailKind("broken", "Broken", refresh=broken))
    bad, good = MessageFactory(kind="broken"), MessageFactory()
    assert deliver_due(seconds=5) == 1
    assert (state_of(bad), state_of(good)) == (State.FAILED, State.SENT)


def test_the_sum_is_kept_through_every_mood(server: MoodyServer) -> None:
    """30 mails through refusals and hang-ups: every one is accounted for and none arrives twice."""
    MessageFactory.create_batch(30)
    counter = iter(range(1000))

    async def moody(connected: Any) -> None:
        if next(counter) % 7 == 3:
            connected.transport.abort()

    server.at_data = moody
    for reply in ({"RCPT": "450 Later"}, {}, {"MAIL": "530 Who are you"}, {}):
        server.replies.clear()
        server.replies.update(reply)
        deliver_due(seconds=20)
        make_due()
        recover()
    counted = states()
    assert sum(counted.values()) == 30
    assert set(counted) == {"sent", "uncertain"}
    assert len({mail["Message-ID"] for mail in server.messages}) == len(server.messages) == 30
