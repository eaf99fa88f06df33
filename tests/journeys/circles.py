"""Circles: a program of them, one cohort to look at and one under way."""

from __future__ import annotations

from agreements.domain.publishing import publish_run
from agreements.models import Mentorship
from config.demo import running
from core.roles import Role
from matching.models import Run
from participants.models import Enrollment
from people.models import Person
from programs.domain.programs import add_member
from tests import factories as make
from tests.journeys.story import MANAGER, person


def circle_program(manager: Person) -> tuple[Run, Mentorship]:
    """A run under review with somebody left out, and a published circle that somebody could join."""
    program = make.ProgramFactory(name="Rounds", slug="rounds", owner=make.OrganizationFactory())
    add_member(program=program, person=manager, role=Role.MANAGER, by=manager)
    strand = make.StrandFactory(program=program, format="circle", size_min=2, size_max=4)
    runs = {}
    for slug in ("look", "meets"):
        cohort = make.CohortFactory(program=program, slug=slug, state="matching")
        fields = {"cohort": cohort, "strand": strand, "availability": ["mon-am", "tue-pm"]}
        make.EnrollmentFactory(role=Enrollment.Role.MENTOR, capacity=4, **fields)
        make.EnrollmentFactory.create_batch(3, role=Enrollment.Role.MENTEE, **fields)
        away = {**fields, "availability": ["fri-am"]}
        make.EnrollmentFactory(role=Enrollment.Role.MENTEE, **away)
        runs[slug] = running.match(cohort, manager)
    (circle,) = publish_run(run=runs["meets"], by=manager)
    return runs["look"], circle


def addresses() -> dict[str, str]:
    """Addresses of its pages, by what they show."""
    run, circle = circle_program(person(MANAGER))
    desk = "/desk/rounds/{}/"
    review = f"{desk.format('look')}matching/{run.number}/"
    one = f"{desk.format('meets')}mentorships/{circle.uid}/"
    seat = run.proposals.exclude(circle=None).first()
    assert seat is not None
    return {
        "circles, matching": f"{desk.format('look')}matching/",
        "circles": review,
        "circles, a seat": f"{review}?show=circles&pair={seat.uid}",
        "circles, none fits": f"{review}?show=circles&q=nobody",
        "circles, left over": f"{review}?show=unmatched",
        "circles, publish": f"{review}publish/",
        "circle": one,
        "circle, join": f"{one}join/",
    }
