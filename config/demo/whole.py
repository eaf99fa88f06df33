"""Fill an empty database with the demo, by the code that users have: imports and domain verbs."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import cache
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from config.demo import finding, laboratory, university
from config.demo.accounts import ACCOUNTS
from config.demo.cast import Cast, draw
from config.demo.clock import at
from config.demo.files import keep
from config.demo.people import people_csv
from notifications.models import Message
from participants.domain.skills import ensure_skills
from people.domain.accounts import make_operator
from people.domain.imports import import_people
from people.models import Person
from programs.models import Program

SEED = 2026
THE_REST = """
import gc, sys, django
from datetime import date
gc.disable()
django.setup()
from config.demo.whole import the_rest
the_rest(date.fromisoformat(sys.argv[1]))
"""
OPERATOR = "olive.tran@example.org"
LEAST_RECENT = timedelta(
    days=13
)  # supervisors' links of these last days still go out, so that they can be clicked
STAFF = ("tomas.brandt@example.org",)  # of the story, besides those with an account


def load(*, at_once: bool = True) -> None:
    """Everything. The same day gives the same demo. `at_once` uses two cores, in two transactions.

    Raises RuntimeError if the other process fails. What an interrupted load left has to be removed before another.
    """
    today = timezone.localdate()
    with _part():
        for name, content in people_csv(today=today, seed=SEED):
            with at(today - timedelta(days=560)):
                import_people(content=keep(name, content), file_name=name, by=None)
        operator = make_operator(email=OPERATOR, full_name="Olive Tran")
        ensure_skills(
            laboratory.make(today, operator)
        )  # or the second process would wait for the first one's
    if at_once:
        with beside(THE_REST, today.isoformat()):
            this_year(today)
    else:
        the_rest(today)
        this_year(today)
    with _part():
        with at(today - timedelta(days=100)):
            name = "laboratory-2.csv"
            import_people(content=keep(name, _careers(today)[0]), file_name=name, by=None)
        _deliver_the_past()
        _passwords()


def loaded() -> bool:
    """Whether all of it is there: the accounts get their passwords last."""
    found = Person.objects.filter(email=OPERATOR).first()
    return found is not None and found.has_usable_password()


def this_year(today: date) -> None:
    """The cohort that most of the demo's pages show, and the next one, which knows who is a pair in it."""
    rng = Random(SEED)  # noqa: S311
    with _part():
        laboratory.this_year(_program(), today, rng, _cast(today))
        finding.next_round(_program(), today, rng, _cast(today))


def the_rest(today: date) -> None:
    """What needs nothing of this year: last year's cohort, and the university."""
    rng = Random(SEED + 1)  # noqa: S311
    with _part():
        laboratory.last_year(_program(), today, rng, _cast(today))
        university.make(today, rng, Person.objects.get(email=OPERATOR))


def _program() -> Program:
    return Program.objects.get(slug="meridian")


def _cast(today: date) -> Cast:
    besides = [*STAFF, *(account["email"] for account in ACCOUNTS)]
    return draw(Random(SEED), besides=besides, leaving=_careers(today)[1])  # noqa: S311


@cache
def _careers(today: date) -> tuple[bytes, list[str]]:
    """A second file from HR, and who leaves by it: some have been promoted since, and a few have left."""
    rng = Random(SEED)  # noqa: S311
    lines = dict(people_csv(today=today, seed=SEED))["laboratory.csv"].decode().splitlines()
    email, level, leave = (lines[0].split(",").index(name) for name in ("email", "level", "leave_date"))
    changed, leaving = [], []
    for line in lines[1:]:
        cells = line.split(",")
        chance = rng.random()
        if chance < 0.06 and int(cells[level]) < 20:
            cells[level] = str(int(cells[level]) + 1)
        elif chance > 0.995 and int(cells[level]) < 18 and not cells[email].startswith("mira"):
            cells[leave] = (today - timedelta(days=70)).isoformat()
            leaving.append(cells[email])
        changed.append(",".join(cells))
    return "\n".join([lines[0], *changed]).encode(), leaving


def _passwords() -> None:
    for account in ACCOUNTS:
        person = Person.objects.get(email=account["email"])
        person.set_password(account["password"])
        person.save(update_fields=["password"])


def _deliver_the_past() -> None:
    """Mails of the past count as sent. What a supervisor may still answer goes out for real, to the mailbox."""
    waiting = Message.objects.filter(state=Message.State.PENDING)
    fresh = waiting.filter(
        kind="agreement_approval", created_at__gte=timezone.now() - LEAST_RECENT, link__used_at=None
    )
    waiting.exclude(pk__in=fresh.values("pk")).update(
        state=Message.State.SENT, sent_at=F("created_at"), attempts=1
    )


@contextmanager
def _part() -> Iterator[None]:
    """All of it or nothing."""
    with transaction.atomic():
        yield
        connection.run_on_commit.clear()  # the sweep finds what is left; nobody needs ringing a thousand times


@contextmanager
def beside(code: str, *words: str) -> Iterator[None]:
    """Run this in another process meanwhile, and wait for it. Raises RuntimeError if it fails."""
    process = subprocess.Popen([sys.executable, "-c", code, *words], cwd=settings.BASE_DIR)
    try:
        yield
        if process.wait():
            raise RuntimeError("A part of the sample program could not be made; the words above say why.")
    finally:
        process.kill()
        process.wait()
