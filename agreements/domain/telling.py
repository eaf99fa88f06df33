"""The mail that tells somebody of a match: a draft, for staff to read and send."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import override

from agreements.models import Member, Mentorship
from agreements.queries import circle_times
from agreements.seats import seats_of
from matching.lexicon import slots
from matching.why import why_matched
from notifications.domain import outbox
from notifications.models import Message
from notifications.queries import drafts_about
from notifications.rendering import compose
from people.models import Person
from programs.labels import word, words
from programs.models import Strand

KIND = "matched"


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
    cohort = mentorship.cohort
    outbox.queue(
        kind=KIND,
        to=to,
        context={
            **_context(mentorship, side, times, to.language),
            "partners": partners,
            "reasons": reasons,
        },
        dedupe_key=key,
        about=mentorship,
        program_id=cohort.program_id,
        cohort_id=cohort.pk,
        batch=batch,
        draft=True,
    )


def _context(mentorship: Mentorship, side: str, times: Iterable[str], language: str) -> dict[str, Any]:
    cohort, is_mentee = mentorship.cohort, side == Member.Side.MENTEE
    with override(language):
        free = ", ".join(slots(times))
    return {
        "mentorship_uid": mentorship.uid,
        "cohort": cohort,
        "words": words(cohort.program, language),
        "partner_word": word(cohort.program, "mentor" if is_mentee else "mentee", language),
        "times": free,
        "is_circle": mentorship.strand.format == Strand.Format.CIRCLE,
        "is_mentee": is_mentee,
        "starts_on": mentorship.starts_on,
        "agreement_due_on": mentorship.starts_on + timedelta(days=cohort.agreement_days),
    }


def tell_anew(mentorship: Mentorship) -> set[int]:
    """Write the unsent mails about a circle by who is in it now.

    Returns who (people) needs no other mail of who came or left: no mail that went out told them of everybody.
    """
    drafts = list(drafts_about(KIND, [mentorship]).select_for_update(of=("self",)).order_by("pk"))
    members = list(mentorship.members.filter(left_on=None).select_related("person").order_by("pk"))
    times = circle_times(mentorship) if drafts else set()
    untold = set()
    for draft in drafts:
        for mine in members:
            if mine.person_id == draft.recipient_id:
                partners = _named(draft, mine, members)
                if not _is_of_one(draft, mine) or not partners:
                    untold.add(mine.person_id)
                _write_anew(draft, mentorship, mine, partners, times)
    return untold


def _is_of_one(draft: Message, mine: Member) -> bool:
    """Whether it tells a host of one late joiner alone."""
    return mine.side == Member.Side.MENTOR and draft.dedupe_key.startswith("joined:")


def _named(draft: Message, mine: Member, members: Iterable[Member]) -> list[Member]:
    """Whom of the other side it names."""
    others = [member for member in members if member.side != mine.side]
    if _is_of_one(draft, mine):
        return [member for member in others if draft.dedupe_key.endswith(f":{member.person_id}")]
    return others


def _write_anew(
    draft: Message, mentorship: Mentorship, mine: Member, partners: Sequence[Member], times: Iterable[str]
) -> None:
    """About nobody it is dropped."""
    if not partners:
        outbox.drop(messages=[draft], by=None)
        return
    sides = [mine.enrollment_id], [partner.enrollment_id for partner in partners]
    mentees, mentors = sides if mine.side == Member.Side.MENTEE else reversed(sides)
    seats = seats_of(mentorship, mentees=mentees, mentors=mentors)
    told = why_matched(seats, draft.language)
    context = {
        **_context(mentorship, mine.side, times, draft.language),
        "person": mine.person,
        "partners": [partner.person for partner in partners],
        "reasons": in_turn([told[seat.pk, mine.side] for seat in seats]) if seats else [],
    }
    draft.subject, draft.body = compose(
        KIND, context=context, language=draft.language, zone=mine.person.timezone
    )
    draft.save(update_fields=["subject", "body"])


def in_turn(told: Sequence[list[str]]) -> list[str]:
    """All about one partner; of several the first about each, and what is said of more than one is said once."""
    return told[0] if len(told) == 1 else list(dict.fromkeys(line for lines in told for line in lines[:1]))
