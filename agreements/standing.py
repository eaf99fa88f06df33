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
    """One sentence for those who are the same to this person, their names linked to the mentorship."""
    open_ones = mentorships_of(person).exclude(state=Mentorship.State.ENDED).order_by("-starts_on", "-pk")
    found: dict[tuple[str, str], list[SafeString]] = {}
    for mentorship in with_members(open_ones)[:MOST]:
        people: list[Member] = mentorship.people  # type: ignore[attr-defined]
        own = next((member.side for member in people if member.person_id == person.pk), "")
        url, program = reverse("mentorship", kwargs={"uid": mentorship.uid}), mentorship.cohort.program
        for partner in people:
            if partner.side != own:  # in a circle, mentees read of their mentor and not of each other
                words = word(program, partner.side), word(program, f"{partner.side}s")
                name = format_html('<a href="{}">{}</a>', url, partner.person.name)
                found.setdefault(words, []).append(name)
    for (role, roles), names in found.items():
        yield _sentence(names, role, roles)


def _sentence(names: Sequence[SafeString], role: str, roles: str) -> SafeString:
    if len(names) == 1:
        return format_html(_("{name} is your {role}."), name=names[0], role=role)
    start = format_html_join(", ", "{}", ([name] for name in names[:-1]))
    return format_html(_("{start} and {last} are your {roles}."), start=start, last=names[-1], roles=roles)
