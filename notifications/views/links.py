"""Decisions by mail link."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from core.errors import Refused
from notifications.domain.links import digest_of
from notifications.links import closed_page, view_of
from notifications.models import EmailLink

COOKIE_SECONDS = 60 * 60
STATES = {
    "link_used": "used",
    "link_revoked": "revoked",
    "link_expired": "expired",
    "link_replaced": "replaced",
}


class SeeOther(HttpResponseRedirect):
    """Go on with GET at another address."""

    status_code = 303


def cookie_name() -> str:
    """Bound to this very host where the connection is encrypted."""
    return "__Host-link" if settings.SESSION_COOKIE_SECURE else "link"


@require_safe
@sensitive_variables("token")
def enter(request: HttpRequest, token: str) -> HttpResponse:
    """Take the token out of the address: into a cookie, and on to the clean one. The same for any token."""
    response = SeeOther(reverse("link"))
    response.set_cookie(
        cookie_name(),
        token,
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return _private(response, referrer="no-referrer")


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("token")
def link(request: HttpRequest) -> HttpResponse:
    """The page of the link whose token the cookie holds, in its recipient's language."""
    token = request.COOKIES.get(cookie_name(), "")
    found = EmailLink.objects.select_related("recipient").filter(digest=digest_of(token)).first()
    if found is None:
        return _private(_say(request, "unknown", 404))
    language = translation.get_language()
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        language = found.recipient.language
    with translation.override(language), timezone.override(ZoneInfo(found.recipient.timezone)):
        response = _private(_answer(request, found))
    response["Content-Language"] = language or settings.LANGUAGE_CODE
    return response


def _answer(request: HttpRequest, found: EmailLink) -> HttpResponse:
    state = _state(found)
    if state:
        return closed_page(request, found, state) or _say(request, state, 410, found)
    if request.method == "POST" and request.POST.get("link") != str(found.uid):
        return _say(request, "other", 409, found)
    try:
        return view_of(found.purpose)(request, found)
    except Refused as refusal:
        if refusal.code not in STATES:
            raise
        found.refresh_from_db()
        return _say(request, STATES[refusal.code], 410, found)


def _state(found: EmailLink) -> str:
    if found.used_at:
        return "used"
    if found.revoked_at:
        return "revoked"
    return "expired" if found.expires_at <= timezone.now() else ""


def _say(request: HttpRequest, state: str, status: int, found: EmailLink | None = None) -> HttpResponse:
    return render(request, "notifications/link.html", {"state": state, "link": found}, status=status)


def _private(response: HttpResponse, referrer: str = "same-origin") -> HttpResponse:
    # Not "no-referrer" for the page itself: its form would be posted with "Origin: null" and refused.
    response["Referrer-Policy"] = referrer
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response
