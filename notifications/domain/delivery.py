"""Delivering the outbox: never lost, never silently sent twice, and what is uncertain is shown.

pending -> claimed (a lease) -> data_started (committed just before the content goes out) -> sent, failed, uncertain.
A worker that dies in `claimed` has sent nothing: the mail is tried again when the lease ends. One that dies in
`data_started` may have: the mail becomes uncertain and a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from notifications.envelope import build
from notifications.mails import kinds
from notifications.models import Message, Pause
from notifications.smtp import Courier, Reply, Result

log = structlog.get_logger(__name__)
State = Message.State
LEASE = timedelta(minutes=5)
BATCH = 10
MAX_ATTEMPTS = 20  # about three days with the waits below
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=4)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=15)
KEEP_WRITING = 120.0  # seconds: a result that is known must not be lost with the connection to the database
T = TypeVar("T")


def deliver_one(message_id: int) -> int:
    """Deliver this mail if it is due; returns how many were sent."""
    with Courier() as courier:
        return _deliver(_claim(Q(pk=message_id), limit=1), courier)


def deliver_due(*, seconds: float) -> int:
    """Deliver what is due, oldest first, until nothing is left or the time is over; returns how many were sent."""
    end, sent = time.monotonic() + seconds, 0
    with Courier() as courier:
        while time.monotonic() < end:
            batch = _claim(Q(), limit=BATCH)
            if not batch:
                break
            sent += _deliver(batch, courier)
    return sent


def recover() -> int:
    """Settle what dead workers have left: claimed mails wait again, those being handed over are uncertain."""
    over = Message.objects.filter(lease_until__lt=Now())
    again = over.filter(state=State.CLAIMED).update(state=State.PENDING, lease_until=None)
    unclear = over.filter(state=State.DATA_STARTED).update(state=State.UNCERTAIN, lease_until=None)
    if unclear:
        log.error("mails_uncertain", count=unclear)
    return again + unclear


@transaction.atomic
def _claim(which: Q, *, limit: int) -> list[Message]:
    if Pause.objects.filter(until__gt=Now()).exists():
        return []
    due = Message.objects.filter(which, state=State.PENDING, not_before__lte=Now())
    ids = list(
        due.select_for_update(skip_locked=True)
        .order_by("not_before", "id")
        .values_list("pk", flat=True)[:limit]
    )
    mine = Message.objects.filter(pk__in=ids)
    mine.update(state=State.CLAIMED, lease_until=Now() + LEASE, attempts=F("attempts") + 1)
    return list(mine.select_related("recipient", "link").order_by("not_before", "id"))


def _deliver(claimed: list[Message], courier: Courier) -> int:
    sent = 0
    for position, message in enumerate(claimed):
        reply = _attempt(message, courier)
        if reply is None:
            continue
        if reply.result is Result.OURS:
            _pause(claimed[position:], reply)
            break
        _settle(message, reply)
        if reply.result is Result.SENT:
            sent += 1
            if sent == 1:
                Pause.objects.all().delete()
    return sent


def _attempt(message: Message, courier: Courier) -> Reply | None:
    """One attempt; None where this mail is no longer ours, or no longer wanted."""
    try:
        if not _still_wanted(message):
            _write(lambda: _held(message, State.CLAIMED).update(state=State.DROPPED, lease_until=None))
            return None
        if message.link and message.link.expires_at <= timezone.now():
            return Reply(Result.REFUSED, None, "The link in this mail has expired.")
        envelope = build(message)
    except DatabaseError:
        raise
    except Exception as problem:
        # One mail that cannot be written must not hold up the others.
        log.exception("mail_not_built", message=message.pk)
        return Reply(Result.REFUSED, None, f"This mail cannot be written: {type(problem).__name__}")
    return courier.hand_over(
        sender=envelope.sender,
        recipient=envelope.recipient,
        content=envelope.content,
        before_data=lambda: _begin_data(message),
    )


def _still_wanted(message: Message) -> bool:
    link = message.link
    # What was written after the answer is its receipt, not the question.
    if link and (link.revoked_at or (link.used_at and link.used_at > message.created_at)):
        return False
    kind = kinds().get(message.kind)
    return kind is None or kind.refresh is None or kind.refresh(message)


def _held(message: Message, *states: str) -> Any:
    """The row, as long as the lease is the one that we took: another worker may have it by now."""
    return Message.objects.filter(pk=message.pk, state__in=states, lease_until=message.lease_until)


def _begin_data(message: Message) -> bool:
    """Commit that the content goes out now; False if the lease was lost."""
    assert message.lease_until
    lease: datetime = message.lease_until + LEASE
    if not _held(message, State.CLAIMED).update(state=State.DATA_STARTED, lease_until=lease):
        return False
    message.lease_until = lease
    return True


def _settle(message: Message, reply: Reply) -> None:
    fields: dict[str, Any] = {"lease_until": None, "smtp_code": reply.code, "smtp_text": reply.text}
    match reply.result:
        case Result.SENT:
            fields |= {"state": State.SENT, "sent_at": Now()}
        case Result.UNKNOWN:
            fields |= {"state": State.UNCERTAIN}
        case Result.RETRY if message.attempts < MAX_ATTEMPTS:
            wait = min(FIRST_WAIT * 4 ** (message.attempts - 1), LONGEST_WAIT)
            fields |= {"state": State.PENDING, "not_before": Now() + wait}
        case _:
            fields |= {"state": State.FAILED}
    held = _held(message, State.CLAIMED, State.DATA_STARTED)
    if not _write(lambda: held.update(**fields)) and reply.result is Result.SENT:
        # Found dead and called uncertain meanwhile; we know better.
        Message.objects.filter(pk=message.pk, state=State.UNCERTAIN).update(**fields)
    log.info("mail_attempt", message=message.pk, result=reply.result.name.lower(), code=reply.code)


def _pause(left: Iterable[Message], reply: Reply) -> None:
    """The server takes nothing from us: put everything back untouched, and wait longer each time."""

    def put_back() -> None:
        with transaction.atomic():
            for message in left:
                _held(message, State.CLAIMED, State.DATA_STARTED).update(
                    state=State.PENDING, lease_until=None, attempts=F("attempts") - 1
                )
            pause = Pause.objects.select_for_update().filter(pk=1).first()
            failures = pause.failures + 1 if pause else 1
            wait = min(FIRST_PAUSE * 2 ** min(failures - 1, 10), LONGEST_PAUSE)
            fields = {
                "smtp_code": reply.code,
                "smtp_text": reply.text,
                "failures": failures,
                "until": Now() + wait,
            }
            Pause.objects.update_or_create(pk=1, defaults=fields)

    _write(put_back)
    log.error("mail_queue_paused", code=reply.code, text=reply.text)


def _write(write: Callable[[], T]) -> T:
    """Write, again and again while the database is away."""
    end, wait = time.monotonic() + KEEP_WRITING, 0.2
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > end:
                raise
            connection.close()
            time.sleep(wait)
            wait = min(wait * 2, 5)
