"""Programs: made from a kind, their people, settings and words."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from core.roles import Role
from people.models import Organization
from programs.domain.programs import create_program
from programs.models import Membership, Program
from programs.program_files import read
from programs.rules import POLICY, stamp
from tests.factories import (
    CohortFactory,
    MembershipFactory,
    OrganizationFactory,
    PersonFactory,
    ProgramFactory,
    StrandFactory,
)
from tests.programs.test_cohort_settings import assert_error

pytestmark = pytest.mark.django_db
Login = Callable[..., Client]
Counter = Callable[[], AbstractContextManager[CaptureQueriesContext]]


@pytest.fixture
def program() -> Program:
    """A laboratory's program without people."""
    return create_program(
        template="laboratory", name="Ours", slug="ours", owner=OrganizationFactory(), by=None
    )


@pytest.fixture
def manager(login: Login, program: Program) -> Client:
    return login(MembershipFactory(program=program, person__full_name="Mira Manager").person)


def given(**changes: Any) -> dict[str, Any]:
    fields = {"name": "New one", "slug": "new-one", "timezone": "Europe/Paris"}
    return {**fields, "owner": Organization.objects.get().pk, **changes}


def test_three_kinds_to_choose_from(manager: Client) -> None:
    answer = manager.get("/desk/new/")
    for key in ("field_office", "laboratory", "university"):
        assertContains(answer, f"/desk/new/{key}/")
    assertContains(answer, "For offices and agencies that run a formal program.")


def test_a_program_is_made(manager: Client) -> None:
    assertContains(manager.get("/desk/new/university/"), "Name the program")
    assertRedirects(manager.post("/desk/new/university/", given(slug="New-One")), "/desk/new-one/")
    made = Program.objects.get(slug="new-one")
    assert (made.name, made.template, made.timezone) == ("New one", "university", "Europe/Paris")
    assert made.memberships.get().role == Role.MANAGER
    assert manager.get("/desk/new/palace/").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("name", "", "Fill in “Name”"),
        ("slug", "ours", "There is a program with this address already. Choose another."),
        ("slug", "new", "This address is used by the product itself. Choose another."),
        ("slug", "é", "Use letters without accents, digits and hyphens only."),
        ("timezone", "Paris", "Select a valid choice. Paris is not one of the available choices."),
        ("owner", "0", "Select a valid choice. That choice is not one of the available choices."),
    ],
)
def test_errors_are_linked_and_the_input_is_kept(
    manager: Client, name: str, value: str, problem: str
) -> None:
    answer = manager.post("/desk/new/laboratory/", given(**{name: value}))
    assert_error(answer, name, problem)
    assertContains(answer, 'value="New one"' if name != "name" else 'value="new-one"')
    assert Program.objects.count() == 1


def test_an_organization_that_is_not_ones_own_is_no_choice(manager: Client) -> None:
    own = Organization.objects.get().pk
    foreign = OrganizationFactory()
    answer = manager.post("/desk/new/laboratory/", {**given_with(own), "owner": foreign.pk})
    assertContains(answer, "That choice is not one of the available choices.")
    assert Program.objects.count() == 1


def given_with(owner: int) -> dict[str, Any]:
    return {"name": "New one", "slug": "new-one", "timezone": "UTC", "owner": owner}


def test_the_programs_page(manager: Client, program: Program) -> None:
    empty = manager.get("/desk/ours/")
    assertContains(empty, "Plan the first cohort")
    assertContains(empty, "Mira Manager")
    assertContains(empty, "http://testserver/p/ours/")
    CohortFactory(program=program, name="Cohort A")
    CohortFactory(name="Cohort B")
    full = manager.get("/desk/ours/")
    assertContains(full, "Cohort A")
    assertNotContains(full, "Cohort B")


def test_who_does_not_manage_sees_the_page_without_its_acts(login: Login, program: Program) -> None:
    client = login(MembershipFactory(program=program, role=Role.SPONSOR).person)
    answer = client.get("/desk/ours/")
    assertContains(answer, "The program’s manager has not planned one.")
    for path in ("new", "people", "settings", "words", "file"):
        assertNotContains(answer, f"/desk/ours/{path}/")
        assert client.get(f"/desk/ours/{path}/").status_code == 403


