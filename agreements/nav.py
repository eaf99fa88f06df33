"""Entries of the main navigation."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from agreements.models import Member
from core.nav import NavItem


def my_mentorships(request: HttpRequest) -> Iterable[tuple[int, NavItem]]:
    """For everybody who is or was in a mentorship."""
    if Member.objects.filter(person=request.user.pk).exists():
        url = reverse("my_mentorships")
        yield 20, NavItem(_("My mentorships"), url, current=request.path.startswith(url))
