"""A pair with a supervisor, and the steps to an agreement in force."""

from __future__ import annotations

from typing import Any

from agreements.domain.agreements import save_terms, sign_agreement
from agreements.domain.endings import end_without_fault
from agreements.models import Agreement, Mentorship
from agreements.queries import current_agreement
from notifications.models import EmailLink
from people.models import Person
from tests.factories import (
    CohortFactory,
    EnrollmentFactory,
    MemberFactory,
    MentorshipFactory,
    PersonFactory,
    StrandFactory,
    pair,
)

TERMS: dict[str, Any] = {
    "focus": "Leading a first team",
    "intended_result": "Ready for a lead position",
    "hours_per_month": 4,
    "term_months": 12,
    "who_contacts": "mentee",
    "meetings_per_month": 2,
    "reply_days": 3,
    "media": ["video", "in_person"],
    "boundaries": "No calls after six",
    "needs_nda": False,
}


def team(*, supervised: bool = True, **fields: Any) -> tuple[Mentorship, Person, Person, Person]:
    """(mentorship, mentor, mentee, supervisor); the mentee reports to the supervisor unless told otherwise."""
    mentorship, mentor, mentee = pair(**fields)
    supervisor = PersonFactory()
    if supervised:
        mentee.supervisor = supervisor
        mentee.save()
    return mentorship, mentor, mentee, supervisor


def current(mentorship: Mentorship) -> Agreement:
    """The latest version, fresh from the database."""
    found = current_agreement(mentorship)
    assert found is not None
    return found


def written(mentorship: Mentorship, by: Person, **terms: Any) -> Agreement:
    """The draft with all terms filled in."""
    draft = current(mentorship)
    return save_terms(agreement=draft, by=by, edit_version=draft.edit_version, terms=TERMS | terms)


def signed(mentorship: Mentorship, *people: Person, **terms: Any) -> Agreement:
    """Written by the first of the people and signed by all of them."""
    agreement = written(mentorship, people[0], **terms)
    for person in people:
        sign_agreement(agreement=agreement, by=person, typed_name=person.full_name)
    return current(mentorship)


def link_of(agreement: Agreement) -> EmailLink:
    """The newest link for an agreement."""
    return EmailLink.objects.filter(target_kind="agreements.agreement", target_id=agreement.pk).latest("pk")


def circle_with(*hosts: str, language: str = "en") -> Mentorship:
    """Ana and Ben, in a circle of these hosts."""
    cohort = CohortFactory(state="running", program__name="Open Door")
    at = {"cohort": cohort, "strand": StrandFactory(program=cohort.program, format="circle")}
    made: Mentorship = MentorshipFactory(**at)
    for side, names, used in (("mentor", hosts, 2), ("mentee", ("Ana", "Ben"), 1)):
        for name in names:
            who = {"person__full_name": name, "person__language": language}
            sits = EnrollmentFactory(**at, **who, role=side, used=used, capacity=used)
            MemberFactory(mentorship=made, side=side, enrollment=sits)
    return made


def leaves_circle(made: Mentorship, name: str) -> Mentorship:
    """Who is called so leaves the circle."""
    return end_without_fault(mentorship=made, by=made.members.get(enrollment__person__full_name=name).person)
