"""Where a person stands, said on the home page: with whom they are in a mentorship."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from agreements.models import Member, Mentorship
from agreements.queries import mentorships_of, with_members
from people.models import Person
from programs.labels import word

MOST = 4  # further ones stand on their own page


def standing(person: Person) -> Iterable[SafeString]:
    """One sentence for each open mentorship, the partner's name linked."""
    open_ones = mentorships_of(person).exclude(state=Mentorship.State.ENDED).order_by("-starts_on", "-pk")
    for mentorship in with_members(open_ones)[:MOST]:
        for partner in mentorship.people:  # type: ignore[attr-defined]
            if partner.person_id != person.pk and _faces(partner, mentorship, person):
                yield _sentence(mentorship, partner)


def _faces(partner: Member, mentorship: Mentorship, person: Person) -> bool:
    """In a circle, mentees read of their mentor and not of each other."""
    own = next((m.side for m in mentorship.people if m.person_id == person.pk), "")  # type: ignore[attr-defined]
    return partner.side != own


def _sentence(mentorship: Mentorship, partner: Member) -> SafeString:
    name = format_html(
        '<a href="{}">{}</a>', reverse("mentorship", kwargs={"uid": mentorship.uid}), partner.person.name
    )
    side = word(mentorship.cohort.program, partner.side)
    return format_html(_("{name} is your {role}."), name=name, role=side)
