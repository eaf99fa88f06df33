"""What other apps add to an application: shown to the person, before submitting and after, and to staff."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from participants.models import Enrollment


@dataclass(frozen=True, slots=True)
class Part:
    """`build(enrollment)` gives the context in a fixed number of queries, None where there is no such part."""

    template: str
    build: Callable[[Enrollment], dict[str, Any] | None]


_parts: list[Part] = []


def register_part(part: Part) -> None:
    """Add a part, once, when its app is ready."""
    _parts.append(part)


def rendered_parts(request: HttpRequest, enrollment: Enrollment, *, for_staff: bool = False) -> list[str]:
    """The parts' markup; staff see none of an application that was never submitted."""
    if for_staff and not enrollment.submitted_at:
        return []
    built = [(part.template, part.build(enrollment)) for part in _parts]
    return [
        render_to_string(template, {**context, "for_staff": for_staff}, request)
        for template, context in built
        if context is not None
    ]
