"""Accounts and what people decide for themselves."""

from __future__ import annotations

from django.db import transaction

from core.audit import record
from people.models import Person
from people.verbs import Verb


@transaction.atomic
def change_details(*, person: Person, preferred_name: str, language: str) -> Person:
    """Save a person's own choices."""
    locked = Person.objects.select_for_update().get(pk=person.pk)
    locked.preferred_name, locked.language = preferred_name, language
    locked.save(update_fields=["preferred_name", "language"])
    record(Verb.DETAILS_CHANGED, by=person, target=locked, data={"language": language})
    return locked


@transaction.atomic
def make_operator(*, email: str, full_name: str) -> Person:
    """Make somebody an operator, known before or not. They sign in by a code sent to the address."""
    person, new = Person.objects.get_or_create(
        email=email.strip().lower(), defaults={"full_name": full_name or email, "is_operator": True}
    )
    if new:
        person.set_unusable_password()
    person.is_operator = True
    person.save(update_fields=["is_operator", "password"])
    record(Verb.OPERATOR_MADE, by=None, target=person)
    return person
