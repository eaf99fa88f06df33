"""Mail links: one decision each, worthless in a stolen database, and a GET decides nothing."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone

from core.errors import Refused
from core.logs import formatter, hide_secrets
from core.models import AuditEvent
from notifications import links as purposes
from notifications.domain.links import digest_of, issue_link, revoke_links, token_of, use_link
from notifications.models import EmailLink
from people.models import Person
from tests.factories import CohortFactory, PersonFactory

Use = dict[str, Any]
USE: Use = {"decision": "approve", "typed_name": "Tom Brandt", "address": "192.0.2.7", "target_digest": "d1"}


def issued(**fields: Any) -> EmailLink:
    target = fields.pop("target", None) or PersonFactory()
    values = {
        "purpose": "test",
        "recipient": fields.pop("recipient", None) or PersonFactory(),
        "target_digest": "d1",
    }
    return issue_link(target=target, **(values | fields))


def refusal(link: EmailLink, **changes: Any) -> str:
    with pytest.raises(Refused) as refused:
        use_link(link=link, **(USE | changes))
    return refused.value.code


def test_the_database_holds_no_token(db: None) -> None:
    token = token_of(issued())
    assert len(token) == 43
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(l)::text FROM notifications_emaillink l")
        row = cursor.fetchone()[0]
    assert token not in row
    assert EmailLink.objects.get(digest=digest_of(token))


def test_a_token_needs_the_key(db: None, settings: Any) -> None:
    link = issued()
    token = token_of(link)
    settings.LINK_KEY = "another"
    assert token_of(link) != token


def test_a_use_is_recorded_with_its_trail(db: None) -> None:
    link = use_link(link=issued(), **USE)
    assert (link.decision, link.typed_name, link.address_seen) == ("approve", "Tom Brandt", "192.0.2.7")
    assert link.used_at
    event = AuditEvent.objects.get(verb="link.used")
    assert (event.actor_kind, event.actor_id, event.data) == (
        "link", link.recipient_id, {"purpose": "test", "decision": "approve"},
    )  # fmt: skip


def test_a_link_is_used_once(db: None) -> None:
    link = use_link(link=issued(), **USE)
    assert refusal(link, decision="return") == "link_used"
    link.refresh_from_db()
    assert link.decision == "approve"


@pytest.mark.django_db(transaction=True)
def test_of_ten_at_the_same_time_one_decides() -> None:
    link = issued()
    barrier, outcomes = threading.Barrier(10), []

    def decide(number: int) -> None:
        own = EmailLink.objects.get(pk=link.pk)
        barrier.wait()
        try:
            use_link(link=own, **(USE | {"decision": f"d{number}"}))
            outcomes.append(f"d{number}")
        except Refused as refused:
            outcomes.append(refused.code)
        connection.close()

    threads = [threading.Thread(target=decide, args=[number]) for number in range(10)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert outcomes.count("link_used") == 9
    link.refresh_from_db()
    assert [outcome for outcome in outcomes if outcome != "link_used"] == [link.decision]
    assert AuditEvent.objects.filter(verb="link.used").count() == 1


def test_an_expired_revoked_or_outdated_link_decides_nothing(db: None) -> None:
    expired, revoked, outdated = issued(days_valid=0), issued(), issued()
    revoke_links(target=Person.objects.get(pk=revoked.target_id), purpose="test", by=None)
    assert refusal(expired) == "link_expired"
    assert refusal(revoked) == "link_revoked"
    assert refusal(outdated, target_digest="d2") == "link_replaced"
    assert not EmailLink.objects.exclude(decision="", used_at=None).exists()


def test_a_new_link_ends_the_older_one_of_the_same_matter_alone(db: None) -> None:
    target, recipient = PersonFactory(), PersonFactory()
    old = issued(target=target, recipient=recipient)
    kept = [
        issued(target=target),
        issued(recipient=recipient),
        issued(target=target, recipient=recipient, purpose="other"),
    ]
    used = use_link(link=issued(target=PersonFactory(), recipient=recipient), **USE)
    new = issued(target=target, recipient=recipient)
    assert refusal(old) == "link_revoked"
    for link in kept:
        assert use_link(link=link, **USE).used_at
    used.refresh_from_db()
    assert used.revoked_at is None
    assert use_link(link=new, **USE).used_at


def test_revoking_counts_and_keeps_to_its_purpose_and_object(db: None) -> None:
    target, by = PersonFactory(), PersonFactory()
    issued(target=target), issued(target=target)
    others = [issued(target=target, purpose="other"), issued(target=CohortFactory(pk=target.pk))]
    assert revoke_links(target=target, purpose="test", by=by) == 2
    assert revoke_links(target=target, purpose="test", by=by) == 0
    assert [use_link(link=link, **USE).decision for link in others] == ["approve", "approve"]
    assert AuditEvent.objects.get(verb="link.revoked").data == {"purpose": "test", "count": 2}


def decide_page(request: HttpRequest, link: EmailLink) -> HttpResponse:
    if request.method == "POST":
        use_link(
            link=link,
            **(USE | {"decision": request.POST["decision"], "target_digest": request.POST["digest"]}),
        )
        return HttpResponse("recorded")
    return HttpResponse(f"decide {link.pk}")


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(purposes, "_purposes", {})
    purposes.register_purpose("test", decide_page)


@pytest.fixture
def strict(page: None) -> Client:
    return Client(enforce_csrf_checks=False)


def opened(client: Client, link: EmailLink) -> Any:
    return client.get(f"/l/{token_of(link)}/", follow=True)


def decision(link: EmailLink, **changes: str) -> dict[str, str]:
    return {"link": str(link.uid), "decision": "approve", "digest": "d1"} | changes


def test_the_token_leaves_the_address_at_once(strict: Client) -> None:
    link = issued()
    response = strict.get(f"/l/{token_of(link)}/")
    assert (response.status_code, response["Location"]) == (303, "/l/")
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    cookie = response.cookies["link"]
    assert (cookie.value, cookie["httponly"], cookie["samesite"]) == (token_of(link), True, "Lax")
    assert 0 < cookie["max-age"] <= 3600
    page = strict.get("/l/")
    assert page.content.decode() == f"decide {link.pk}"
    assert "noindex" in page["X-Robots-Tag"]
    assert "no-store" in page["Cache-Control"]


def test_behind_tls_the_cookie_is_bound_to_the_host(strict: Client, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    cookie = strict.get(f"/l/{token_of(issued())}/").cookies["__Host-link"]
    assert cookie["secure"]
    assert cookie["path"] == "/"


def test_every_token_gets_the_same_first_answer(strict: Client) -> None:
    known, unknown = strict.get(f"/l/{token_of(issued())}/"), strict.get("/l/nobody-knows-this/")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_decides_nothing_however_often(strict: Client, method: str) -> None:
    link = issued()
    before = AuditEvent.objects.count()
    for _ in range(5):
        getattr(strict, method)(f"/l/{token_of(link)}/", follow=True)
    link.refresh_from_db()
    assert link.used_at is None
    assert AuditEvent.objects.count() == before


def test_answering_is_recorded_and_the_link_then_says_so(strict: Client) -> None:
    link = issued()
    opened(strict, link)
    assert strict.post("/l/", decision(link)).content == b"recorded"
    again = strict.get("/l/")
    assert again.status_code == 410
    assert "You have answered" in again.content.decode()
    assert strict.post("/l/", decision(link, decision="return")).status_code == 410
    link.refresh_from_db()
    assert link.decision == "approve"


def test_a_page_left_open_does_not_decide_about_another_link(strict: Client) -> None:
    first, second = issued(), issued()
    opened(strict, first)
    opened(strict, second)
    for stale in (decision(first), {"decision": "approve", "digest": "d1"}):
        response = strict.post("/l/", stale)
        assert response.status_code == 409
        assert "Another link is open now" in response.content.decode()
    assert not EmailLink.objects.exclude(used_at=None).exists()
    assert strict.post("/l/", decision(second)).content == b"recorded"


def test_a_text_that_changed_meanwhile_is_said(strict: Client) -> None:
    link = issued()
    opened(strict, link)
    response = strict.post("/l/", decision(link, digest="d2"))
    assert response.status_code == 410
    assert "The text has changed" in response.content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"revoked_at": timezone.now()}, "This link was withdrawn"),
        ({"expires_at": timezone.now() - timedelta(minutes=1)}, "This link has expired"),
    ],
)
def test_a_dead_link_tells_its_holder_what_to_do(strict: Client, change: dict[str, Any], words: str) -> None:
    link = issued()
    EmailLink.objects.filter(pk=link.pk).update(**change)
    response = opened(strict, link)
    assert response.status_code == 410
    assert words in response.content.decode()
    assert strict.post("/l/", decision(link)).status_code == 410


@pytest.mark.parametrize("address", ["/l/", "/l/unknown/"])
def test_without_a_known_token_there_is_nothing_to_see(strict: Client, address: str) -> None:
    issued()
    response = strict.get(address, follow=True)
    assert response.status_code == 404
    assert "This link does not work" in response.content.decode()


def test_a_digest_is_no_token(strict: Client) -> None:
    link = issued()
    assert strict.get(f"/l/{bytes(link.digest).hex()}/", follow=True).status_code == 404
    assert strict.get(f"/l/{link.uid}/", follow=True).status_code == 404


def test_the_page_speaks_the_recipients_language_unless_another_is_chosen(strict: Client) -> None:
    link = issued(recipient=PersonFactory(language="fr"))
    assert opened(strict, link)["Content-Language"] == "fr"
    strict.cookies[django_settings.LANGUAGE_COOKIE_NAME] = "en"
    assert strict.get("/l/")["Content-Language"] == "en"


def test_a_post_needs_the_pages_own_csrf_token(page: None) -> None:
    client, link = Client(enforce_csrf_checks=True), issued()
    opened(client, link)
    assert client.post("/l/", decision(link)).status_code == 403
    link.refresh_from_db()
    assert link.used_at is None


def test_a_purpose_is_registered_once(page: None) -> None:
    with pytest.raises(ValueError, match="test"):
        purposes.register_purpose("test", decide_page)


def test_the_log_holds_no_token(db: None, settings: Any) -> None:
    token = token_of(issued())
    record = logging.LogRecord("gunicorn", logging.INFO, "", 0, "GET %s HTTP/1.1", (f"/l/{token}/",), None)
    written = formatter().format(record)
    assert token not in written
    assert "GET /l/.../ HTTP/1.1" in written
    event = hide_secrets(None, "info", {"request": f"GET /l/{token}/?x=1", "code": 200})
    assert event == {"request": "GET /l/.../?x=1", "code": 200}
    assert hide_secrets(None, "info", {"request": "GET /l/ and /desk/l/x"}) == {
        "request": "GET /l/ and /desk/l/..."
    }
