"""An invented cohort of any size, the same for the same seed, inserted in bulk."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from participants.models import Enrollment, Skill, SkillClaim, Wish
from people.models import Organization, Person, Unit
from programs.models import Cohort, Program, Strand

DIRECTORATES = (
    "Computing",
    "Energy systems",
    "Operations",
    "Physical sciences",
    "Life sciences",
    "Facilities",
)
GIVEN = (
    "Mira Dana Ade Lena Sam Noor Tomas Ines Kofi Hana Ravi Elif Jonas Maya Omar Greta Luca Amina Piotr Yuki "
    "Clara Diego Freya Idris Jana Karim Lucia Milan Nadia Oskar Petra Rosa Sven Tara Ugo Vera Wei Xenia Yara Zoe"
).split()
FAMILY = (
    "Kovac Whitfield Okafor Ruiz Adeyemi Haddad Brandt Moreau Mensah Sato Nair Demir Lindqvist Fischer Farouk "
    "Novak Rossi Diallo Kowalski Tanaka Weber Alvarez Hansen Bello Horak Saleh Romero Petrov Haas Berg"
).split()
SKILLS = (
    "Data engineering|Leading a team|Scientific writing|Statistics|Project management|Budget and finance|"
    "Giving talks|Machine learning|Negotiation|Safety|Procurement|Grant writing|Software design|Materials|"
    "Strategy|Communication|Modeling|Hiring|Facilitation|Energy markets"
).split("|")
GOALS = ("management", "promotion", "network", "confidence", "technical-depth", "change-of-field")
LANGUAGES = (["en"], ["en"], ["en", "fr"], ["en", "de"], ["fr"], ["en", "es"])
ZONES = ("UTC", "UTC", "UTC", "Europe/Paris", "America/New_York")
PLACES = ("Main campus", "Main campus", "North site", "Harbor site")
TITLES = ("Engineer", "Scientist", "Analyst", "Group leader")
MEDIA = ("in_person", "video", "phone", "email")
SLOTS = tuple(f"{day}-{half}" for day in ("mon", "tue", "wed", "thu", "fri") for half in ("am", "pm"))


def make_cohort(program: Program, mentees: int, mentors: int, *, slug: str = "2026", seed: int = 7) -> Cohort:
    """Accepted mentees and mentors with profiles, supervisors, skills and wishes, ready to be matched."""
    dice = random.Random(seed)
    strand = Strand.objects.get_or_create(
        program=program, slug="one-to-one", defaults={"name": {"en": "One to one"}}
    )[0]
    today = timezone.localdate()
    cohort = Cohort.objects.create(
        program=program, slug=slug, name="Cohort 2026", state=Cohort.State.MATCHING,
        call_opens_on=today - timedelta(days=60), call_closes_on=today - timedelta(days=20),
        starts_on=today + timedelta(days=12), ends_on=today + timedelta(days=377),
    )  # fmt: skip
    people = _people(dice, program.owner, mentees + mentors, slug)
    seniors, juniors = people[:mentors], people[mentees * -1 :]
    for person in juniors:
        person.level, person.supervisor = dice.randint(8, 16), dice.choice(seniors)
    for person in seniors:
        person.level = dice.randint(13, 24)
    Person.objects.bulk_update(people, ["level", "supervisor"], batch_size=2000)
    enrolled = [_enrollment(dice, cohort, strand, person, "mentee") for person in juniors]
    enrolled += [_enrollment(dice, cohort, strand, person, "mentor") for person in seniors]
    Enrollment.objects.bulk_create(enrolled, batch_size=2000)
    _skills(dice, program, enrolled)
    _wishes(dice, enrolled[:mentees], seniors)
    return cohort


def _people(dice: random.Random, owner: Organization, count: int, mark: str) -> list[Person]:
    tops = [
        Unit.objects.get_or_create(organization=owner, path=name, defaults={"name": name})[0]
        for name in DIRECTORATES
    ]
    taken: dict[str, int] = {}
    rows = []
    for number in range(count):
        name = f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}"
        taken[name] = taken.get(name, 0) + 1
        rows.append(
            Person(
                email=f"{mark}-{number}@example.org", password="!", organization=owner, unit=dice.choice(tops),
                full_name=name if taken[name] == 1 else f"{name} {taken[name]}", languages=dice.choice(LANGUAGES),
                timezone=dice.choice(ZONES), location=dice.choice(PLACES), job_title=dice.choice(TITLES),
            )
        )  # fmt: skip
    return Person.objects.bulk_create(rows, batch_size=2000)


def _enrollment(dice: random.Random, cohort: Cohort, strand: Strand, person: Person, role: str) -> Enrollment:
    senior = role == "mentor"
    return Enrollment(
        cohort=cohort, strand=strand, person=person, role=role, state=Enrollment.State.ACCEPTED,
        submitted_at=timezone.now(), capacity=dice.choice((1, 1, 2)) if senior else 1,
        left_out_before=not senior and dice.random() < 0.08, goals=dice.sample(GOALS, dice.randint(1, 3)),
        media=dice.sample(MEDIA, dice.randint(1, 3)), availability=dice.sample(SLOTS, dice.randint(3, 6)),
        position_summary="I look after the data platform and the three people who keep it going." if senior
        else "I run the day-to-day of a small instrument team.",
        experience="Ten years in projects between research and operations, two of them abroad." if senior else "",
        expectations="" if senior else "Somebody who has made the step I am thinking about.",
        career_goals="" if senior else "To lead a group within three years.",
    )  # fmt: skip


def _skills(dice: random.Random, program: Program, enrolled: Sequence[Enrollment]) -> None:
    slugs = {name.lower().replace(" ", "-"): name for name in SKILLS}
    Skill.objects.bulk_create(
        [Skill(program=program, slug=slug, name={"en": name}) for slug, name in slugs.items()],
        ignore_conflicts=True,
    )
    skills = list(Skill.objects.filter(program=program).order_by("pk"))
    SkillClaim.objects.bulk_create(
        [
            SkillClaim(enrollment=row, skill=skill, direction=direction, level=dice.randint(1, 3))
            for row in enrolled
            for direction, most in [("offers", 7) if row.role == "mentor" else ("seeks", 4)]
            for skill in dice.sample(skills, dice.randint(2, most))
        ],
        batch_size=5000,
    )


def _wishes(dice: random.Random, mentees: Sequence[Enrollment], seniors: Sequence[Person]) -> None:
    Wish.objects.bulk_create(
        [
            Wish(enrollment=row, rank=rank, mentor=mentor)
            for row in mentees
            if dice.random() < 0.45
            for rank, mentor in enumerate(
                dice.sample(list(seniors), min(len(seniors), dice.randint(1, 3))), start=1
            )
        ],
        batch_size=5000,
    )
