"""Rows for tests: each valid by itself, with invented people."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.declarations import LazyAttribute, Sequence, SubFactory
from factory.django import DjangoModelFactory

from agreements import models as agreements
from core.roles import Role
from evaluations import models as evaluations
from matching import models as matching
from notifications import models as notifications
from participants import models as participants
from people import models as people
from programs import models as programs


def nth(number: int) -> str:
    """A row's own mark: no digit that a test could take for its figure, no word, and in the order of making."""
    return f"{number:05}".translate(str.maketrans("0123456789", "bcdfghjkmp"))


class OrganizationFactory(DjangoModelFactory[people.Organization]):
    class Meta:
        model = people.Organization

    name = Sequence(lambda n: f"Organization {nth(n)}")
    slug = Sequence(lambda n: f"organization-{nth(n)}")


class UnitFactory(DjangoModelFactory[people.Unit]):
    class Meta:
        model = people.Unit

    organization = SubFactory(OrganizationFactory)
    name = Sequence(lambda n: f"Unit {nth(n)}")
    path = LazyAttribute(lambda unit: unit.name)


class PersonFactory(DjangoModelFactory[people.Person]):
    class Meta:
        model = people.Person

    email = Sequence(lambda n: f"person{nth(n)}@example.org")
    full_name = Sequence(lambda n: f"Person {nth(n)}")
    password = "!"

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        if kwargs.get("password", "!") != "!":
            from django.contrib.auth.hashers import make_password

            kwargs["password"] = make_password(kwargs["password"])
        return kwargs


class ProgramFactory(DjangoModelFactory[programs.Program]):
    class Meta:
        model = programs.Program

    name = Sequence(lambda n: f"Program {nth(n)}")
    slug = Sequence(lambda n: f"program-{nth(n)}")
    template = "field_office"
    languages = ["en", "fr"]
    owner = SubFactory(OrganizationFactory)


class MembershipFactory(DjangoModelFactory[programs.Membership]):
    class Meta:
        model = programs.Membership

    person = SubFactory(PersonFactory)
    program = SubFactory(ProgramFactory)
    role = Role.MANAGER


class StrandFactory(DjangoModelFactory[programs.Strand]):
    class Meta:
        model = programs.Strand

    program = SubFactory(ProgramFactory)
    slug = Sequence(lambda n: f"strand-{nth(n)}")
    name = {"en": "One to one", "fr": "En binôme"}


class CohortFactory(DjangoModelFactory[programs.Cohort]):
    """An open call that began two weeks ago; mentorships start in a month."""

    class Meta:
        model = programs.Cohort

    program = SubFactory(ProgramFactory)
    slug = Sequence(lambda n: f"cohort-{nth(n)}")
    name = Sequence(lambda n: f"Cohort {nth(n)}")
    state = programs.Cohort.State.CALL_OPEN
    call_opens_on = LazyAttribute(lambda _: timezone.localdate() - timedelta(days=14))
    call_closes_on = LazyAttribute(lambda cohort: cohort.call_opens_on + timedelta(days=28))
    starts_on = LazyAttribute(lambda cohort: cohort.call_opens_on + timedelta(days=44))
    ends_on = LazyAttribute(lambda cohort: cohort.starts_on + timedelta(days=365))


class OfferFactory(DjangoModelFactory[programs.Offer]):
    class Meta:
        model = programs.Offer

    cohort = SubFactory(CohortFactory)
    strand = LazyAttribute(lambda offer: StrandFactory(program=offer.cohort.program))
    places = 20


class SkillFactory(DjangoModelFactory[participants.Skill]):
    class Meta:
        model = participants.Skill

    slug = Sequence(lambda n: f"skill-{nth(n)}")
    name = LazyAttribute(lambda skill: {"en": f"Skill {skill.slug}", "fr": f"Compétence {skill.slug}"})


class EnrollmentFactory(DjangoModelFactory[participants.Enrollment]):
    """An accepted mentee; `role="mentor"` for a mentor."""

    class Meta:
        model = participants.Enrollment

    person = SubFactory(PersonFactory)
    cohort = SubFactory(CohortFactory)
    strand = LazyAttribute(lambda enrollment: StrandFactory(program=enrollment.cohort.program))
    role = participants.Enrollment.Role.MENTEE
    state = participants.Enrollment.State.ACCEPTED
    submitted_at = factory.LazyFunction(timezone.now)  # type: ignore[attr-defined]


class IntroductionFactory(DjangoModelFactory[participants.Introduction]):
    """Asked by the mentee, unless it says otherwise; answered and decided as its state wants it."""

    class Meta:
        model = participants.Introduction

    mentee = SubFactory(EnrollmentFactory)
    mentor = LazyAttribute(
        lambda one: EnrollmentFactory(cohort=one.mentee.cohort, strand=one.mentee.strand, role="mentor")
    )
    cohort = LazyAttribute(lambda one: one.mentee.cohort)
    asked_by = "mentee"
    state = participants.Introduction.State.ASKED
    expires_on = LazyAttribute(lambda _: timezone.localdate() + timedelta(days=10))
    answered_at = LazyAttribute(
        lambda one: timezone.now() if one.state in ("agreed", "refused", "confirmed", "changed") else None
    )
    decided_at = LazyAttribute(lambda one: timezone.now() if one.state in ("confirmed", "changed") else None)
    word = LazyAttribute(lambda one: "Look further." if one.state == "changed" else "")


