"""What holds for every response."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import sync_only_middleware
from django.utils.http import url_has_allowed_host_and_scheme

from core.errors import Refused

Handler = Callable[[HttpRequest], HttpResponse]


@sync_only_middleware
def headers(get_response: Handler) -> Handler:
    """Pages are private: nothing but static files may be kept by a cache on the way."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
            response["Cache-Control"] += ", no-store" if "no-store" not in response["Cache-Control"] else ""
        return response

    return middleware


@sync_only_middleware
class refusals:  # noqa: N801
    """A Refused that no form has caught becomes a message on the page the person came from."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Show the refusal; 409 where there is no page to go back to."""
        if not isinstance(exception, Refused):
            return None
        back = request.headers.get("Referer", "")
        own = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        if own and request.method == "POST":
            messages.error(request, f"{exception.message} {exception.hint}".strip())
            return redirect(back)
        return render(request, "refused.html", {"refusal": exception}, status=409)
