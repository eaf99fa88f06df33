"""A file of decisions to begin with: the pairs of a cohort as they stand, each with room for an act."""

from __future__ import annotations

from django.utils.translation import gettext as _

from matching.domain.lists import BESIDE, COLUMNS
from matching.models import Decision, Proposal
from matching.queries import exclusions_of, latest_ready, locks_of, published_pairs
from participants.models import Enrollment
from programs.models import Cohort

KIND = Decision.Kind
Rows = list[list[str | int]]
PEOPLE = ("mentee__person", "mentor__person")


def sample_rows(cohort: Cohort) -> Rows:
    """The header, then by mentee the pairs of the newest run that are not published, locks and exclusions.

    Where there are none, one row shows how it is done.
    """
    run = latest_ready(cohort)
    proposals = Proposal.objects.filter(run=run, published_at=None).select_related(*PEOPLE) if run else []
    fits = {(row.mentee, row.mentor): row.score for row in proposals}
    locked = {(row.mentee, row.mentor): row.reason for row in locks_of(cohort).select_related(*PEOPLE)}
    never = {
        (row.mentee, row.mentor): row.reason
        for row in exclusions_of(cohort).filter(cohort=cohort).select_related(*PEOPLE)
    }
    done = published_pairs(cohort)
    rows: Rows = [
        [
            mentor.person.email, mentee.person.email, "",
            never.get((mentee, mentor)) or locked.get((mentee, mentor), ""),
            mentor.person.full_name, mentee.person.full_name, fits.get((mentee, mentor), ""),
            _stands((mentee, mentor) in locked, (mentee, mentor) in never),
        ]
        for mentee, mentor in sorted({*fits, *locked, *never}, key=_by_name)
        if (mentee.pk, mentor.pk) not in done
    ]  # fmt: skip
    example: Rows = [["mentor@example.org", "mentee@example.org", KIND.LOCK.value, "", "", "", "", ""]]
    return [[*COLUMNS, *BESIDE], *(rows or example)]


def _stands(is_locked: bool, is_excluded: bool) -> str:
    if is_excluded:
        return _("excluded")
    return _("locked") if is_locked else ""


def _by_name(pair: tuple[Enrollment, Enrollment]) -> tuple[str, str, int, int]:
    mentee, mentor = pair
    return mentee.person.full_name, mentor.person.full_name, mentee.pk, mentor.pk
