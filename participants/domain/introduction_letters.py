"""What the two of an introduction are told by mail: never a note, never a reason."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from notifications.domain.outbox import queue
from participants.models import Enrollment, Introduction
from programs.labels import word

State = Introduction.State


def tell_asked(introduction: Introduction) -> None:
    """Somebody would like to be a pair with you."""
    _write("introduction_asked", introduction, introduction.asked)


def tell_answered(introduction: Introduction) -> None:
    """The answer, or that none came, to the one who asked."""
    _write("introduction_answered", introduction, introduction.asker)


def tell_decided(introduction: Introduction) -> None:
    """What the program manager decided, to both."""
    for enrollment in (introduction.mentee, introduction.mentor):
        _write("introduction_decided", introduction, enrollment)


def _write(kind: str, introduction: Introduction, to: Enrollment) -> None:
    queue(
        kind=kind,
        to=to.person,
        context=_context(introduction, to),
        dedupe_key=f"{kind}:{introduction.pk}:{to.pk}",
        about=introduction,
        program_id=introduction.cohort.program_id,
        cohort_id=introduction.cohort_id,
    )


def _context(introduction: Introduction, to: Enrollment) -> dict[str, Any]:
    other = introduction.mentor if to.pk == introduction.mentee_id else introduction.mentee
    program = introduction.cohort.program
    return {
        "program_name": program.name,
        "cohort_name": introduction.cohort.name,
        "other_name": other.person.name,
        "role_word": word(program, other.role, language=to.person.language),
        "state": introduction.state,
        "is_confirmed": introduction.state == State.CONFIRMED,
        "needs_manager": introduction.cohort.confirms_pairs,
        "answer_by": introduction.expires_on,
        "path": reverse("my_introduction", args=[introduction.uid]),
    }
