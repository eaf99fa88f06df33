"""The desk in the main navigation."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.nav import NavItem
from programs.models import Membership


def desk(request: HttpRequest) -> Iterable[tuple[int, NavItem]]:
    """For people with a role in a program, and for operators, who make programs."""
    person = request.user
    if getattr(person, "is_operator", False) or Membership.objects.filter(person=person.pk).exists():
        yield 50, NavItem(_("Desk"), reverse("desk_home"), current=request.path.startswith("/desk/"))
