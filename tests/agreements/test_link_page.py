"""The supervisor's page behind the link: what it shows, what it refuses, what a machine cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page

from agreements.domain.agreements import new_version
from agreements.domain.approval import resend_supervisor_link, revoke_supervisor_link
from agreements.domain.endings import end_without_fault
from agreements.models import Agreement, Signature
from notifications.domain.links import token_of
from notifications.models import EmailLink
from people.models import Person
from tests.agreements.helpers import TERMS, current, link_of, signed, team
from tests.factories import MembershipFactory, PersonFactory
from tests.harness.browser import launched

pytestmark = pytest.mark.django_db


def waiting() -> tuple[Agreement, Person, Person, Person]:
    mentorship, mentor, mentee, supervisor = team()
    return signed(mentorship, mentor, mentee), mentor, mentee, supervisor


def opened(client: Client, link: EmailLink) -> Any:
    return client.get(f"/l/{token_of(link)}/", follow=True)


def answer(client: Client, link: EmailLink, **changes: str) -> Any:
    given = {"link": str(link.uid), "decision": "approve", "typed_name": link.recipient.full_name, "note": ""}
    return client.post("/l/", given | changes)


def states() -> tuple[str, bool, int]:
    agreement = Agreement.objects.latest("pk")
    return (
        agreement.state,
        EmailLink.objects.filter(used_at__isnull=False).exists(),
        Signature.objects.count(),
    )


def test_it_shows_the_whole_agreement_without_an_account(client: Client) -> None:
    agreement, mentor, mentee, supervisor = waiting()
    page = opened(client, link_of(agreement))
    text = page.content.decode()
    assert (page.status_code, page.redirect_chain) == (200, [("/l/", 303)])
    expected = [
        TERMS["focus"],
        TERMS["intended_result"],
        TERMS["boundaries"],
        mentor.full_name,
        mentee.full_name,
    ]
    assert [
        words for words in [*expected, supervisor.full_name, "Within 3 working days"] if words not in text
    ] == []
    assert "checked" not in text  # nothing is chosen beforehand
    assert page.headers["Cache-Control"] == "private, no-store"


def test_looking_any_number_of_times_decides_nothing(client: Client) -> None:
    agreement, *_ = waiting()
    for _ in range(3):
        opened(client, link_of(agreement))
        client.head("/l/")
    assert states() == ("signing", False, 2)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"decision": "", "typed_name": ""}, "decision"),
        ({"decision": ""}, "decision"),
        ({"typed_name": ""}, "typed_name"),
        ({"typed_name": "Test Test"}, "typed_name"),
        ({"decision": "return"}, "note"),
        ({"decision": "yes"}, "decision"),
    ],
)
def test_an_unfinished_form_is_refused_and_kept(client: Client, changes: dict[str, str], field: str) -> None:
    agreement, *_ = waiting()
    link = link_of(agreement)
    opened(client, link)
    page = answer(client, link, **changes)
    assert (page.status_code, next(iter(page.context["form"].errors))) == (200, field)
    assert states() == ("signing", False, 2)
    kept = changes.get("typed_name", link.recipient.full_name)
    assert page.context["form"]["typed_name"].value() == kept


def test_approving_leads_to_a_receipt_that_stays(client: Client) -> None:
    agreement, *_ = waiting()
    link = link_of(agreement)
    opened(client, link)
    assert answer(client, link).url == "/l/"
    assert states() == ("in_force", True, 3)
    for page in (client.get("/l/"), opened(Client(), link)):
        assert page.status_code == 200
        assert "You have approved this agreement" in page.content.decode()
        assert agreement.text_digest in page.content.decode()
    again = answer(client, link, decision="return", note="No")
    assert (again.status_code, states()) == (200, ("in_force", True, 3))


def test_sending_it_back_says_so_afterwards(client: Client) -> None:
    agreement, *_ = waiting()
    link = link_of(agreement)
    opened(client, link)
    answer(client, link, decision="return", note="Fewer hours")
    assert "You have sent this agreement back" in client.get("/l/").content.decode()
    assert current(agreement.mentorship).returned_note == "Fewer hours"


@pytest.mark.parametrize("why", ["changed", "ended", "resent", "revoked", "expired"])
def test_a_link_that_no_longer_opens_helps(client: Client, why: str) -> None:
    agreement, _mentor, mentee, _supervisor = waiting()
    manager = MembershipFactory(program=agreement.mentorship.cohort.program).person
    link = link_of(agreement)
    opened(client, link)
    if why == "changed":
        new_version(agreement=agreement, by=mentee)
    elif why == "ended":
        end_without_fault(mentorship=agreement.mentorship, by=mentee)
    elif why == "resent":
        resend_supervisor_link(agreement=agreement, by=None)
    elif why == "revoked":
        revoke_supervisor_link(agreement=agreement, by=manager)
    else:
        EmailLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    said = {"changed": "was replaced", "ended": "was replaced", "expired": "has expired"}.get(
        why, "no longer works"
    )
    for page in (client.get("/l/"), answer(client, link)):
        text = page.content.decode()
        assert (page.status_code, said in text, manager.email in text) == (410, True, True)
    assert Signature.objects.filter(capacity="supervisor").count() == 0


def test_a_page_left_open_for_another_link_decides_nothing(client: Client) -> None:
    first, *_ = waiting()
    second, *_ = waiting()
    opened(client, link_of(first))
    opened(client, link_of(second))
    assert answer(client, link_of(first)).status_code == 409
    assert EmailLink.objects.filter(used_at__isnull=False).count() == 0


def test_a_forged_post_needs_the_csrf_token() -> None:
    agreement, *_ = waiting()
    client = Client(enforce_csrf_checks=True)
    link = link_of(agreement)
    opened(client, link)
    assert (answer(client, link).status_code, states()) == (403, ("signing", False, 2))


def test_a_signed_in_supervisor_needs_no_mail(client: Client) -> None:
    agreement, mentor, _mentee, supervisor = waiting()
    address = f"/m/{agreement.mentorship.uid}/approval/"
    for stranger in (
        mentor,
        PersonFactory(),
        MembershipFactory(program=agreement.mentorship.cohort.program).person,
    ):
        client.force_login(stranger)
        assert client.get(address).status_code == 404
    client.force_login(supervisor)
    assert client.get(address).status_code == 200
    link = link_of(agreement)
    given = {"link": str(link.uid), "decision": "approve", "typed_name": supervisor.full_name, "note": ""}
    assert client.post(address, given | {"link": "other"}).status_code == 410
    assert client.post(address, given).url == address
    assert states() == ("in_force", True, 3)
    assert "You have approved" in client.get(address).content.decode()


@pytest.fixture
def scanner(transactional_db: None, live_server: Any) -> Iterator[tuple[str, Any]]:
    """A browser that runs scripts, as mail scanners do."""

    def visit(token: str, act: Any) -> None:
        with launched() as browser:
            page = browser.new_page()
            page.goto(f"{live_server.url}/l/{token}/")
            act(page)

    return live_server.url, visit


@pytest.mark.browser
def test_a_machine_that_opens_the_link_and_runs_its_scripts_decides_nothing(scanner: Any) -> None:
    agreement, *_ = waiting()
    _url, visit = scanner
    seen: list[str] = []

    def linger_and_follow(page: Page) -> None:
        page.wait_for_timeout(1500)
        hrefs = page.eval_on_selector_all("a[href^='/'], a[href^='http']", "all => all.map(a => a.href)")
        for href in hrefs:
            page.goto(href)
        page.goto(page.url)
        seen.append(page.url)

    visit(token_of(link_of(agreement)), linger_and_follow)
    assert (len(seen), states()) == (1, ("signing", False, 2))


@pytest.mark.browser
def test_a_machine_that_submits_the_form_as_it_stands_is_refused(scanner: Any) -> None:
    agreement, *_ = waiting()
    _url, visit = scanner
    titles: list[str] = []

    def submit(page: Page) -> None:
        page.evaluate("document.querySelector('main form').requestSubmit()")
        page.wait_for_selector(".field-error")
        titles.append(page.title())

    visit(token_of(link_of(agreement)), submit)
    assert (titles[0].startswith("Error:"), states()) == (True, ("signing", False, 2))


@pytest.mark.browser
def test_a_person_can_answer_by_keyboard_alone(scanner: Any) -> None:
    agreement, *_ = waiting()
    link = link_of(agreement)
    name = link.recipient.full_name
    _url, visit = scanner

    def type_it(page: Page) -> None:
        page.focus("input[name=decision]")
        page.keyboard.press("Space")
        page.focus("input[name=typed_name]")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.wait_for_selector(".outcome")

    visit(token_of(link), type_it)
    assert states() == ("in_force", True, 3)
