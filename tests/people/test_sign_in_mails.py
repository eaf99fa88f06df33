"""The mails of sign-in speak for Ithaca, in the reader's words, and never of the host that was asked."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import PersonFactory

pytestmark = pytest.mark.django_db
CASES = [
    ("account_request_login_code", "known@example.org", "Your code to sign in to Ithaca"),
    ("account_request_login_code", "stranger@example.org", "Signing in to Ithaca"),
    ("account_reset_password", "known@example.org", "Set your password for Ithaca"),
    ("account_reset_password", "stranger@example.org", "Signing in to Ithaca"),
]


@pytest.mark.parametrize(("name", "address", "subject"), CASES)
def test_subject_and_words(client: Client, smtp: Any, name: str, address: str, subject: str) -> None:
    PersonFactory(email="known@example.org")
    client.post(reverse(name), {"email": address})
    (mail,) = smtp.messages
    text = mail.get_content().replace("\r\n", "\n")
    assert (mail["To"], mail["Subject"]) == (address, subject)
    assert (text.startswith("Hello,\n"), text.rstrip().endswith("\nIthaca")) == (True, True)
    assert ("example.com" in text, "Thank you for using" in text) == (False, False)


def test_in_french(client: Client, smtp: Any) -> None:
    PersonFactory(email="known@example.org")
    client.cookies["django_language"] = "fr"
    client.post(reverse("account_request_login_code"), {"email": "known@example.org"})
    (mail,) = smtp.messages
    assert mail["Subject"] == "Votre code de connexion à Ithaca"
    assert mail.get_content().startswith("Bonjour,\r\n")
