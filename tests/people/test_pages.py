"""Pages of people: imports for operators, one's own details, the demo's sign-in."""

import re
import sys
from collections.abc import Callable, Iterator
from importlib import reload
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import clear_url_caches, reverse

from people.domain import imports
from people.models import PeopleImport, Person
from tests.factories import MembershipFactory, PersonFactory

pytestmark = pytest.mark.django_db
FILE = b"email,name,level\nada@example.org,Ada Moss,12\n"


@pytest.fixture
def operator() -> Person:
    return PersonFactory(is_operator=True)


def upload(client: Client, content: bytes) -> PeopleImport:
    response = client.post(reverse("people_imports"), {"file": SimpleUploadedFile("people.csv", content)})
    uploaded = PeopleImport.objects.latest("pk")
    assert (response.status_code, response["Location"]) == (
        302,
        reverse("people_import", kwargs={"uid": uploaded.uid}),
    )
    return imports.check_import(pk=uploaded.pk)


def test_an_operator_uploads_looks_and_applies(login: Callable[..., Client], operator: Person) -> None:
    client = login(operator)
    uploaded = upload(client, FILE)
    page = client.get(reverse("people_import", kwargs={"uid": uploaded.uid}))
    assert page.context["counts"]["new"] == 1
    assert Person.objects.filter(email="ada@example.org").count() == 0
    client.post(reverse("people_import_apply", kwargs={"uid": uploaded.uid}))
    assert imports.apply_import(pk=uploaded.pk).state == "applied"
    assert Person.objects.get(email="ada@example.org").level == 12
    assert client.get(reverse("people_import", kwargs={"uid": uploaded.uid})).status_code == 200


def test_a_faulty_file_shows_rows_and_columns(login: Callable[..., Client], operator: Person) -> None:
    client = login(operator)
    uploaded = upload(client, b"email,name,level\nada@example.org,Ada,high\n")
    page = client.get(reverse("people_import", kwargs={"uid": uploaded.uid}))
    assert [(p["row"], p["column"]) for p in page.context["problems"]] == [(2, "level")]
    assert reverse("people_import_apply", kwargs={"uid": uploaded.uid}) not in page.content.decode()


def test_a_file_is_discarded(login: Callable[..., Client], operator: Person) -> None:
    client = login(operator)
    uploaded = upload(client, FILE)
    response = client.post(reverse("people_import_discard", kwargs={"uid": uploaded.uid}))
    uploaded.refresh_from_db()
    assert (response["Location"], uploaded.state, bytes(uploaded.content)) == (
        reverse("people_imports"),
        "discarded",
        b"",
    )


def test_no_file_is_an_error_on_the_page(login: Callable[..., Client], operator: Person) -> None:
    page = login(operator).post(reverse("people_imports"))
    assert page.context["form"].errors == {"file": ["Choose a file for “CSV or XLSX file”"]}
    assert PeopleImport.objects.count() == 0


@pytest.mark.parametrize("name", ["people_imports", "people_import", "people_import_sample"])
def test_only_operators_import(name: str, login: Callable[..., Client]) -> None:
    uploaded = imports.upload_import(content=FILE, file_name="p.csv", by=None)
    url = reverse(name, kwargs={"uid": uploaded.uid} if name == "people_import" else {})
    manager = MembershipFactory().person  # right kind of person, wrong role
    assert login(manager).get(url).status_code == 403
    assert login(PersonFactory(is_operator=True)).get(url).status_code == 200


def test_imports_take_as_many_queries_for_many_as_for_one(
    login: Callable[..., Client], operator: Person, count_queries: Callable[[], Any]
) -> None:
    client = login(operator)
    counts = []
    for number in (1, 19):
        for _ in range(number):
            imports.upload_import(content=FILE, file_name="p.csv", by=operator)
        client.get(reverse("people_imports"))
        with count_queries() as counted:
            client.get(reverse("people_imports"))
        counts.append(len(counted))
    assert counts[0] == counts[1]


def test_the_sample_file_can_be_imported(login: Callable[..., Client], operator: Person) -> None:
    PersonFactory(email="lena.ruiz@example.org")
    sample = login(operator).get(reverse("people_import_sample")).content
    assert imports.import_people(content=sample, file_name="people.csv", by=None).counts["new"] == 1


def test_people_change_their_own_details(login: Callable[..., Client]) -> None:
    person = PersonFactory(full_name="Ada Moss")
    client = login(person)
    assert client.get(reverse("me")).status_code == 200
    client.post(reverse("me"), {"preferred_name": "Addie", "language": "fr"})
    person.refresh_from_db()
    assert (person.preferred_name, person.language, person.full_name) == ("Addie", "fr", "Ada Moss")
    assert client.get(reverse("me"))["Content-Language"] == "fr"


