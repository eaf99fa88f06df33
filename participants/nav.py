"""Entries of the main navigation."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.nav import NavItem
from participants.models import Enrollment


def my_applications(request: HttpRequest) -> Iterable[tuple[int, NavItem]]:
    """For everybody who has ever applied."""
    if Enrollment.objects.filter(person=request.user.pk).exists():
        url = reverse("my_applications")
        yield 40, NavItem(_("My applications"), url, current=request.path.startswith(url))
