"""The manager's desk."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from core.access import fetch
from core.roles import Permission
from core.ui import Link
from people.models import Person
from programs import desk
from programs.models import Cohort, Program
from programs.queries import cohorts_for, permissions_in, programs_for


def get_program(request: HttpRequest, program: str, permission: Permission = Permission.SEE_DESK) -> Program:
    """The program of this address: 404 outside the reader's programs, 403 where no role of theirs allows it."""
    person = reader(request)
    visible = programs_for(person, Permission.SEE_DESK)
    return fetch(visible, allowed=programs_for(person, permission), slug=program)


def get_cohort(
    request: HttpRequest, program: str, cohort: str, permission: Permission = Permission.SEE_DESK
) -> Cohort:
    """The cohort of this address with its program: 404 outside the reader's programs, 403 where no role allows it.

    For views behind `login_required`.
    """
    person = reader(request)
    visible = cohorts_for(person, Permission.SEE_DESK)
    return fetch(visible, allowed=cohorts_for(person, permission), program__slug=program, slug=cohort)


def desk_context(request: HttpRequest, cohort: Cohort) -> dict[str, Any]:
    """What `layouts/desk.html` needs on every page of a cohort, and what the reader may do there."""
    granted = permissions_in(reader(request), cohort.program)
    return {
        "program": cohort.program,
        "cohort": cohort,
        "desk_cohort": cohort,
        "desk_tabs": _tabs(request, cohort, granted),
        "permissions": granted,
        "sees_people": Permission.SEE_PEOPLE in granted,
    }


def _tabs(request: HttpRequest, cohort: Cohort, granted: frozenset[Permission]) -> list[Link]:
    found = []
    for tab in desk.tabs():
        if tab.permission in granted:
            url = reverse(tab.url_name, args=[cohort.program.slug, cohort.slug])
            is_first = tab.url_name == "cohort_desk"
            current = request.path == url if is_first else request.path.startswith(url)
            found.append(Link(tab.label, url, current=current))
    return found


def reader(request: HttpRequest) -> Person:
    """Who is signed in."""
    assert isinstance(request.user, Person)  # noqa: S101
    return request.user
