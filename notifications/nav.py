"""This app's entries in the main navigation."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.nav import NavItem
from notifications.mailbox import allowed


def own_pages(request: HttpRequest) -> Iterable[tuple[int, NavItem]]:
    """Your next steps for everybody; the mailbox where there is one."""
    home = reverse("home")
    yield 0, NavItem(_("Next steps"), home, current=request.path == home)
    if allowed():
        box = reverse("mailbox")
        yield 90, NavItem(_("Mailbox"), box, current=request.path.startswith(box))
