"""A small call: two roles, every kind of question, few places."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.roles import Role
from participants.domain.skills import ensure_skills
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort, Offer, Program, Strand
from tests import factories as make

SKILLS = [("python", "Python", "Python"), ("writing", "Writing", "Rédaction"), ("budget", "Budget", "Budget")]


def texts(english: str, french: str = "") -> dict[str, str]:
    return {"en": english, "fr": french or english}


def question(key: str, kind: str, label: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": kind, "label": texts(label), **more}


def choices(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": texts(value.capitalize())} for value in values]


def skills(key: str, feeds: str) -> dict[str, Any]:
    listed = [{"value": slug, "label": texts(name, french)} for slug, name, french in SKILLS]
    return question(key, "skills", "Which skills?", choices=listed, feeds=feeds, required=True, max_choices=2)


MENTEE = {
    "pages": [
        {
            "key": "you",
            "title": texts("About you", "Vous"),
            "questions": [
                question(
                    "position",
                    "text",
                    "What do you do?",
                    feeds="position_summary",
                    required=True,
                    max_words=20,
                ),
                question("wants", "short", "What else?", visible_to="staff"),
            ],
        },
        {
            "key": "learn",
            "title": texts("What you want to learn"),
            "questions": [
                skills("sought", "skills_sought"),
                question("goals", "choices", "Your goals", choices=choices("lead", "grow"), feeds="goals"),
                question("contract", "choice", "Your contract", choices=choices("fixed", "open")),
                question("hours", "number", "Hours a month", min=1, max=20, feeds="hours_per_month"),
                question("remote", "yesno", "Do you work from home?"),
                question("sure", "scale", "How sure are you?"),
            ],
        },
        {
            "key": "mentors",
            "title": texts("Mentors you would like"),
            "questions": [question("wishes", "people", "Who?", feeds="wishes")],
        },
    ]
}
MENTOR = {
    "pages": [
        {
            "key": "work",
            "title": texts("Your work"),
            "questions": [
                question("position", "text", "What do you do?", feeds="position_summary", required=True),
                skills("offered", "skills_offered"),
                question("capacity", "number", "How many?", min=1, max=4, feeds="capacity", required=True),
                question(
                    "needs", "choices", "For what?", choices=choices("career", "technical"), feeds="needs"
                ),
                question("listed", "yesno", "May mentees find you?", feeds="listed", visible_to="everyone"),
            ],
        }
    ]
}
PAGES = {
    "you": {"position": "I run the beam line.", "wants": "Calm"},
    "learn": {
        "sought": {"python": 2},
        "goals": ["lead"],
        "contract": "fixed",
        "hours": 4,
        "remote": False,
        "sure": 4,
    },
    "mentors": {"wishes": []},
}


@dataclass
class Call:
    """An open call with its people."""

    program: Program
    cohort: Cohort
    strand: Strand
    offer: Offer
    manager: Person

    def person(self, **fields: Any) -> Person:
        return make.PersonFactory(**{"organization": self.program.owner, **fields})

    def enroll(self, state: str = "submitted", role: str = "mentee", **fields: Any) -> Enrollment:
        """One enrollment; those who hold a place are counted."""
        fields.setdefault("person", self.person())
        fields.setdefault("strand", self.strand)
        if state == "draft":
            fields.setdefault("submitted_at", None)
        if state in ("offered", "accepted", "waitlisted", "declined"):
            fields.setdefault("decided_at", timezone.now())
        row = make.EnrollmentFactory(cohort=self.cohort, role=role, state=state, **fields)
        if role == "mentee" and state in ("accepted", "offered", "completed"):
            self.offer.used += 1
            self.offer.save()
        return row

    def mentors(self, number: int, **fields: Any) -> list[Person]:
        return [self.enroll("accepted", role="mentor", **fields).person for _ in range(number)]

    def used(self) -> int:
        self.offer.refresh_from_db()
        return self.offer.used

    def staff(self, role: Role, **fields: Any) -> Person:
        return make.MembershipFactory(program=self.program, role=role, **fields).person

    def desk(self, rest: str = "") -> str:
        return f"/desk/{self.program.slug}/{self.cohort.slug}/people/{rest}"

    def form(self, rest: str = "") -> str:
        return f"/apply/{self.program.slug}/{self.cohort.slug}/{rest}"


def new_call(places: int = 2, **cohort: Any) -> Call:
    program = make.ProgramFactory(
        name="Meridian",
        labels={"en": {"mentee": "protégé", "mentees": "protégés"}},
        texts={"mentee": texts("Set the pace.")},
    )
    found = make.CohortFactory(program=program, **cohort)
    strand = make.StrandFactory(program=program, slug="pairs")
    offer = make.OfferFactory(cohort=found, strand=strand, places=places)
    for role, questions in (("mentee", MENTEE), ("mentor", MENTOR)):
        make.QuestionnaireFactory(program=program, purpose=role, key=role, questions=questions)
    manager = make.MembershipFactory(program=program, role=Role.MANAGER).person
    ensure_skills(program)
    return Call(program, found, strand, offer, manager)


def states(rows: Iterable[Enrollment]) -> list[str]:
    """The states in the database, in the order given."""
    by_pk = dict(Enrollment.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "state"))
    return [by_pk[row.pk] for row in rows]


def days(number: int) -> timedelta:
    return timedelta(days=number)
