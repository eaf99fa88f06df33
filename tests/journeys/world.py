"""A program with everything in it, made by the verbs behind the pages: a call, pairs to look at, pairs under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from agreements.domain.agreements import save_terms
from agreements.domain.approval import Decision, supervisor_decide
from agreements.domain.endings import end_without_fault
from agreements.domain.help import ask_for_help
from agreements.models import Agreement, Mentorship
from config.demo import running
from config.demo.applications import application, as_csv
from config.demo.clock import at
from core.dates import add_months
from core.roles import Role
from evaluations.domain.surveys import answer_survey, close_survey, create_survey, open_survey
from matching.domain.criteria import change_criteria
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.introductions import recommend_change
from matching.models import Run, SideAnswer
from notifications.models import EmailLink, Message
from participants.domain.applications import save_page, start_application
from participants.domain.import_checks import read_rows
from participants.domain.imports import import_applications
from participants.domain.introductions import answer, ask
from participants.domain.selection import release_decisions, set_decision
from participants.domain.wishes import change_wishes
from participants.models import Enrollment
from people.domain.accounts import make_operator
from people.domain.imports import check_import, import_people, upload_import
from people.models import Organization, Person
from programs.domain import cohorts
from programs.domain.programs import add_member, create_program
from programs.models import Cohort, Program, Questionnaire
from tests import factories as make
from tests.journeys import circles
from tests.journeys.story import (
    MANAGER,
    MENTEES,
    MENTORS,
    NAMES,
    OFFICE,
    OPERATOR,
    address,
    people_csv,
    person,
)

DAY = timedelta(days=1)
TERMS: dict[str, Any] = {
    "focus": "Leading a first team", "intended_result": "Ready for a lead position", "hours_per_month": 4,
    "term_months": 12, "who_contacts": "mentee", "meetings_per_month": 2, "reply_days": 3,
    "media": ["video", "in_person"], "boundaries": "No calls after six", "needs_nda": False,
}  # fmt: skip


@dataclass
class World:
    """The program, and the rows that addresses need, by name."""

    program: Program
    today: date
    rng: Random = field(default_factory=lambda: Random(7))
    cohorts: dict[str, Cohort] = field(default_factory=dict)
    pairs: dict[str, running.Pair] = field(default_factory=dict)
    uids: dict[str, Any] = field(default_factory=dict)
    circles: dict[str, str] = field(default_factory=dict)  # addresses of pages about circles
    asked: Person | None = None  # about a pair in which they are proposed

    def desk(self, cohort: str, rest: str = "") -> str:
        """An address of a cohort's desk."""
        return f"/desk/lakeside/{cohort}/{rest}"

    def pair(self, name: str, rest: str = "") -> str:
        """An address of a mentorship."""
        return f"/m/{self.pairs[name].mentorship.uid}/{rest}"


def build() -> World:
    """Everything; about two seconds."""
    import_people(content=people_csv(), file_name="people.csv", by=None)
    operator = make_operator(email=address(OPERATOR), full_name=NAMES[OPERATOR])
    program = create_program(
        template="field_office", name="Lakeside Mentoring", slug="lakeside", by=operator,
        owner=Organization.objects.get(name=OFFICE), timezone="Europe/Paris",
    )  # fmt: skip
    add_member(program=program, person=person(MANAGER), role=Role.MANAGER, by=operator)
    world = World(program, timezone.localdate())
    make.PersonFactory(email="new@example.org", full_name="Nadia Newcomb")
    _empty(world)
    _call(world)
    _finding(world)
    _to_review(world)
    _under_way(world)
    _surveys(world)
    world.circles = circles.addresses()
    for name, content in (("good", people_csv()), ("faulty", people_csv(level="eight"))):
        uploaded = upload_import(content=content, file_name=f"{name}.csv", by=operator)
        world.uids[name] = check_import(pk=uploaded.pk).uid
    return world


