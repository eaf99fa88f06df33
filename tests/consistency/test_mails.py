"""Every kind of mail, written by the acts that send it, in every language."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client

from notifications.envelope import build, preview
from notifications.mails import kinds
from notifications.models import Message
from notifications.rendering import LINK
from tests.consistency.scene import Scene
from tests.permissions.asking import ask, outcome_of

LANGUAGES = [code for code, _name in settings.LANGUAGES]
LEFT_OVER = re.compile(r"{{|{%|%}|}}|%\(\w*\)?|\bNone\b|&(?:amp|lt|gt|#\d+|#x\w+);|\\[_*\[\]()]|undefined")


class Links(HTMLParser):
    """Where a mail leads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name == "href"]


def links_of(message: Message) -> list[str]:
    parser = Links()
    parser.feed(preview(message).html)
    return parser.found


def played(language: str) -> dict[str, list[Message]]:
    """All mails of the scene by kind."""
    Scene(language).play()
    found: dict[str, list[Message]] = {}
    for message in Message.objects.select_related("recipient", "link").order_by("pk"):
        found.setdefault(message.kind, []).append(message)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_written_whole(language: str) -> None:
    mails = played(language)
    assert set(mails) == set(kinds())
    wrong = []
    for kind, messages in mails.items():
        for message in messages:
            shown = preview(message)
            if message.language != language:
                wrong.append((kind, "language", message.language))
            if not message.subject or "\n" in message.subject or LEFT_OVER.search(message.subject):
                wrong.append((kind, "subject", message.subject))
            if left := LEFT_OVER.findall(message.body.replace(LINK, "")):
                wrong.append((kind, "body", str(left)))
            if left := LEFT_OVER.findall(shown.text):
                wrong.append((kind, "text", str(left)))
            if foreign := [url for url in links_of(message) if not url.startswith(settings.BASE_URL + "/")]:
                wrong.append((kind, "links", str(foreign)))
    assert wrong == []


@pytest.mark.django_db
def test_every_mail_leads_its_reader_to_pages_that_let_them_in() -> None:
    client, refused = Client(), {}
    for kind, messages in played("en").items():
        for message in messages:
            client.force_login(message.recipient)
            for url in links_of(message):
                path = url.removeprefix(settings.BASE_URL)
                if path == "/l/":
                    continue  # the secret of the link stands in no preview
                outcome = outcome_of(ask(client, "GET", path))
                if outcome != "ok":
                    refused[f"{kind}: {path}"] = outcome
    assert refused == {}


@pytest.mark.django_db
def test_every_mail_goes_out_as_text_and_html_in_its_language() -> None:
    for messages in played("fr").values():
        mail = message_from_bytes(build(messages[0]).content, policy=policy.default)
        assert mail["Content-Language"] == "fr"
        assert mail["Auto-Submitted"] == "auto-generated"
        assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]  # type: ignore[attr-defined]


def lines_of(language: str) -> set[str]:
    """All lines of at least four words."""
    with transaction.atomic():
        texts = [preview(message).text for messages in played(language).values() for message in messages]
        transaction.set_rollback(True)
    return {
        line for text in texts for line in text.splitlines() if len(re.findall(r"[^\W\d_]{2,}", line)) >= 4
    }


@pytest.mark.django_db
def test_nothing_is_said_in_english_to_those_who_read_french() -> None:
    english, french = lines_of("en"), lines_of("fr")
    assert (len(english) > 60, len(french) > 60) == (True, True)
    assert {line for line in english & french if "://" not in line} == set()
