"""What holds for every response: refusals in words, nothing kept on the way."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as all_of_ours
from core.errors import Refused


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


urlpatterns = [
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
