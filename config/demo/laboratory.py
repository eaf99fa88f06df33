"""Meridian Mentoring: last year's cohort from call to results, and this year's with pairs at every stage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from django.db.models import F

from agreements.domain.endings import complete, end_without_fault
from agreements.domain.help import ask_for_help
from config.demo import running, texts
from config.demo.applications import application, as_csv
from config.demo.cast import Cast
from config.demo.clock import at
from config.demo.files import keep
from core.dates import add_months
from core.roles import Role
from evaluations.domain.surveys import answer_survey, close_survey, create_survey, open_survey
from evaluations.models import Survey
from matching.domain.fixed import lock_pair
from participants.domain.import_checks import read_rows
from participants.domain.imports import import_applications
from participants.domain.selection import release_decisions, set_decision
from participants.models import Enrollment
from people.models import Organization, Person
from programs.domain import cohorts
from programs.domain.programs import add_member, create_program
from programs.models import Cohort, Program, Questionnaire

DAY = timedelta(days=1)


def make(today: date, operator: Person) -> Program:
    """The program with its staff."""
    organization = Organization.objects.get(name="Meridian Laboratory")
    with at(today - 520 * DAY):
        program = create_program(
            template="laboratory",
            name="Meridian Mentoring",
            slug="meridian",
            owner=organization,
            by=None,
            timezone="America/Chicago",
        )
        for login, role in (
            ("ruth.okafor", Role.MANAGER),
            ("helen.marsh", Role.SPONSOR),
            ("paul.tanaka", Role.HR_LIAISON),
            ("amara.silva", Role.COMMITTEE),
        ):
            add_member(program=program, person=person(login), role=role, by=operator)
    return program


def person(login: str) -> Person:
    """Somebody of the cast."""
    return Person.objects.get(email=f"{login}@example.org")


def cohort(program: Program, *, name: str, call: date, starts: date, places: int) -> Cohort:
    """A cohort whose supervisors sign, with its call open."""
    manager = person("ruth.okafor")
    with at(call - 5 * DAY):
        made = cohorts.create_cohort(
            program=program,
            name=f"Cohort {name}",
            slug=name,
            dates={
                "call_opens_on": call,
                "call_closes_on": call + 30 * DAY,
                "starts_on": starts,
                "ends_on": add_months(starts, 12) - DAY,
            },
            places={program.strands.get().pk: places},
            policy={"supervisor_signs": True, "answer_days": 7},
            by=manager,
        )
    with at(call):
        return cohorts.open_call(cohort=made, by=manager)


def apply(
    made: Cohort, rng: Random, day: date, mentees: Sequence[Person], mentors: Sequence[Person], state: str
) -> None:
    """Bring in applications from a file, as an organization with its own form would."""
    forms = {form.purpose: form for form in Questionnaire.objects.filter(program=made.program_id)}
    rows = [application(rng, forms["mentor"], mentor, "one-to-one", state) for mentor in mentors]
    known = [enrollment.person.email for enrollment in _mentors(made)] + [mentor.email for mentor in mentors]
    for mentee in mentees:
        wishes = rng.sample(known, rng.choice((0, 0, 1, 2, 3)))
        allowed = [email for email in wishes if email != mentee.email and email != _supervisor(mentee)]
        rows.append(application(rng, forms["mentee"], mentee, "one-to-one", state, allowed))
    content = keep(f"{made.slug}-applications-{day}.csv", as_csv(rows))
    with at(day):
        import_applications(cohort=made, rows=read_rows(content), by=person("ruth.okafor"))


def _mentors(made: Cohort) -> list[Enrollment]:
    rows = Enrollment.objects.filter(cohort=made, role="mentor").select_related("person")
    return list(rows.order_by("pk"))


def _supervisor(mentee: Person) -> str:
    return mentee.supervisor.email if mentee.supervisor else ""


def last_year(program: Program, today: date, rng: Random, cast: Cast) -> None:
    """A finished cohort: all agreed, planned and met, asked how it was, and closed."""
    manager = person("ruth.okafor")
    starts = add_months(today - 45 * DAY, -12)
    made = cohort(program, name=str(starts.year), call=starts - 60 * DAY, starts=starts, places=40)
    apply(made, rng, starts - 40 * DAY, cast.past_mentees, cast.past_mentors, "accepted")
    with at(starts - 20 * DAY):
        cohorts.close_call(cohort=made, by=manager)
        cohorts.start_matching(cohort=made, by=manager)
        run = running.match(made, manager)
    with at(starts - 5 * DAY):
        pairs = running.publish(run, manager)
        running.tell()
    for pair in pairs:
        signed = starts + rng.randrange(3, 26) * DAY
        running.agree(rng, pair, signed, approved_on=signed + rng.randrange(1, 6) * DAY)
        running.plan(rng, pair, signed + rng.randrange(10, 40) * DAY)
        running.meet(
            rng, pair, [starts + DAY * (30 * month + rng.randrange(1, 20)) for month in range(1, 10, 2)]
        )
    ends = add_months(starts, 12) - DAY
    survey = ask(made, "final", ends - 14 * DAY, ends + 7 * DAY)
    answer(survey, rng, ends - 5 * DAY, share=0.82, low=3)
    with at(ends + 8 * DAY):
        close_survey(survey=survey, by=manager)
        for pair in pairs:
            complete(mentorship=pair.mentorship)
    with at(ends + 20 * DAY):
        cohorts.start_closing(cohort=Cohort.objects.get(pk=made.pk), by=manager)
        cohorts.close(cohort=Cohort.objects.get(pk=made.pk), by=manager)


def this_year(program: Program, today: date, rng: Random, cast: Cast) -> None:
    """Some 90 pairs under way in two batches, some late, one ended without fault, and a third batch to look at."""
    manager, mira, dana = person("ruth.okafor"), person("mira.kovac"), person("dana.whitfield")
    starts = today - 38 * DAY
    made = cohort(program, name=str(today.year), call=starts - 60 * DAY, starts=starts, places=96)
    apply(made, rng, starts - 40 * DAY, cast.mentees, [dana, *cast.mentors], "accepted")
    with at(starts - 25 * DAY):
        cohorts.close_call(cohort=made, by=manager)
        cohorts.start_matching(cohort=made, by=manager)
        first = running.match(made, manager)
    with at(starts - 4 * DAY):
        pairs = running.publish(first, manager)
        running.tell()
    _first_batch(rng, today, starts, pairs)
    late = today - 19 * DAY
    apply(made, rng, late - 5 * DAY, [mira, *cast.second_batch], [], "accepted")
    with at(late):
        enrolled = Enrollment.objects.filter(cohort=made)
        enrolled.filter(person=dana, role="mentor").update(capacity=F("used") + 1)  # she takes one more
        lock_pair(mentee=enrolled.get(person=mira), mentor=enrolled.get(person=dana), by=manager)
        more = running.publish(running.match(made, manager), manager)
        running.tell()
    _second_batch(rng, late, more)
    _troubles(today, pairs)
    survey = ask(made, "checkin", today - 7 * DAY, today + 7 * DAY)
    answer(survey, rng, today - 3 * DAY, share=0.4, low=2)
    _late_joiners(made, rng, today, cast)


def _first_batch(rng: Random, today: date, starts: date, pairs: Sequence[running.Pair]) -> None:
    for number, pair in enumerate(pairs):
        if number < 50:
            signed = starts + rng.randrange(1, 24) * DAY
            running.agree(rng, pair, signed, approved_on=min(today - DAY, signed + rng.randrange(1, 8) * DAY))
            silent = number % 14 == 5
            days = [3, 12] if silent else [4, rng.randrange(14, 22), rng.randrange(26, 36)]
            running.meet(rng, pair, [starts + DAY * day for day in days])
            if number % 3 == 0:
                running.plan(rng, pair, starts + rng.randrange(24, 37) * DAY, shared=number % 2 == 0)
        elif number < 63:
            running.agree(rng, pair, today - rng.randrange(1, 13) * DAY)
        elif number < 69:
            running.agree(rng, pair, starts + 20 * DAY, signers="mentor" if number % 2 else "mentee")
        elif number < 71:
            running.agree(rng, pair, starts + 15 * DAY, signers="nobody")


def _troubles(today: date, pairs: Sequence[running.Pair]) -> None:
    """One pair parts without fault, one asks for another match, one for advice."""
    with at(today - 6 * DAY):
        end_without_fault(mentorship=pairs[49].mentorship, by=pairs[49].mentee)
        ask_for_help(
            mentorship=pairs[48].mentorship, by=pairs[48].mentee, wish="rematch", words="We hardly find time."
        )
    with at(today - 2 * DAY):
        ask_for_help(
            mentorship=pairs[30].mentorship, by=pairs[30].mentor, wish="advice", words="How do I say no?"
        )


def _second_batch(rng: Random, late: date, pairs: Sequence[running.Pair]) -> None:
    mira = next(pair for pair in pairs if pair.mentee.email.startswith("mira.kovac"))
    running.agree(rng, mira, late + 12 * DAY, signers="mentor")
    others = [pair for pair in pairs if pair is not mira]
    for pair in others[:8]:
        running.agree(rng, pair, late + 6 * DAY, approved_on=late + 9 * DAY)
        running.meet(rng, pair, [late + 8 * DAY])
    for pair in others[8:10]:
        running.agree(rng, pair, late + 14 * DAY)


def _late_joiners(made: Cohort, rng: Random, today: date, cast: Cast) -> None:
    """Ten more people: letters wait as drafts, and a proven run waits to be looked at."""
    manager = person("ruth.okafor")
    apply(made, rng, today - 4 * DAY, cast.third_batch, [], "submitted")
    with at(today - 2 * DAY):
        waiting = Enrollment.objects.filter(cohort=made, state="submitted").order_by("pk")
        set_decision(enrollments=list(waiting[:8]), decision="accepted", by=manager)
        set_decision(enrollments=list(waiting[8:]), decision="waitlisted", by=manager)
        release_decisions(cohort=made, by=manager, draft=True)
        run = running.match(made, manager)
    with at(today - DAY):
        running.ask(run, today + 6 * DAY, manager)


def ask(made: Cohort, key: str, opens: date, closes: date) -> Survey:
    """Open a survey of the program's."""
    manager = person("ruth.okafor")
    questionnaire = Questionnaire.objects.filter(program=made.program_id, key=key).latest("number")
    with at(opens):
        survey = create_survey(
            cohort=made,
            questionnaire=questionnaire,
            audience="everyone",
            opens_on=opens,
            closes_on=closes,
            by=manager,
        )
        return open_survey(survey=survey, by=manager)


def answer(survey: Survey, rng: Random, day: date, *, share: float, low: int) -> None:
    """Let a share of those asked answer, mostly content."""
    asked = list(survey.invitations.order_by("person__email"))
    questions = [q for page in survey.questionnaire.questions["pages"] for q in page["questions"]]
    comments = iter(rng.sample(texts.COMMENTS, len(texts.COMMENTS)))
    with at(day):
        for invitation in asked[: round(len(asked) * share)]:
            answers = {q["key"]: _one(rng, q, low, comments) for q in questions}
            answer_survey(invitation=invitation, answers=answers)


def _one(rng: Random, question: dict[str, Any], low: int, comments: Iterator[str]) -> object:
    if question["kind"] == "scale":
        return rng.choices(range(low, 6), [1, 3, 6, 5][: 6 - low] if low == 2 else [2, 6, 6])[0]
    if question["kind"] == "choice":
        return rng.choice([choice["value"] for choice in question["choices"]])
    return next(comments, "")  # each is said once
