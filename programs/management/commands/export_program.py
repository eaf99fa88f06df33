"""Write a program to a file."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from programs.domain.export import export_program
from programs.models import Program
from programs.program_files import write


class Command(BaseCommand):
    """`manage.py export_program <address> > file.yaml`: what `import_program` makes an equal program from."""

    help = "Write a program's words, policy, strands, questions and criteria as one file to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The program's address."""
        parser.add_argument("program", help="the program's address (the part after /desk/)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        program = Program.objects.filter(slug=options["program"]).first()
        if program is None:
            raise CommandError(f"there is no program {options['program']}")
        self.stdout.write(write(export_program(program)), ending="")
