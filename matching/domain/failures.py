"""Why a run cannot be completed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from matching.engine.field import Field
from matching.snapshot import Snapshot


class Failure(Exception):
    """The run cannot be completed; `code` is worded in matching.left_words."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code, self.details = code, details


def check_locks(field: Field, snapshot: Snapshot) -> None:
    """Raise Failure "lock_rule" for locks that break a rule, "lock_places" for more than there are places."""
    mentees, mentors = snapshot.mentees, snapshot.mentors
    rows = {person: row for row, person in enumerate(mentees.person)}
    columns = {person: row for row, person in enumerate(mentors.person)}
    locks = snapshot.standing_locks()
    broken = [
        {
            "mentee": mentees.enrollment[rows[mentee]],
            "mentor": mentors.enrollment[columns[mentor]],
            "rules": list(rules),
        }
        for mentee, mentor in locks
        if (rules := field.blocked_by(rows[mentee], columns[mentor]))
    ]
    if broken:
        raise Failure("lock_rule", pairs=broken)
    crowded = []
    for place, side in enumerate((mentees, mentors)):
        held = Counter(lock[place] for lock in locks)
        for person, enrollment, limit in zip(side.person, side.enrollment, side.limit, strict=True):
            if held[person] > limit:
                crowded.append(enrollment)
    if crowded:
        raise Failure("lock_places", enrollments=crowded)
