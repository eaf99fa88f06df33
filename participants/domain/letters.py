"""What applicants are told by mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse

from core.dates import today_in
from notifications.domain.outbox import queue
from participants.models import Enrollment
from participants.rules import offer_due_on
from programs.labels import word

S = Enrollment.State
LETTER_OF = {
    S.SUBMITTED: "application_received",
    S.ACCEPTED: "application_accepted",
    S.WAITLISTED: "application_waitlisted",
    S.DECLINED: "application_declined",
    S.OFFERED: "place_offered",
    S.LAPSED: "offer_lapsed",
}


def write_letters(enrollments: Iterable[Enrollment], *, batch: str = "", draft: bool = False) -> int:
    """Queue to each person the letter that fits the enrollment's state, once for each time it got there.

    Returns how many letters were queued.
    """
    rows = list(enrollments)
    prefetch_related_objects(rows, "person", "cohort__program", "strand")
    return sum(_write(row, batch, draft) for row in rows)


def _write(enrollment: Enrollment, batch: str, draft: bool) -> bool:
    cohort, kind = enrollment.cohort, LETTER_OF[S(enrollment.state)]
    since = enrollment.submitted_at if enrollment.state == S.SUBMITTED else enrollment.decided_at
    assert since is not None, "a letter tells of something that happened"
    message = queue(
        kind=kind,
        to=enrollment.person,
        context=_context(enrollment),
        dedupe_key=f"{kind}:{enrollment.pk}:{since:%Y%m%d%H%M%S%f}",
        about=enrollment,
        program_id=cohort.program_id,
        cohort_id=cohort.pk,
        batch=batch,
        draft=draft,
    )
    return message is not None


def _context(enrollment: Enrollment) -> dict[str, Any]:
    cohort, person = enrollment.cohort, enrollment.person
    return {
        "program_name": cohort.program.name,
        "cohort_name": cohort.name,
        "role_word": word(cohort.program, enrollment.role, language=person.language),
        "is_mentor": enrollment.role == Enrollment.Role.MENTOR,
        "call_closes_on": cohort.call_closes_on,
        "starts_on": cohort.starts_on,
        "has_begun": today_in(cohort.timezone) >= cohort.starts_on,
        "answer_by": offer_due_on(enrollment) if enrollment.state == S.OFFERED else None,
        "path": reverse("my_applications"),
    }
