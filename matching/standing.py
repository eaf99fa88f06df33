"""Whether proposed pairs can still be made, by the data and the rules of this moment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matching.engine.field import Criteria
from matching.engine.rules import Rulebook, names
from matching.models import Proposal
from matching.queries import impossible, scheme_of
from matching.snapshot import read_snapshot
from programs.models import Cohort, Strand


def broken_since(cohort: Cohort, proposals: Sequence[Proposal]) -> dict[int, tuple[str, ...]]:
    """Names of the hard rules that each of these pairs breaks by now, by proposal; whole pairs are left out.

    People and criteria are read anew: a supervisor, a language or a rule may have changed since the run. Whoever has
    left or has no free place is not asked about here, see `queries.impossible`.
    """
    found: dict[int, tuple[str, ...]] = {}
    strands = Strand.objects.filter(enrollments__in={pair.mentee_id for pair in proposals})
    for kind in strands.order_by("format").values_list("format", flat=True).distinct():
        found |= _broken(cohort, proposals, kind)
    return found


def _broken(cohort: Cohort, proposals: Sequence[Proposal], kind: str) -> dict[int, tuple[str, ...]]:
    people = {pk for pair in proposals for pk in (pair.mentee_id, pair.mentor_id)}
    snapshot = read_snapshot(cohort, scheme_of(cohort).criteria, only=people, kind=kind)
    sides = snapshot.mentees, snapshot.mentors
    rows, columns = ({pk: row for row, pk in enumerate(side.enrollment)} for side in sides)
    known = [pair for pair in proposals if pair.mentee_id in rows and pair.mentor_id in columns]
    if not known:
        return {}
    criteria = Criteria.from_dict(snapshot.criteria)
    book = Rulebook.of(*snapshot.people(criteria), criteria, snapshot.links())
    broken = book.broken(
        np.array([rows[pair.mentee_id] for pair in known], dtype=np.int64),
        np.array([columns[pair.mentor_id] for pair in known], dtype=np.int64),
    )
    return {pair.pk: names(value) for pair, value in zip(known, broken.tolist(), strict=True) if value}


def barred(cohort: Cohort, proposals: Sequence[Proposal]) -> set[int]:
    """Those of these proposals that can no longer be published, by id.

    Somebody has left or is full, a rule is broken by now, or their circle has begun without them.
    """
    chosen = Proposal.objects.filter(pk__in=[pair.pk for pair in proposals])
    begun = Proposal.objects.filter(circle__in=chosen.values("circle")).exclude(published_at=None)
    late = chosen.filter(circle__in=begun.values("circle"), published_at=None)
    gone = impossible(chosen).values_list("pk", flat=True)
    return {*gone, *late.values_list("pk", flat=True), *broken_since(cohort, proposals)}
