"""What strangers and members see when the site itself fails."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_SECONDS = 30


def server_error(request: HttpRequest) -> HttpResponse:
    """500; or 503 where the database is away, with the time to try again. The pages need nothing that may be broken."""
    if isinstance(sys.exc_info()[1], OperationalError):
        return HttpResponse(
            render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_SECONDS)}
        )
    return HttpResponse(render_to_string("500.html"), status=500)
