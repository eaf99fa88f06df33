"""The supervisor's decision by link: the verb."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from agreements.domain.agreements import new_version
from agreements.domain.approval import (
    resend_supervisor_link,
    revoke_supervisor_link,
    supervisor_decide,
)
from agreements.models import Agreement, Mentorship, Signature
from agreements.tasks import remind_supervisors
from core.errors import Refused
from core.models import AuditEvent
from notifications.models import EmailLink, Message
from people.models import Person
from tests.agreements.helpers import current, link_of, signed, team
from tests.factories import MemberFactory, PersonFactory

pytestmark = pytest.mark.django_db


def waiting() -> tuple[Agreement, Person, Person, Person]:
    mentorship, mentor, mentee, supervisor = team()
    return signed(mentorship, mentor, mentee), mentor, mentee, supervisor


def decide(agreement: Agreement, link: EmailLink | None = None, **changes: Any) -> Agreement:
    link = link or link_of(agreement)
    given = {
        "decision": "approve",
        "typed_name": link.recipient.full_name,
        "note": "",
        "address": "192.0.2.7",
    }
    return supervisor_decide(agreement=agreement, link=link, **(given | changes))


def refused(code: str, *args: Any, **changes: Any) -> None:
    with pytest.raises(Refused) as refusal:
        decide(*args, **changes)
    assert refusal.value.code == code


def test_approval_brings_it_into_force_and_tells_everyone() -> None:
    agreement, mentor, mentee, supervisor = waiting()
    Message.objects.all().delete()
    decided = decide(agreement)
    link = link_of(agreement)
    assert (decided.state, Mentorship.objects.get().state) == ("in_force", "active")
    assert (link.decision, link.typed_name, link.address_seen) == (
        "approve",
        supervisor.full_name,
        "192.0.2.7",
    )
    signature = Signature.objects.get(capacity="supervisor")
    assert (signature.person, signature.link_id, signature.text_digest) == (
        supervisor,
        link.pk,
        agreement.text_digest,
    )
    receipts = Message.objects.filter(kind="agreement_receipt").values_list("recipient__email", "link")
    assert sorted(receipts, key=str) == sorted(
        [(mentor.email, None), (mentee.email, None), (supervisor.email, link.pk)], key=str
    )
    event = AuditEvent.objects.get(verb="agreement.approved")
    assert (event.actor_kind, event.actor_id) == ("link", supervisor.pk)


def test_sending_it_back_begins_a_new_version_with_the_note_for_both() -> None:
    agreement, mentor, mentee, _supervisor = waiting()
    draft = decide(agreement, decision="return", note=" Fewer hours, please. ")
    agreement.refresh_from_db()
    assert (agreement.state, draft.state, draft.version) == ("superseded", "draft", 2)
    assert draft.returned_note == "Fewer hours, please."
    mails = Message.objects.filter(kind="agreement_returned")
    assert sorted(mails.values_list("recipient__email", flat=True)) == sorted([mentor.email, mentee.email])
    assert "Fewer hours" not in "".join(
        mails.values_list("body", flat=True)
    )  # the mail links, it does not tell
    assert (Signature.objects.filter(agreement=draft).count(), Mentorship.objects.get().state) == (
        0,
        "forming",
    )


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("unknown_decision", {"decision": ""}),
        ("unknown_decision", {"decision": "maybe"}),
        ("name_differs", {"typed_name": ""}),
        ("name_differs", {"typed_name": "Somebody Else"}),
        ("note_missing", {"decision": "return", "note": "  "}),
    ],
)
def test_a_decision_is_a_choice_and_a_name(code: str, changes: dict[str, str]) -> None:
    agreement, *_ = waiting()
    refused(code, agreement, **changes)
    assert (current(agreement.mentorship).state, link_of(agreement).used_at) == ("signing", None)


def test_a_link_decides_once() -> None:
    agreement, *_ = waiting()
    decide(agreement)
    refused("link_used", agreement)
    refused("link_used", agreement, decision="return", note="No")
    assert (current(agreement.mentorship).state, Signature.objects.count()) == ("in_force", 3)


def test_after_sending_it_back_the_link_says_used() -> None:
    agreement, *_ = waiting()
    decide(agreement, decision="return", note="No")
    refused("link_used", agreement)


def test_a_replaced_text_cannot_be_approved() -> None:
    agreement, _mentor, mentee, _supervisor = waiting()
    link = link_of(agreement)
    new_version(agreement=agreement, by=mentee)
    refused("link_replaced", agreement, link)
    assert link_of(agreement).used_at is None


def test_the_link_of_one_agreement_does_not_open_another() -> None:
    agreement, *_ = waiting()
    other, *_ = waiting()
    refused("link_replaced", agreement, link_of(other))
    assert current(agreement.mentorship).state == "signing"


def test_an_expired_link_decides_nothing() -> None:
    agreement, *_ = waiting()
    EmailLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused("link_expired", agreement)


def test_resending_kills_the_old_link() -> None:
    agreement, _mentor, _mentee, supervisor = waiting()
    old = link_of(agreement)
    resend_supervisor_link(agreement=agreement, by=PersonFactory())
    new = link_of(agreement)
    assert old.pk != new.pk
    refused("link_revoked", agreement, old)
    assert decide(agreement, new).state == "in_force"
    sent = Message.objects.filter(kind="agreement_approval", recipient=supervisor)
    assert sorted(sent.values_list("link", flat=True)) == [old.pk, new.pk]


def test_revoking_leaves_no_way_until_resent() -> None:
    agreement, *_ = waiting()
    assert revoke_supervisor_link(agreement=agreement, by=PersonFactory()) == 1
    refused("link_revoked", agreement)


@pytest.mark.parametrize("verb", [resend_supervisor_link, revoke_supervisor_link])
def test_links_only_while_a_supervisor_is_waited_for(verb: Any) -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    half = signed(mentorship, mentor)
    done, *_ = waiting()
    decide(done)
    for agreement in (half, done):
        with pytest.raises(Refused) as refusal:
            verb(agreement=agreement, by=mentor)
        assert refusal.value.code == "not_waiting"


def test_a_new_supervisor_is_asked_and_the_former_no_longer() -> None:
    agreement, _mentor, mentee, _former = waiting()
    old = link_of(agreement)
    Person.objects.filter(pk=mentee.pk).update(supervisor=PersonFactory(full_name="New Chief"))
    refused("not_asked", agreement, old)
    assert link_of(agreement).used_at is None
    resend_supervisor_link(agreement=agreement, by=None)
    assert link_of(agreement).recipient.full_name == "New Chief"
    assert decide(agreement).state == "in_force"


def test_once_nobody_is_left_to_ask_resending_settles_it() -> None:
    agreement, _mentor, mentee, _supervisor = waiting()
    Person.objects.filter(pk=mentee.pk).update(supervisor=None)
    resend_supervisor_link(agreement=agreement, by=PersonFactory())
    assert current(agreement.mentorship).state == "in_force"


def test_in_a_circle_each_supervisor_approves() -> None:
    mentorship, mentor, mentee, first = team()
    second = PersonFactory()
    other = MemberFactory(mentorship=mentorship, side="mentee").person
    Person.objects.filter(pk=other.pk).update(supervisor=second)
    agreement = signed(mentorship, mentor, mentee, other)
    links = {link.recipient: link for link in EmailLink.objects.select_related("recipient")}
    assert set(links) == {first, second}
    assert decide(agreement, links[first]).state == "signing"
    assert decide(agreement, links[second]).state == "in_force"


@pytest.mark.parametrize("broken", ["_queue", "_record", "come_into_force"])
def test_a_failure_on_the_way_leaves_the_link_open(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement, *_ = waiting()

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(broken)

    monkeypatch.setattr(f"agreements.domain.approval.{broken}", fail)
    with pytest.raises(RuntimeError):
        decide(agreement)
    monkeypatch.undo()
    assert (current(agreement.mentorship).state, link_of(agreement).used_at) == ("signing", None)
    assert Signature.objects.filter(capacity="supervisor").count() == 0
    assert decide(agreement).state == "in_force"


@pytest.mark.django_db(transaction=True)
def test_of_ten_answers_at_once_one_counts() -> None:
    agreement, *_ = waiting()
    link = link_of(agreement)
    barrier, outcomes = Barrier(10), []

    def answer(number: int) -> None:
        barrier.wait()
        try:
            decide(agreement, link, decision="approve" if number % 2 else "return", note="Not yet")
            outcomes.append("counted")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=answer, args=[number]) for number in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(outcomes) == ["counted"] + ["link_used"] * 9
    decision = EmailLink.objects.get().decision
    states = sorted(Agreement.objects.values_list("version", "state"))
    assert states == ([(1, "in_force")] if decision == "approve" else [(1, "superseded"), (2, "draft")])


def test_silent_supervisors_get_a_fresh_link_each_week_three_times() -> None:
    _agreement, *_ = waiting()
    assert remind_supervisors() == 0
    counts = []
    for _week in range(6):
        EmailLink.objects.update(created_at=timezone.now() - timedelta(days=8))
        counts.append((remind_supervisors(), remind_supervisors()))
    assert counts == [(1, 0)] * 3 + [(0, 0)] * 3
    assert EmailLink.objects.filter(revoked_at=None).count() == 1
    assert Message.objects.filter(kind="agreement_approval").count() == 4


def test_a_withdrawn_link_is_not_reminded_of() -> None:
    agreement, *_ = waiting()
    revoke_supervisor_link(agreement=agreement, by=PersonFactory())
    EmailLink.objects.update(created_at=timezone.now() - timedelta(days=8))
    assert remind_supervisors() == 0
