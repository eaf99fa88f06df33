"""Asking as an actor, each time in a savepoint that is rolled back, and naming the outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse, SimpleCookie
from django.test import Client
from django.urls import reverse

from tests.permissions.table import LOGIN, OK, Row
from tests.permissions.world import World

REFUSALS = {403, 404, 405}


def client_of(world: World, actor: str, **options: Any) -> Client:
    """A client signed in as the actor; the holder of a mail link has its cookie instead."""
    client = Client(**options)
    person = world.people[actor]
    if person is not None:
        client.force_login(person)
    elif actor == "link_holder":
        client.cookies["link"] = world.link_token
    return client


def ask(client: Client, method: str, url: str, data: Mapping[str, Any] | None = None) -> HttpResponse:
    """One request; what it writes is undone, and so are its cookies."""
    cookies = SimpleCookie(client.cookies)  # type: ignore[arg-type]
    try:
        with transaction.atomic():
            response = client.generic(method, url) if data is None else client.post(url, data)
            transaction.set_rollback(True)
    finally:
        client.cookies = cookies
    return response  # type: ignore[return-value]


def outcome_of(response: HttpResponse) -> str:
    """`ok`, `login`, or the status of a refusal."""
    if response.status_code in {302, 303} and response["Location"].startswith(reverse("account_login")):
        return LOGIN
    if response.status_code in REFUSALS:
        return str(response.status_code)
    return OK if response.status_code < 500 else f"{response.status_code}"


def tried(
    client: Client, method: str, row: Row, kwargs: Mapping[str, Any]
) -> tuple[str, HttpResponse | None]:
    """The outcome of a row's address, or what was raised."""
    url = reverse(row.route, kwargs=dict(kwargs))
    try:
        response = ask(client, method, url, row.data if method == "POST" else None)
    except (Exception, pytest.fail.Exception) as raised:
        return f"{type(raised).__name__}: {raised}"[:300], None
    return outcome_of(response), response


def words_in(response: HttpResponse | None, words: Iterable[str]) -> set[str]:
    """Those of the words that a response holds."""
    if response is None or response.streaming:
        return set()
    return {word for word in words if word.encode() in response.content}
