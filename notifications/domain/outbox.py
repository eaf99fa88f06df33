"""The outbox: mails are written in the transaction of what they tell about, and delivered from here."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import structlog
from celery import current_app
from django.db import transaction
from django.db.models import Model, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from core.audit import record, record_many
from core.errors import Refused
from core.lifecycle import move
from notifications.mails import kinds
from notifications.models import EmailLink, Message, Preference
from notifications.rendering import LINK, compose, one_line, unknown_placeholders
from notifications.verbs import Verb
from people.models import Person

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger(__name__)
State = Message.State
QUIET_SECONDS = 30  # after the broker was away; the sweep delivers meanwhile
_broker_away_until = 0.0


def queue(
    *,
    kind: str,
    to: Person,
    context: Mapping[str, Any],
    dedupe_key: str,
    about: Model | None = None,
    program_id: int | None = None,
    cohort_id: int | None = None,
    batch: str = "",
    draft: bool = False,
    link: EmailLink | None = None,
    not_before: datetime | None = None,
) -> Message | None:
    """Write a mail in the recipient's language, to go out once this transaction is committed.

    None if the same `dedupe_key` was queued before or the person has switched this optional kind off.
    `draft` keeps it for the program's staff to look at. Raises KeyError for a kind that no app registered and
    UndefinedVariable where its texts name what the context lacks.
    """
    if kinds()[kind].optional and Preference.objects.filter(person=to, kind=kind, wanted=False).exists():
        return None
    message = Message(
        **_written(kind, to, context, link),
        program_id=program_id,
        cohort_id=cohort_id,
        about_kind=about._meta.label_lower if about else "",
        about_id=about.pk if about else None,
        batch=batch,
        dedupe_key=dedupe_key,
        state=State.DRAFT if draft else State.PENDING,
        not_before=not_before or Now(),  # the database's clock decides what is due
    )
    Message.objects.bulk_create([message], ignore_conflicts=True)
    written = Message.objects.filter(uid=message.uid).first()
    if written and not draft and not_before is None:
        _ring([written.pk])
    return written


def _written(kind: str, to: Person, context: Mapping[str, Any], link: EmailLink | None) -> dict[str, Any]:
    """What a mail says and to whom, as columns."""
    values = {**context, "person": to} | ({"link_url": mark_safe(LINK)} if link else {})  # noqa: S308
    subject, body = compose(kind, context=values, language=to.language, zone=to.timezone)
    return {
        "recipient": to,
        "address": to.email,
        "kind": kind,
        "language": to.language,
        "subject": subject,
        "body": body,
        "link": link,
    }


@transaction.atomic
def edit_draft(*, message: Message, subject: str, body: str, by: Person) -> Message:
    """Change a draft's words. Raises Refused where its link would be lost or a placeholder is unknown."""
    draft = Message.objects.select_for_update().get(pk=message.pk)
    if draft.state != State.DRAFT:
        raise Refused(
            "not_a_draft",
            _("This mail is no longer a draft, so it cannot be changed."),
            _("Write a new one if something is missing."),
        )
    check_words(message=draft, subject=subject, body=body)
    draft.subject, draft.body = one_line(subject), body
    draft.save(update_fields=["subject", "body"])
    record(Verb.MAIL_EDITED, by=by, target=draft, program_id=draft.program_id)
    return draft


def check_words(*, message: Message, subject: str, body: str) -> None:
    """Raise Refused for words that cannot go out: no subject, a lost link, an unknown placeholder."""
    if not one_line(subject):
        raise Refused("subject_missing", _("Enter a subject."))
    if message.link_id and LINK not in body:
        raise Refused(
            "link_missing",
            _("The personal link is missing from the text."),
            _("Put %(placeholder)s back where the link belongs, for example [Open](%(placeholder)s).")
            % {"placeholder": LINK},
        )
    unknown = unknown_placeholders(body) + ([LINK] if LINK in body and not message.link_id else [])
    if unknown:
        raise Refused(
            "unknown_placeholder",
            _("“%(placeholder)s” is not known here and would be sent as it stands.")
            % {"placeholder": unknown[0]},
            _("Write the words themselves instead."),
        )


@transaction.atomic
def drop(*, messages: Iterable[Message], by: Person | None) -> int:
    """Drop drafts and mails that have not begun to go out; returns how many. Nobody ever sees them."""
    return _change(
        messages, [State.DRAFT, State.PENDING, State.FAILED], Verb.MAIL_DROPPED, by, state=State.DROPPED
    )


@transaction.atomic
def send_drafts(*, messages: Iterable[Message], by: Person) -> int:
    """Send what is still a draft among these; returns how many."""
    return _change(messages, [State.DRAFT], Verb.MAIL_RELEASED, by, state=State.PENDING, not_before=Now())


@transaction.atomic
def resend(*, message: Message, by: Person) -> Message:
    """Try again what was not deliverable or maybe sent, to the address that the person has now."""
    again = Message.objects.select_for_update(of=("self",)).select_related("recipient").get(pk=message.pk)
    if again.state not in {State.FAILED, State.UNCERTAIN}:
        raise Refused("not_resendable", _("This mail is on its way or has arrived; it cannot be sent again."))
    again.address, again.attempts, again.not_before = again.recipient.email, 0, Now()
    move(again, State.PENDING, also=["address", "attempts", "not_before"])
    record(Verb.MAIL_RESENT, by=by, target=again, program_id=again.program_id)
    _ring([again.pk])
    return again


@transaction.atomic
def mark_sent(*, message: Message, by: Person) -> Message:
    """Settle a mail that was maybe sent: somebody knows that it arrived."""
    arrived = Message.objects.select_for_update().get(pk=message.pk)
    if arrived.state != State.UNCERTAIN:
        raise Refused("not_uncertain", _("Only a mail that was maybe sent can be marked as sent."))
    arrived.sent_at = timezone.now()
    move(arrived, State.SENT, also=["sent_at"])
    record(Verb.MAIL_MARKED_SENT, by=by, target=arrived, program_id=arrived.program_id)
    return arrived


def _change(
    messages: Iterable[Message], before: list[State], verb: Verb, by: Person | None, **fields: Any
) -> int:
    """Move those that are in one of the states, all at once."""
    if not isinstance(messages, QuerySet):
        messages = Message.objects.filter(pk__in=[message.pk for message in messages])
    pks = messages.order_by().values_list("pk", flat=True)
    locked = list(
        Message.objects.select_for_update().filter(pk__in=pks, state__in=before).order_by("program_id", "pk")
    )
    for program_id, group in groupby(locked, key=lambda message: message.program_id):
        changed = list(group)
        Message.objects.filter(pk__in=[message.pk for message in changed]).update(**fields)
        record_many(verb, by=by, targets=changed, program_id=program_id)
    if fields["state"] == State.PENDING:
        _ring([message.pk for message in locked])
    return len(locked)


def _ring(pks: list[int]) -> None:
    transaction.on_commit(partial(_publish, pks))


def _publish(pks: list[int]) -> None:
    """Wake a worker. A broker that is away costs one attempt, not one for each mail: the sweep delivers them."""
    global _broker_away_until
    for pk in pks:
        if time.monotonic() < _broker_away_until:
            return
        try:
            current_app.send_task("notifications.tasks.deliver", [pk])
        except Exception as problem:
            _broker_away_until = time.monotonic() + QUIET_SECONDS
            log.warning("broker_away", problem=type(problem).__name__)
