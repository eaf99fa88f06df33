"""Writing, signing and changing an agreement."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from agreements.domain.agreements import new_version, save_terms, sign_agreement
from agreements.models import Agreement, Mentorship, Signature
from agreements.terms import canonical_text, digest_of, missing
from core.errors import Refused
from core.models import AuditEvent
from notifications.models import EmailLink, Message
from tests.agreements.helpers import TERMS, current, link_of, signed, team, written
from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db


def mails() -> list[tuple[str, str]]:
    return sorted(Message.objects.values_list("kind", "recipient__email"))


def refused(code: str, verb: Any, **arguments: Any) -> None:
    with pytest.raises(Refused) as refusal:
        verb(**arguments)
    assert refusal.value.code == code


def test_either_side_writes_the_draft() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    by_mentor = written(mentorship, mentor, focus="First words")
    by_mentee = written(mentorship, mentee, focus="Second words")
    assert (by_mentor.edit_version, by_mentee.edit_version) == (2, 3)
    assert {name: getattr(current(mentorship), name) for name in TERMS} == TERMS | {"focus": "Second words"}


def test_a_lost_update_is_refused_and_changes_nothing() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    draft = current(mentorship)
    written(mentorship, mentor, focus="Mentor was faster")
    refused("edited_meanwhile", save_terms, agreement=draft, by=mentee, edit_version=1, terms=TERMS)
    assert (current(mentorship).focus, current(mentorship).edit_version) == ("Mentor was faster", 2)


def test_members_alone_write_and_sign() -> None:
    mentorship, mentor, _mentee, supervisor = team()
    other, other_mentor, _other_mentee, _ = team(cohort=mentorship.cohort)
    draft = written(mentorship, mentor)
    for stranger in (other_mentor, supervisor, PersonFactory()):
        refused("not_a_party", save_terms, agreement=draft, by=stranger, edit_version=2, terms=TERMS)
        refused("not_a_party", sign_agreement, agreement=draft, by=stranger, typed_name=stranger.full_name)
        refused("not_a_party", new_version, agreement=draft, by=stranger)
    assert written(other, other_mentor).focus == TERMS["focus"]  # near miss: his own works


@pytest.mark.parametrize(
    "term",
    [
        "focus",
        "intended_result",
        "hours_per_month",
        "who_contacts",
        "reply_days",
        "media",
        "boundaries",
        "needs_nda",
    ],
)
def test_nothing_is_signed_while_a_term_is_missing(term: str) -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    empty = {"hours_per_month": None, "reply_days": None, "needs_nda": None, "media": []}.get(term, "")
    draft = written(mentorship, mentor, **{term: empty})
    assert missing(draft) == [term]
    refused("incomplete", sign_agreement, agreement=draft, by=mentor, typed_name=mentor.full_name)
    assert (current(mentorship).state, Signature.objects.count()) == ("draft", 0)


def test_first_signature_freezes_and_asks_the_other_side() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    agreement = signed(mentorship, mentee)
    assert (agreement.state, agreement.text_digest) == (
        "signing",
        digest_of(agreement, mentorship.open_members),
    )
    assert mails() == [("agreement_to_sign", mentor.email)]
    refused("not_a_draft", save_terms, agreement=agreement, by=mentor, edit_version=2, terms=TERMS)


def test_the_database_keeps_signed_terms_as_they_are() -> None:
    mentorship, _mentor, mentee, _supervisor = team()
    agreement = signed(mentorship, mentee)
    for change in ({"focus": "Slipped in"}, {"text_digest": "0" * 64}, {"media": []}, {"needs_nda": None}):
        with pytest.raises(IntegrityError, match="do not change"), transaction.atomic():
            Agreement.objects.filter(pk=agreement.pk).update(**change)
    Agreement.objects.filter(pk=agreement.pk).update(due_on=date(2030, 1, 1))  # near miss: not a term


def test_one_signs_only_what_one_has_read() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    seen = written(mentorship, mentor)
    written(mentorship, mentee, boundaries="Call me at night")
    refused(
        "edited_meanwhile",
        sign_agreement,
        agreement=seen,
        by=mentor,
        typed_name=mentor.full_name,
        edit_version=seen.edit_version,
    )
    assert Signature.objects.count() == 0


@pytest.mark.parametrize(
    ("typed", "fits"),
    [("zoë  VAN damme", True), ("Zoe van Damme", True), ("Zoë", False), ("", False), ("X van Damme", False)],
)
def test_a_signature_is_the_own_name(typed: str, fits: bool) -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    mentor.full_name = "Zoë van Damme"
    mentor.save()
    draft = written(mentorship, mentor)
    if fits:
        assert sign_agreement(agreement=draft, by=mentor, typed_name=typed).typed_name == " ".join(
            typed.split()
        )
    else:
        refused("name_differs", sign_agreement, agreement=draft, by=mentor, typed_name=typed)


@pytest.mark.parametrize("mentor_first", [True, False])
def test_any_order_leads_to_the_supervisor(mentor_first: bool) -> None:
    mentorship, mentor, mentee, supervisor = team()
    people = (mentor, mentee) if mentor_first else (mentee, mentor)
    agreement = signed(mentorship, *people)
    assert agreement.state == "signing"
    link = link_of(agreement)
    assert (link.recipient, link.target_digest, link.used_at) == (supervisor, agreement.text_digest, None)
    assert mails() == sorted(
        [("agreement_to_sign", people[1].email), ("agreement_approval", supervisor.email)]
    )
    assert mentorship.state == Mentorship.objects.get().state == "forming"


def test_nobody_signs_twice() -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    agreement = signed(mentorship, mentor)
    refused("signed_already", sign_agreement, agreement=agreement, by=mentor, typed_name=mentor.full_name)
    assert Signature.objects.count() == 1


@pytest.mark.parametrize("why", ["policy", "no_supervisor"])
def test_without_a_supervisor_to_ask_it_is_in_force_at_once(why: str) -> None:
    mentorship, mentor, mentee, _supervisor = team(supervised=why == "policy")
    if why == "policy":
        mentorship.cohort.supervisor_signs = False
        mentorship.cohort.save()
    agreement = signed(mentorship, mentor, mentee)
    assert (agreement.state, agreement.in_force_at is not None) == ("in_force", True)
    assert (Mentorship.objects.get().state, EmailLink.objects.count()) == ("active", 0)
    assert [kind for kind, _ in mails()] == ["agreement_receipt", "agreement_receipt", "agreement_to_sign"]


def test_agreed_length_and_meetings_become_those_of_the_mentorship() -> None:
    mentorship, mentor, mentee, _supervisor = team(
        supervised=False, starts_on=date(2026, 8, 31), ends_on=date(2027, 8, 31)
    )
    signed(mentorship, mentor, mentee, term_months=6, meetings_per_month=1)
    mentorship.refresh_from_db()
    assert (mentorship.ends_on, mentorship.meetings_per_month) == (date(2027, 2, 27), 1)


def test_the_agreed_usual_length_leaves_the_last_day_alone() -> None:
    mentorship, mentor, mentee, _supervisor = team(
        supervised=False, starts_on=date(2026, 8, 31), ends_on=date(2027, 8, 20)
    )
    signed(mentorship, mentor, mentee)
    mentorship.refresh_from_db()
    assert mentorship.ends_on == date(2027, 8, 20)


def test_a_change_while_signing_replaces_the_version_and_all_sign_again() -> None:
    mentorship, mentor, mentee, supervisor = team()
    old = signed(mentorship, mentor, mentee)
    draft = new_version(agreement=old, by=mentee)
    old.refresh_from_db()
    assert (old.state, draft.state, draft.version, draft.text_digest) == ("superseded", "draft", 2, "")
    assert {name: getattr(draft, name) for name in TERMS} == TERMS
    assert draft.signatures.count() == 0
    assert link_of(old).revoked_at is not None
    again = signed(mentorship, mentee, mentor)
    assert (again.version, link_of(again).recipient) == (2, supervisor)
    assert again.text_digest != old.text_digest


def test_a_change_of_one_in_force_keeps_it_in_force_until_all_have_signed() -> None:
    mentorship, mentor, mentee, _supervisor = team(supervised=False)
    old = signed(mentorship, mentor, mentee)
    new_version(agreement=old, by=mentor)
    refused("draft_exists", new_version, agreement=old, by=mentor)
    old.refresh_from_db()
    assert old.state == "in_force"
    new = signed(mentorship, mentor, mentee, meetings_per_month=1)
    old.refresh_from_db()
    assert (old.state, new.state, new.version) == ("superseded", "in_force", 2)
    assert Mentorship.objects.get().meetings_per_month == 1


def test_a_draft_needs_no_new_version_and_a_replaced_one_gets_none() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    refused("not_signed", new_version, agreement=current(mentorship), by=mentor)
    old = signed(mentorship, mentor)
    new_version(agreement=old, by=mentor)
    refused("illegal_move", new_version, agreement=old, by=mentor)
    refused("illegal_move", sign_agreement, agreement=old, by=mentee, typed_name=mentee.full_name)


@pytest.mark.parametrize(
    ("due", "expected"), [(date(2026, 11, 30), date(2026, 11, 30)), (date(2026, 11, 12), date(2026, 11, 17))]
)
def test_a_replacing_version_leaves_at_least_a_week(due: date, expected: date) -> None:
    mentorship, mentor, _mentee, _supervisor = team(starts_on=date(2026, 10, 1), ends_on=date(2027, 10, 1))
    Agreement.objects.update(due_on=due)
    with time_machine.travel(datetime(2026, 11, 10, 12, tzinfo=UTC)):
        draft = new_version(agreement=signed(mentorship, mentor), by=mentor)
    assert draft.due_on == expected


def test_the_canonical_text_does_not_depend_on_language_or_order() -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    draft = written(mentorship, mentor)
    members = mentorship.open_members
    text = canonical_text(draft, members)
    draft.media = list(reversed(draft.media))
    assert canonical_text(draft, reversed(members)) == text
    draft.boundaries += "."
    assert canonical_text(draft, members) != text


def test_audit_names_acts_and_holds_no_words() -> None:
    mentorship, mentor, mentee, _supervisor = team()
    signed(mentorship, mentor, mentee, focus="CANARY-FOCUS")
    verbs = list(
        AuditEvent.objects.filter(verb__startswith="agreement.").order_by("pk").values_list("verb", flat=True)
    )
    assert verbs == ["agreement.saved", "agreement.signed", "agreement.signed", "agreement.link_sent"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM core_auditevent e")
        (everything,) = cursor.fetchone()
    assert [word for word in ("CANARY", mentor.full_name, mentee.full_name) if word in everything] == []


@pytest.mark.parametrize("broken", ["outbox.queue", "record", "Signature.objects.create"])
def test_a_failure_on_the_way_changes_nothing(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mentorship, mentor, _mentee, _supervisor = team()
    draft = written(mentorship, mentor)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(broken)

    monkeypatch.setattr(f"agreements.domain.agreements.{broken}", fail)
    with pytest.raises(RuntimeError):
        sign_agreement(agreement=draft, by=mentor, typed_name=mentor.full_name)
    monkeypatch.undo()
    after = current(mentorship)
    assert (after.state, after.text_digest, Signature.objects.count(), Message.objects.count()) == (
        "draft",
        "",
        0,
        0,
    )
    assert sign_agreement(
        agreement=draft, by=mentor, typed_name=mentor.full_name
    ).pk  # and it works afterwards
