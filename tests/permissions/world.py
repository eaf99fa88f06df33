"""One program with everything in it, and around it people who almost have access."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from agreements.domain.help import ask_for_help
from agreements.models import ActionPlan, Activity, Mentorship
from core.roles import Role
from evaluations.models import Invitation
from matching.models import Exclusion, Preset, Run, Scheme, SideAnswer
from notifications.domain.links import token_of
from notifications.domain.preferences import switch_off_token
from people.domain.imports import upload_import
from people.models import Person
from programs.domain.programs import create_program
from programs.models import Cohort, Program, Strand
from tests import factories as make
from tests.agreements.helpers import link_of, signed

STAFF = {role.value: role for role in Role}

NUMBERS = {
    "mentees": 1, "mentors": 1, "places": 1, "covered": 1, "pairs": 1,
    "total": 80, "mean": 80, "median": 80, "lowest": 80,
    "wishers": 0, "wishes": {"1": 0, "2": 0, "3": 0}, "locked": 0, "left_out_before": 0, "left_out_served": 0,
    "new": None,
}  # fmt: skip


# What people wrote, and who may ever read it.
CANARIES = {
    "canary-note": {"mentor", "mentee"},  # of a meeting
    "canary-plan": {"mentee"},  # not shared yet
    "canary-help": {"manager", "coordinator"},  # never the partner
    "canary-draft": {"applicant"},  # not submitted yet
    "canary-withdrawn": {"quitter"},  # never submitted
    "canary-introduction": {"seeker", "host"},  # asked, and between the two
    "canary-agreed": {"host"},  # agreed: the manager decides without the note
    "canary-application": {"manager", "coordinator", "hr_liaison", "reviewer"},
    "canary-decision": {"manager", "coordinator", "hr_liaison", "reviewer"},  # why staff decided
}


@dataclass(frozen=True)
class World:
    """Who asks, by name, and what each address of the program takes."""

    people: dict[str, Person | None]
    values: dict[str, Any]
    link_token: str  # of the supervisor's mail
    program: Program


def build() -> World:
    """Program with staff in every role, a pair under way, a second pair, an applicant, a run, mail and a survey."""
    program = create_program(
        template="field_office", name="Near", slug="near", owner=make.OrganizationFactory(), by=None
    )
    strand = program.strands.order_by("pk").first()
    assert strand is not None
    cohort = make.CohortFactory(program=program, state="running")
    people: dict[str, Person | None] = {
        "anonymous": None,
        "link_holder": None,
        "nobody": make.PersonFactory(),
        "operator": make.PersonFactory(is_operator=True),
        **{name: make.MembershipFactory(program=program, role=role).person for name, role in STAFF.items()},
        "guest": _guest(program),
        "other_manager": make.MembershipFactory(role=Role.MANAGER).person,
    }
    values = {"program": program.slug, "cohort": cohort.slug, "strand": strand.slug}
    values |= _call(program, strand, people) | _pairs(cohort, strand, people) | _desk(cohort, strand, people)
    far, far_mentor, _far_mentee = make.pair()
    make.MembershipFactory(program=far.cohort.program, role=Role.MANAGER, person=far_mentor)
    people["far_mentor_and_manager"] = far_mentor
    values |= {
        "far_program": far.cohort.program.slug,
        "far_cohort": far.cohort.slug,
        "far_mentorship": far.uid,
    }
    mentee, coach = people["mentee"], people["coach"]
    assert mentee is not None
    assert coach is not None
    values |= {
        "switch_off": switch_off_token(mentee, "reminder"),
        "membership": coach.memberships.get().pk,
        "import": upload_import(content=b"email,name\n", file_name="p.csv", by=None).uid,
    }
    agreement = link_of(Mentorship.objects.get(uid=values["mentorship"]).agreements.get())
    return World(people, values, token_of(agreement), program)


def _guest(program: Program) -> Person:
    """A coordinator for one partner's people: none of them is in the cohort."""
    partner = make.OrganizationFactory()
    return make.MembershipFactory(program=program, role=Role.COORDINATOR, organization=partner).person


def _call(program: Program, strand: Strand, people: dict[str, Any]) -> dict[str, Any]:
    """A second cohort whose call is open, with a draft and a submitted application; and one still in the making."""
    call = make.CohortFactory(program=program, introductions=True)
    make.OfferFactory(cohort=call, strand=strand)
    at = {"cohort": call, "strand": strand}
    draft = make.EnrollmentFactory(**at, state="draft", submitted_at=None, position_summary="canary-draft")
    quit_early = make.EnrollmentFactory(
        **at, state="withdrawn", submitted_at=None, position_summary="canary-withdrawn"
    )
    people |= {"applicant": draft.person, "quitter": quit_early.person}
    Scheme.objects.create(cohort=call, own_reach=2)
    hidden = make.CohortFactory(program=program, state="draft")
    submitted = make.EnrollmentFactory(
        **at, state="submitted", position_summary="canary-application", decision_note="canary-decision"
    )
    return _introductions(at, people) | {
        "call": call.slug,
        "hidden": hidden.slug,
        "draft": draft.uid,
        "withdrawn": quit_early.uid,
        "submitted": submitted.uid,
    }


