"""Fill an empty database with the demo, by the code that users have: imports and domain verbs."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from django.db import connection
from django.db.models import F
from django.utils import timezone

from config.demo import finding, laboratory, university
from config.demo.accounts import ACCOUNTS
from config.demo.clock import at
from config.demo.files import keep
from config.demo.people import people_csv
from notifications.models import Message
from people.domain.accounts import make_operator
from people.domain.imports import import_people
from people.models import CareerEvent, Person

SEED = 2026
LEAST_RECENT = timedelta(
    days=13
)  # supervisors' links of these last days still go out, so that they can be clicked


def load() -> None:
    """Everything, within the caller's transaction. The same day gives the same demo."""
    today = timezone.localdate()
    rng = Random(SEED)  # noqa: S311
    files = dict(people_csv(today=today, seed=SEED))
    for name, content in files.items():
        with at(today - timedelta(days=560)):
            import_people(content=keep(name, content), file_name=name, by=None)
    operator = make_operator(email="olive.tran@example.org", full_name="Olive Tran")
    program = laboratory.make(today, rng, operator)
    taken = set(
        Person.objects.filter(email__in=[account["email"] for account in ACCOUNTS]).values_list(
            "pk", flat=True
        )
    )
    laboratory.last_year(program, today, rng, taken)
    _careers(files["laboratory.csv"], rng)
    laboratory.this_year(program, today, rng, taken)
    university.make(today, rng, operator)
    finding.next_round(program, today, rng, taken)
    _passwords()
    _deliver_the_past()


def _careers(content: bytes, rng: Random) -> None:
    """A second file from HR: some have been promoted or moved since, and a few have left."""
    lines = content.decode().splitlines()
    columns = lines[0].split(",")
    level, unit = columns.index("level"), columns.index("leave_date")
    changed = []
    for line in lines[1:]:
        cells = line.split(",")
        chance = rng.random()
        if chance < 0.06 and int(cells[level]) < 20:
            cells[level] = str(int(cells[level]) + 1)
        elif chance > 0.995 and int(cells[level]) < 18 and not cells[0].startswith("mira"):
            cells[unit] = (timezone.localdate() - timedelta(days=70)).isoformat()
        changed.append(",".join(cells))
    with at(timezone.localdate() - timedelta(days=100)):
        import_people(
            content=keep("laboratory-2.csv", "\n".join([lines[0], *changed]).encode()),
            file_name="laboratory-2.csv",
            by=None,
        )
    CareerEvent.objects.count()


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
    Message.objects.filter(state=Message.State.DRAFT, kind="matched").update(
        state=Message.State.SENT, sent_at=F("created_at"), attempts=1
    )
    connection.run_on_commit.clear()  # the sweep finds what is left; nobody needs ringing a thousand times
