"""What holds for every response."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import sync_only_middleware
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

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
def form_addresses(get_response: Handler) -> Handler:
    """An address that only takes what forms send has a page for whoever opens it, or signs in after sending."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and request.method in ("GET", "HEAD"):
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        is_sent = request.method == "POST" or "HX-Request" in request.headers
        if is_sent and _leads_to_sign_in(response):
            return _sign_in_and_come_back(request)
        return response

    return middleware


def _leads_to_sign_in(response: HttpResponse) -> bool:
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(
        settings.LOGIN_URL
    )


def _sign_in_and_come_back(request: HttpRequest) -> HttpResponse:
    """To the page that the form stood on, not to where it was sent."""
    if request.method == "POST":
        messages.warning(request, _("You were signed out, so nothing was done. Sign in and do it once more."))
    back = _own_page(request, request.headers.get("HX-Current-URL") or request.headers.get("Referer", ""))
    query = QueryDict(mutable=True)
    if back:
        query["next"] = urlsplit(back)._replace(scheme="", netloc="").geturl()
    target = urlsplit(resolve_url(settings.LOGIN_URL))._replace(query=query.urlencode(safe="/")).geturl()
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": target})
    return redirect(target)


def _own_page(request: HttpRequest, address: str) -> str:
    """The address, if it is one of ours; else nothing."""
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own else ""


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
        back = _own_page(request, request.headers.get("Referer", ""))
        if back and request.method == "POST":
            messages.error(request, f"{exception.message} {exception.hint}".strip())
            return redirect(back)
        return render(request, "refused.html", {"refusal": exception}, status=409)
