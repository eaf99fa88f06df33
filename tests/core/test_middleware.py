"""What holds for every response: refusals in words, nothing kept on the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.decorators import login_required
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from django.views.decorators.http import require_POST

from config.urls import urlpatterns as all_of_ours
from core.errors import Refused
from tests.factories import PersonFactory


def refuse(request: HttpRequest) -> HttpResponse:
    """A verb says no."""
    raise Refused("too_late", "It is too late.", "Ask the program manager.")


def refuse_plainly(request: HttpRequest) -> HttpResponse:
    """Without a hint."""
    raise Refused("too_late", "It is too late.")


def fail(request: HttpRequest) -> HttpResponse:
    """A mistake of ours."""
    raise ZeroDivisionError


def kept(request: HttpRequest) -> HttpResponse:
    """Says itself how long it may be kept."""
    return HttpResponse(
        "x", headers={"Cache-Control": "max-age=60", "Cross-Origin-Resource-Policy": "cross-origin"}
    )


@login_required
@require_POST
def send(request: HttpRequest) -> HttpResponse:
    """Takes a form."""
    return HttpResponse("x")


@login_required
def part(request: HttpRequest) -> HttpResponse:
    """Part of a page."""
    return HttpResponse("x")


urlpatterns = [
    path("send/", send),
    path("send/part/", part),
    path("refuse/", refuse),
    path("refuse-plainly/", refuse_plainly),
    path("fail/", fail),
    path("kept/", kept),
    *all_of_ours,
]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class TestRefusals:
    def test_a_post_goes_back_with_the_message(self, client: Client) -> None:
        response = client.post("/refuse/", headers={"Referer": "http://testserver/healthz"})
        assert (response.status_code, response["Location"]) == (302, "http://testserver/healthz")
        told = [str(message) for message in get_messages(response.wsgi_request)]
        assert told == ["It is too late. Ask the program manager."]

    def test_a_message_without_a_hint_ends_with_itself(self, client: Client) -> None:
        response = client.post("/refuse-plainly/", headers={"Referer": "http://testserver/healthz"})
        assert [str(message) for message in get_messages(response.wsgi_request)] == ["It is too late."]

    @pytest.mark.parametrize(
        "referer",
        [
            "",
            "https://evil.example.org/",
            "//evil.example.org/",
            "http://testserver.evil.example.org/",
            "javascript:1",
        ],
    )
    def test_a_post_from_elsewhere_goes_nowhere(self, client: Client, referer: str) -> None:
        response = client.post("/refuse/", headers={"Referer": referer})
        assert response.status_code == 409
        assert [template.name for template in response.templates][:1] == ["refused.html"]
        assert response.context["refusal"].code == "too_late"
        page = response.content.decode()
        assert (page.count("It is too late."), page.count("Ask the program manager.")) == (1, 1)

    def test_a_get_is_not_sent_in_circles(self, client: Client) -> None:
        response = client.get("/refuse/", headers={"Referer": "http://testserver/refuse/"})
        assert response.status_code == 409

    def test_another_exception_stays_what_it_is(self, client: Client) -> None:
        with pytest.raises(ZeroDivisionError):
            client.post("/fail/", headers={"Referer": "http://testserver/healthz"})


class TestCaching:
    def test_nothing_is_kept(self, client: Client) -> None:
        found = set(client.get("/healthz")["Cache-Control"].split(", "))
        assert found == {"max-age=0", "no-cache", "no-store", "must-revalidate", "private"}

    def test_a_page_may_say_otherwise(self, client: Client) -> None:
        response: Any = client.get("/kept/")
        assert response["Cache-Control"] == "max-age=60"
        assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


class TestFormAddresses:
    def test_opening_one_gives_a_page(self, client: Client) -> None:
        client.force_login(PersonFactory())
        response = client.get("/send/")
        assert (response.status_code, response["Allow"]) == (405, "POST")
        assert [template.name for template in response.templates][:1] == ["405.html"]

    def test_a_script_that_sends_what_is_not_taken_gets_no_page(self, client: Client) -> None:
        client.force_login(PersonFactory())
        response = client.put("/send/")
        assert (response.status_code, response.content) == (405, b"")

    @pytest.mark.parametrize(
        ("referer", "next_page"),
        [
            ("http://testserver/desk/a/b/?sort=high", "?next=/desk/a/b/%3Fsort%3Dhigh"),
            ("", ""),
            ("https://evil.example.org/desk/", ""),
        ],
    )
    def test_signed_out_one_comes_back_to_the_form(
        self, client: Client, referer: str, next_page: str
    ) -> None:
        response = client.post("/send/", headers={"Referer": referer})
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/{next_page}")
        assert [str(message) for message in get_messages(response.wsgi_request)] == [
            "You were signed out, so nothing was done. Sign in and do it once more."
        ]

    def test_part_of_a_page_leads_the_whole_page_to_sign_in(self, client: Client) -> None:
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/desk/a/"}
        response = client.get("/send/part/", headers=headers)
        assert (response.status_code, response["HX-Redirect"]) == (200, "/accounts/login/?next=/desk/a/")
        assert list(get_messages(response.wsgi_request)) == []

    def test_a_page_that_is_opened_is_come_back_to_as_ever(self, client: Client) -> None:
        assert client.get("/send/part/")["Location"] == "/accounts/login/?next=/send/part/"
