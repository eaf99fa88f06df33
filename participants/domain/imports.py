"""Bringing in many applications at once: all rows or none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.audit import record, record_many
from core.errors import Refused
from core.uploads import Problem
from participants.domain.answers import LISTS, PLAIN, TEXTS
from participants.domain.import_checks import Applicant, Checker, Plan, Rows, Watch
from participants.domain.places import lock_offers, take_places
from participants.domain.selection import OVER
from participants.domain.skills import ensure_skills
from participants.models import Enrollment, SkillClaim, Wish
from participants.queries import left_out_before
from participants.verbs import Verb
from people.models import Person
from programs.models import Cohort

S = Enrollment.State
WRITTEN = [
    "strand", "state", "submitted_at", "decided_at", "pending_decision", "left_out_before",
    "answers", "pages_done", *TEXTS, *LISTS, *PLAIN,
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows by what became of them."""

    new: int
    changed: int
    decided: int


class FaultyFile(Refused):
    """The file has problems; nothing was changed."""

    def __init__(self, problems: list[Problem]) -> None:
        count = len(problems)
        message = ngettext("The file has %(count)d problem.", "The file has %(count)d problems.", count)
        super().__init__(
            "faulty_file", message % {"count": count}, _("Mend them in the file and choose it again.")
        )
        self.problems = problems


def plan_import(*, cohort: Cohort, rows: Rows, watch: Watch = iter) -> Plan:
    """What importing these rows would do, and every problem. Changes nothing."""
    plan = Checker(cohort, rows).run(watch)
    if cohort.state in OVER:
        plan.problems.append(Problem(0, "", str(_("This cohort is closing: nobody can join it any more."))))
    return plan


@transaction.atomic
def import_applications(*, cohort: Cohort, rows: Rows, by: Person | None, watch: Watch = iter) -> Imported:
    """Bring in applications from rows of text by column name (see docs/managers/import-applications.md).

    New ones are made, drafts and submitted ones written anew, decided ones left alone. `state` may say accepted:
    mentees then take places. No mail is sent. The same rows again change nothing more.
    Raises FaultyFile, and Refused("no_places").
    """
    offers = lock_offers(cohort)
    list(Enrollment.objects.select_for_update().filter(cohort=cohort).order_by("pk").values_list("pk"))
    plan = plan_import(cohort=cohort, rows=rows, watch=watch)
    if plan.problems:
        raise FaultyFile(plan.problems)
    chosen = [row for row in plan.applicants if not row.is_decided]
    accepted = [row for row in chosen if row.state == S.ACCEPTED and row.role == Enrollment.Role.MENTEE]
    take_places(offers, Counter(row.strand.pk for row in accepted))
    enrollments = _write(cohort, chosen)
    _write_claims(cohort, chosen, enrollments)
    _write_wishes(chosen, enrollments)
    counts = {"new": plan.new, "changed": plan.changed, "decided": plan.decided}
    record(Verb.FILE_IMPORTED, by=by, target=cohort, program_id=cohort.program_id, data=counts)
    record_many(Verb.IMPORTED, by=by, targets=enrollments, program_id=cohort.program_id)
    return Imported(**counts)


def _write(cohort: Cohort, chosen: list[Applicant]) -> list[Enrollment]:
    """Make or overwrite the enrollments in one statement, in the order of the rows."""
    left_out = {
        role: left_out_before(cohort, [row.person.pk for row in chosen if row.role == role], role)
        for role in Enrollment.Role.values
    }
    enrollments = [_enrollment(cohort, row, row.person.pk in left_out[row.role]) for row in chosen]
    return Enrollment.objects.bulk_create(
        enrollments,
        update_conflicts=True,
        unique_fields=["person", "cohort", "role"],
        update_fields=WRITTEN,
        batch_size=1000,
    )


def _enrollment(cohort: Cohort, row: Applicant, left_out: bool) -> Enrollment:
    before, now = row.before, timezone.now()
    state = S.SUBMITTED if row.state == S.DRAFT and before and before.state == S.SUBMITTED else row.state
    submitted_at = (before.submitted_at if before else None) or now
    return Enrollment(
        person=row.person,
        cohort=cohort,
        role=row.role,
        strand=row.strand,
        state=state,
        submitted_at=None if state == S.DRAFT else submitted_at,
        decided_at=now if state == S.ACCEPTED else None,
        pending_decision=before.pending_decision if before and state == before.state else "",
        left_out_before=left_out,
        answers=row.found.answers,
        pages_done=row.pages_done,
        **row.found.columns,
    )


def _write_claims(cohort: Cohort, chosen: list[Applicant], enrollments: list[Enrollment]) -> None:
    skills = ensure_skills(cohort.program)
    SkillClaim.objects.filter(enrollment__in=[row.pk for row in enrollments]).delete()
    SkillClaim.objects.bulk_create(
        (
            SkillClaim(enrollment=enrollment, skill=skills[slug], direction=direction, level=level)
            for row, enrollment in zip(chosen, enrollments, strict=True)
            for direction, levels in row.found.claims.items()
            for slug, level in levels.items()
        ),
        batch_size=5000,
    )


def _write_wishes(chosen: list[Applicant], enrollments: list[Enrollment]) -> None:
    Wish.objects.filter(enrollment__in=[row.pk for row in enrollments]).delete()
    Wish.objects.bulk_create(
        (
            Wish(enrollment=enrollment, rank=rank, mentor_id=mentor)
            for row, enrollment in zip(chosen, enrollments, strict=True)
            for rank, mentor in enumerate(row.wishes, start=1)
        ),
        batch_size=5000,
    )
