"""Every letter to applicants, in both languages, with the program's words and a way on."""

from datetime import UTC, date, datetime

import pytest

from notifications.mails import kinds
from notifications.models import Message
from participants.domain.letters import LETTER_OF, write_letters
from participants.mails import KINDS
from tests.participants.world import Call, new_call

pytestmark = pytest.mark.django_db
SUBJECTS = {
    "submitted": "We have your application: Meridian",
    "accepted": "You are in: Meridian",
    "waitlisted": "You are on the waiting list: Meridian",
    "declined": "Your application to Meridian",
    "offered": "A place for you: Meridian",
    "lapsed": "Your place has been passed on: Meridian",
}


def letter(call: Call, state: str, **person: str) -> Message:
    when = datetime(2026, 5, 1, 12, tzinfo=UTC)
    row = call.enroll(state, decided_at=when, person=call.person(full_name="Dana Ruiz", **person))
    write_letters([row])
    return Message.objects.get(about_id=row.pk, about_kind="participants.enrollment")


@pytest.mark.parametrize(("state", "subject"), SUBJECTS.items())
def test_says_what_happened(call: Call, state: str, subject: str) -> None:
    mail = letter(call, state)
    assert (mail.subject, mail.state) == (subject, "pending")
    assert mail.body.startswith("Hello Dana,")
    assert (mail.program_id, mail.cohort_id) == (call.program.pk, call.cohort.pk)


@pytest.mark.parametrize("state", ["submitted", "accepted", "waitlisted", "offered"])
def test_leads_to_ones_own_page(call: Call, state: str) -> None:
    assert "/me/applications/)" in letter(call, state).body


@pytest.mark.parametrize("state", SUBJECTS)
def test_in_the_recipients_language(call: Call, state: str) -> None:
    call.program.labels = {"fr": {"mentee": "pupille"}}
    call.program.save()
    mail = letter(call, state, language="fr")
    assert mail.language == "fr"
    if state in ("submitted", "accepted", "waitlisted", "declined"):
        assert "pupille" in mail.body


def test_says_until_when_an_offer_stands() -> None:
    call = new_call(timezone="Pacific/Auckland", starts_on=date(2027, 1, 7))
    assert "by the end of 9 May 2026" in letter(call, "offered").body


@pytest.mark.parametrize(("starts_on", "when"), [
    (date(2099, 1, 7), "before mentorships start on 7 January 2099"),
    (date(2026, 1, 7), "as soon as we have found one"),
])  # fmt: skip
def test_a_late_joiner_is_not_promised_a_day_in_the_past(starts_on: date, when: str) -> None:
    call = new_call(
        call_opens_on=date(2025, 10, 1),
        call_closes_on=date(2025, 11, 1),
        starts_on=starts_on,
        ends_on=date(2099, 12, 31),
    )
    assert f"You will hear who it is {when}." in letter(call, "accepted").body


def test_once_for_each_time(call: Call) -> None:
    row = call.enroll("declined")
    assert [write_letters([row]), write_letters([row])] == [1, 0]


def test_every_kind_is_registered() -> None:
    assert set(LETTER_OF.values()) - {kind.code for kind in KINDS} == set()
    assert all(not kinds()[kind.code].optional for kind in KINDS)


def test_a_name_cannot_write_markup(call: Call) -> None:
    call.program.name = "[Click](https://example.org) {{ link }}"
    call.program.save()
    assert "[Click](" not in letter(call, "declined").body
