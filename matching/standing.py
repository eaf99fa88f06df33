"""Whether proposed pairs and circles can still be made, by the data and the rules of this moment, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from matching import rule_words
from matching.engine.field import Criteria
from matching.engine.rules import Rulebook, names
from matching.models import Circle, Proposal, Run
from matching.queries import impossible, scheme_of, unpublished
from matching.snapshot import read_snapshot
from participants.models import Enrollment
from programs.models import Cohort, Strand

MOST_CHECKED = 300  # pairs and circles of which each is asked about before a page is shown


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


def obstacles(cohort: Cohort, proposals: Sequence[Proposal]) -> dict[int, str]:
    """Why each of these pairs, or seats of circles, can no longer be published, by id; those that can are left out.

    Somebody has left or is full, a rule is broken by now, or their circle has begun without them. What is published
    already is not asked about. A fixed number of queries.
    """
    proposals = [pair for pair in proposals if not pair.published_at]
    if not proposals:
        return {}
    chosen = Proposal.objects.filter(pk__in=[pair.pk for pair in proposals])
    broken = broken_since(cohort, proposals)
    begun = Proposal.objects.filter(circle__in=chosen.values("circle")).exclude(published_at=None)
    late = set(chosen.filter(circle__in=begun.values("circle")).values_list("pk", flat=True))
    stuck = {*impossible(chosen).values_list("pk", flat=True), *late, *broken}
    rows = chosen.filter(pk__in=stuck).select_related("mentee__person", "mentor__person")
    return {row.pk: _why(row, broken.get(row.pk, ()), row.pk in late) for row in rows}


def _why(row: Proposal, rules: Sequence[str], is_late: bool) -> str:
    for side in (row.mentee, row.mentor):
        if side.state != Enrollment.State.ACCEPTED:
            return _("%(name)s no longer takes part.") % {"name": side.person.name}
    if is_late:
        return began_without(row)
    for side in (row.mentee, row.mentor):
        if side.used >= side.capacity:
            return _("%(name)s has no free place left.") % {"name": side.person.name}
    names = row.mentee.person.name, row.mentor.person.name
    # Two who were excluded by hand are never published, even where runs do not mind.
    return " ".join(rule_words.broken(rule, *names) for rule in rules or ("exclusion",))


def began_without(seat: Proposal) -> str:
    """Why somebody does not sit in a circle that was proposed and has begun."""
    return _("The circle has begun without %(name)s.") % {"name": seat.mentee.person.name}


@dataclass(frozen=True, slots=True)
class Prospects:
    """What of a run can no longer be published: `why` not, by the proposal that stands for a pair or a circle.

    `away` says of each circle who cannot sit in it, by mentee.
    """

    why: Mapping[int, str]
    away: Mapping[int, Mapping[int, str]]

    @property
    def seats(self) -> int:
        """How many seats of circles can no longer be taken."""
        return sum(len(mentees) for mentees in self.away.values())


def prospects(cohort: Cohort, heads: Sequence[Proposal]) -> Prospects:
    """For pairs and for circles, each of which one of its seats stands for (see `queries.unpublished`)."""
    circles = {head.circle_id: head.pk for head in heads if head.circle_id}
    seats = list(Proposal.objects.filter(circle__in=circles).select_related("circle__strand"))
    told = obstacles(cohort, [*(head for head in heads if not head.circle_id), *seats])
    why = {head.pk: told[head.pk] for head in heads if not head.circle_id and head.pk in told}
    away: dict[int, dict[int, str]] = {circle: {} for circle in circles}
    for seat in seats:
        if seat.pk in told:
            away[seat.circle_id or 0][seat.mentee_id] = told[seat.pk]
    for circle, members in _members(seats).items():
        least, able = circle.strand.size_min, len(members - away[circle.pk].keys())
        if able < least:
            why[circles[circle.pk]] = too_few(able, least)
    return Prospects(why, away)


def _members(seats: Iterable[Proposal]) -> dict[Circle, set[int]]:
    """The mentees of each circle."""
    found: dict[Circle, set[int]] = {}
    for seat in seats:
        assert seat.circle, "a seat is one of a circle"
        found.setdefault(seat.circle, set()).add(seat.mentee_id)
    return found


def too_few(able: int, least: int) -> str:
    """Why a circle does not begin."""
    text = ngettext(
        "%(n)s of the %(least)s people that this circle needs can still take part.",
        "%(n)s of the %(least)s people that this circle needs can still take part.",
        able,
    )
    return text % {"n": able, "least": least}


def still_to_publish(run: Run, but: Sequence[Proposal] = ()) -> dict[str, int]:
    """How many `pairs` and `circles` of a run may follow these; of very many pairs by what the database sees."""
    rest = unpublished(run).exclude(pk__in=[head.pk for head in but]).order_by("pk")
    pairs = rest.filter(circle=None)
    many = rest.count() > MOST_CHECKED
    heads = list(rest.exclude(circle=None) if many else rest)
    stuck = prospects(run.cohort, heads).why if heads else {}
    able = [head for head in heads if head.pk not in stuck]
    circles = sum(head.circle_id is not None for head in able)
    seen = pairs.exclude(pk__in=impossible(pairs).values("pk"))
    return {"pairs": seen.count() if many else len(able) - circles, "circles": circles}
