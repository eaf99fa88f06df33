"""Why a run cannot be completed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from matching.engine.field import Field
from matching.snapshot import Snapshot


class Failure(Exception):
    """The run cannot be completed; `code` is worded in matching.failure_words."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code, self.details = code, details


def broken_locks(field: Field, snapshot: Snapshot) -> list[dict[str, Any]]:
    """Locked pairs that a rule forbids, as enrollments, with the rules."""
    mentees, mentors = snapshot.mentees, snapshot.mentors
    locks = np.array(snapshot.standing_locks(), dtype=np.int64).reshape(-1, 2)
    rows, columns = field.mentees.rows_of(locks[:, 0]), field.mentors.rows_of(locks[:, 1])
    return [
        {"mentee": mentees.enrollment[row], "mentor": mentors.enrollment[column], "rules": list(rules)}
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if (rules := field.blocked_by(row, column))
    ]


def check_locks(field: Field, snapshot: Snapshot) -> None:
    """Raise Failure "lock_rule" for locks that break a rule, "lock_places" for more than there are places."""
    mentees, mentors = snapshot.mentees, snapshot.mentors
    if broken := broken_locks(field, snapshot):
        raise Failure("lock_rule", pairs=broken)
    locks = snapshot.standing_locks()
    crowded = []
    for place, side in enumerate((mentees, mentors)):
        held = Counter(lock[place] for lock in locks)
        for person, enrollment, limit in zip(side.person, side.enrollment, side.limit, strict=True):
            if held[person] > limit:
                crowded.append(enrollment)
    if crowded:
        raise Failure("lock_places", enrollments=crowded)
