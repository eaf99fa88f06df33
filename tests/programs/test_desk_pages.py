"""The desk: where people begin, and where a cohort stands."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from core.dates import today_in
from core.roles import Role
from core.ui import Bar
from programs.models import Cohort
from programs.views.desk import without_links
from tests.factories import (
    CohortFactory,
    EnrollmentFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    PersonFactory,
    ProgramFactory,
)

pytestmark = pytest.mark.django_db
State = Cohort.State
Login = Callable[..., Client]
Counter = Callable[[], AbstractContextManager[CaptureQueriesContext]]


def url(cohort: Cohort, rest: str = "") -> str:
    return f"/desk/{cohort.program.slug}/{cohort.slug}/{rest}"


def staff(cohort: Cohort, role: str = Role.MANAGER) -> Any:
    return MembershipFactory(program=cohort.program, role=role).person


def page(login: Login, cohort: Cohort, role: str = Role.MANAGER) -> str:
    return login(staff(cohort, role)).get(url(cohort)).content.decode()


def test_strangers_sign_in_first(client: Client) -> None:
    cohort = CohortFactory()
    for address in ("/desk/", f"/desk/{cohort.program.slug}/", url(cohort), url(cohort, "settings/")):
        assertRedirects(
            client.get(address), f"/accounts/login/?next={address}", fetch_redirect_response=False
        )


def test_home_shows_my_programs_roles_and_cohorts(login: Login) -> None:
    mine = MembershipFactory(role=Role.SPONSOR, program__name="Mine")
    MembershipFactory(role=Role.COACH, program=mine.program, person=mine.person)
    cohort = CohortFactory(program=mine.program, name="Cohort A", state=State.RUNNING)
    CohortFactory(name="Cohort B")
    answer = login(mine.person).get("/desk/")
    assertContains(answer, "Mine")
    assertContains(answer, "Coach, Sponsor")
    assertContains(answer, f'<a href="{url(cohort)}">Cohort A</a>', html=True)
    assertContains(answer, "Under way")
    assertNotContains(answer, "Cohort B")
    assertNotContains(answer, "New cohort")
    assertNotContains(answer, "New program")


def test_home_of_a_manager_leads_to_new_cohorts_and_programs(login: Login) -> None:
    mine = MembershipFactory()
    answer = login(mine.person).get("/desk/")
    assertContains(answer, f"/desk/{mine.program.slug}/new/")
    assertContains(answer, "/desk/new/")
    assertContains(answer, "No cohort yet.")


def test_home_of_somebody_without_a_role_says_what_to_do(login: Login) -> None:
    answer = login(PersonFactory()).get("/desk/")
    assertContains(answer, "You do not work in any program yet")
    assertNotContains(answer, "/desk/new/")
    operator = login(PersonFactory(is_operator=True)).get("/desk/")
    assertContains(operator, "Make your first program")
    assertContains(operator, "/desk/new/")


def test_home_takes_as_many_queries_for_thirty_programs_as_for_one(
    login: Login, count_queries: Counter
) -> None:
    person = PersonFactory()
    client = login(person)
    counts = []
    for number in (1, 29):
        for _ in range(number):
            CohortFactory(program=MembershipFactory(person=person).program)
        with count_queries() as counted:
            client.get("/desk/")
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_the_navigation_has_a_desk_for_people_with_a_role(login: Login) -> None:
    link = '<a href="/desk/">Desk</a>'
    assertContains(login(MembershipFactory(role=Role.COMMITTEE).person).get("/me/"), link, html=True)
    assertContains(login(PersonFactory(is_operator=True)).get("/me/"), link, html=True)
    assertNotContains(login(EnrollmentFactory().person).get("/me/"), "/desk/")


@pytest.mark.parametrize(
    ("state", "headline", "act"),
    [
        (State.CALL_OPEN, "The call is open until", "See who has applied"),
        (State.SELECTING, "Choose who takes part", "Decide on applications"),
        (State.MATCHING, "Pair the people", "Go to matching"),
        (State.RUNNING, "Pairs are making their agreements", "See the pairs"),
        (State.CLOSING, "Time to evaluate", "See the surveys"),
        (State.CLOSED, "This cohort is closed", ""),
    ],
)
def test_each_state_says_what_comes_next(login: Login, state: str, headline: str, act: str) -> None:
    markup = page(login, CohortFactory(state=state, starts_on=today_in("UTC"), call_opens_on=today_in("UTC")))
    assert headline in markup
    assert act in markup


def test_a_draft_says_when_it_opens_or_what_is_missing(login: Login) -> None:
    opens = {"call_opens_on": date(2099, 3, 1), "call_closes_on": date(2099, 3, 2)}
    later = {**opens, "starts_on": date(2099, 4, 1), "ends_on": date(2099, 5, 1)}
    bare = CohortFactory(state=State.DRAFT, **later)
    markup = page(login, bare)
    assert "Set the places" in markup
    assert f'href="{url(bare, "settings/")}"' in markup
    ready = OfferFactory(
        cohort__state=State.DRAFT, **{f"cohort__{key}": day for key, day in later.items()}
    ).cohort
    assert "The call opens on 1 March" in page(login, ready)


def test_who_only_looks_is_told_quietly_and_has_nothing_to_do(login: Login) -> None:
    cohort = CohortFactory(state=State.SELECTING)
    for role in (Role.SPONSOR, Role.COMMITTEE, Role.HR_LIAISON):
        markup = page(login, cohort, role)
        assert "People are being selected" in markup
        assert "Decide on" not in markup
        assert "/move/" not in markup
        assert url(cohort, "settings/") not in markup
    assert "Choose who takes part" in page(login, cohort, Role.COORDINATOR)


def test_sponsors_see_figures_without_links_to_people(login: Login) -> None:
    cohort = CohortFactory(state=State.RUNNING)
    EnrollmentFactory.create_batch(6, cohort=cohort)
    people = url(cohort, "people/")
    assert people in page(login, cohort, Role.MANAGER)
    for role in (Role.SPONSOR, Role.COMMITTEE, Role.COACH):
        markup = page(login, cohort, role)
        assert people not in markup
        assert url(cohort, "mentorships/") not in markup
        assert "Accepted" in markup


def test_links_are_taken_out_however_deep_they_stand() -> None:
    built = {
        "bars": [Bar("A", 1, url="/x/")],
        "url": "/y/",
        "roles": [{"url": "/z/", "total": 3}],
        "any": True,
    }
    assert without_links(built) == {
        "bars": [Bar("A", 1)],
        "url": "",
        "roles": [{"url": "", "total": 3}],
        "any": True,
    }


def test_phases_dates_and_moves_of_a_running_cohort(login: Login) -> None:
    start = today_in("UTC") - timedelta(days=40)
    cohort = CohortFactory(
        state=State.RUNNING, call_opens_on=start - timedelta(days=60), starts_on=start, agreement_days=30
    )
    markup = page(login, cohort)
    assert markup.count("phase-done") == 5
    assert "Under way until" in markup
    assert "Action plans are due" in markup
    assert "Agreements are due" not in markup  # past
    assert url(cohort, "move/start-closing/") in markup
    assert url(cohort, "move/open-call/") not in markup


def test_the_public_address_is_handed_on_while_it_is_of_use(login: Login) -> None:
    cohort = CohortFactory()
    address = f"http://testserver/p/{cohort.program.slug}/{cohort.slug}/"
    assert address in page(login, cohort)
    assert address not in page(login, CohortFactory(program=cohort.program, state=State.RUNNING))
    hidden = CohortFactory(program__is_public=False)
    assert f"/p/{hidden.program.slug}/{hidden.slug}/" not in page(login, hidden)


def test_early_phases_do_not_show_later_ones(login: Login) -> None:
    draft = page(login, CohortFactory(state=State.DRAFT))
    assert "Mentorships</h2>" not in draft
    assert "Mentorships</h2>" in page(login, CohortFactory(state=State.RUNNING))


def test_the_desk_takes_as_many_queries_for_many_people_as_for_few(
    login: Login, count_queries: Counter
) -> None:
    cohort = OfferFactory(cohort__state=State.RUNNING).cohort
    client = login(staff(cohort))
    counts = []
    for number in (6, 30):
        EnrollmentFactory.create_batch(number, cohort=cohort)
        with count_queries() as counted:
            client.get(url(cohort))
        counts.append(len(counted))
    assert counts[0] == counts[1]


@time_machine.travel("2027-01-20T12:00:00Z", tick=False)
def test_dates_follow_the_cohorts_own_day(login: Login) -> None:
    cohort = CohortFactory(
        timezone="Pacific/Kiritimati",
        call_opens_on=date(2027, 1, 1),
        call_closes_on=date(2027, 1, 20),
        starts_on=date(2027, 2, 1),
        ends_on=date(2027, 12, 1),
    )
    assert "Last day to apply" not in page(login, cohort)  # it is the 21st there
    Cohort.objects.filter(pk=cohort.pk).update(timezone="UTC")
    assert "Last day to apply" in page(login, cohort)


def test_a_move_says_what_it_means_and_is_made_by_post(login: Login) -> None:
    cohort = OfferFactory(cohort__state=State.DRAFT).cohort
    client = login(staff(cohort))
    asked = client.get(url(cohort, "move/open-call/"))
    assertContains(asked, "People can apply from now on")
    assert Cohort.objects.get(pk=cohort.pk).state == State.DRAFT
    assertRedirects(client.post(url(cohort, "move/open-call/")), url(cohort))
    assert Cohort.objects.get(pk=cohort.pk).state == State.CALL_OPEN
    assertContains(client.get(url(cohort)), "The call is open until")


def test_a_move_that_is_no_longer_possible_leads_back(login: Login) -> None:
    cohort = CohortFactory(state=State.RUNNING)
    client = login(staff(cohort))
    answer = client.get(url(cohort, "move/open-call/"), follow=True)
    assertContains(answer, "This is no longer possible: it is now “Under way”.")
    refused = client.post(
        url(cohort, "move/open-call/"), HTTP_REFERER=f"http://testserver{url(cohort)}", follow=True
    )
    assertContains(refused, "This is no longer possible")
    assert Cohort.objects.get(pk=cohort.pk).state == State.RUNNING


def test_a_refused_move_says_why(login: Login) -> None:
    cohort = CohortFactory(state=State.DRAFT)
    client = login(staff(cohort))
    here = url(cohort, "move/open-call/")
    answer = client.post(here, HTTP_REFERER=f"http://testserver{here}", follow=True)
    assertContains(answer, "The cohort has no places yet, so nobody could be accepted.")


def test_an_unknown_move_is_not_found(login: Login) -> None:
    cohort = CohortFactory()
    assert login(staff(cohort)).get(url(cohort, "move/explode/")).status_code == 404


def test_who_may_create_programs(login: Login) -> None:
    owner = OrganizationFactory(name="Owner Org")
    OrganizationFactory(name="Other Org")
    manager = MembershipFactory(program=ProgramFactory(owner=owner)).person
    MembershipFactory(person=manager, role=Role.SPONSOR, program=ProgramFactory(owner__name="Sponsored Org"))
    answer = login(manager).get("/desk/new/laboratory/")
    assertContains(answer, "Owner Org")
    assertNotContains(answer, "Other Org")
    assertNotContains(answer, "Sponsored Org")
    assertContains(login(PersonFactory(is_operator=True)).get("/desk/new/laboratory/"), "Other Org")
    for role in Role:
        if role != Role.MANAGER:
            assert login(MembershipFactory(role=role).person).get("/desk/new/").status_code == 403
    assert login(PersonFactory()).get("/desk/new/laboratory/").status_code == 403