@pytest.mark.parametrize("path", ["", "people/", "settings/", "words/", "file/", "new/"])
def test_a_manager_of_another_program_finds_nothing(login: Login, program: Program, path: str) -> None:
    other = MembershipFactory()
    client = login(other.person)
    assert client.get(f"/desk/{program.slug}/{path}").status_code == 404
    Membership.objects.create(program=program, person=other.person, role=Role.MANAGER)
    assert client.get(f"/desk/{program.slug}/{path}").status_code == 200


def test_somebody_is_added_and_removed(manager: Client, program: Program) -> None:
    PersonFactory(email="tomas@example.org", full_name="Tomas Brandt")
    answer = manager.post("/desk/ours/people/", {"email": " Tomas@Example.org ", "role": "sponsor"})
    assertRedirects(answer, "/desk/ours/people/")
    membership = program.memberships.get(role=Role.SPONSOR)
    assert membership.person.email == "tomas@example.org"
    assertContains(manager.get("/desk/ours/people/"), "Tomas Brandt")
    remove = f"/desk/ours/people/{membership.pk}/remove/"
    assert manager.get(remove).status_code == 405
    assertRedirects(manager.post(remove), "/desk/ours/people/")
    assert not program.memberships.filter(role=Role.SPONSOR).exists()
    assert manager.post(remove).status_code == 404


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        ("nobody@example.org", "Nobody with this address is known."),
        ("left@example.org", "Nobody with this address is known."),
        ("nonsense", "Enter a valid email address."),
        ("", "Fill in “E-mail address”"),
        ("twice@example.org", "Twice Over has this role already."),
    ],
)
def test_somebody_who_cannot_be_added(manager: Client, program: Program, email: str, problem: str) -> None:
    PersonFactory(email="left@example.org", is_active=False)
    twice = PersonFactory(email="twice@example.org", full_name="Twice Over")
    MembershipFactory(program=program, person=twice, role=Role.COACH)
    answer = manager.post("/desk/ours/people/", {"email": email, "role": "coach"})
    assertContains(answer, problem)
    assertContains(answer, f'value="{email}"' if email else 'name="email"')
    assert program.memberships.count() == 2


def test_another_programs_role_is_not_removed_here(manager: Client) -> None:
    elsewhere = MembershipFactory(role=Role.SPONSOR)
    assert manager.post(f"/desk/ours/people/{elsewhere.pk}/remove/").status_code == 404
    assert Membership.objects.filter(pk=elsewhere.pk).exists()


def test_a_manager_who_steps_back_leaves_the_desk(manager: Client, program: Program) -> None:
    MembershipFactory(program=program)
    own = program.memberships.get(person__full_name="Mira Manager")
    assertRedirects(manager.post(f"/desk/ours/people/{own.pk}/remove/"), "/desk/")
    assert manager.get("/desk/ours/").status_code == 404


def test_the_only_manager_is_told_why_not(manager: Client, program: Program) -> None:
    own = program.memberships.get()
    here = "http://testserver/desk/ours/people/"
    answer = manager.post(f"/desk/ours/people/{own.pk}/remove/", HTTP_REFERER=here, follow=True)
    assertContains(answer, "This is the only program manager, and a program needs one.")
    assert program.memberships.count() == 1


def settings_of(program: Program, **changes: Any) -> dict[str, Any]:
    program.refresh_from_db()
    values = {name: getattr(program, name) for name in ("name", "timezone", "is_public", *POLICY)}
    texts = {
        f"{key}_{language}": program.texts[key][language]
        for key in ("summary", "mentor", "mentee")
        for language in program.languages
    }
    sent = {**values, **texts, "stamp": stamp(program), **changes}
    return {name: value for name, value in sent.items() if value is not False}


