"""Entries of the main navigation."""

from collections.abc import Iterable

from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from core.nav import NavItem
from participants.models import Enrollment, Introduction
from participants.queries import introductions_of, may_browse, may_introduce
from people.models import Person


def own_pages(request: HttpRequest) -> Iterable[tuple[int, NavItem]]:
    """For everybody who has ever applied; whoever has not is asked about once, on every page there is."""
    person = request.user
    assert isinstance(person, Person)
    if Enrollment.objects.filter(person=person.pk).exists():
        yield from _matching_ways(request, person)
        url = reverse("my_applications")
        yield 40, NavItem(_("My applications"), url, current=request.path.startswith(url))


def _matching_ways(request: HttpRequest, person: Person) -> Iterable[tuple[int, NavItem]]:
    """The directory for mentees who may look; introductions for whoever has or can begin one. Three queries."""
    if may_browse(person).exists():
        url = reverse("mentors")
        yield 30, NavItem(_("Mentors"), url, current=request.path.startswith(url))
    asked_me = Q(asked_by="mentor", mentee__person=person) | Q(asked_by="mentee", mentor__person=person)
    to_answer = Count("pk", filter=asked_me & Q(state=Introduction.State.ASKED))
    mine = introductions_of(person).order_by().aggregate(all=Count("pk"), to_answer=to_answer)
    if mine["all"] or may_introduce(person).exists():
        url = reverse("my_introductions")
        yield 35, NavItem(_("Introductions"), url, request.path.startswith(url), count=mine["to_answer"])
