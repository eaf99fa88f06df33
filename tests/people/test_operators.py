"""The first account of an installation, made on the command line."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from core.models import AuditEvent
from people.models import Person

pytestmark = pytest.mark.django_db
COMMAND = "people.management.commands.create_operator"


def make(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command("create_operator", *words)
    return capsys.readouterr().out


def test_somebody_new_signs_in_by_a_code(capsys: pytest.CaptureFixture[str]) -> None:
    told = make(capsys, "Olga@Example.org", "--name", "Olga Ruiz")
    person = Person.objects.get()
    assert told == "olga@example.org is an operator and can sign in.\n"
    assert (person.email, person.full_name, person.is_operator) == ("olga@example.org", "Olga Ruiz", True)
    assert not person.has_usable_password()
    assert AuditEvent.objects.get().target_id == person.pk


def test_a_second_call_changes_the_password_alone(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make(capsys, "olga@example.org", "--name", "Olga Ruiz")
    monkeypatch.setattr(f"{COMMAND}.getpass", lambda _prompt: "a long and unusual one")
    make(capsys, "olga@example.org", "--password")
    person = Person.objects.get()
    assert (person.full_name, person.check_password("a long and unusual one")) == ("Olga Ruiz", True)


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("not an address", "a long and unusual one", "not an address is not an e-mail address."),
        (
            "olga@example.org",
            "short one",
            "This password is too short. It must contain at least 12 characters.",
        ),
        ("olga@example.org", "olga@example.org", "The password is too similar to the e-mail."),
    ],
)
def test_what_is_refused_makes_nobody_an_operator(
    monkeypatch: pytest.MonkeyPatch, email: str, password: str, told: str
) -> None:
    monkeypatch.setattr(f"{COMMAND}.getpass", lambda _prompt: password)
    with pytest.raises(CommandError) as refused:
        call_command("create_operator", email, "--password")
    assert (str(refused.value), Person.objects.count()) == (told, 0)
