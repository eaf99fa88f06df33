"""What speaks for each two of a mentorship: as the run said it; of late joiners as it would say it now."""

from __future__ import annotations

from collections.abc import Collection

from agreements.models import Mentorship
from matching.domain.circles import seats_with
from matching.models import Proposal
from participants.models import Enrollment
from programs.models import Strand


def seats_of(mentorship: Mentorship, *, mentees: Collection[int], mentors: Collection[int]) -> list[Proposal]:
    """One for each of these mentees with each of these mentors (enrollments), the best first."""
    run = mentorship.proposal.run_id if mentorship.proposal else None
    proposed = Proposal.objects.filter(run=run, mentee__in=mentees, mentor__in=mentors)
    found = list(
        proposed.select_related("mentee__person", "mentor__person", "mentee__cohort__program").order_by("pk")
    )
    if late := {*mentees} - {seat.mentee_id for seat in found}:
        found += _late(mentorship, late, mentors)
    return sorted(found, key=lambda seat: -seat.score)


def _late(mentorship: Mentorship, mentees: Collection[int], mentors: Collection[int]) -> list[Proposal]:
    if mentorship.strand.format != Strand.Format.CIRCLE:
        return []
    rows = Enrollment.objects.select_related("person", "cohort__program")
    hosts = list(rows.filter(pk__in=mentors).order_by("pk"))
    late = rows.filter(pk__in=mentees).order_by("pk")
    found = [seat for mentee in late for seat in seats_with(mentee, hosts)]
    for number, seat in enumerate(found, 1):
        seat.pk = -number  # not stored, but told apart
    return found
