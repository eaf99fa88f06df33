"""How allauth meets our people."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from people.models import Person


class AccountAdapter(DefaultAccountAdapter):
    """Accounts come from the people import: nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """People are brought in; they set their password or sign in by a mailed code."""
        return False


def display(person: Person) -> Any:
    """What a signed-in person is called."""
    return person.name
