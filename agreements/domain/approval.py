"""The supervisor's decision by mail link, and what follows from it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agreements.domain.common import check_typed_name, lock_agreement
from agreements.domain.versions import PURPOSE, copy_to_draft
from agreements.models import Agreement, Member, Mentorship, Signature
from agreements.verbs import Verb
from core.audit import record
from core.dates import last_day
from core.errors import Refused
from core.lifecycle import move
from notifications.domain import links, outbox
from notifications.models import EmailLink
from people.models import Person
from programs.labels import words

DAYS_VALID = 14


class Decision:
    """What a supervisor can decide."""

    APPROVE = "approve"
    RETURN = "return"


def parties_to_sign(agreement: Agreement) -> list[Member]:
    """Members whose signature is still missing."""
    signed = set(
        agreement.signatures.exclude(capacity=Signature.Capacity.SUPERVISOR).values_list(
            "person_id", flat=True
        )
    )
    return [member for member in agreement.mentorship.open_members if member.person_id not in signed]


def supervisors_to_ask(agreement: Agreement) -> list[Person]:
    """The mentees' supervisors whose approval the cohort asks for and who have not given it."""
    if not agreement.mentorship.cohort.supervisor_signs:
        return []
    by_supervisor = agreement.signatures.filter(capacity=Signature.Capacity.SUPERVISOR)
    approved = set(by_supervisor.values_list("person_id", flat=True))
    mentees = [member for member in agreement.mentorship.open_members if member.side == Member.Side.MENTEE]
    asked = {
        m.person.supervisor
        for m in mentees
        if m.person.supervisor_id and m.person.supervisor_id not in approved
    }
    return sorted((person for person in asked if person), key=lambda person: person.pk)


def ask_supervisors(*, agreement: Agreement, by: Person | None) -> None:
    """Send each supervisor a link, or bring the agreement into force where there is none to ask.

    The caller has locked the agreement, and all parties have signed it.
    """
    waiting = supervisors_to_ask(agreement)
    if not waiting:
        come_into_force(agreement, by)
    for supervisor in waiting:
        link = links.issue_link(
            purpose=PURPOSE,
            recipient=supervisor,
            target=agreement,
            target_digest=agreement.text_digest,
            days_valid=DAYS_VALID,
        )
        _queue("agreement_approval", agreement, supervisor, f"agreement_approval:{link.pk}", link=link)
        _record(Verb.LINK_SENT, agreement, by, link=link.pk)


@transaction.atomic
def supervisor_decide(
    *, agreement: Agreement, link: EmailLink, decision: str, typed_name: str, note: str, address: str | None
) -> Agreement:
    """Approve (it comes into force) or return with a note (a new version is begun). Gives the agreement as it is then.

    Raises Refused: "unknown_decision", "note_missing", "not_asked", those of `use_link`, and "name_differs".
    """
    agreement = lock_agreement(agreement)
    _check_answer(link.recipient, decision, typed_name, note)
    unused = EmailLink.objects.filter(pk=link.pk, used_at=None).exists()
    if unused and agreement.state == Agreement.State.SUPERSEDED:
        raise Refused("link_replaced", _("This version was replaced by a newer one."))
    used = links.use_link(
        link=link,
        decision=decision,
        typed_name=typed_name,
        address=address,
        target_digest=agreement.text_digest,
    )
    asked = supervisors_to_ask(agreement)
    if agreement.state != Agreement.State.SIGNING or used.recipient not in asked:
        raise Refused("not_asked", _("This agreement no longer waits for your answer."))
    if decision == Decision.RETURN:
        return _send_back(agreement, used, note.strip())
    _approve(agreement, used)
    if len(asked) == 1:
        come_into_force(agreement, used.recipient)
    return agreement


def _check_answer(person: Person, decision: str, typed_name: str, note: str) -> None:
    if decision not in {Decision.APPROVE, Decision.RETURN}:
        raise Refused("unknown_decision", _("Choose one of the two answers."))
    check_typed_name(person, typed_name)
    if decision == Decision.RETURN and not note.strip():
        raise Refused("note_missing", _("Say in a word or two what should change."))


def _send_back(agreement: Agreement, link: EmailLink, note: str) -> Agreement:
    _record(Verb.AGREEMENT_RETURNED, agreement, link.recipient, via_link=True, link=link.pk)
    draft = copy_to_draft(agreement, link.recipient, returned_note=note)
    for member in agreement.mentorship.open_members:
        _queue(
            "agreement_returned", draft, member.person, f"agreement_returned:{draft.pk}:{member.person_id}"
        )
    return draft


def _approve(agreement: Agreement, link: EmailLink) -> None:
    Signature.objects.create(
        agreement=agreement,
        person=link.recipient,
        capacity=Signature.Capacity.SUPERVISOR,
        typed_name=" ".join(link.typed_name.split()),
        text_digest=agreement.text_digest,
        link_id=link.pk,
    )
    _record(Verb.AGREEMENT_APPROVED, agreement, link.recipient, via_link=True, link=link.pk)