class ShortlistFactory(DjangoModelFactory[participants.Shortlist]):
    """`mentors` are the enrollments on it."""

    class Meta:
        model = participants.Shortlist
        skip_postgeneration_save = True

    enrollment = SubFactory(EnrollmentFactory)
    due_on = LazyAttribute(lambda _: timezone.localdate() + timedelta(days=10))

    @factory.post_generation  # type: ignore[attr-defined,untyped-decorator]
    def mentors(self, create: bool, extracted: Any, **_more: Any) -> None:
        for mentor in extracted or ():
            participants.Suggestion.objects.create(shortlist=self, mentor=mentor)


class RunFactory(DjangoModelFactory[matching.Run]):
    class Meta:
        model = matching.Run

    cohort = SubFactory(CohortFactory)
    number = Sequence(lambda n: n + 1)
    state = matching.Run.State.CERTIFIED


class ProposalFactory(DjangoModelFactory[matching.Proposal]):
    class Meta:
        model = matching.Proposal

    run = SubFactory(RunFactory)
    mentee = LazyAttribute(lambda proposal: EnrollmentFactory(cohort=proposal.run.cohort))
    mentor = LazyAttribute(
        lambda proposal: EnrollmentFactory(
            cohort=proposal.run.cohort, strand=proposal.mentee.strand, role="mentor"
        )
    )
    score = 80


class MentorshipFactory(DjangoModelFactory[agreements.Mentorship]):
    """A pair under way since a month; see `pair` for one with its members."""

    class Meta:
        model = agreements.Mentorship

    cohort = SubFactory(CohortFactory, state="running")
    strand = LazyAttribute(lambda mentorship: StrandFactory(program=mentorship.cohort.program))
    state = agreements.Mentorship.State.FORMING
    starts_on = LazyAttribute(lambda _: timezone.localdate() - timedelta(days=30))
    ends_on = LazyAttribute(lambda mentorship: mentorship.starts_on + timedelta(days=365))
    meetings_per_month = 2


class MemberFactory(DjangoModelFactory[agreements.Member]):
    class Meta:
        model = agreements.Member

    mentorship = SubFactory(MentorshipFactory)
    side = agreements.Member.Side.MENTEE
    enrollment = LazyAttribute(
        lambda member: EnrollmentFactory(
            cohort=member.mentorship.cohort, strand=member.mentorship.strand, role=member.side, used=1
        )
    )
    person = LazyAttribute(lambda member: member.enrollment.person)
    joined_on = LazyAttribute(lambda member: member.mentorship.starts_on)


class AgreementFactory(DjangoModelFactory[agreements.Agreement]):
    class Meta:
        model = agreements.Agreement

    mentorship = SubFactory(MentorshipFactory)
    due_on = LazyAttribute(lambda agreement: agreement.mentorship.starts_on + timedelta(days=30))


class ActionPlanFactory(DjangoModelFactory[agreements.ActionPlan]):
    class Meta:
        model = agreements.ActionPlan

    mentorship = SubFactory(MentorshipFactory)
    mentee = SubFactory(PersonFactory)
    due_on = LazyAttribute(lambda plan: plan.mentorship.starts_on + timedelta(days=60))


class MeetingFactory(DjangoModelFactory[agreements.Meeting]):
    class Meta:
        model = agreements.Meeting

    mentorship = SubFactory(MentorshipFactory)
    held_on = LazyAttribute(lambda meeting: meeting.mentorship.starts_on + timedelta(days=7))
    minutes = 60
    medium = agreements.Meeting.Medium.VIDEO
    logged_by = SubFactory(PersonFactory)


class MessageFactory(DjangoModelFactory[notifications.Message]):
    class Meta:
        model = notifications.Message

    recipient = SubFactory(PersonFactory)
    address = LazyAttribute(lambda message: message.recipient.email)
    kind = "reminder"
    language = "en"
    subject = "A subject"
    body = "A text."
    dedupe_key = Sequence(lambda n: f"test:{nth(n)}")
    not_before = factory.LazyFunction(timezone.now)  # type: ignore[attr-defined]


class QuestionnaireFactory(DjangoModelFactory[programs.Questionnaire]):
    class Meta:
        model = programs.Questionnaire

    program = SubFactory(ProgramFactory)
    purpose = programs.Questionnaire.Purpose.SURVEY
    key = Sequence(lambda n: f"survey-{nth(n)}")
    questions = {
        "pages": [
            {
                "key": "all",
                "title": {"en": "Your view", "fr": "Votre avis"},
                "questions": [
                    {
                        "key": "supported",
                        "kind": "scale",
                        "label": {"en": "I felt supported", "fr": "Je me suis senti soutenu"},
                        "required": True,
                    },
                    {
                        "key": "comment",
                        "kind": "text",
                        "label": {"en": "Anything else?", "fr": "Autre chose ?"},
                    },
                ],
            }
        ]
    }


class SurveyFactory(DjangoModelFactory[evaluations.Survey]):
    class Meta:
        model = evaluations.Survey

    cohort = SubFactory(CohortFactory, state="running")
    questionnaire = LazyAttribute(lambda survey: QuestionnaireFactory(program=survey.cohort.program))
    title = {"en": "How is it going?", "fr": "Comment cela se passe-t-il ?"}
    opens_on = LazyAttribute(lambda _: timezone.localdate() - timedelta(days=3))
    closes_on = LazyAttribute(lambda survey: survey.opens_on + timedelta(days=21))


def pair(**fields: Any) -> tuple[agreements.Mentorship, people.Person, people.Person]:
    """A mentorship of a mentor and a mentee with a draft agreement: (mentorship, mentor, mentee)."""
    mentorship = MentorshipFactory(**fields)
    mentor = MemberFactory(mentorship=mentorship, side="mentor")
    mentee = MemberFactory(
        mentorship=mentorship, side="mentee", pair_key=f"{mentor.enrollment_id}:{mentorship.pk}"
    )
    AgreementFactory(mentorship=mentorship)
    return mentorship, mentor.person, mentee.person
