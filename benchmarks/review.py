"""The review of a run at 5,000 pairs beside one of 50: seconds of processor time, queries, and their ratio in one run.

    python -m benchmarks.review            # 5,000 against 50
    python -m benchmarks.review 20000

Seeded, invented people in a database of its own, thrown away afterwards. The pages are asked for through the whole
stack, in turn, so that both meet the same machine.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.matching import machine

if TYPE_CHECKING:
    from matching.models import Run
    from people.models import Person

SMALL, LARGE = 50, 5000
ROUNDS = 15
ADDRESSES = {
    "first page": "",
    "last page": "?page=9999",
    "best fit first": "?sort=high",
    "by name": "?sort=mentee",
    "search": "?q=an",
    "low fit": "?show=low",
    "one directorate": "?mentee_unit={unit}",
    "locked": "?show=locked",
}


def make(pairs: int) -> tuple[object, str, int]:
    """A certified run of so many pairs, its reviewer, its address, a directorate of it."""
    from django.urls import reverse

    from benchmarks.people import make_cohort
    from matching.models import Run
    from people.models import Organization, Person
    from programs.models import Membership, Program

    owner = Organization.objects.create(name=f"Review {pairs}", slug=f"review-{pairs}")
    program = Program.objects.create(
        name=f"Review {pairs}", slug=f"review-{pairs}", template="laboratory", owner=owner
    )
    cohort = make_cohort(program, pairs, pairs, slug=f"r{pairs}")
    manager = Person.objects.create_user(f"manager{pairs}@example.org")
    Membership.objects.create(program=program, person=manager, role="manager")
    numbers = {
        "mentees": pairs, "mentors": pairs, "places": pairs, "covered": pairs, "pairs": pairs, "total": 0,
        "mean": 60, "median": 60, "lowest": 20, "wishers": 0, "wishes": {}, "locked": 0, "left_out_before": 0,
        "left_out_served": 0, "new": 0, "in_circles": {},
    }  # fmt: skip
    run = Run.objects.create(
        cohort=cohort, number=1, state=Run.State.CERTIFIED, numbers=numbers, certificate={"ok": True}
    )
    first = fill(run, manager)
    unit = Person.objects.filter(pk=first).values_list("unit__top_id", "unit_id").get()
    return manager, reverse("matching_run", args=[program.slug, cohort.slug, 1]), unit[0] or unit[1] or 0


def fill(run: Run, manager: Person) -> int:
    """Pairs with flags, one in twenty of them locked; the first mentee's person."""
    from matching.flags import FLAGS
    from matching.models import Lock, Outlook, Proposal
    from participants.models import Enrollment

    people = Enrollment.objects.filter(cohort=run.cohort).order_by("pk")
    sides = [list(people.filter(role=role)) for role in ("mentee", "mentor")]
    dice, names, two = random.Random(1), list(FLAGS), list(zip(*sides, strict=False))
    parts = [
        {"criterion": "goals", "share": 30, "points": 30, "most": 70, "facts": {"matched": ["lead"]}},
        {"criterion": "level", "share": 30, "points": 30, "most": 40, "facts": {"gap": 4}},
    ]
    Proposal.objects.bulk_create(
        Proposal(
            run=run, mentee=mentee, mentor=mentor, score=dice.randint(20, 95), parts=parts,
            flags=dice.sample(names, dice.randint(0, 3)),
        )
        for mentee, mentor in two
    )  # fmt: skip
    Outlook.objects.bulk_create(Outlook(run=run, enrollment=row) for side in sides for row in side)
    Lock.objects.bulk_create(
        Lock(cohort=run.cohort, mentee=mentee, mentor=mentor, by=manager) for mentee, mentor in two[::20]
    )
    return sides[0][0].person_id


def ask(client: object, address: str) -> tuple[float, int]:
    """Wall seconds of one page and its queries; the database's time counts, so it is not processor time."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext

    reset_queries()  # the log of queries ends at some thousands
    with CaptureQueriesContext(connection) as counted:
        start = time.perf_counter()
        answer = client.get(address)  # type: ignore[attr-defined]
        seconds = time.perf_counter() - start
    assert answer.status_code == 200, answer.status_code
    return seconds, len(counted)


def compare(sizes: tuple[int, int]) -> bool:
    """Print each address at both sizes; whether all stay under three times."""
    from django.db import connection
    from django.test import Client

    worlds = [make(size) for size in sizes]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    clients = [Client() for _world in worlds]
    for client, (manager, _address, _unit) in zip(clients, worlds, strict=True):
        client.force_login(manager)
    print(f"{'page':18} {sizes[0]:>8,} {sizes[1]:>8,}   ratio  queries")
    good = True
    for name, query in ADDRESSES.items():
        found: tuple[list[float], list[float]] = ([], [])
        queries = [0, 0]
        for _round in range(ROUNDS):
            for place, (_manager, address, unit) in enumerate(worlds):
                seconds, queries[place] = ask(clients[place], address + query.format(unit=unit))
                found[place].append(seconds)
        small, large = (median(values) for values in found)
        good &= large < 3 * small
        print(
            f"{name:18} {1000 * small:5.0f} ms {1000 * large:5.0f} ms  {large / small:6.2f}  {queries[0]}, {queries[1]}"
        )
    return good


def main() -> int:
    """Start a database of our own and measure in it."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else LARGE
    with tempfile.TemporaryDirectory() as var:
        os.environ |= {
            "ITHACA_VAR": var,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
        }
        from core.embedded.services import running

        with running(Path(var), durable=False):
            import django

            django.setup()
            from django.conf import settings
            from django.core.management import call_command

            # What watches the tests would be measured too; the log would drown the figures.
            watchers = ("zeal", "tests", "django_structlog")
            settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith(watchers)]
            call_command("migrate", verbosity=0)
            print(machine(), flush=True)
            return 0 if compare((SMALL, size)) else 1


if __name__ == "__main__":
    sys.exit(main())
