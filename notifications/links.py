"""What a mail link opens: each purpose has one page, which the app that issues the links registers."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from notifications.models import EmailLink

LinkView = Callable[[HttpRequest, EmailLink], HttpResponse]
_purposes: dict[str, LinkView] = {}


def register_purpose(code: str, view: LinkView) -> None:
    """Register the page of a purpose, once, when its app is ready.

    The view is called at /l/ for GET and POST with an open link; GET must not write. Its form posts to the same
    address and carries `<input type="hidden" name="link" value="{{ link.uid }}">`, so that a page left open in
    another tab never decides about this link's object.
    """
    if code in _purposes:
        raise ValueError(f"link purpose {code} is registered already")
    _purposes[code] = view


def view_of(purpose: str) -> LinkView:
    """The page of a purpose."""
    return _purposes[purpose]
