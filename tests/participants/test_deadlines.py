"""What applicants and staff owe: the rows, the words, and nothing more than that."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from core.roles import Role
from notifications.deadlines import COLUMNS, Deadline, kinds
from notifications.queries import open_for
from participants.models import Enrollment, Shortlist
from people.models import Person
from programs.models import Cohort
from tests import factories as make
from tests.participants.world import Call, days, new_call

pytestmark = pytest.mark.django_db


def rows(kind: str) -> list[Deadline]:
    return [
        Deadline(**dict(zip(COLUMNS, row, strict=True))) for row in kinds()[kind].rows().order_by("object_id")
    ]


def verbs(kind: str) -> list[str]:
    found = rows(kind)
    words = kinds()[kind].words(found)
    return [words[row.object_id, row.occurrence, row.person_id].verb for row in found]


class TestFinish:
    def test_a_draft_until_the_call_closes(self, call: Call) -> None:
        mine = call.enroll("draft")
        call.cohort.timezone = "Pacific/Honolulu"
        call.cohort.save()
        (row,) = rows("finish_application")
        assert (row.person_id, row.cohort_id, row.object_id, row.done_at) == (
            mine.person_id,
            call.cohort.pk,
            mine.pk,
            None,
        )
        assert (row.opens_on, row.due_on) == (call.cohort.call_opens_on, call.cohort.call_closes_on)
        end = call.cohort.call_closes_on + days(1)
        assert row.due_at == datetime(end.year, end.month, end.day, 10, tzinfo=UTC)
        assert verbs("finish_application") == ["Finish your application as protégé"]

    def test_done_when_submitted(self, call: Call) -> None:
        mine = call.enroll("accepted")
        assert [row.done_at for row in rows("finish_application")] == [mine.submitted_at]

    @pytest.mark.parametrize("state", ["selecting", "running", "closed"])
    def test_a_draft_of_a_call_that_is_over_nags_nobody(self, call: Call, state: str) -> None:
        call.enroll("draft")
        Cohort.objects.update(state=state)
        assert rows("finish_application") == []

    def test_withdrawn_before_submitting(self, call: Call) -> None:
        call.enroll("withdrawn", submitted_at=None)
        assert rows("finish_application") == []


class TestAccept:
    def test_seven_days_of_the_cohorts_zone(self) -> None:
        """It opens where the person is, who reads it there at once."""
        call = new_call(timezone="Pacific/Auckland")
        mine = call.enroll("offered", decided_at=datetime(2026, 5, 1, 13, tzinfo=UTC))
        (row,) = rows("accept_place")
        assert (row.person_id, row.opens_on, row.due_on) == (
            mine.person_id,
            date(2026, 5, 1),
            date(2026, 5, 9),
        )
        assert row.due_at == datetime(2026, 5, 9, 12, tzinfo=UTC)
        assert verbs("accept_place") == ["Accept your place in Meridian"]

    @pytest.mark.parametrize("state", ["accepted", "waitlisted", "lapsed", "withdrawn"])
    def test_only_while_it_is_offered(self, call: Call, state: str) -> None:
        call.enroll(state)
        assert rows("accept_place") == []


class TestReview:
    def test_for_those_who_decide_while_there_are_some(self, call: Call) -> None:
        coordinator = call.staff(Role.COORDINATOR)
        for role in (Role.SPONSOR, Role.HR_LIAISON, Role.REVIEWER, Role.COMMITTEE):
            call.staff(role)
        assert rows("review_applications") == []
        call.enroll()
        call.enroll()
        call.enroll("draft")
        found = rows("review_applications")
        assert {row.person_id for row in found} == {call.manager.pk, coordinator.pk}
        due = call.cohort.call_closes_on + days(14)
        assert {(row.object_id, row.opens_on, row.due_on) for row in found} == {
            (call.cohort.pk, call.cohort.call_closes_on + days(1), due)
        }
        assert verbs("review_applications") == ["Decide on 2 applications"] * 2
        assert kinds()["review_applications"].staff is True

    def test_two_roles_owe_it_once(self, call: Call) -> None:
        make.MembershipFactory(program=call.program, person=call.manager, role=Role.COORDINATOR)
        call.enroll()
        assert len(rows("review_applications")) == 1

    def test_as_far_as_the_role_reaches(self, call: Call) -> None:
        partner = make.OrganizationFactory()
        limited = call.staff(Role.COORDINATOR, organization=partner)
        call.enroll()
        assert [row.person_id for row in rows("review_applications")] == [call.manager.pk]
        call.enroll(person=call.person(organization=partner))
        found = rows("review_applications")
        words = kinds()["review_applications"].words(found)
        assert {row.person_id: words[row.object_id, "", row.person_id].verb for row in found} == {
            call.manager.pk: "Decide on 2 applications",
            limited.pk: "Decide on 1 application",
        }

    def test_what_waits_in_one_cohort_is_not_owed_in_another(self, call: Call) -> None:
        call.enroll()
        make.CohortFactory(program=call.program, state="matching")
        assert [row.cohort_id for row in rows("review_applications")] == [call.cohort.pk]
        assert verbs("review_applications") == ["Decide on 1 application"]

    def test_not_for_another_program_or_a_cohort_under_way(self, call: Call) -> None:
        new_call()
        call.enroll()
        Cohort.objects.filter(pk=call.cohort.pk).update(state="running")
        assert rows("review_applications") == []


@pytest.mark.parametrize(("kind", "state"), [
    ("finish_application", "draft"), ("accept_place", "offered"), ("review_applications", "submitted"),
])  # fmt: skip
def test_words_for_thirty_cost_as_much_as_for_one(kind: str, state: str, count_queries: Any) -> None:
    def cost() -> int:
        found = rows(kind)
        with count_queries() as counted:
            kinds()[kind].words(found)
        return len(counted)

    new_call().enroll(state)
    first = cost()
    for _ in range(29):
        new_call().enroll(state)
    assert (cost(), len(rows(kind))) == (first, 30)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_what_others_ask_of_somebody_is_there_at_once(call: Call, zone: str) -> None:
    mentee, mentor = call.enroll("accepted"), call.enroll("accepted", role="mentor")
    Person.objects.update(timezone=zone)
    Cohort.objects.update(timezone="Europe/Paris")
    with time_machine.travel(datetime(2027, 3, 2, 0, 17, tzinfo=UTC), tick=False):
        later = date(2027, 3, 20)
        make.IntroductionFactory(mentee=mentee, mentor=mentor, expires_on=later)
        Shortlist.objects.create(enrollment=mentee, due_on=later)
        owed = [row.kind for side in (mentor, mentee) for row in open_for(side.person)]
    assert owed == ["answer_introduction", "rank_shortlist"]


def test_on_the_home_page_of_the_applicant(client: Any, call: Call) -> None:
    mine = call.enroll("draft")
    client.force_login(mine.person)
    with time_machine.travel(datetime.now(tz=UTC), tick=False):
        text = client.get("/").content.decode()
    assert "Finish your application as protégé" in text
    assert call.form("mentee/") in text
    assert Enrollment.objects.count() == 1
