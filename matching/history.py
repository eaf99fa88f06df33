"""Who set which criteria: the audit trail, told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.models import AuditEvent
from matching.criteria_words import change_words
from matching.models import Scheme
from matching.verbs import Verb
from people.models import Person

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Version:
    """One change of the criteria; `criteria` is empty for one made before they were kept along."""

    number: int
    when: datetime
    who: str
    changes: list[str]
    criteria: Mapping[str, Any]
    own_reach: int


def versions(scheme: Scheme, *, since: int = 0) -> list[Version]:
    """The latest changes after version `since`, newest first. Two queries."""
    if scheme.pk is None:
        return []
    events = AuditEvent.objects.filter(
        target_kind=scheme._meta.label_lower, target_id=scheme.pk, verb=Verb.CRITERIA_CHANGED.value
    )
    rows = list(events.filter(data__version__gt=since).order_by("-id")[:SHOWN])
    people = Person.objects.in_bulk({row.actor_id for row in rows if row.actor_id})
    return [
        Version(
            number=row.data["version"],
            when=row.at,
            who=people[row.actor_id].name if row.actor_id in people else "",
            changes=change_words(row.data.get("changes", {})),
            criteria=row.data.get("criteria", {}),
            own_reach=row.data.get("own_reach", 0),
        )
        for row in rows
    ]
