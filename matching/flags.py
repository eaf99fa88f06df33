"""What deserves a second look at a proposed pair, found once when the run is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from matching.models import Proposal
from matching.snapshot import Snapshot

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as Text

LOW = 50  # a fit under this deserves a second look; the labels below say these two bounds
FAR = 12  # so many career levels between the two are far
CHAIN = 12  # levels of command that are looked up

# In the order in which a row shows them.
FLAGS: dict[str, Text] = {
    "low": _("Fit under 50"),
    "wish": _("Wish not met"),
    "level": _("Mentor not above"),
    "far": _("More than 12 levels apart"),
    "time": _("No time in common"),
    "chain": _("Same chain of command"),
    "full": _("Mentor full"),
    "new": pgettext_lazy("of a pair", "New"),
}


def set_flags(proposals: Sequence[Proposal], snapshot: Snapshot) -> None:
    """Give each proposal of a run, not yet stored, its flags; one query."""
    mentees = dict(zip(snapshot.mentees.enrollment, snapshot.mentees.person, strict=True))
    mentors = dict(zip(snapshot.mentors.enrollment, snapshot.mentors.person, strict=True))
    places = dict(zip(snapshot.mentors.enrollment, snapshot.mentors.limit, strict=True))
    taken = Counter(row.mentor_id for row in proposals)
    pairs = {(mentees[row.mentee_id], mentors[row.mentor_id]) for row in proposals}
    wishers = {mentee for mentee, _mentor, _rank in snapshot.wishes}
    met = {mentee for mentee, mentor, _rank in snapshot.wishes if (mentee, mentor) in pairs}
    above, kept = _above({pair[0] for pair in pairs}), set(snapshot.keep)
    for row in proposals:
        pair = mentees[row.mentee_id], mentors[row.mentor_id]
        found = {
            "low": row.score < LOW,
            "wish": pair[0] in wishers - met,
            "chain": pair in above,
            "full": taken[row.mentor_id] >= places[row.mentor_id],
            "new": bool(kept) and pair not in kept,
            **_of_parts(row.parts),
        }
        row.flags = [name for name in FLAGS if found.get(name)]


def _of_parts(parts: Iterable[Mapping[str, Any]]) -> dict[str, bool]:
    found = {}
    for part in parts:
        if part["criterion"] == "level":
            found["level"] = part["facts"]["gap"] <= 0
            found["far"] = part["facts"]["gap"] > FAR
        if part["criterion"] == "availability":
            found["time"] = not part["facts"]["matched"]
    return found


def _above(people: set[int]) -> set[tuple[int, int]]:
    """(person, somebody up their chain of command)."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE up(person, boss, depth) AS (
                SELECT id, supervisor_id, 1 FROM people_person WHERE id = ANY(%s) AND supervisor_id IS NOT NULL
                UNION ALL
                SELECT up.person, above.supervisor_id, up.depth + 1
                FROM up JOIN people_person above ON above.id = up.boss
                WHERE above.supervisor_id IS NOT NULL AND up.depth < %s
            )
            SELECT person, boss FROM up
            """,
            [sorted(people), CHAIN],
        )
        return set(cursor.fetchall())
