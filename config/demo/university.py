"""Porthaven Together: a university with three partner institutes.

A call with 55 applications for 20 places, and circles of doctoral candidates formed by a run and not published yet.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from config.demo import running
from config.demo.applications import application, as_csv
from config.demo.clock import at
from config.demo.files import keep
from config.demo.laboratory import person
from config.demo.people import PARTNERS, UNIVERSITY
from core.dates import add_months
from core.roles import Role
from participants.domain.import_checks import read_rows
from participants.domain.imports import import_applications
from people.models import Organization, Person
from programs.domain import cohorts
from programs.domain.programs import add_member, create_program
from programs.models import Cohort, Program, Questionnaire

DAY = timedelta(days=1)
PLACES = {"permanent": 6, "non-permanent": 8, "circles": 6}
APPLICATIONS = {"permanent": 14, "non-permanent": 23, "circles": 18}
MENTORS = {"permanent": 7, "non-permanent": 10, "circles": 5}
DOCTORAL, HOSTS = 22, 6  # of the circles that are formed already


def make(today: date, rng: Random, operator: Person) -> Cohort:
    """The program, its staff, and its open call."""
    jules = person("jules.perrin")
    with at(today - 60 * DAY):
        program = create_program(
            template="university",
            name="Porthaven Together",
            slug="porthaven",
            owner=Organization.objects.get(name=UNIVERSITY),
            by=None,
            timezone="Europe/Paris",
        )
        program.partners.set(Organization.objects.filter(name__in=PARTNERS))
        add_member(program=program, person=jules, role=Role.MANAGER, by=operator)
        starts = today + 45 * DAY
        made = cohorts.create_cohort(
            program=program,
            name=f"Round {starts.year}",
            slug=f"round-{starts.year}",
            dates={
                "call_opens_on": today - 20 * DAY,
                "call_closes_on": today + 10 * DAY,
                "starts_on": starts,
                "ends_on": add_months(starts, 12) - DAY,
            },
            places={strand.pk: PLACES[strand.slug] for strand in program.strands.all()},
            by=jules,
        )
    with at(today - 20 * DAY):
        cohorts.open_call(cohort=made, by=jules)
    _apply(made, rng, today, jules)
    _circles(program, today, jules)
    return made


def _circles(program: Program, today: date, jules: Person) -> None:
    """Circles before the round: everyone accepted, one run done and ready for review."""
    rng = Random("circles")  # noqa: S311 - of its own, so that the rest of the demo tells the same story
    starts = today + 14 * DAY
    strand = program.strands.get(slug="circles")
    with at(today - 50 * DAY):
        made = cohorts.create_cohort(
            program=program,
            name=f"Doctoral circles {starts.year}",
            slug=f"circles-{starts.year}",
            dates={
                "call_opens_on": today - 45 * DAY,
                "call_closes_on": today - 10 * DAY,
                "starts_on": starts,
                "ends_on": add_months(starts, 12) - DAY,
            },
            places={strand.pk: DOCTORAL},
            by=jules,
        )
        cohorts.open_call(cohort=made, by=jules)
    forms = {form.purpose: form for form in Questionnaire.objects.filter(program=program)}
    pool = list(Person.objects.filter(organization__name__in=[UNIVERSITY, *PARTNERS]).order_by("email"))
    doctoral = [one for one in pool if one.contract_type == "doctoral"]
    seniors = [one for one in pool if (one.level or 0) >= 17]
    rows = [
        application(rng, forms["mentee"], one, "circles", "accepted")
        for one in rng.sample(doctoral, DOCTORAL)
    ]
    for one in rng.sample(seniors, HOSTS):
        row = application(rng, forms["mentor"], one, "circles", "accepted")
        rows.append({**row, "capacity": str(rng.choice((5, 6, 8)))})
    content = keep("circle-applications.csv", as_csv(rows))
    with at(today - 9 * DAY):
        import_applications(cohort=made, rows=read_rows(content), by=jules)
        cohorts.close_call(cohort=made, by=jules)
        cohorts.start_matching(cohort=made, by=jules)
    with at(today - DAY):
        running.match(made, jules)


def _apply(made: Cohort, rng: Random, today: date, jules: Person) -> None:
    forms = {form.purpose: form for form in Questionnaire.objects.filter(program=made.program_id)}
    names = [UNIVERSITY, *PARTNERS]
    staff = Person.objects.filter(organization__name__in=names).exclude(
        email__in=[jules.email, "claire.fontaine@example.org"]
    )
    everyone = list(staff.select_related("supervisor").order_by("email"))
    rng.shuffle(everyone)
    rows = []
    seniors = [one for one in everyone if (one.level or 0) >= 17]
    for slug, number in MENTORS.items():
        rows += [application(rng, forms["mentor"], seniors.pop(), slug, "submitted") for _ in range(number)]
    contracts = {"permanent": ("permanent",), "non-permanent": ("fixed-term",), "circles": ("doctoral",)}
    for slug, number in APPLICATIONS.items():
        fits = [
            one
            for one in everyone
            if one.contract_type in contracts[slug] and one in seniors + _juniors(everyone)
        ]
        for one in fits[:number]:
            rows.append(application(rng, forms["mentee"], one, slug, "submitted"))
    content = keep("round-applications.csv", as_csv(rows))
    with at(today - 6 * DAY):
        import_applications(cohort=made, rows=read_rows(content), by=jules)


def _juniors(everyone: list[Person]) -> list[Person]:
    return [one for one in everyone if (one.level or 0) < 17]
