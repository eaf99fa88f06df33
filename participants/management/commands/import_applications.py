"""Bring in applications from a CSV file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from core.errors import Refused
from participants.domain.import_checks import Rows, read_rows
from participants.domain.imports import FaultyFile, import_applications, plan_import
from people.models import Person
from programs.models import Cohort


class Command(BaseCommand):
    """All rows or none; see docs/managers/import-applications.md for the columns."""

    help = "Bring in applications from a CSV file: all rows or none."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which cohort, which file, on whose behalf."""
        parser.add_argument("cohort", help="address of the cohort, as cohort or program/cohort")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--by", default="", help="e-mail of the person who answers for it, for the audit trail"
        )
        parser.add_argument("--check", action="store_true", help="say what would happen, change nothing")

    def handle(self, *, cohort: str, file: Path, by: str, check: bool, **_options: Any) -> None:
        """Read, check, write; problems go to standard error by row and column."""
        found = self._cohort(cohort)
        person = Person.objects.filter(email=by.lower()).first() if by else None
        if by and person is None:
            raise CommandError(f"Nobody with the address {by} is known.")
        try:
            rows = read_rows(file.read_bytes())
            self.stdout.write(self._check(found, rows) if check else self._import(found, rows, person))
        except OSError as error:
            raise CommandError(f"The file cannot be read: {error}") from None
        except FaultyFile as fault:
            for problem in fault.problems:
                self.stderr.write(f"row {problem.row}, {problem.column or 'file'}: {problem.message}")
            raise CommandError(f"{fault.message} Nothing was changed.") from None
        except Refused as refusal:
            raise CommandError(f"{refusal.message} {refusal.hint}".strip()) from None

    def _cohort(self, address: str) -> Cohort:
        program, _slash, slug = address.rpartition("/")
        rows = Cohort.objects.filter(slug=slug).select_related("program")
        found = list(rows.filter(program__slug=program) if program else rows)
        if len(found) != 1:
            several = f"Several programs have a cohort {slug}: say program/{slug}."
            raise CommandError(several if found else f"There is no cohort {address}.")
        return found[0]

    def _check(self, cohort: Cohort, rows: Rows) -> str:
        plan = plan_import(cohort=cohort, rows=rows, watch=partial(tqdm, unit="row"))
        if plan.problems:
            raise FaultyFile(plan.problems)
        return f"{plan.new} new, {plan.changed} changed, {plan.decided} decided already. Nothing was changed."

    def _import(self, cohort: Cohort, rows: Rows, by: Person | None) -> str:
        done = import_applications(cohort=cohort, rows=rows, by=by, watch=partial(tqdm, unit="row"))
        return f"{done.new} new, {done.changed} changed, {done.decided} decided already and left alone."
