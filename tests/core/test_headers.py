"""What browsers are told with every response."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, reverse

from config.urls import urlpatterns as all_of_ours
from tests.permissions.asking import ask, client_of, outcome_of
from tests.permissions.table import LOGIN, NEVER, NEVER_AT_ALL, OK, ROWS
from tests.permissions.world import World, build


def boom(request: HttpRequest) -> HttpResponse:
    """A mistake of ours."""
    raise ZeroDivisionError


urlpatterns = [path("boom/", boom), *all_of_ours]
pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
PAGES = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "form-action": ["'self'"],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
    "object-src": ["'none'"],
}
# A mail in its frame: its own style, and nothing that runs, loads or sends.
FRAMES = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
DOWNLOADS = {"sandbox": [], "default-src": ["'none'"]}
POLICY = {
    "cohort_mail_html": FRAMES,
    "cohort_mail_message": PAGES | {"frame-src": ["'self'"]},
    "agreement_pdf": DOWNLOADS,
    "staff_agreement_pdf": DOWNLOADS,
}
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@pytest.fixture
def world() -> World:
    return build()


def directives(response: HttpResponse) -> dict[str, list[str]]:
    parts = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def faults(response: HttpResponse, route: str = "", referrer: str = "same-origin") -> Iterator[str]:
    """What is missing or loose in a response."""
    for name, value in FIXED.items():
        if response.get(name) != value:
            yield f"{name}: {response.get(name)}"
    policy = POLICY.get(route, PAGES)
    if directives(response) != policy:
        yield f"Content-Security-Policy: {directives(response)}"
    if response.get("X-Frame-Options") != ("SAMEORIGIN" if policy is FRAMES else "DENY"):
        yield f"X-Frame-Options: {response.get('X-Frame-Options')}"
    if response.get("Referrer-Policy") != referrer:
        yield f"Referrer-Policy: {response.get('Referrer-Policy')}"
    if "no-store" not in response.get("Cache-Control", "") or "public" in response["Cache-Control"]:
        yield f"Cache-Control: {response.get('Cache-Control')}"


@pytest.mark.parametrize("actor", ["anonymous", "link_holder", "manager", "mentee"])
def test_every_address_is_answered_with_all_headers(world: World, actor: str) -> None:
    client = client_of(world, actor)
    wrong = {}
    for row in ROWS:
        if row.get.of(actor) not in (OK, LOGIN):
            continue  # refusals are tried below, once each
        response = ask(client, "GET", reverse(row.route, kwargs=row.kwargs(world.values)))
        route = row.route if response.status_code == 200 else ""
        found = list(faults(response, route, "no-referrer" if row.route == "link_enter" else "same-origin"))
        if found:
            wrong[f"{row.route} {row.at}"] = found
    assert wrong == {}


def test_no_page_needs_what_is_unsafe() -> None:
    assert [value for values in PAGES.values() for value in values if "unsafe" in value or "*" in value] == []


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/nowhere/", 404),
        ("GET", "/desk/new/", 403),
        ("POST", "/desk/", 405),
        ("GET", "/boom/", 500),
        ("GET", "/me", 301),
        ("POST", "/i18n/setlang/", 302),
    ],
)
def test_refusals_errors_and_redirects_have_them_too(
    world: World, method: str, url: str, status: int
) -> None:
    client = client_of(world, "nobody", raise_request_exception=False)
    response = ask(client, method, url)
    assert response.status_code == status
    assert list(faults(response)) == []


def test_a_foreign_host_is_refused_with_them() -> None:
    response = Client(raise_request_exception=False, headers={"Host": "evil.example.org"}).get("/healthz")
    assert response.status_code == 400
    assert list(faults(response)) == []


def test_a_forged_post_is_refused_with_them(world: World) -> None:
    response = ask(client_of(world, "nobody", enforce_csrf_checks=True), "POST", "/me/", {})
    assert response.status_code == 403
    assert list(faults(response)) == []


def test_files_of_ours_may_be_kept_and_are_not_sniffed(client: Client) -> None:
    with closing(client.get("/static/css/base.css")) as response:
        assert (response.status_code, response["X-Content-Type-Options"]) == (200, "nosniff")
        assert "no-store" not in response["Cache-Control"]


def test_downloads_are_no_pages(world: World) -> None:
    named = {
        "people_import_sample": "people.csv",
        "program_file": "near.yaml",
        "people_export": f"near-{world.values['cohort']}-people.csv",
        "import_applications_sample": "applications-sample.csv",
        "matching_list_sample": f"near-{world.values['cohort']}-decisions.csv",
        "agreement_pdf": f"agreement-{world.values['cohort']}-v1.pdf",
        "staff_agreement_pdf": f"agreement-{world.values['cohort']}-v1.pdf",
    }
    actors = {"people_import_sample": "operator", "agreement_pdf": "mentee"}
    rows = {row.route: row for row in reversed(ROWS) if row.route in named}  # the first of each
    found = {}
    for route, row in rows.items():
        client = client_of(world, actors.get(route, "manager"))
        found[route] = ask(client, "GET", reverse(route, kwargs=row.kwargs(world.values)))[
            "Content-Disposition"
        ]
    assert found == {route: f'attachment; filename="{name}"' for route, name in named.items()}


class TestMethods:
    def test_head_answers_as_get_does(self, world: World) -> None:
        client, wrong = client_of(world, "manager"), {}
        for row in ROWS:
            url = reverse(row.route, kwargs=row.kwargs(world.values))
            outcome = outcome_of(ask(client, "HEAD", url))
            if outcome != row.get.of("manager"):
                wrong[row.route] = outcome
        assert wrong == {}

    @pytest.mark.parametrize("method", ["DELETE", "TRACE"])
    def test_no_page_knows_other_methods(self, world: World, method: str) -> None:
        client, wrong = client_of(world, "manager"), {}
        for row in ROWS:
            status = ask(client, method, reverse(row.route, kwargs=row.kwargs(world.values))).status_code
            if (
                status not in {405, 403} and row.route != "set_language"
            ):  # Django's own: it changes on POST alone
                wrong[row.route] = status
        assert wrong == {}


def test_every_post_needs_its_token(world: World) -> None:
    by_token = {"mail_off"}  # its address is the proof; mail programs post there by themselves
    client: Any = client_of(world, "manager", enforce_csrf_checks=True)
    wrong = {}
    for row in ROWS:
        if row.post.of("manager") != OK or row.post in (NEVER, NEVER_AT_ALL):
            continue
        outcome = outcome_of(
            ask(client, "POST", reverse(row.route, kwargs=row.kwargs(world.values)), row.data)
        )
        if outcome != (OK if row.route in by_token else "403"):
            wrong[row.route] = outcome
    assert wrong == {}
