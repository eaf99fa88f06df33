"""Make a program from a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import Refused
from people.models import Organization, Person
from programs.domain.programs import create_program
from programs.program_files import ProgramFileError, read


class Command(BaseCommand):
    """`manage.py import_program file.yaml --name ... --slug ... --owner ... --manager ...`."""

    help = "Make a program from a program file, one of the shipped ones or your own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and what a file does not say."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", required=True)
        parser.add_argument("--slug", required=True, help="the program's address")
        parser.add_argument("--owner", required=True, help="slug of the organization")
        parser.add_argument("--manager", required=True, help="e-mail address of the first program manager")
        parser.add_argument("--timezone", default="", help="IANA name; the organization's without")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check everything, then make it."""
        owner = Organization.objects.filter(slug=options["owner"]).first()
        manager = Person.objects.filter(email=options["manager"].lower()).first()
        if owner is None or manager is None:
            raise CommandError(
                "there is no such organization" if owner is None else "nobody has this manager's address"
            )
        try:
            file = read(options["file"].read_text(encoding="utf-8"), options["file"].name)
            program = create_program(
                template=file,
                name=options["name"],
                slug=options["slug"],
                owner=owner,
                timezone=options["timezone"] or owner.timezone,
                by=manager,
            )
        except (OSError, ProgramFileError, Refused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"made the program {program.slug}")
