"""Each person gets pages in their own language and times in their own zone."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import resolve, reverse
from django.utils import timezone, translation
from django.utils.decorators import sync_only_middleware

from people.models import Person
from people.queries import must_have_second_factor

Handler = Callable[[HttpRequest], HttpResponse]


@sync_only_middleware
def person_locale(get_response: Handler) -> Handler:
    """The language chosen on the page (cookie) comes first, then the person's own, then the browser's."""

    def middleware(request: HttpRequest) -> HttpResponse:
        language = translation.get_language_from_request(request)
        if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            language = request.session.get("language", language)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = get_response(request)
            response.setdefault("Content-Language", language)
            response.headers["Vary"] = ", ".join(filter(None, [response.get("Vary", ""), "Accept-Language"]))
        return response

    return middleware


def remember_language(request: HttpRequest, user: Person, **_kwargs: object) -> None:
    """On sign-in: pages come in the person's own language, unless they choose another on the page."""
    request.session["language"] = user.language


@sync_only_middleware
def person_timezone(get_response: Handler) -> Handler:
    """Times are shown in the zone of whoever is signed in."""

    def middleware(request: HttpRequest) -> HttpResponse:
        zone = request.user.timezone if request.user.is_authenticated else settings.TIME_ZONE
        with timezone.override(ZoneInfo(zone)):
            return get_response(request)

    return middleware


@sync_only_middleware
def second_factor(get_response: Handler) -> Handler:
    """Whoever holds a role that demands a second factor sets one up before anything else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR_ROLES and request.user.is_authenticated:
            name = resolve(request.path_info).view_name
            free = name.startswith(("mfa_", "account_", "set_language", "healthz", "readyz"))
            if not free and must_have_second_factor(request.user):
                return redirect(reverse("mfa_index"))
        return get_response(request)

    return middleware