def test_bad_details_keep_what_was_typed(login: Callable[..., Client]) -> None:
    person = PersonFactory()
    page = login(person).post(reverse("me"), {"preferred_name": "Addie", "language": "tlh"})
    assert list(page.context["form"].errors) == ["language"]
    assert page.context["form"]["preferred_name"].value() == "Addie"
    person.refresh_from_db()
    assert (person.preferred_name, person.language) == ("", "en")


def test_strangers_are_sent_to_sign_in(client: Client) -> None:
    for name in ("me", "people_imports"):
        url = reverse(name)
        assert client.get(url)["Location"] == f"{reverse('account_login')}?next={url}"


def test_a_role_can_demand_a_second_factor(login: Callable[..., Client], settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = ["manager"]
    sponsor = MembershipFactory(role="sponsor").person
    assert login(sponsor).get(reverse("me")).status_code == 200
    manager = MembershipFactory(role="manager").person
    assert login(manager).get(reverse("me"))["Location"] == reverse("mfa_index")
    manager.authenticator_set.create(type="totp", data={})
    assert login(manager).get(reverse("me")).status_code == 200


@pytest.fixture
def demo(settings: Any) -> Iterator[Any]:
    """The addresses as the demo has them."""
    settings.DEMO = True
    settings.DEMO_ACCOUNTS = [
        {"role": "Mentee", "name": "Mira", "email": "mira@example.org", "password": "x"}
    ]
    _reload_urls()
    yield settings
    settings.DEMO = False
    _reload_urls()


def _reload_urls() -> None:
    for name in ("people.urls", "config.urls"):
        reload(sys.modules[name])
    clear_url_caches()


def test_the_demo_signs_in_its_own_accounts_alone(client: Client, demo: Any) -> None:
    PersonFactory(email="mira@example.org")
    PersonFactory(email="other@example.org")
    assert client.post("/demo/sign-in/", {"email": "other@example.org"}).status_code == 404
    assert "_auth_user_id" not in client.session
    assert client.post("/demo/sign-in/", {"email": "mira@example.org"}).status_code == 302
    assert "_auth_user_id" in client.session


def test_the_demos_sign_in_does_not_exist_elsewhere(client: Client) -> None:
    PersonFactory(email="mira@example.org")
    assert client.post("/demo/sign-in/", {"email": "mira@example.org"}).status_code == 404


def test_people_from_the_import_sign_in_by_password_at_once(client: Client) -> None:
    PersonFactory(email="ada@example.org", password="sails-and-oars-9")
    wrong = client.post(
        reverse("account_login"), {"login": "ada@example.org", "password": "sails-and-oars-8"}
    )
    assert (wrong.status_code, "_auth_user_id" in client.session) == (200, False)
    response = client.post(
        reverse("account_login"), {"login": "ADA@example.org", "password": "sails-and-oars-9"}
    )
    assert (response["Location"], "_auth_user_id" in client.session) == (reverse("home"), True)


def test_who_left_does_not_sign_in(client: Client) -> None:
    PersonFactory(email="ada@example.org", password="sails-and-oars-9", is_active=False)
    client.post(reverse("account_login"), {"login": "ada@example.org", "password": "sails-and-oars-9"})
    assert "_auth_user_id" not in client.session


def test_the_address_is_the_organizations_and_stays(login: Callable[..., Client]) -> None:
    person = PersonFactory()
    client = login(person)
    data = {"action_add": "", "email": "new@example.org"}
    assert client.get(reverse("account_email"))["Location"] == reverse("me")
    assert client.post(reverse("account_email"), data)["Location"] == reverse("me")
    person.refresh_from_db()
    assert (person.email != "new@example.org", Person.objects.filter(email="new@example.org").count()) == (
        True,
        0,
    )


def test_nobody_signs_up(client: Client) -> None:
    data = {"email": "new@example.org", "password1": "sails-and-oars-9", "password2": "sails-and-oars-9"}
    client.post(reverse("account_signup"), data)
    assert Person.objects.count() == 0


def test_a_mailed_code_signs_in(client: Client, smtp: Any) -> None:
    PersonFactory(email="ada@example.org")
    client.post(reverse("account_request_login_code"), {"email": "ada@example.org"})
    (message,) = smtp.to("ada@example.org")
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", message.get_content(), re.MULTILINE)
    assert code is not None
    client.post(reverse("account_confirm_login_code"), {"code": code.group(1)})
    assert "_auth_user_id" in client.session