def test_settings_are_saved(manager: Client, program: Program) -> None:
    assertContains(manager.get("/desk/ours/settings/"), "A mentor for everyone who wants one")
    changes = {"summary_fr": "Tout autre chose.", "is_public": False, "term_months": 6, "name": "Renamed"}
    answer = manager.post("/desk/ours/settings/", settings_of(program, **changes))
    assertRedirects(answer, "/desk/ours/settings/")
    program.refresh_from_db()
    assert (program.name, program.is_public, program.term_months) == ("Renamed", False, 6)
    assert program.texts["summary"]["fr"] == "Tout autre chose."
    assert program.texts["summary"]["en"].startswith("A mentor for everyone")
    assert "about" in program.texts


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("name", "Name"),
        ("summary_fr", "What the program is (French)"),
        ("mentor_en", "What is asked of mentors (English)"),
        ("term_months", "Length in months"),
    ],
)
def test_settings_with_errors_keep_the_input(
    manager: Client, program: Program, name: str, label: str
) -> None:
    answer = manager.post("/desk/ours/settings/", settings_of(program, plan_days=77, **{name: ""}))
    assert_error(answer, name, f"Fill in “{label}”")
    assertContains(answer, 'value="77"')


def test_settings_changed_by_somebody_else_are_not_overwritten(manager: Client, program: Program) -> None:
    mine = settings_of(program, name="Mine")
    Program.objects.filter(pk=program.pk).update(name="Theirs")
    assertContains(manager.post("/desk/ours/settings/", mine), "Somebody else has changed these settings")
    program.refresh_from_db()
    assert program.name == "Theirs"


def test_circles_of_two_hosts_are_a_setting(manager: Client, program: Program) -> None:
    assertNotContains(manager.get("/desk/ours/settings/"), "Circles, in every cohort")
    strand = StrandFactory(program=program, name={"en": "Rounds"}, format="circle", size_min=4, size_max=8)
    shown = manager.get("/desk/ours/settings/")
    assertContains(shown, "Rounds: hosts of each circle")
    names = {name: f"{name}_{strand.pk}" for name in ("size_min", "size_max", "hosts")}
    assert [shown.context["form"][name].value() for name in names.values()] == [4, 8, 1]
    problem = "The most cannot be less than the fewest, 9."
    sent = settings_of(program, **{names["size_min"]: 9, names["size_max"]: 8, names["hosts"]: 2})
    assert_error(manager.post("/desk/ours/settings/", sent), names["size_max"], problem)
    assertRedirects(
        manager.post("/desk/ours/settings/", {**sent, names["size_min"]: 3}), "/desk/ours/settings/"
    )
    strand.refresh_from_db()
    assert (strand.size_min, strand.size_max, strand.hosts) == (3, 8, 2)


def test_words_are_shown_saved_and_given_back(manager: Client, program: Program) -> None:
    shown = manager.get("/desk/ours/words/")
    assertContains(shown, 'value="mentoré"')
    form = shown.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    answer = manager.post("/desk/ours/words/", {**sent, "mentee_en": "protégé", "mentees_fr": ""})
    assertRedirects(answer, "/desk/ours/words/")
    program.refresh_from_db()
    assert program.labels == {"en": {"mentee": "protégé"}}
    assertContains(manager.get("/desk/ours/words/"), 'value="protégé"')


def test_a_word_that_is_too_long(manager: Client, program: Program) -> None:
    answer = manager.post("/desk/ours/words/", {"stamp": stamp(program), "mentee_en": "x" * 61})
    assertContains(answer, "Ensure this value has at most 60 characters (it has 61).")


def test_the_program_comes_as_a_file(manager: Client) -> None:
    answer = manager.get("/desk/ours/file/")
    assert answer["Content-Disposition"] == 'attachment; filename="ours.yaml"'
    assert read(answer.content.decode(), "ours.yaml").name == {"en": "Ours", "fr": "Ours"}


def test_people_take_as_many_queries_for_thirty_as_for_one(
    manager: Client, program: Program, count_queries: Counter
) -> None:
    counts = []
    for number in (0, 30):
        MembershipFactory.create_batch(number, program=program, role=Role.COACH)
        for path in ("/desk/ours/people/", "/desk/ours/"):
            with count_queries() as counted:
                manager.get(path)
            counts.append(len(counted))
    assert counts[:2] == counts[2:]


def test_a_program_without_languages_of_the_reader_still_reads(login: Login) -> None:
    program = ProgramFactory(texts={"summary": {"fr": "En français seulement."}}, languages=["fr"])
    client = login(MembershipFactory(program=program).person)
    assertContains(client.get(f"/desk/{program.slug}/"), "En français seulement.")
