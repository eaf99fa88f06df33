"""Writing and verifying the audit trail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from django.db import connection
from django.db.models import Model

from core.models import AuditEvent


class Actor(Protocol):
    """Anything with a primary key: a person."""

    pk: Any


def record(
    verb: StrEnum,
    *,
    by: Actor | None,
    target: Model | None = None,
    program_id: int | None = None,
    data: Mapping[str, Any] | None = None,
    via_link: bool = False,
) -> AuditEvent:
    """Write one audit row in the running transaction. `by=None` is the system itself.

    `data` holds codes, ids, dates and figures: never names, texts or anything confidential.
    """
    kinds = AuditEvent.Actor
    return AuditEvent.objects.create(
        actor_kind=kinds.SYSTEM if by is None else kinds.LINK if via_link else kinds.PERSON,
        actor_id=None if by is None else by.pk,
        verb=verb.value,
        program_id=program_id,
        target_kind=target._meta.label_lower if target is not None else "",
        target_id=target.pk if target is not None else None,
        data=dict(data or {}),
    )


def record_many(
    verb: StrEnum,
    *,
    by: Actor | None,
    targets: Iterable[Model],
    program_id: int | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """One audit row for each of many targets, in one statement; otherwise as `record`."""
    kinds = AuditEvent.Actor
    AuditEvent.objects.bulk_create(
        AuditEvent(
            actor_kind=kinds.SYSTEM if by is None else kinds.PERSON,
            actor_id=None if by is None else by.pk,
            verb=verb.value,
            program_id=program_id,
            target_kind=target._meta.label_lower,
            target_id=target.pk,
            data=dict(data or {}),
        )
        for target in targets
    )


def broken_links() -> list[int]:
    """Ids of the audit events whose chain does not hold, oldest first; empty means the trail is whole.

    An event without a link, a link without an event, and a digest that no longer fits are all found. A chain
    cut off at its end is not: keep the last digest (`chain_head`) somewhere else.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH chained AS (
                SELECT l.id, l.event_id, l.previous, l.digest, e.id IS NULL AS gone,
                       lag(l.digest, 1, ''::bytea) OVER (ORDER BY l.id) AS before,
                       core_audit_digest(l.previous, e) AS expected
                FROM core_auditlink l LEFT JOIN core_auditevent e ON e.id = l.event_id
            )
            SELECT event_id FROM chained
            WHERE gone OR previous <> before OR digest IS DISTINCT FROM expected
            UNION
            SELECT e.id FROM core_auditevent e LEFT JOIN core_auditlink l ON l.event_id = e.id WHERE l.id IS NULL
            ORDER BY 1
            """
        )
        return [row[0] for row in cursor.fetchall()]


def chain_head() -> str:
    """The newest digest in hex, or an empty string before the first event."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT encode(digest, 'hex') FROM core_auditlink ORDER BY id DESC LIMIT 1")
        row = cursor.fetchone()
    return row[0] if row else ""
