"""Which mails a person gets."""

import pytest
from django.test import Client

from notifications.domain.preferences import read_switch_off_token, set_preferences, switch_off_token
from notifications.models import Preference
from tests.factories import PersonFactory

pytestmark = pytest.mark.usefixtures("db", "mail_kinds")


def wanted(person: object) -> dict[str, bool]:
    return dict(Preference.objects.filter(person=person).values_list("kind", "wanted"))


def test_the_page_lists_optional_kinds_alone(client: Client) -> None:
    client.force_login(PersonFactory())
    page = client.get("/me/mail/").content.decode()
    assert page.count('type="checkbox"') == 2
    assert 'name="note"' in page
    assert 'name="note"' in page
    assert 'name="invite"' not in page


def test_switching_off_and_on_again(client: Client) -> None:
    person = PersonFactory()
    client.force_login(person)
    assert client.post("/me/mail/", {"reminder": "on"}).status_code == 302
    assert wanted(person) == {"reminder": True, "note": False}
    assert "checked" not in client.get("/me/mail/").content.decode().split('name="note"')[1].split(">")[0]
    client.post("/me/mail/", {"note": "on", "reminder": "on"})
    assert wanted(person) == {"reminder": True, "note": True}


def test_strangers_have_no_settings(client: Client) -> None:
    assert client.get("/me/mail/").status_code == 302


def test_a_mail_can_be_stopped_without_signing_in_but_not_by_looking(client: Client) -> None:
    person, other = PersonFactory(), PersonFactory()
    address = f"/me/mail/off/{switch_off_token(person, 'note')}/"
    assert "Notes" in client.get(address).content.decode()
    assert wanted(person) == {}
    assert (
        Client(enforce_csrf_checks=True).post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    )
    assert wanted(person) == {"note": False}
    assert wanted(other) == {}


@pytest.mark.parametrize("kind", ["invite", "gone"])
def test_only_optional_kinds_can_be_stopped(client: Client, kind: str) -> None:
    person = PersonFactory()
    assert read_switch_off_token(switch_off_token(person, kind)) is None
    assert client.post(f"/me/mail/off/{switch_off_token(person, kind)}/").status_code == 404
    with pytest.raises(KeyError):
        set_preferences(person=person, wanted={kind: False}, by=person)


def test_a_token_that_was_changed_is_worth_nothing(client: Client) -> None:
    token = switch_off_token(PersonFactory(), "note")
    assert client.post(f"/me/mail/off/x{token}/").status_code == 404
    assert not Preference.objects.exists()