def _empty(world: World) -> None:
    """Cohorts with nothing in them, before and after their call; one with a run that has not begun."""
    world.cohorts["empty"] = make.CohortFactory(program=world.program, slug="empty", state="draft")
    made = make.CohortFactory(program=world.program, slug="bare", state="matching")
    make.RunFactory(cohort=made, number=1, state=Run.State.QUEUED)
    make.RunFactory(cohort=made, number=2, state=Run.State.CANCELLED)
    world.cohorts["bare"] = made
    owner = make.OrganizationFactory()
    idle = make.ProgramFactory(name="Idle", slug="idle", owner=owner)
    add_member(program=idle, person=person(MANAGER), role=Role.MANAGER, by=person(MANAGER))


def _cohort(world: World, slug: str, call: date, starts: date) -> Cohort:
    manager = person(MANAGER)
    dates = {"call_opens_on": call, "call_closes_on": call + 30 * DAY, "starts_on": starts}
    with at(call):
        made = cohorts.create_cohort(
            program=world.program, name=f"Cohort {slug}", slug=slug, by=manager,
            dates={**dates, "ends_on": add_months(starts, 12) - DAY},
            places={strand.pk: 20 for strand in world.program.strands.all()},
        )  # fmt: skip
        world.cohorts[slug] = cohorts.open_call(cohort=made, by=manager)
    return world.cohorts[slug]


def _apply(world: World, cohort: Cohort, people: dict[str, str], state: str) -> None:
    """Bring in applications: role by person, mentees wishing for the first mentor."""
    forms = {form.purpose: form for form in Questionnaire.objects.filter(program=world.program)}
    wished = [address(who) for who, role in people.items() if role == "mentor"][:1]
    rows = [
        application(
            world.rng, forms[role], person(who), "one-to-one", state, wished if role == "mentee" else ()
        )
        for who, role in people.items()
    ]
    import_applications(cohort=cohort, rows=read_rows(as_csv(rows)), by=person(MANAGER))


def _call(world: World) -> None:
    """An open call: drafts, applications to decide, decisions set aside, and letters that wait as drafts."""
    cohort = _cohort(world, "call", world.today - 14 * DAY, world.today + 40 * DAY)
    roles = {**dict.fromkeys(MENTORS, "mentor"), **dict.fromkeys(list(MENTEES)[1:], "mentee")}
    _apply(world, cohort, roles, "submitted")
    mira = person("mira")
    strand = world.program.strands.get()
    mine = start_application(person=mira, cohort=cohort, role="mentee", strand=strand, by=mira)
    save_page(
        enrollment=mine, page="work", values={"position_summary": "I design.", "experience": ""}, by=mira
    )
    rows = {row.person.email: row for row in Enrollment.objects.filter(cohort=cohort, role="mentee")}
    manager = person(MANAGER)
    for who, decision in (("noa", "accepted"), ("sam", "waitlisted")):
        set_decision(enrollments=[rows[address(who)]], decision=decision, by=manager)
    release_decisions(cohort=cohort, by=manager, draft=True)
    set_decision(enrollments=[rows[address("lea")]], decision="accepted", by=manager)
    change_criteria(cohort=cohort, criteria=world.program.criteria, version=0, own_reach=2, by=manager)
    world.uids |= {
        "draft": mine.uid,
        "applied": rows[address("tim")].uid,
        "decided": rows[address("noa")].uid,
        "application_of_noa": rows[address("noa")].uid,
    }


def _finding(world: World) -> None:
    """In the open call: a request to answer, one agreed on, one with a word, a wish, and a shortlist."""
    cohort, manager = world.cohorts["call"], person(MANAGER)
    cohort.enrollments.filter(role="mentor").update(listed=True, capacity=3)
    of = {row.person.email: row for row in cohort.enrollments.select_related("person")}
    tim, june = of[address("tim")], of[address("june")]
    asked = ask(mentee=tim, mentor=june, by=tim.person, note="Your talk on writing stayed with me.")
    for mentee, mentor in (("noa", "omar"), ("lea", "vera")):
        made = ask(mentee=of[address(mentee)], mentor=of[address(mentor)], by=person(mentor))
        answer(introduction=made, agrees=True, by=person(mentee))
        world.uids[f"introduction of {mentee}"] = made.uid
    recommend_change(introduction=made, word="June knows more of what you are after.", by=manager)
    change_wishes(enrollment=tim, act="add", mentor=of[address("omar")].person, by=tim.person)
    mentors = [of[address(who)] for who in MENTORS]
    world.uids |= {
        "asked": asked.uid,
        "shown": of[address("ivo")].uid,
        "asks": june.uid,
        "shortlist": make.ShortlistFactory(enrollment=tim, mentors=mentors).uid,
    }


