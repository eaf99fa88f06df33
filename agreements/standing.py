"""Where a person stands, said on the home page: with whom they are in a mentorship."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from agreements.models import Member, Mentorship
from agreements.queries import mentorships_of, with_members
from people.models import Person
from programs.labels import word

MOST = 4  # further ones stand on their own page


def standing(person: Person) -> Iterable[SafeString]:
    """One sentence for each open mentorship, the partners' names linked."""
    open_ones = mentorships_of(person).exclude(state=Mentorship.State.ENDED).order_by("-starts_on", "-pk")
    for mentorship in with_members(open_ones)[:MOST]:
        people: list[Member] = mentorship.people  # type: ignore[attr-defined]
        partners = [row for row in people if row.person_id != person.pk and _faces(row, mentorship, person)]
        if partners:
            yield _sentence(mentorship, partners)


def _faces(partner: Member, mentorship: Mentorship, person: Person) -> bool:
    """In a circle, mentees read of their mentor and not of each other."""
    own = next((m.side for m in mentorship.people if m.person_id == person.pk), "")  # type: ignore[attr-defined]
    return partner.side != own


def _sentence(mentorship: Mentorship, partners: Sequence[Member]) -> SafeString:
    """All partners stand on one side."""
    url, (first, *rest) = reverse("mentorship", kwargs={"uid": mentorship.uid}), partners
    names = [format_html('<a href="{}">{}</a>', url, partner.person.name) for partner in partners]
    if not rest:
        return format_html(
            _("{name} is your {role}."), name=names[0], role=word(mentorship.cohort.program, first.side)
        )
    start = format_html_join(", ", "{}", ([name] for name in names[:-1]))
    roles = word(mentorship.cohort.program, f"{first.side}s")
    return format_html(_("{start} and {last} are your {roles}."), start=start, last=names[-1], roles=roles)
