from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email

from people.domain.accounts import make_operator
from people.models import Person


class Command(BaseCommand):
    help = "Make somebody an operator: they bring in people and create programs in the browser."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whom."""
        parser.add_argument("email")
        parser.add_argument("--name", default="")
        parser.add_argument(
            "--password", action="store_true", help="ask for a password (else they sign in by e-mailed code)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Idempotent: a second call changes nothing but the password, if asked."""
        try:
            validate_email(options["email"])
        except ValidationError:
            raise CommandError(f"{options['email']} is not an e-mail address.") from None
        password = _asked(options["email"]) if options["password"] else ""
        person = make_operator(email=options["email"], full_name=options["name"])
        if password:
            person.set_password(password)
            person.save(update_fields=["password"])
        self.stdout.write(f"{person.email} is an operator and can sign in.")


def _asked(email: str) -> str:
    """A password that is strong enough. Raises CommandError for another one."""
    password = getpass("Password: ")
    try:
        validate_password(password, Person(email=email))
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from None
    return password
