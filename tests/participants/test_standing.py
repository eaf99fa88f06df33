"""The home page tells of open calls to those who could answer them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from participants.standing import open_calls
from people.models import Person
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
