from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from core.errors import Refused
from core.uploads import Unreadable, read_csv
from people.domain.imports import import_people
from people.rows import COLUMNS


class Command(BaseCommand):
    help = "Bring in people from a CSV file. Changes nothing if any row has a problem. Columns: " + ", ".join(
        COLUMNS
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file."""
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply the file as a whole, with a progress bar; fails with every problem by row and column."""
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        content = path.read_bytes()
        lines = _people_in(content)
        with tqdm(total=lines, unit=" people", disable=options["verbosity"] == 0) as bar:

            def progress(done: int) -> None:
                bar.update(done - int(bar.n))

            try:
                applied = import_people(content=content, file_name=path.name, by=None, progress=progress)
            except Refused as refused:
                raise CommandError(f"{refused.message}\n{refused.hint}") from None
            progress(lines)
        counts = applied.counts
        events = ", ".join(f"{number} {kind}" for kind, number in sorted(counts["events"].items())) or "none"
        self.stdout.write(
            f"{counts['new']} new, {counts['changed']} changed, {counts['same']} as before. Career events: {events}."
        )


def _people_in(content: bytes) -> int:
    try:
        return sum(1 for _ in read_csv(content)[1])
    except Unreadable:  # told with its row when the file is read
        return 0