def _introductions(at: dict[str, Any], people: dict[str, Any]) -> dict[str, Any]:
    """Somebody who looks for a mentor and has asked one, one who is not shown, and two who have agreed."""
    mentee = make.EnrollmentFactory(**at, state="submitted")
    mentor = make.EnrollmentFactory(**at, state="submitted", role="mentor", capacity=3, listed=True)
    hidden = make.EnrollmentFactory(**at, state="submitted", role="mentor")
    people |= {"seeker": mentee.person, "host": mentor.person}
    asked = make.IntroductionFactory(mentee=mentee, mentor=mentor, note="canary-introduction")
    agreed = make.IntroductionFactory(
        mentee=make.EnrollmentFactory(**at, state="submitted"),
        mentor=mentor,
        state="agreed",
        note="canary-agreed",
    )
    return {
        "listed": mentor.uid,
        "unlisted": hidden.uid,
        "asked_introduction": asked.uid,
        "agreed_introduction": agreed.uid,
        "shortlist": make.ShortlistFactory(enrollment=mentee, mentors=[mentor]).uid,
    }


def _pairs(cohort: Cohort, strand: Strand, people: dict[str, Any]) -> dict[str, Any]:
    """A pair whose supervisor is asked, and one that has only begun."""
    starts = cohort.call_opens_on - timedelta(days=20)
    mentorship, mentor, mentee = make.pair(cohort=cohort, strand=strand, starts_on=starts)
    mentee.supervisor = boss = make.PersonFactory()
    mentee.save()
    signed(mentorship, mentor, mentee)
    other, _mentor, other_mentee = make.pair(cohort=cohort, strand=strand)
    plan: ActionPlan = make.ActionPlanFactory(mentorship=mentorship, mentee=mentee, needs="canary-plan")
    make.ActionPlanFactory(mentorship=other, mentee=other_mentee)
    asked = ask_for_help(mentorship=mentorship, by=mentee, wish="advice", words="canary-help")
    people |= {"mentor": mentor, "mentee": mentee, "other_mentee": other_mentee, "supervisor": boss}
    return {
        "mentorship": mentorship.uid,
        "other_mentorship": other.uid,
        "activity": Activity.objects.create(plan=plan, kind="need", text="canary-plan").uid,
        "meeting": make.MeetingFactory(mentorship=mentorship, logged_by=mentee, note="canary-note").uid,
        "help": asked.uid,
        "mentee_enrollment": mentorship.members.get(side="mentee").enrollment.uid,
        "mentor_enrollment": mentorship.members.get(side="mentor").enrollment.uid,
    }


def _desk(cohort: Cohort, strand: Strand, people: dict[str, Any]) -> dict[str, Any]:
    """What staff work on: a run ready to publish, an exclusion, a draft mail, surveys."""
    run = make.RunFactory(
        cohort=cohort,
        number=7,
        state=Run.State.CERTIFIED,
        numbers=NUMBERS,
    )
    mentee = make.EnrollmentFactory(cohort=cohort, strand=strand)
    mentor = make.EnrollmentFactory(cohort=cohort, strand=strand, role="mentor")
    proposal = make.ProposalFactory(run=run, mentee=mentee, mentor=mentor)
    people["proposed"] = mentee.person
    question = SideAnswer.objects.create(proposal=proposal, enrollment=mentee, due_on=cohort.starts_on)
    questions = cohort.program.questionnaires.filter(purpose="survey").order_by("pk").first()
    survey = make.SurveyFactory(cohort=cohort, state="open", questionnaire=questions)
    asked = Invitation.objects.create(survey=survey, person=people["mentee"], role="mentee")
    message = make.MessageFactory(state="draft", program_id=cohort.program_id, cohort_id=cohort.pk)
    preset = Preset.objects.create(program=cohort.program, name="x", criteria={})
    exclusion = Exclusion.objects.create(cohort=cohort, mentee=mentee, mentor=mentor, reason="x")
    return {
        "run": run.number,
        "proposal": proposal.uid,
        "question": question.uid,
        "survey": survey.uid,
        "invitation": asked.uid,
        "message": message.uid,
        "exclusion": exclusion.pk,
        "preset": preset.pk,
        "free_mentee": mentee.uid,
        "free_mentor": mentor.uid,
    }
