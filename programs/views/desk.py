"""The manager's desk: what all its pages share, and where it begins."""

from __future__ import annotations

from dataclasses import is_dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.access import fetch
from core.roles import Permission, roles_granting
from core.ui import Link
from people.models import Person
from programs import desk
from programs.models import Cohort, Program
from programs.queries import (
    cohorts_for,
    desk_programs,
    may_create_programs,
    permissions_in,
    programs_for,
    roles_by_program,
)


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """My programs and their cohorts."""
    person = reader(request)
    roles, changing = roles_by_program(person), roles_granting(Permission.CHANGE_SETTINGS)
    rows = [
        {
            "program": program,
            "roles": [role.label for role in roles[program.pk]],
            "cohorts": program.cohorts.all(),
            "changes": any(role in changing for role in roles[program.pk]),
        }
        for program in desk_programs(person)
    ]
    return render(request, "programs/home.html", {"rows": rows, "may_create": may_create_programs(person)})


def get_program(request: HttpRequest, program: str, permission: Permission = Permission.SEE_DESK) -> Program:
    """The program of this address: 404 outside the reader's programs, 403 where no role of theirs allows it."""
    person = reader(request)
    visible = programs_for(person, Permission.SEE_DESK)
    return fetch(visible, allowed=programs_for(person, permission), slug=program)


def get_cohort(
    request: HttpRequest,
    program: str,
    cohort: str,
    permission: Permission = Permission.SEE_DESK,
    *,
    whole: bool = False,
) -> Cohort:
    """The cohort of this address with its program: 404 outside the reader's programs, 403 where no role allows it.

    For views behind `login_required`. `whole` is for what concerns everybody in the cohort: a role that is limited
    to one organization's people does not allow it.
    """
    person = reader(request)
    visible = cohorts_for(person, Permission.SEE_DESK)
    allowed = cohorts_for(person, permission, whole=whole)
    return fetch(visible, allowed=allowed, program__slug=program, slug=cohort)


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
        "changes_settings": Permission.CHANGE_SETTINGS in granted,
    }


def rendered_panels(request: HttpRequest, context: dict[str, Any]) -> dict[bool, list[str]]:
    """The panels' markup in order, the wide ones (True) apart from the others.

    Who may not see people gets figures without the links to them.
    """
    found: dict[bool, list[str]] = {True: [], False: []}
    for panel in desk.panels(context["cohort"].state):
        built = panel.build(context["cohort"])
        if not context["sees_people"]:
            built = without_links(built)
        found[panel.wide].append(render_to_string(panel.template, {**context, **built}, request))
    return found


def without_links(value: Any) -> Any:
    """The same with every `url` emptied, however deep it stands."""
    if isinstance(value, dict):
        return {key: "" if key == "url" else without_links(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_links(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type) and hasattr(value, "url"):
        return replace(value, url="")
    return value


def reader(request: HttpRequest) -> Person:
    """Who is signed in."""
    assert isinstance(request.user, Person)
    return request.user


def _tabs(request: HttpRequest, cohort: Cohort, granted: frozenset[Permission]) -> list[Link]:
    found = []
    for tab in desk.tabs():
        if tab.permission in granted:
            url = reverse(tab.url_name, args=[cohort.program.slug, cohort.slug])
            is_first = tab.url_name == "cohort_desk"
            current = request.path == url if is_first else request.path.startswith(url)
            found.append(Link(tab.label, url, current=current))
    return found
