"""The site's addresses with refusals of one word: drawing their pages would take most of the time."""

from django.http import HttpRequest, HttpResponse

from config.urls import urlpatterns

__all__ = ["handler403", "handler404", "urlpatterns"]


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Forbidden."""
    return HttpResponse("forbidden", status=403)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not there."""
    return HttpResponse("not found", status=404)