def come_into_force(agreement: Agreement, by: Person | None) -> None:
    """All have signed: the agreement holds, an older one is replaced, the mentorship is under way."""
    mentorship = agreement.mentorship
    before = mentorship.agreements.select_for_update().filter(state=Agreement.State.IN_FORCE).first()
    if before:
        move(before, Agreement.State.SUPERSEDED)
    agreement.in_force_at = timezone.now()
    move(agreement, Agreement.State.IN_FORCE, also=["in_force_at"])
    if agreement.term_months != (before.term_months if before else mentorship.cohort.term_months):
        mentorship.ends_on = last_day(mentorship.starts_on, agreement.term_months)
    mentorship.meetings_per_month = agreement.meetings_per_month
    mentorship.save(update_fields=["ends_on", "meetings_per_month"])
    if mentorship.state == Mentorship.State.FORMING:
        move(mentorship, Mentorship.State.ACTIVE)
    _record(Verb.AGREEMENT_IN_FORCE, agreement, by, version=agreement.version)
    for member in mentorship.open_members:
        _queue(
            "agreement_receipt",
            agreement,
            member.person,
            f"agreement_receipt:{agreement.pk}:{member.person_id}",
        )
    _tell_supervisors(agreement)


def _tell_supervisors(agreement: Agreement) -> None:
    """Their receipt carries the link they decided by: it shows from now on what was decided and when."""
    by_link = agreement.signatures.filter(link_id__isnull=False).values_list("link_id", flat=True)
    for link in EmailLink.objects.filter(pk__in=list(by_link)).select_related("recipient"):
        key = f"agreement_receipt:{agreement.pk}:{link.recipient_id}:supervisor"
        _queue("agreement_receipt", agreement, link.recipient, key, link=link)


@transaction.atomic
def resend_supervisor_link(*, agreement: Agreement, by: Person | None) -> Agreement:
    """Send fresh links to those who have not answered; older ones stop working. `by=None` is the reminder.

    Raises Refused("not_waiting") unless all parties have signed and a supervisor is to answer.
    """
    agreement = lock_agreement(agreement)
    _check_waiting(agreement)
    links.revoke_links(target=agreement, purpose=PURPOSE, by=by)
    ask_supervisors(agreement=agreement, by=by)
    return agreement


@transaction.atomic
def revoke_supervisor_link(*, agreement: Agreement, by: Person) -> int:
    """Take back the links that are out; gives how many. Raises Refused("not_waiting")."""
    agreement = lock_agreement(agreement)
    _check_waiting(agreement)
    count = links.revoke_links(target=agreement, purpose=PURPOSE, by=by)
    _record(Verb.LINK_REVOKED, agreement, by, count=count)
    return count


def _check_waiting(agreement: Agreement) -> None:
    if agreement.state != Agreement.State.SIGNING or parties_to_sign(agreement):
        raise Refused("not_waiting", _("This agreement does not wait for a supervisor."))


def mail_context(agreement: Agreement, reader: Person) -> dict[str, Any]:
    """What every mail about an agreement says: who, in which cohort, until when. Never the text itself."""
    members = agreement.mentorship.open_members
    mentees = [member.person.full_name for member in members if member.side == Member.Side.MENTEE]
    return {
        "mentorship_uid": agreement.mentorship.uid,
        "cohort": agreement.mentorship.cohort,
        "program": agreement.mentorship.cohort.program,
        "words": words(agreement.mentorship.cohort.program, reader.language),
        "mentors": [member.person.full_name for member in members if member.side == Member.Side.MENTOR],
        "mentees": mentees,
        "others": [member.person.full_name for member in members if member.person_id != reader.pk],
        "is_party": any(member.person_id == reader.pk for member in members),
        "due_on": agreement.due_on,
        "starts_on": agreement.mentorship.starts_on,
        "ends_on": agreement.mentorship.ends_on,
        "days_valid": DAYS_VALID,
        "link_expires_on": timezone.now().date() + timedelta(days=DAYS_VALID),
    }


def _queue(
    kind: str, agreement: Agreement, to: Person, dedupe_key: str, link: EmailLink | None = None
) -> None:
    outbox.queue(
        kind=kind,
        to=to,
        context=mail_context(agreement, to),
        dedupe_key=dedupe_key,
        about=agreement,
        program_id=agreement.mentorship.cohort.program_id,
        cohort_id=agreement.mentorship.cohort_id,
        link=link,
    )


def _record(
    verb: Verb, agreement: Agreement, by: Person | None, *, via_link: bool = False, **data: Any
) -> None:
    program_id = agreement.mentorship.cohort.program_id
    record(verb, by=by, target=agreement, program_id=program_id, data=data, via_link=via_link)
