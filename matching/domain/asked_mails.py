"""The mails that ask about proposed pairs: each names the questions that wait for an answer, and no other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from matching.models import Run, SideAnswer
from matching.queries import questions
from matching.why import Told, why_matched
from notifications.domain.outbox import drop, queue
from notifications.models import Message
from notifications.rendering import compose
from participants.models import Enrollment
from people.models import Person
from programs.labels import word

KIND = "pair_proposed"
TOLD = (
    "enrollment",
    "proposal__mentee__person",
    "proposal__mentor__person",
    "proposal__mentee__cohort__program",
)
UNSENT = (Message.State.DRAFT, Message.State.PENDING)


def draft_mails(run: Run, new: Sequence[SideAnswer]) -> int:
    """One draft to each person about all that is asked of them; how many people that is."""
    asked: dict[Person, list[SideAnswer]] = {}
    for row in new:
        asked.setdefault(row.enrollment.person, []).append(row)
    reasons = {
        language: why_matched([row.proposal for row in new], language)
        for language in sorted({person.language for person in asked})
    }
    for person, rows in asked.items():
        queue(
            kind=KIND,
            to=person,
            context=_context(rows, person.language, reasons[person.language]),
            dedupe_key=f"{KIND}:{run.pk}:{rows[0].pk}:{rows[0].asked_at.isoformat()}",
            about=rows[0],
            program_id=run.cohort.program_id,
            cohort_id=run.cohort_id,
            batch=f"ask-{run.pk}",
            draft=True,
        )
    return len(asked)


def _context(rows: Sequence[SideAnswer], language: str, told: Told) -> dict[str, Any]:
    cohort = rows[0].proposal.mentee.cohort
    return {
        "cohort": cohort,
        "partner_word": word(cohort.program, _partner(rows[0]).role, language),
        "pairs": [
            {
                "name": _partner(row).person.full_name,
                "uid": row.uid,
                "reasons": told[row.proposal_id, row.enrollment.role],
            }
            for row in rows
        ],
        "due_on": rows[0].due_on,
    }


def _partner(row: SideAnswer) -> Enrollment:
    mine, pair = row.enrollment_id, row.proposal
    return pair.mentor if pair.mentee_id == mine else pair.mentee


def close_questions(asked: QuerySet[SideAnswer], *, by: Person | None) -> int:
    """Nobody answers these any more, and who has not read of them will not; how many were open."""
    rows = list(asked.filter(closed_at=None).select_related("enrollment"))
    SideAnswer.objects.filter(pk__in=[row.pk for row in rows]).update(closed_at=timezone.now())
    bring_up_to_date(rows, by=by)
    return len(rows)


def bring_up_to_date(changed: Iterable[SideAnswer], *, by: Person | None, anew: bool = False) -> None:
    """Mails about these questions that have not begun to go out: those with nothing left to ask are dropped.

    `anew` also writes those anew that name nothing else than before.
    """
    mails = _unsent(list(changed)).select_for_update(of=("self",)).select_related("recipient")
    found = list(mails.order_by("pk"))
    named = _named(found)
    drop(messages=[mail for mail in found if not _waiting(named[mail.pk])], by=by)
    for mail in found:
        waiting = _waiting(named[mail.pk])
        if waiting and (anew or waiting != named[mail.pk]):
            _write_anew(mail, waiting)


def ended_with(asked: QuerySet[SideAnswer]) -> tuple[int, int]:
    """If these were closed now: how many people would be asked no more, and how many unsent mails be dropped."""
    rows = list(asked.filter(closed_at=None).select_related("enrollment"))
    closed = {row.pk for row in rows}
    named = [_waiting(found) for found in _named(list(_unsent(rows))).values()]
    people = (
        questions().filter(pk__in=closed, is_open=True, answer="").values("enrollment__person").distinct()
    )
    return people.count(), sum(all(row.pk in closed for row in found) for found in named)


def _unsent(rows: Sequence[SideAnswer]) -> QuerySet[Message]:
    """Mails that may be about these questions and have not begun to go out."""
    return Message.objects.filter(
        kind=KIND,
        state__in=UNSENT,
        recipient__in={row.enrollment.person_id for row in rows},
        cohort_id__in={row.enrollment.cohort_id for row in rows},
    )


def keep_true(message: Message) -> bool:
    """Just before it goes out: leave out questions that wait no more. False where none is left."""
    named = _named([message])[message.pk]
    waiting = _waiting(named)
    if waiting and waiting != named:
        _write_anew(message, waiting)
    return bool(waiting)


def _named(mails: Collection[Message]) -> dict[int, list[SideAnswer]]:
    """The questions that each mail names, by their addresses in it. Two queries."""
    rows = questions().filter(enrollment__person__in={mail.recipient_id for mail in mails})
    of: dict[int, list[SideAnswer]] = {}
    for row in rows.select_related(*TOLD).order_by("pk"):
        of.setdefault(row.enrollment.person_id, []).append(row)
    return {
        mail.pk: [
            row
            for row in of.get(mail.recipient_id, [])
            # Whoever edits the words may have taken the address out.
            if row.pk == mail.about_id or reverse("answer_pair", args=[row.uid]) in mail.body
        ]
        for mail in mails
    }


def _waiting(named: Iterable[Any]) -> list[SideAnswer]:
    return [row for row in named if row.is_open and not row.answer]


def _write_anew(message: Message, rows: Sequence[SideAnswer]) -> None:
    person = message.recipient
    told = why_matched([row.proposal for row in rows], message.language)
    context = {**_context(rows, message.language, told), "person": person}
    message.subject, message.body = compose(
        message.kind, context=context, language=message.language, zone=person.timezone
    )
    message.about_id = rows[0].pk
    message.save(update_fields=["subject", "body", "about_id"])
