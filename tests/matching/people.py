"""Small cohorts for the tests: people by name, so that a test reads like the case it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from matching.domain.execution import execute_run
from matching.domain.runs import request_run
from matching.models import Run
from participants.models import Enrollment, SkillClaim, Wish
from people.models import Person
from programs.models import Cohort, Program, Strand
from tests.factories import (
    CohortFactory,
    EnrollmentFactory,
    MembershipFactory,
    PersonFactory,
    ProgramFactory,
    SkillFactory,
    StrandFactory,
)


@dataclass
class World:
    """A cohort that is being matched, and its manager."""

    program: Program
    cohort: Cohort
    strand: Strand
    manager: Person

    def join(
        self, name: str, role: str, *, person: dict[str, Any] | None = None, **fields: Any
    ) -> Enrollment:
        """Somebody new, accepted in the cohort."""
        fields = {"cohort": self.cohort, "strand": self.strand, **fields}
        return EnrollmentFactory(person=PersonFactory(full_name=name, **(person or {})), role=role, **fields)

    def mentee(self, name: str = "Mira Kovac", **fields: Any) -> Enrollment:
        """An accepted mentee."""
        return self.join(name, "mentee", **fields)

    def mentor(self, name: str = "Dana Whitfield", **fields: Any) -> Enrollment:
        """An accepted mentor."""
        return self.join(name, "mentor", **fields)

    def run(self, **fields: Any) -> Run:
        """A run, done."""
        run = request_run(cohort=self.cohort, by=self.manager, **fields)
        execute_run(run.pk)
        run.refresh_from_db()
        return run


def world(**program: Any) -> World:
    """An empty cohort at the stage of matching."""
    made = ProgramFactory(**program)
    cohort = CohortFactory(program=made, state=Cohort.State.MATCHING)
    manager = MembershipFactory(program=made, person__full_name="Ana Manager").person
    return World(made, cohort, StrandFactory(program=made), manager)


def claim(enrollment: Enrollment, *names: str, level: int = 2) -> None:
    """Seeks (a mentee) or offers (a mentor) these skills of the program."""
    direction = "seeks" if enrollment.role == "mentee" else "offers"
    program = enrollment.cohort.program
    for name in names:
        found = program.skills.filter(slug=name.lower()).first()
        skill = found or SkillFactory(program=program, slug=name.lower(), name={"en": name})
        SkillClaim.objects.create(enrollment=enrollment, skill=skill, direction=direction, level=level)


def wish(mentee: Enrollment, *mentors: Enrollment) -> None:
    """The mentee's wishes, the first one first."""
    for rank, mentor in enumerate(mentors, start=1):
        Wish.objects.create(enrollment=mentee, rank=rank, mentor=mentor.person)


def pairs(run: Run) -> set[tuple[str, str]]:
    """(mentee, mentor) by full name."""
    return set(run.proposals.values_list("mentee__person__full_name", "mentor__person__full_name"))
