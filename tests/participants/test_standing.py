"""The home page tells of open calls to those who could answer them, and people without a partner how it stands."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from participants.models import Enrollment
from participants.standing import open_calls, without_partner
from people.models import Person
from programs.models import Cohort
from tests import factories as make
from tests.participants.world import Call

pytestmark = pytest.mark.django_db


def colleague(call: Call, **fields: object) -> Person:
    return make.PersonFactory(organization=call.program.owner, **fields)


def test_a_colleague_who_has_not_applied_is_led_to_the_call(client: Client, call: Call) -> None:
    person = colleague(call)
    client.force_login(person)
    page = client.get("/").content.decode()
    assert f'You can apply to <a href="/p/{call.program.slug}/{call.cohort.slug}/">Meridian</a> until' in page


def test_nobody_is_told_twice_or_in_vain(call: Call) -> None:
    applicant, stranger, waiting = colleague(call), make.PersonFactory(), colleague(call)
    call.enroll("draft", person=applicant)
    told = {
        person.pk: len(list(open_calls(person))) for person in (applicant, stranger, call.manager, waiting)
    }
    assert told == {applicant.pk: 0, stranger.pk: 0, call.manager.pk: 0, waiting.pk: 1}


@pytest.mark.parametrize("state", ["planned", "selecting", "running"])
def test_only_while_the_call_is_open(call: Call, state: str) -> None:
    call.cohort.state = state
    call.cohort.save()
    assert list(open_calls(colleague(call))) == []


def test_not_after_its_last_day(call: Call) -> None:
    call.cohort.call_closes_on = timezone.now().date() - timedelta(days=2)
    call.cohort.save()
    assert list(open_calls(colleague(call))) == []


def test_many_calls_cost_one_query(call: Call, count_queries) -> None:  # type: ignore[no-untyped-def]
    person = colleague(call)
    for _number in range(5):
        program = make.ProgramFactory(owner=call.program.owner)
        make.CohortFactory(program=program, state="call_open")
    with count_queries() as counted:
        found = list(open_calls(person))
    assert (len(counted), len(found)) == (1, 3)


def under_way(call: Call) -> None:
    Cohort.objects.filter(pk=call.cohort.pk).update(state="running")


@pytest.mark.parametrize(("role", "other"), [("mentee", "mentor"), ("mentor", "protégé")])
def test_who_is_left_without_a_partner_reads_how_it_stands(
    client: Client, call: Call, role: str, other: str
) -> None:
    mine = call.enroll("accepted", role=role)
    mine_url = f"/me/applications/{mine.uid}/"
    client.force_login(mine.person)
    nobody = (
        f"You have no {other} in Meridian, {call.cohort.name}, at the moment. You take part in the next "
        "matching, and a mail tells you as soon as somebody is found."
    )
    assert nobody not in client.get("/").content.decode()
    assert client.get(mine_url).context["row"]["words"].startswith("You take part. A mail tells you who")
    under_way(call)
    assert list(without_partner(mine.person)) == [nobody]
    assert nobody in client.get("/").content.decode()
    assert client.get(mine_url).context["row"]["words"] == nobody
    Enrollment.objects.filter(pk=mine.pk).update(used=1)
    assert list(without_partner(mine.person)) == []
    assert client.get(mine_url).context["row"]["words"] == (
        "You take part. Your next steps show who your partner is."
    )


@pytest.mark.parametrize("state", ["submitted", "waitlisted", "completed", "left", "withdrawn"])
def test_only_those_who_take_part_are_told_that_they_have_nobody(call: Call, state: str) -> None:
    mine = call.enroll(state)
    under_way(call)
    assert list(without_partner(mine.person)) == []


def test_being_without_in_many_rounds_costs_one_query(call: Call, count_queries) -> None:  # type: ignore[no-untyped-def]
    person = call.enroll("accepted").person
    for _number in range(5):
        make.EnrollmentFactory(person=person, cohort__state="running")
    with count_queries() as counted:
        found = list(without_partner(person))
    assert (len(counted), len(found)) == (1, 5)
