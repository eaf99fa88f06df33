"""The demo's mailbox page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from notifications import mailbox
from notifications.views.frames import framed, frames

PER_PAGE = 25


def only_for_show(view: Callable[..., Any]) -> Callable[..., Any]:
    """404 anywhere but in the demo and while debugging, even if the address should exist."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not mailbox.allowed():
            raise Http404
        return view(*args, **kwargs)

    return guarded


@require_safe
@only_for_show
def mails(request: HttpRequest) -> HttpResponse:
    """All mails, the newest first, or those to one address."""
    to = request.GET.get("to", "").strip().lower()
    names = mailbox.names()
    if to:
        names = [name for name in names if to in mailbox.read(name).to.lower()]
    page = Paginator(names, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "mails": [mailbox.read(name) for name in page], "to": to}
    return render(request, "notifications/mailbox.html", context)


@require_safe
@only_for_show
@frames
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail."""
    return render(request, "notifications/mailbox_mail.html", {"mail": _read(name)})


@require_safe
@only_for_show
@framed
def mail_html(request: HttpRequest, name: str) -> str:
    """The HTML part of a mail, for its frame."""
    return _read(name).html


def _read(name: str) -> mailbox.Caught:
    try:
        return mailbox.read(name)
    except FileNotFoundError:
        raise Http404 from None