def _to_review(world: World) -> None:
    """A cohort to be matched: a lock, an exclusion, a proven run that leaves people over."""
    cohort = _cohort(world, "review", world.today - 40 * DAY, world.today + 10 * DAY)
    roles = {**dict.fromkeys(list(MENTORS)[:2], "mentor"), **dict.fromkeys(MENTEES, "mentee")}
    _apply(world, cohort, roles, "accepted")
    manager = person(MANAGER)
    cohorts.close_call(cohort=cohort, by=manager)
    cohorts.start_matching(cohort=Cohort.objects.get(pk=cohort.pk), by=manager)
    enrolled = Enrollment.objects.filter(cohort=cohort)
    enrolled.filter(role="mentor").update(capacity=2)
    of = {row.person.email: row for row in enrolled.select_related("person")}
    lock_pair(mentee=of[address("mira")], mentor=of[address("vera")], by=manager)
    exclude_pair(
        mentee=of[address("noa")], mentor=of[address("vera")], reason="Fell out in 2024.", by=manager
    )
    run = running.match(Cohort.objects.get(pk=cohort.pk), manager)
    first = run.proposals.exclude(mentee=of[address("mira")]).order_by("pk")[0]
    world.uids |= {
        "run": run.number,
        "proposal": first.uid,
        "mentee": first.mentee.uid,
        "mentor": first.mentor.uid,
        "other": enrolled.filter(role="mentor").exclude(pk=first.mentor_id)[0].uid,
    }
    Cohort.objects.filter(pk=cohort.pk).update(answer_days=7)
    asked = SideAnswer.objects.create(
        proposal=first, enrollment=first.mentee, due_on=world.today + 5 * DAY, asked_by=manager
    )
    world.asked, world.uids["question"] = first.mentee.person, asked.uid
    make.RunFactory(cohort=cohort, number=9, state=Run.State.FAILED)


def _under_way(world: World) -> None:
    """Pairs at every stage: begun, ready, waiting for the supervisor, in force, sent back, ended."""
    starts = world.today - 38 * DAY
    cohort = _cohort(world, "running", starts - 60 * DAY, starts)
    extra = {f"extra{n}": make.PersonFactory(**_like(n)) for n in range(6)}
    roles = {**dict.fromkeys(MENTORS, "mentor"), **dict.fromkeys([*MENTEES, *extra], "mentee")}
    with at(starts - 40 * DAY):
        _apply(world, cohort, roles, "accepted")
    Enrollment.objects.filter(cohort=cohort, role="mentor").update(capacity=3)
    manager = person(MANAGER)
    with at(starts - 20 * DAY):
        cohorts.close_call(cohort=cohort, by=manager)
        cohorts.start_matching(cohort=Cohort.objects.get(pk=cohort.pk), by=manager)
        pairs = running.publish(running.match(Cohort.objects.get(pk=cohort.pk), manager), manager)
    stages = ("begun", "ready", "waiting", "in force", "returned", "ended", "silent")
    world.pairs = dict(zip(stages, pairs, strict=False))
    Message.objects.filter(kind="matched").filter(
        pk__gt=Message.objects.filter(kind="matched").first().pk + 3
    ).update(state="sent", sent_at=timezone.now())
    _stages(world, starts)


def _like(number: int) -> dict[str, Any]:
    """A colleague of the mentees."""
    model = person("tim")
    return {
        "email": f"extra{number}@example.org", "full_name": f"Extra Colleague {number}", "level": 7,
        "organization": model.organization, "unit": model.unit, "supervisor": model.supervisor,
        "timezone": "Europe/Paris", "languages": ["en"],
    }  # fmt: skip


