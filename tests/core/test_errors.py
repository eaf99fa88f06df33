"""A fault of ours gets a page that needs nothing that may be broken."""

from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config import urls

FAULTS: dict[str, type[Exception]] = {"database": OperationalError, "bug": ZeroDivisionError}


def broken(request: HttpRequest, what: str) -> HttpResponse:
    raise FAULTS[what]("on purpose")


urlpatterns = [*urls.urlpatterns, path("broken/<str:what>/", broken)]
handler500 = urls.handler500


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("what", "status", "retry", "heading"),
    [("database", 503, "30", "Ithaca is being looked after"), ("bug", 500, None, "Something went wrong")],
)
def test_what_is_shown(settings: Any, what: str, status: int, retry: str | None, heading: str) -> None:
    settings.ROOT_URLCONF = __name__
    client = Client(raise_request_exception=False)
    page = client.get(f"/broken/{what}/")
    assert (page.status_code, page.get("Retry-After")) == (status, retry)
    assert f"<h1>{heading}</h1>" in page.content.decode()
    assert "on purpose" not in page.content.decode()


@pytest.mark.parametrize("what", FAULTS)
def test_the_pages_need_no_database(settings: Any, what: str, django_db_blocker: Any) -> None:
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = [
        name for name in settings.MIDDLEWARE if "zeal" not in name and "tests." not in name
    ]
    client = Client(raise_request_exception=False)
    with django_db_blocker.block():
        assert client.get(f"/broken/{what}/").status_code in {500, 503}
