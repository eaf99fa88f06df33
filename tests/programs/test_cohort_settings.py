"""Making a cohort step by step, and changing its settings."""

import re
from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django.asserts import assertContains, assertRedirects

from core.roles import Role
from programs.models import Cohort, Membership, Program, Strand
from programs.rules import MODES, POLICY, stamp
from tests.factories import CohortFactory, MembershipFactory, OfferFactory, StrandFactory

pytestmark = pytest.mark.django_db
Login = Callable[..., Client]
DATES = {
    "name": "Cohort 2027",
    "slug": "2027",
    "call_opens_on": "2027-01-11",
    "call_closes_on": "2027-02-08",
    "starts_on": "2027-03-01",
    "ends_on": "2028-02-28",
}
NUMBERS = {
    "agreement_days": 30,
    "plan_days": 60,
    "rematch_days": 60,
    "term_months": 12,
    "meetings_per_month": 2,
    "answer_days": 0,
    "supervisor_signs": "on",
    "shortlists": "on",
}


@pytest.fixture
def strand() -> Strand:
    return StrandFactory()


@pytest.fixture
def desk(login: Login, strand: Strand) -> Client:
    """Signed in as manager of the strand's program."""
    return login(MembershipFactory(program=strand.program).person)


def assert_error(answer: Any, field: str, problem: str) -> None:
    """The summary on top leads to the field, and the field says what is wrong."""
    said = unescape(answer.content.decode())
    assert re.search(rf'<a href="#id_{field}">[^<]*{re.escape(problem)}</a>', said)
    assert said.count(problem) >= 2


def new(program: Program, step: str = "") -> str:
    return f"/desk/{program.slug}/new/{step}"


def walk(desk: Client, strand: Strand, *, until: str = "check") -> None:
    places = {f"places_{strand.pk}": 20}
    for step, data in (("dates/", DATES), ("places/", places), ("policy/", NUMBERS)):
        assert desk.post(new(strand.program, step), data).status_code == 302
        if step == f"{until}/":
            return


def test_step_by_step_to_a_cohort(desk: Client, strand: Strand) -> None:
    program = strand.program
    first = desk.get(new(program))
    assertContains(first, "step 1 of 4")
    assertRedirects(desk.post(new(program), DATES), new(program, "places/"))
    assertContains(desk.get(new(program, "places/")), "One to one")
    assertRedirects(desk.post(new(program, "places/"), {f"places_{strand.pk}": 20}), new(program, "policy/"))
    policy = desk.get(new(program, "policy/"))
    assertContains(policy, "Counted from the day on which the mentorship starts.")
    assertRedirects(desk.post(new(program, "policy/"), NUMBERS), new(program, "check/"))
    check = desk.get(new(program, "check/"))
    for shown in ("Cohort 2027", "11 January 2027", "28 February 2028", "Places: One to one", "20"):
        assertContains(check, shown)
    assert Cohort.objects.count() == 0
    assertRedirects(desk.post(new(program, "check/")), f"/desk/{program.slug}/2027/")
    cohort = Cohort.objects.get()
    assert (cohort.name, cohort.state, cohort.ends_on) == ("Cohort 2027", "draft", date(2028, 2, 28))
    assert {name: getattr(cohort, name) for name in POLICY} == {
        **NUMBERS,
        "supervisor_signs": True,
        "action_plan": False,
        **dict.fromkeys(MODES, False),
        "shortlists": True,
    }
    assert list(cohort.offers.values_list("strand", "places")) == [(strand.pk, 20)]
    # What was said is forgotten: the next cohort begins anew.
    assertRedirects(desk.get(new(program, "check/")), new(program, "dates/"))


@time_machine.travel("2027-06-01T12:00:00Z", tick=False)
def test_the_proposal_leaves_time_and_takes_a_free_address(login: Login, strand: Strand) -> None:
    desk = login(MembershipFactory(program=strand.program).person)
    Program.objects.update(term_months=6)
    CohortFactory(program=strand.program, slug="2027")
    proposed = desk.get(new(strand.program)).context["form"].initial
    assert proposed == {
        "name": "Cohort 2028",
        "slug": "2028",
        "call_opens_on": date(2027, 6, 15),
        "call_closes_on": date(2027, 7, 13),
        "starts_on": date(2027, 8, 10),
        "ends_on": date(2028, 2, 9),
    }


def test_steps_are_not_skipped(desk: Client, strand: Strand) -> None:
    for step in ("places/", "policy/", "check/"):
        assertRedirects(desk.get(new(strand.program, step)), new(strand.program, "dates/"))
    walk(desk, strand, until="dates")
    assertRedirects(desk.post(new(strand.program, "check/")), new(strand.program, "places/"))
    assert desk.get(new(strand.program, "prices/")).status_code == 404
    assert Cohort.objects.count() == 0


def test_a_change_after_the_check_leads_back_to_it(desk: Client, strand: Strand) -> None:
    walk(desk, strand)
    shown = desk.get(new(strand.program, "dates/"))
    assertContains(shown, 'value="2027-03-01"')
    answer = desk.post(new(strand.program, "dates/"), {**DATES, "name": "Pilot"})
    assertRedirects(answer, new(strand.program, "check/"))
    assertContains(desk.get(new(strand.program, "check/")), "Pilot")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"call_closes_on": "2027-01-10"}, "The call cannot close before it opens."),
        ({"starts_on": "2027-01-10"}, "Mentorships cannot start before the call opens."),
        ({"ends_on": "2027-03-01"}, "Mentorships must end after they start."),
        ({"ends_on": "soon"}, "Enter a valid date."),
        ({"ends_on": ""}, "Fill in “Mentorships end on”"),
        ({"slug": "settings"}, "This address is used by the product itself. Choose another."),
        ({"slug": "a b"}, "Use letters without accents, digits and hyphens only."),
        ({"slug": "Taken"}, "The program has a cohort with this address already. Choose another."),
    ],
)
def test_errors_are_linked_and_the_input_is_kept(
    desk: Client, strand: Strand, changes: dict[str, str], problem: str
) -> None:
    CohortFactory(program=strand.program, slug="taken")
    answer = desk.post(new(strand.program), {**DATES, "name": "My own name", **changes})
    assert answer.status_code == 200
    field = next(iter(changes))
    assert_error(answer, field, problem)
    assertContains(answer, 'value="My own name"')
    assert b"<title>Error:" in answer.content


