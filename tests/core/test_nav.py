"""The main navigation."""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.test import RequestFactory

from core import nav
from core.nav import NavItem, nav_items, register_nav
from people.models import Person

ONE, TWO, THREE = (NavItem(name, f"/{name}/") for name in ("one", "two", "three"))


@pytest.fixture(autouse=True)
def no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nav, "_sources", [])


@pytest.fixture
def request_of_someone() -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = Person(full_name="Dana")
    return request


def test_entries_come_in_order_from_all_sources(request_of_someone: HttpRequest) -> None:
    @register_nav
    def later(request: HttpRequest) -> Iterable[tuple[int, NavItem]]:
        return [(30, THREE), (10, ONE)]

    @register_nav
    def between(request: HttpRequest) -> Iterator[tuple[int, NavItem]]:
        yield 20, TWO

    assert nav_items(request_of_someone) == [ONE, TWO, THREE]


def test_a_source_is_told_who_asks(request_of_someone: HttpRequest) -> None:
    register_nav(lambda request: [(1, NavItem(request.user.full_name, "/"))])
    assert [item.label for item in nav_items(request_of_someone)] == ["Dana"]


def test_strangers_get_none() -> None:
    register_nav(lambda request: [(1, ONE)])
    request = RequestFactory().get("/")
    assert nav_items(request) == []  # an error page before there is a session
    request.user = AnonymousUser()
    assert nav_items(request) == []