def _stages(world: World, starts: date) -> None:
    rng, pairs = world.rng, world.pairs
    ready = pairs["ready"].mentorship.agreements.get()
    save_terms(agreement=ready, by=pairs["ready"].mentee, edit_version=ready.edit_version, terms=TERMS)
    running.agree(rng, pairs["waiting"], world.today - 3 * DAY)
    running.agree(rng, pairs["in force"], starts + 5 * DAY, approved_on=starts + 8 * DAY)
    running.plan(rng, pairs["in force"], starts + 20 * DAY)
    running.meet(rng, pairs["in force"], [starts + 6 * DAY, starts + 20 * DAY, world.today])
    ask_for_help(
        mentorship=pairs["in force"].mentorship, by=pairs["in force"].mentee, wish="advice", words="How?"
    )
    running.agree(rng, pairs["returned"], world.today - 4 * DAY)
    _answer(pairs["returned"].mentorship, Decision.RETURN, note="Four hours are too many.")
    running.agree(rng, pairs["ended"], starts + 5 * DAY, approved_on=starts + 8 * DAY)
    ended = pairs["ended"].mentorship
    # Whom nobody has told of the match is not told of its end either.
    Message.objects.filter(kind="matched", about_id=ended.pk).update(state="sent", sent_at=timezone.now())
    end_without_fault(mentorship=ended, by=pairs["ended"].mentee)
    running.agree(rng, pairs["silent"], starts + 5 * DAY, approved_on=starts + 8 * DAY)
    receipts = Message.objects.filter(kind="agreement_receipt", state="pending").order_by("pk")
    for message, state in zip(list(receipts), ("failed", "uncertain", "dropped", "sent"), strict=False):
        Message.objects.filter(pk=message.pk).update(state=state, smtp_text="550 No such user")
        world.uids[state] = message.uid
    world.uids["mail"] = (
        Message.objects.filter(cohort_id=world.cohorts["running"].pk, state="draft").first().uid
    )
    meeting = pairs["in force"].mentorship.meetings.first()
    world.uids |= {"meeting": meeting.uid, "meeting_by": meeting.logged_by}
    world.uids["activity"] = pairs["in force"].mentorship.plans.get().activities.first().uid


def open_link(pair: running.Pair) -> EmailLink:
    """The newest link of a supervisor."""
    agreements = Agreement.objects.filter(mentorship=pair.mentorship).values("pk")
    links = EmailLink.objects.filter(target_kind="agreements.agreement", target_id__in=agreements)
    return links.select_related("recipient").latest("pk")


def _answer(mentorship: Mentorship, decision: str, note: str) -> None:
    agreement = mentorship.agreements.get()
    link = EmailLink.objects.select_related("recipient").get(target_id=agreement.pk, used_at=None)
    supervisor_decide(
        agreement=agreement, link=link, decision=decision, typed_name=link.recipient.full_name, note=note, address=None
    )  # fmt: skip


def _surveys(world: World) -> None:
    """One that is over with enough answers to show, one that is open, one not yet."""
    manager, cohort = person(MANAGER), Cohort.objects.get(pk=world.cohorts["running"].pk)
    for state, key in (("closed", "final"), ("open", "checkin"), ("draft", "checkin")):
        survey = create_survey(
            cohort=cohort, audience="everyone", opens_on=world.today, closes_on=world.today + 9 * DAY, by=manager,
            questionnaire=Questionnaire.objects.get(program=world.program, key=key),
        )  # fmt: skip
        world.uids[f"survey {state}"] = survey.uid
        if state != "draft":
            open_survey(survey=survey, by=manager)
        if state == "closed":
            _everybody_answers(survey)
            close_survey(survey=survey, by=manager)
    mine = Person.objects.get(pk=world.pairs["in force"].mentee.pk).survey_invitations
    world.uids["invitation"] = mine.get(survey__uid=world.uids["survey open"]).uid
    world.uids["answered"] = mine.get(survey__uid=world.uids["survey closed"]).uid


def _everybody_answers(survey: Any) -> None:
    questions = [q for page in survey.questionnaire.questions["pages"] for q in page["questions"]]
    for number, invitation in enumerate(survey.invitations.order_by("person__email")):
        answers = {q["key"]: 4 + number % 2 if q["kind"] == "scale" else "Fewer forms." for q in questions}
        answer_survey(invitation=invitation, answers=answers)
