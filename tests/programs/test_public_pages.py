"""What strangers read."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from core.roles import Role
from programs.domain.programs import create_program
from programs.models import Cohort, Program
from tests.factories import CohortFactory, MembershipFactory, OrganizationFactory, ProgramFactory

pytestmark = pytest.mark.django_db
Login = Callable[..., Client]
State = Cohort.State


@pytest.fixture
def program() -> Program:
    """A field office's program, with its own words."""
    return create_program(
        template="field_office", name="Ours", slug="ours", owner=OrganizationFactory(), by=None
    )


def test_the_front_page_shows_public_programs_and_open_calls_first(client: Client, program: Program) -> None:
    CohortFactory(program=program, name="Over", state=State.RUNNING)
    calling = CohortFactory(program__name="Zeta", name="Zeta call")
    ProgramFactory(name="Hidden", is_public=False)
    answer = client.get("/")
    text = answer.content.decode()
    assert text.index("Zeta call") < text.index("Ours")
    assertContains(answer, f'href="/p/{calling.program.slug}/{calling.slug}/"')
    assertContains(answer, "pairs experienced staff")
    assertContains(answer, "A call is open now.")
    assertNotContains(answer, "Over</a>")
    assertNotContains(answer, "Hidden")


def test_a_front_page_without_programs_leads_to_sign_in(client: Client) -> None:
    answer = client.get("/")
    assertContains(answer, "No program is open to see yet")
    assertContains(answer, "/accounts/login/")


def test_the_front_page_takes_as_many_queries_for_many_programs(
    client: Client, count_queries: Callable[[], AbstractContextManager[CaptureQueriesContext]]
) -> None:
    counts = []
    for number in (1, 20):
        CohortFactory.create_batch(number)
        with count_queries() as counted:
            client.get("/")
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_a_program_says_what_is_asked_in_its_own_words(client: Client, program: Program) -> None:
    cohort = CohortFactory(program=program, name="Cohort A")
    CohortFactory(program=program, name="Cohort B", state=State.DRAFT)
    answer = client.get("/p/ours/")
    assertContains(answer, "Protégés: what is asked of you")
    assertContains(answer, "Set the pace")
    assertContains(answer, f'href="/p/ours/{cohort.slug}/"')
    assertNotContains(answer, "Cohort B")
    assertNotContains(answer, "entee")


def test_pages_speak_the_readers_language(client: Client, program: Program) -> None:
    CohortFactory(program=program)
    answer = client.get("/p/ours/", HTTP_ACCEPT_LANGUAGE="fr")
    assertContains(answer, "Un programme de douze mois")
    assertNotContains(answer, "A twelve-month program")
    assertContains(client.get("/", HTTP_ACCEPT_LANGUAGE="fr"), "Un programme de douze mois")


def test_a_cohort_says_dates_length_and_what_is_asked(client: Client, program: Program) -> None:
    cohort = CohortFactory(program=program, term_months=6, meetings_per_month=2, timezone="America/New_York")
    answer = client.get(f"/p/ours/{cohort.slug}/")
    for shown in (
        "6 months",
        "About 2 a month",
        "Within 30 days",
        "Mentoring Action Plan (MAP)",
        "Last day to apply",
        "(America/New_York)",
        "Mentors: what is asked of you",
    ):
        assertContains(answer, shown)
    assertContains(answer, "pproves the agreement, by a link in an e-mail")
    assertContains(answer, f'href="/apply/ours/{cohort.slug}/"')


def test_figures_leave_out_what_the_cohort_does_without(client: Client, program: Program) -> None:
    cohort = CohortFactory(program=program, supervisor_signs=False, action_plan=False, meetings_per_month=0)
    answer = client.get(f"/p/ours/{cohort.slug}/")
    for hidden in (
        "pproves the agreement, by",
        "Mentoring Action Plan (MAP)",
        "Meetings",
        "Action plans are due",
    ):
        assertNotContains(answer, hidden)


@pytest.mark.parametrize("state", [state for state in State if state not in (State.DRAFT, State.CALL_OPEN)])
def test_nobody_can_apply_once_the_call_is_closed(client: Client, state: str) -> None:
    cohort = CohortFactory(state=state)
    answer = client.get(f"/p/{cohort.program.slug}/{cohort.slug}/")
    assertContains(answer, "The call is closed.")
    assertNotContains(answer, "/apply/")


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.DRAFT},
        {"program__is_public": False},
        {"state": State.DRAFT, "program__is_public": False},
    ],
)
def test_drafts_and_hidden_programs_are_for_their_staff(
    client: Client, login: Login, fields: dict[str, object]
) -> None:
    cohort = CohortFactory(**fields)
    path = f"/p/{cohort.program.slug}/{cohort.slug}/"
    assert client.get(path).status_code == 404
    near_miss = MembershipFactory(role=Role.MANAGER).person
    assert login(near_miss).get(path).status_code == 404
    own = login(MembershipFactory(program=cohort.program, role=Role.COACH).person)
    assertContains(own.get(path), cohort.name)
    assert own.get(f"/p/{cohort.program.slug}/").status_code == 200


def test_a_hidden_program_is_not_found_by_strangers(client: Client, login: Login) -> None:
    hidden = ProgramFactory(is_public=False)
    assert client.get(f"/p/{hidden.slug}/").status_code == 404
    assert login(MembershipFactory().person).get(f"/p/{hidden.slug}/").status_code == 404


def test_a_cohort_is_found_below_its_own_program_alone(client: Client) -> None:
    cohort, other = CohortFactory(), ProgramFactory()
    assert client.get(f"/p/{cohort.program.slug}/{cohort.slug}/").status_code == 200
    assert client.get(f"/p/{other.slug}/{cohort.slug}/").status_code == 404
