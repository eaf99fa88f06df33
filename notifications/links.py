"""What a mail link opens: each purpose has one page, which the app that issues the links registers."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from notifications.models import EmailLink

LinkView = Callable[[HttpRequest, EmailLink], HttpResponse]
ClosedView = Callable[[HttpRequest, EmailLink, str], "HttpResponse | None"]
_purposes: dict[str, LinkView] = {}
_closed: dict[str, ClosedView] = {}


def register_purpose(code: str, view: LinkView, closed: ClosedView | None = None) -> None:
    """Register the page of a purpose, once, when its app is ready.

    The view is called at /l/ for GET and POST with an open link; GET must not write. Its form posts to the same
    address and carries `<input type="hidden" name="link" value="{{ link.uid }}">`, so that a page left open in
    another tab never decides about this link's object.
    `closed` is called with a link that no longer opens and its state (used, revoked, expired): what it returns is
    shown, for example what was decided; None stands for the page that fits every purpose.
    """
    if code in _purposes:
        raise ValueError(f"link purpose {code} is registered already")
    _purposes[code] = view
    if closed:
        _closed[code] = closed


def view_of(purpose: str) -> LinkView:
    """The page of a purpose."""
    return _purposes[purpose]


def closed_page(request: HttpRequest, link: EmailLink, state: str) -> HttpResponse | None:
    """What the purpose itself shows behind a link that no longer opens."""
    closed = _closed.get(link.purpose)
    return closed(request, link, state) if closed else None
