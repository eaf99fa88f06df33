"""How long bringing in 50,000 people takes: the first time, again unchanged, and again with one in ten changed.

python -m benchmarks.imports           # 50,000
python -m benchmarks.imports 5000
"""

from __future__ import annotations

import os
import resource
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

PEOPLE = 50_000


def rows(number: int, *, promoted: int = 0) -> bytes:
    """A file of invented people below a pyramid of supervisors; every `promoted`-th is a level higher."""
    lines = [
        "email,name,organization,unit_path,job_title,level,location,time_zone,languages,supervisor_email"
    ]
    for n in range(number):
        level = 30 - min(29, n.bit_length() * 2) + (1 if promoted and n % promoted == 0 else 0)
        above = f"p{(n - 1) // 12}@example.org" if n else ""
        unit = f"Directorate {n % 9} / Division {n % 63}"
        lines.append(
            f"p{n}@example.org,Person {n},Meridian,{unit},Title {n % 40},{level},North,UTC,en fr,{above}"
        )
    return "\n".join(lines).encode()


def main(number: int) -> int:
    """Run the three imports in a database of their own; prints seconds and rows a second."""
    import django
    from django.core.management import call_command

    django.setup()
    from people.domain.imports import import_people

    call_command("migrate", verbosity=0)
    runs = (
        ("new", rows(number)),
        ("unchanged", rows(number)),
        ("one in ten changed", rows(number, promoted=10)),
    )
    for what, content in runs:
        start = time.perf_counter()
        applied = import_people(content=content, file_name="people.csv", by=None)
        seconds = time.perf_counter() - start
        counts = {name: applied.counts[name] for name in ("new", "changed", "same")}
        print(f"{number:,} people, {what}: {seconds:.1f} s, {number / seconds:,.0f} a second, {counts}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    with TemporaryDirectory() as folder:
        os.environ["ITHACA_VAR"] = folder
        from core import embedded

        with embedded.running(Path(folder)):
            code = main(int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE)
    sys.exit(code)