def test_an_address_taken_meanwhile_is_told_on_the_last_page(desk: Client, strand: Strand) -> None:
    walk(desk, strand)
    CohortFactory(program=strand.program, slug="2027")
    answer = desk.post(new(strand.program, "check/"))
    assertContains(answer, "The program has a cohort with this address already. Choose another.")
    assertContains(answer, "Cohort 2027")


def test_two_programs_do_not_share_what_was_said(desk: Client, strand: Strand) -> None:
    walk(desk, strand)
    person = Membership.objects.get().person
    other = MembershipFactory(person=person).program
    assertRedirects(desk.get(new(other, "check/")), new(other, "dates/"))


def settings_of(cohort: Cohort, **changes: Any) -> dict[str, Any]:
    places = {f"places_{one.strand_id}": one.places for one in cohort.offers.all()}
    values = {name: getattr(cohort, name) for name in ("name", "timezone", *DATES, *POLICY) if name != "slug"}
    sent = {**values, **places, "stamp": stamp(cohort), **changes}
    return {name: value for name, value in sent.items() if value is not False}


@pytest.fixture
def cohort() -> Cohort:
    made: Cohort = OfferFactory(places=20, used=8).cohort
    return made


@pytest.fixture
def manager(login: Login, cohort: Cohort) -> Client:
    return login(MembershipFactory(program=cohort.program).person)


def address(cohort: Cohort) -> str:
    return f"/desk/{cohort.program.slug}/{cohort.slug}/settings/"


def test_settings_are_shown_and_saved(manager: Client, cohort: Cohort) -> None:
    shown = manager.get(address(cohort))
    assertContains(shown, f'value="{cohort.name}"')
    offer = cohort.offers.get()
    changes = {"agreement_days": 45, "action_plan": False, f"places_{offer.strand_id}": 30}
    assertRedirects(manager.post(address(cohort), settings_of(cohort, **changes)), address(cohort))
    cohort.refresh_from_db()
    offer.refresh_from_db()
    assert (cohort.agreement_days, cohort.action_plan, offer.places) == (45, False, 30)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("agreement_days", "0", "Ensure this value is greater than or equal to 1."),
        ("term_months", "61", "Ensure this value is less than or equal to 60."),
        ("meetings_per_month", "", "Fill in “Meetings a month”"),
        (
            "timezone",
            "Mars/Olympus",
            "Select a valid choice. Mars/Olympus is not one of the available choices.",
        ),
        ("name", "", "Fill in “Name”"),
    ],
)
def test_settings_with_errors_keep_the_input(
    manager: Client, cohort: Cohort, name: str, value: str, problem: str
) -> None:
    answer = manager.post(address(cohort), settings_of(cohort, plan_days=77, **{name: value}))
    assert_error(answer, name, problem)
    assertContains(answer, 'value="77"')
    cohort.refresh_from_db()
    assert cohort.plan_days == 60


def test_settings_changed_by_somebody_else_are_not_overwritten(manager: Client, cohort: Cohort) -> None:
    mine = settings_of(cohort, plan_days=77)
    Cohort.objects.filter(pk=cohort.pk).update(agreement_days=10)
    assertContains(
        manager.post(address(cohort), mine), "Somebody else has changed these settings in the meantime"
    )
    cohort.refresh_from_db()
    assert (cohort.agreement_days, cohort.plan_days) == (10, 60)


def test_too_few_places_are_refused_in_words(manager: Client, cohort: Cohort) -> None:
    few = settings_of(cohort, **{f"places_{cohort.offers.get().strand_id}": 7})
    assertContains(manager.post(address(cohort), few), "8 places are taken already, so 7 are too few.")


def test_a_closed_cohort_has_no_form(manager: Client, cohort: Cohort) -> None:
    Cohort.objects.filter(pk=cohort.pk).update(state="closed")
    shown = manager.get(address(cohort))
    assertContains(shown, "This cohort is closed: its settings stay as they were.")
    assert b'name="plan_days"' not in shown.content


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MANAGER])
def test_only_managers_change_settings(login: Login, cohort: Cohort, role: str) -> None:
    client = login(MembershipFactory(program=cohort.program, role=role).person)
    desk = f"/desk/{cohort.program.slug}/"
    for path in (
        address(cohort),
        f"{desk}{cohort.slug}/move/close-call/",
        f"{desk}new/",
        f"{desk}new/check/",
    ):
        assert (client.get(path).status_code, client.post(path).status_code) == (403, 403)
    cohort.refresh_from_db()
    assert cohort.state == "call_open"


def test_a_manager_of_another_program_finds_nothing(login: Login, cohort: Cohort) -> None:
    other = CohortFactory(slug=cohort.slug)
    client = login(MembershipFactory(program=other.program).person)
    desk = f"/desk/{cohort.program.slug}/"
    for path in (
        desk,
        f"{desk}{cohort.slug}/",
        address(cohort),
        f"{desk}new/",
        f"{desk}{cohort.slug}/move/close-call/",
    ):
        assert client.get(path).status_code == 404
    assert client.get(f"/desk/{other.program.slug}/{other.slug}/").status_code == 200
