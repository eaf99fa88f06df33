"""Surveys: asked once, answered once, and never traceable."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from core.roles import Role
from evaluations import queries
from evaluations.domain import surveys
from evaluations.models import Invitation, Response, Survey
from evaluations.tasks import close_surveys
from notifications.deadlines import Deadline
from notifications.models import Message
from notifications.queries import done_for, open_for
from people.models import Person
from tests.factories import (
    EnrollmentFactory,
    MembershipFactory,
    PersonFactory,
    QuestionnaireFactory,
    StrandFactory,
    SurveyFactory,
)

pytestmark = pytest.mark.django_db


def asked(survey: Survey, *, mentors: int = 0, mentees: int = 6) -> list[Invitation]:
    """Open the survey to so many people in mentorships."""
    strand = StrandFactory(program=survey.cohort.program)
    for role, number in (("mentor", mentors), ("mentee", mentees)):
        EnrollmentFactory.create_batch(number, cohort=survey.cohort, strand=strand, role=role, used=1)
    surveys.open_survey(survey=survey, by=None)
    return list(survey.invitations.order_by("pk"))


def answer(invitations: list[Invitation], *values: int, comment: str = "") -> None:
    for invitation, value in zip(invitations, values, strict=False):
        surveys.answer_survey(invitation=invitation, answers={"supported": value, "comment": comment})


def closed(survey: Survey) -> queries.Results:
    surveys.close_survey(survey=survey, by=None)
    survey.refresh_from_db()
    return queries.results(survey)


def test_opening_asks_whoever_is_in_a_mentorship_once() -> None:
    survey = SurveyFactory()
    strand = StrandFactory(program=survey.cohort.program)
    mentee = EnrollmentFactory(cohort=survey.cohort, strand=strand, used=1)
    mentor = EnrollmentFactory(cohort=survey.cohort, strand=strand, role="mentor", used=1)
    EnrollmentFactory(
        cohort=survey.cohort, strand=strand, role="mentee", person=mentor.person, used=1
    )  # both roles
    EnrollmentFactory(cohort=survey.cohort, strand=strand)  # accepted, without a pair
    EnrollmentFactory(used=1)  # another cohort
    surveys.open_survey(survey=survey, by=None)
    people = sorted([mentee.person_id, mentor.person_id])
    assert sorted(survey.invitations.values_list("person_id", flat=True)) == people
    sent = Message.objects.filter(kind="survey_invitation").values_list("recipient_id", "state")
    assert sorted(sent) == [(pk, "pending") for pk in people]
    survey.questionnaire.refresh_from_db()
    assert survey.questionnaire.frozen_at is not None
    assert AuditEvent.objects.get(verb="survey.opened").data == {"asked": 2}


@pytest.mark.parametrize(
    ("audience", "roles"),
    [("mentor", {"mentor"}), ("mentee", {"mentee"}), ("everyone", {"mentor", "mentee"})],
)
def test_the_audience_is_kept_to(audience: str, roles: set[str]) -> None:
    found = asked(SurveyFactory(audience=audience), mentors=2, mentees=2)
    assert {invitation.role for invitation in found} == roles


def test_a_survey_without_anybody_or_past_its_end_does_not_open() -> None:
    with pytest.raises(Refused) as refused:
        surveys.open_survey(survey=SurveyFactory(), by=None)
    assert refused.value.code == "nobody_to_ask"
    past = SurveyFactory(opens_on=date(2020, 1, 1), closes_on=date(2020, 2, 1))
    with pytest.raises(Refused) as refused:
        surveys.open_survey(survey=past, by=None)
    assert refused.value.code == "survey_over"
    assert Invitation.objects.count() == 0


def test_an_answer_has_no_way_back_to_its_person() -> None:
    survey = SurveyFactory()
    invitations = asked(survey)
    before = AuditEvent.objects.count()
    answer(invitations, 4, comment="Fine")
    response = Response.objects.get()
    assert response.answers == {"supported": 4, "comment": "Fine"}
    assert {field.name for field in Response._meta.fields} == {
        "id",
        "survey",
        "role",
        "strand_slug",
        "answers",
    }
    assert response.pk.version == 4
    assert AuditEvent.objects.count() == before
    invitations[0].refresh_from_db()
    assert invitations[0].answered_on == timezone.localdate()


def test_one_answers_once_and_only_while_open() -> None:
    survey = SurveyFactory()
    invitations = asked(survey)
    answer(invitations, 4)
    with pytest.raises(Refused) as refused:
        answer(invitations, 5)
    assert refused.value.code == "answered"
    surveys.close_survey(survey=survey, by=None)
    with pytest.raises(Refused) as refused:
        answer(invitations[1:], 5)
    assert refused.value.code == "survey_closed"
    assert Response.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_ten_answers_at_once_one_counts() -> None:
    invitation = asked(SurveyFactory(), mentees=1)[0]
    barrier, outcomes = threading.Barrier(10), []

    def send() -> None:
        barrier.wait()
        try:
            surveys.answer_survey(invitation=invitation, answers={"supported": 3})
            outcomes.append("kept")
        except Refused as refused:
            outcomes.append(refused.code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["answered"] * 9 + ["kept"]
    assert Response.objects.count() == 1


def test_results_wait_for_the_end_and_for_five() -> None:
    survey = SurveyFactory()
    invitations = asked(survey, mentees=12)
    answer(invitations, 4, 4, 5, 3, 2, 4)
    assert queries.results(survey).responses is None
    assert closed(survey).responses == 6
    few = SurveyFactory()
    answer(asked(few), 5, 4, 5, 4)
    assert closed(few) == queries.Results(None, [], [])


def test_groups_are_shown_only_if_neither_can_be_told() -> None:
    survey = SurveyFactory()
    invitations = asked(survey, mentors=5, mentees=6)
    answer(invitations, 4, 4, 5, 3, 2, 5, 5, 4, 4, 5, 4)
    shown = closed(survey)
    assert [name for name, _ in shown.questions[0].groups] == ["Mentors", "Mentees"]
    other = SurveyFactory()
    invitations = asked(other, mentors=4, mentees=6)
    answer(invitations, 4, 4, 5, 3, 5, 5, 4, 4, 5, 4)
    hidden = closed(other)
    assert hidden.questions[0].groups == []
    assert (hidden.responses, hidden.hidden) == (10, ["Mentees", "Mentors"])


def test_comments_are_shown_from_ten_on_and_shuffled() -> None:
    survey = SurveyFactory()
    invitations = asked(survey, mentees=10)
    for number, invitation in enumerate(invitations[:9]):
        surveys.answer_survey(invitation=invitation, answers={"supported": 4, "comment": f"c{number}"})
    last = invitations[9]
    with_nine, comments = survey.questionnaire.questions, 1
    assert with_nine["pages"][0]["questions"][comments]["key"] == "comment"
    surveys.answer_survey(invitation=last, answers={"supported": 3, "comment": "c9"})
    results = closed(survey)
    assert sorted(results.questions[1].texts or []) == [f"c{number}" for number in range(10)]


def test_choices_hide_small_counts() -> None:
    choices = [{"value": value, "label": {"en": value}} for value in ("red", "green", "blue")]
    question = {"key": "color", "kind": "choice", "label": {"en": "Color"}, "choices": choices}
    page = {"key": "p", "title": {"en": "Colors"}, "questions": [question]}
    survey = SurveyFactory()
    survey.questionnaire = QuestionnaireFactory(program=survey.cohort.program, questions={"pages": [page]})
    survey.save()
    for invitation, color in zip(
        asked(survey, mentees=14), ["red"] * 6 + ["green"] * 6 + ["blue"] * 2, strict=True
    ):
        surveys.answer_survey(invitation=invitation, answers={"color": color})
    assert sorted(number or 0 for _, number in closed(survey).questions[0].choices) == [0, 0, 6]


@pytest.mark.parametrize(
    ("zone", "now", "state"),
    [
        ("Pacific/Kiritimati", "2026-05-31T09:59:00Z", "open"),
        ("Pacific/Kiritimati", "2026-05-31T10:01:00Z", "closed"),
        ("America/New_York", "2026-06-01T03:59:00Z", "open"),
        ("America/New_York", "2026-06-01T04:01:00Z", "closed"),
    ],
)
def test_a_survey_closes_when_its_last_day_ends_where_the_cohort_is(zone: str, now: str, state: str) -> None:
    survey = SurveyFactory(opens_on=date(2026, 5, 1), closes_on=date(2026, 5, 31), cohort__timezone=zone)
    Survey.objects.update(state="open")
    with time_machine.travel(now, tick=False):
        for _ in range(2):
            close_surveys()
    survey.refresh_from_db()
    assert (survey.state, survey.closes_on) == (state, date(2026, 5, 31))


def mine(rows: list[Deadline]) -> list[Deadline]:
    return [row for row in rows if row.kind == "answer_survey"]


def test_the_deadline_stands_on_next_steps_until_answered() -> None:
    survey = SurveyFactory()
    invitation = asked(survey, mentees=1)[0]
    (owed,) = mine(open_for(invitation.person))
    assert (owed.kind, owed.object_id, owed.due_on) == ("answer_survey", invitation.pk, survey.closes_on)
    answer([invitation], 4)
    assert mine(open_for(invitation.person)) == []
    assert [row.object_id for row in mine(done_for(invitation.person))] == [invitation.pk]


def test_whoever_did_not_answer_owes_nothing_after_the_end() -> None:
    survey = SurveyFactory()
    invitation = asked(survey, mentees=1)[0]
    surveys.close_survey(survey=survey, by=None)
    assert (mine(open_for(invitation.person)), mine(done_for(invitation.person))) == ([], [])


# Pages


def url(name: str, survey: Survey, **more: Any) -> str:
    return reverse(name, args=[survey.cohort.program.slug, survey.cohort.slug, *more.values()])


@pytest.fixture
def manager() -> Person:
    return MembershipFactory().person


def test_a_manager_makes_opens_and_closes_a_survey(login: Callable[..., Client], manager: Person) -> None:
    program = manager.memberships.get().program  # type: ignore[attr-defined]
    seed = SurveyFactory(cohort__program=program)
    strand = StrandFactory(program=program)
    EnrollmentFactory(cohort=seed.cohort, strand=strand, used=1)
    client = login(manager)
    today = timezone.localdate()
    data = {
        "questionnaire": seed.questionnaire.pk,
        "audience": "everyone",
        "opens_on": today.isoformat(),
        "closes_on": (today + timedelta(days=14)).isoformat(),
    }
    page = client.get(url("survey_new", seed))
    assert (page.context["form"]["closes_on"].value() - page.context["form"]["opens_on"].value()).days == 14
    response = client.post(url("survey_new", seed), data)
    survey = Survey.objects.latest("pk")
    assert response["Location"] == url("survey_desk", seed, uid=survey.uid)
    page = client.get(response["Location"])
    assert page.context["to_ask"] == 1
    first = survey.questionnaire.questions["pages"][0]["questions"][0]["label"]["en"]
    assert f"<li>{first}</li>" in page.content.decode(), "looked at once more before anybody is asked"
    for act, state in (("survey_open", "open"), ("survey_close", "closed")):
        assert client.post(url(act, seed, uid=survey.uid))["Location"] == url(
            "survey_desk", seed, uid=survey.uid
        )
        survey.refresh_from_db()
        assert survey.state == state
        assert client.get(url("survey_desk", seed, uid=survey.uid)).status_code == 200
    assert client.get(url("cohort_surveys", seed)).status_code == 200


@pytest.mark.parametrize(
    ("days", "field"), [((0, -3), "closes_on"), ((5, 3), "closes_on")], ids=["over", "before the first"]
)
def test_bad_dates_are_told_and_kept(
    login: Callable[..., Client], manager: Person, days: tuple[int, int], field: str
) -> None:
    seed = SurveyFactory(cohort__program=manager.memberships.get().program)  # type: ignore[attr-defined]
    opens, closes = ((timezone.localdate() + timedelta(days=n)).isoformat() for n in days)
    data = {
        "questionnaire": seed.questionnaire.pk,
        "audience": "mentee",
        "opens_on": opens,
        "closes_on": closes,
    }
    page = login(manager).post(url("survey_new", seed), data)
    assert list(page.context["form"].errors) == [field]
    assert page.context["form"]["closes_on"].value() == closes
    assert Survey.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "reads", "acts"),
    [
        (Role.MANAGER, 200, 302),
        (Role.COORDINATOR, 200, 302),
        (Role.SPONSOR, 200, 403),
        (Role.COMMITTEE, 200, 403),
        (Role.REVIEWER, 403, 403),
    ],
)
def test_who_sees_and_who_acts(login: Callable[..., Client], role: Role, reads: int, acts: int) -> None:
    survey = SurveyFactory()
    EnrollmentFactory(cohort=survey.cohort, strand=StrandFactory(program=survey.cohort.program), used=1)
    client = login(MembershipFactory(program=survey.cohort.program, role=role).person)
    assert client.get(url("cohort_surveys", survey)).status_code == reads
    assert client.get(url("survey_desk", survey, uid=survey.uid)).status_code == reads
    assert client.post(url("survey_open", survey, uid=survey.uid)).status_code == acts
    survey.refresh_from_db()
    assert survey.state == ("open" if acts == 302 else "draft")


def test_a_manager_of_another_program_finds_nothing(login: Callable[..., Client], manager: Person) -> None:
    survey = SurveyFactory()
    client = login(manager)
    for name in ("survey_desk", "survey_open", "survey_close"):
        assert client.post(url(name, survey, uid=survey.uid)).status_code in {404, 405}
        assert client.get(url(name, survey, uid=survey.uid)).status_code in {404, 405}
    assert client.get(url("cohort_surveys", survey)).status_code == 404
    survey.refresh_from_db()
    assert survey.state == "draft"


def test_a_survey_of_another_cohort_is_not_reached_by_this_ones_address(
    login: Callable[..., Client], manager: Person
) -> None:
    own = SurveyFactory(cohort__program=manager.memberships.get().program)  # type: ignore[attr-defined]
    other = SurveyFactory()
    assert login(manager).get(url("survey_desk", own, uid=other.uid)).status_code == 404


def test_a_person_answers_on_one_page_and_sees_the_thanks(login: Callable[..., Client]) -> None:
    invitation = asked(SurveyFactory(), mentees=2)[0]
    address = reverse("survey_answer", kwargs={"uid": invitation.uid})
    client = login(invitation.person)
    assert client.get(address).status_code == 200
    wrong = client.post(address, {"comment": "Kept text"})
    assert list(wrong.context["forms"][0].errors) == ["supported"]
    assert wrong.context["forms"][0]["comment"].value() == "Kept text"
    assert client.post(address, {"supported": "5", "comment": "Thanks"})["Location"] == address
    assert Response.objects.get().answers == {"supported": 5, "comment": "Thanks"}
    assert client.get(address).context["invitation"].answered_on == timezone.localdate()


def test_nobody_answers_for_another(login: Callable[..., Client]) -> None:
    first, second = asked(SurveyFactory(), mentees=2)
    address = reverse("survey_answer", kwargs={"uid": first.uid})
    for stranger in (second.person, PersonFactory()):
        client = login(stranger)
        assert client.get(address).status_code == 404
        assert client.post(address, {"supported": "1"}).status_code == 404
    assert Response.objects.count() == 0


def test_the_list_takes_as_many_queries_for_many_as_for_one(
    login: Callable[..., Client], manager: Person, count_queries: Callable[[], Any]
) -> None:
    first = SurveyFactory(cohort__program=manager.memberships.get().program)  # type: ignore[attr-defined]
    client = login(manager)
    client.get(url("cohort_surveys", first))
    counts = []
    for number in (0, 29):
        SurveyFactory.create_batch(number, cohort=first.cohort, questionnaire=first.questionnaire)
        with count_queries() as counted:
            client.get(url("cohort_surveys", first))
        counts.append(len(counted))
    assert counts[0] == counts[1]
