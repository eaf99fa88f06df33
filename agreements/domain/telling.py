"""The mail that tells somebody of a match: a draft, for staff to read and send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.utils.translation import override

from agreements.models import Member, Mentorship
from matching.lexicon import slots
from notifications.domain import outbox
from people.models import Person
from programs.labels import word, words
from programs.models import Strand


def tell_matched(
    mentorship: Mentorship,
    to: Person,
    *,
    side: str,
    partners: Sequence[Person],
    reasons: Sequence[str],
    times: Iterable[str],
    key: str,
    batch: str,
) -> None:
    """Whom somebody on this side meets, why, and at which times a circle could; once for each key."""
    cohort, is_mentee = mentorship.cohort, side == Member.Side.MENTEE
    with override(to.language):
        free = ", ".join(slots(times))
    outbox.queue(
        kind="matched",
        to=to,
        context={
            "mentorship_uid": mentorship.uid,
            "cohort": cohort,
            "partners": partners,
            "words": words(cohort.program, to.language),
            "partner_word": word(cohort.program, "mentor" if is_mentee else "mentee", to.language),
            "reasons": reasons,
            "times": free,
            "is_circle": mentorship.strand.format == Strand.Format.CIRCLE,
            "is_mentee": is_mentee,
            "starts_on": mentorship.starts_on,
            "agreement_due_on": mentorship.starts_on + timedelta(days=cohort.agreement_days),
        },
        dedupe_key=key,
        about=mentorship,
        program_id=cohort.program_id,
        cohort_id=cohort.pk,
        batch=batch,
        draft=True,
    )


def in_turn(told: Sequence[list[str]]) -> list[str]:
    """All about one partner; of several the first about each, and what is said of more than one is said once."""
    return told[0] if len(told) == 1 else list(dict.fromkeys(line for lines in told for line in lines[:1]))
