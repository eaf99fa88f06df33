"""A run of the matching as the worker does it: from database rows to stored proposals with their reasons.

    python -m benchmarks.matching          # 115 and 5,000 people

Seeded, invented people in a database of its own, thrown away afterwards. Each run has a process of its own, so that
peak memory is its own.
"""

from __future__ import annotations

import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

SIZES = ((115, 90), (3000, 2000))  # mentees, mentors
BAR_MENTEES, BAR_SECONDS, BAR_MB = 3000, 15, 700


def make(mentees: int, mentors: int) -> None:
    """A cohort, and one past pair for every ten people."""
    from benchmarks.people import make_cohort
    from matching.domain.pairs import past_pair
    from matching.models import PastPair
    from people.models import Organization, Person
    from programs.models import Program

    owner = Organization.objects.create(name=f"Benchmark {mentees}", slug=f"bench-{mentees}")
    program = Program.objects.create(
        name="Benchmark", slug=f"bench-{mentees}", template="laboratory", owner=owner
    )
    make_cohort(program, mentees, mentors, slug=f"b{mentees}")
    ids = list(Person.objects.filter(organization=owner).order_by("pk").values_list("pk", flat=True))
    dice = random.Random(1)
    pairs = {frozenset(dice.sample(ids, 2)) for _ in range(len(ids) // 10)}
    PastPair.objects.bulk_create(past_pair(*pair) for pair in pairs)


def run(mentees: int) -> None:
    """One run, with the seconds of each stage."""
    from matching.domain import execution
    from matching.domain.runs import request_run
    from people.models import Person
    from programs.models import Cohort

    entered: list[tuple[str, float]] = []
    enter = execution.enter

    def watched(run: object, stage: str, more: int = 0) -> None:
        if not more:
            entered.append((stage, time.perf_counter()))
        enter(run, stage, more)  # type: ignore[arg-type]

    execution.enter = watched
    by = Person.objects.order_by("pk").first()
    assert by is not None
    asked = request_run(cohort=Cohort.objects.get(slug=f"b{mentees}"), by=by)
    begin = time.perf_counter()
    execution.execute_run(asked.pk)
    end = time.perf_counter()
    asked.refresh_from_db()
    assert asked.state == "certified", (asked.state, asked.problem)
    numbers = asked.numbers
    print(f"{numbers['mentees']} mentees, {numbers['mentors']} mentors, {numbers['places']} places")
    print(
        f"  matched   {numbers['covered']} people, {numbers['pairs']} pairs, median fit {numbers['median']}"
    )
    for (stage, start), (_next, stop) in zip(entered, [*entered[1:], ("", end)], strict=True):
        print(f"  {stage:<10}{stop - start:8.2f} s")
    print(f"  together  {end - begin:8.2f} s")
    worker, solver = (
        resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"  memory    {worker:8d} MB of the worker, {solver} MB of the solver's process (peaks)")
    if numbers["mentees"] >= BAR_MENTEES:
        for name, value, bar in (("seconds", end - begin, BAR_SECONDS), ("MB", worker, BAR_MB)):
            print(f"  {'pass' if value < bar else 'MISS'}      {value:.1f} {name}, under {bar} is wanted")


def child(word: str, mentees: int, mentors: int) -> None:
    """One step, in the database that the parent has up."""
    import django

    django.setup()
    if word == "migrate":
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
    elif word == "make":
        make(mentees, mentors)
    else:
        run(mentees)


def machine() -> str:
    """Processor, cores and versions."""
    info = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in ("django", "numpy", "ortools"))
    where = models[0] if models else platform.machine()
    return f"{where}, {os.cpu_count()} cores; Python {platform.python_version()}, {packages}"


def main() -> None:
    """Each size after the other."""
    if len(sys.argv) > 1:
        child(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
        return
    from core.embedded.services import running

    print(machine(), flush=True)
    with tempfile.TemporaryDirectory() as var:
        steps = [("migrate", 0, 0), *((word, *size) for size in SIZES for word in ("make", "run"))]
        settings = {"ITHACA_VAR": var, "DJANGO_SETTINGS_MODULE": "config.settings.test", "LOG_LEVEL": "ERROR"}
        with running(Path(var), durable=False):
            for step in steps:
                subprocess.run(
                    [sys.executable, "-m", "benchmarks.matching", *map(str, step)],
                    check=True,
                    env={**os.environ, **settings},
                )


if __name__ == "__main__":
    main()
