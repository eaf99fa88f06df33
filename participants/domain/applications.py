"""Applying: start, save page by page, submit, change one's mind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.audit import record
from core.errors import Refused
from core.lifecycle import move
from participants.domain.answers import Sorted, pages_to_do, sort_answers, values_of
from participants.domain.letters import write_letters
from participants.domain.selection import give_up
from participants.domain.skills import ensure_skills
from participants.domain.wishes import set_wishes
from participants.models import Enrollment, SkillClaim
from participants.queries import left_out_before, open_strands, questionnaire_for
from participants.rules import call_is_open
from participants.verbs import Verb
from people.models import Person
from programs.models import Cohort, Questionnaire, Strand
from programs.questions import Questionnaire as Form
from programs.questions import parse

S = Enrollment.State


def form_of(enrollment: Enrollment) -> Form:
    """The questions of the enrollment's role. Raises Refused("no_form") where the program has none."""
    return parse(_questionnaire(enrollment.cohort, enrollment.role).questions)


def _questionnaire(cohort: Cohort, role: str) -> Questionnaire:
    found = questionnaire_for(cohort.program_id, role)
    if found is None:
        raise Refused(
            "no_form",
            _("This program has no questions for this role yet."),
            _("Please write to the program team."),
        )
    return found


def _must_be_open(cohort: Cohort) -> None:
    if not call_is_open(cohort):
        raise Refused(
            "call_closed",
            _("Applications are not open now."),
            _("The program page says when the next call opens."),
        )


def _locked(enrollment: Enrollment) -> Enrollment:
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related(
        "cohort__program", "person", "strand"
    )
    return rows.get(pk=enrollment.pk)


@transaction.atomic
def start_application(*, person: Person, cohort: Cohort, role: str, strand: Strand, by: Person) -> Enrollment:
    """Begin an application, or go on with the one there is; a draft takes the strand given.

    A person may apply as mentor and as mentee: two enrollments.
    Raises Refused: call_closed, no_form, bad_role, strand_not_open.
    """
    _must_be_open(cohort)
    if role not in Enrollment.Role.values:
        raise Refused("bad_role", _("Choose one of the roles."))
    if strand not in open_strands(cohort, person, role):
        raise Refused("strand_not_open", _("This strand is not open to you."), _("Choose another one."))
    form = _questionnaire(cohort, role)
    enrollment, is_new = Enrollment.objects.select_for_update(of=("self",)).get_or_create(
        person=person, cohort=cohort, role=role, defaults={"strand": strand}
    )
    if is_new:
        enrollment.left_out_before = bool(left_out_before(cohort, [person.pk], role))
        enrollment.save(update_fields=["left_out_before"])
        record(Verb.STARTED, by=by, target=enrollment, program_id=cohort.program_id, data={"role": role})
        ensure_skills(cohort.program)
        Questionnaire.objects.filter(pk=form.pk, frozen_at=None).update(frozen_at=timezone.now())
    elif enrollment.state == S.DRAFT and enrollment.strand_id != strand.pk:
        enrollment.strand = strand
        enrollment.save(update_fields=["strand"])
    return enrollment


@transaction.atomic
def save_page(
    *, enrollment: Enrollment, page: str, values: Mapping[str, Any], by: Person, complete: bool = True
) -> Enrollment:
    """Keep the answers of one page; `values` are the clean JSON values by question key.

    A page that is not `complete` is kept and stays to do.

    Not in the audit trail: a draft is the applicant's own. Raises Refused: call_closed, not_a_draft, no_page,
    and those of `participants.domain.wishes.check_wishes`.
    """
    row = _locked(enrollment)
    _must_be_open(row.cohort)
    if row.state != S.DRAFT:
        raise Refused(
            "not_a_draft",
            _("This application has been submitted already."),
            _("Take it back on “My applications” if you want to change it."),
        )
    try:
        asked = form_of(row).page(page)
    except KeyError:
        raise Refused("no_page", _("This page is not part of the application any more.")) from None
    found = sort_answers(asked.questions, values)
    _keep(row, found)
    row.answers |= found.answers
    row.pages_done = [*(key for key in row.pages_done if key != page), *([page] if complete else [])]
    row.save(update_fields=[*found.columns, "answers", "pages_done"])
    return row


def _keep(row: Enrollment, found: Sorted) -> None:
    """Put the answers that feed something where they belong."""
    for name, value in found.columns.items():
        setattr(row, name, value)
    for direction, levels in found.claims.items():
        skills = ensure_skills(row.cohort.program) if levels else {}
        row.claims.filter(direction=direction).delete()
        SkillClaim.objects.bulk_create(
            SkillClaim(enrollment=row, skill=skills[slug], direction=direction, level=level)
            for slug, level in levels.items()
        )
    if found.wishes is not None:
        set_wishes(row, found.wishes)


def missing_pages(enrollment: Enrollment) -> list[str]:
    """Keys of the pages that still have to be done before submitting."""
    form = form_of(enrollment)
    return pages_to_do(form, values_of(enrollment, form), enrollment.pages_done)


@transaction.atomic
def submit_application(*, enrollment: Enrollment, by: Person) -> Enrollment:
    """Hand the application in and confirm it by mail. Submitting twice changes nothing.

    Raises Refused: call_closed, incomplete, illegal_move.
    """
    row = _locked(enrollment)
    if row.state == S.SUBMITTED:
        return row
    _must_be_open(row.cohort)
    if row.state == S.DRAFT and missing_pages(row):
        raise Refused(
            "incomplete",
            _("Some pages are not complete yet."),
            _("Finish the pages marked “to do”, then submit."),
        )
    row.submitted_at = timezone.now()
    move(row, S.SUBMITTED, also=["submitted_at"])
    record(Verb.SUBMITTED, by=by, target=row, program_id=row.cohort.program_id, data={"role": row.role})
    write_letters([row])
    return row


@transaction.atomic
def reopen(*, enrollment: Enrollment, by: Person) -> Enrollment:
    """Back to a draft while the call is open; the answers stay. Raises Refused: call_closed, illegal_move."""
    row = _locked(enrollment)
    _must_be_open(row.cohort)
    if row.state == S.DRAFT:
        return row
    row.submitted_at, row.pending_decision = None, ""
    move(row, S.DRAFT, also=["submitted_at", "pending_decision"])
    record(Verb.REOPENED, by=by, target=row, program_id=row.cohort.program_id)
    return row


@transaction.atomic
def withdraw(*, enrollment: Enrollment, by: Person) -> Enrollment:
    """Leave the call, the waiting list or the cohort; a place held goes to the next on the waiting list.

    Raises Refused: has_mentorship, illegal_move.
    """
    return give_up(enrollment, S.WITHDRAWN, Verb.WITHDRAWN, by=by)
