"""A mail's HTML in a frame: it may bring its own style, and can neither run nor load nor send anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_sameorigin

View = Callable[..., HttpResponseBase]

FRAME = csp(
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],
        "img-src": ["data:"],
        "base-uri": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
    }
)


def framed(view: Callable[..., str]) -> View:
    """A view that gives a mail's HTML, to be shown in a frame of our own pages. Links open in a new tab."""

    @FRAME
    @xframe_options_sameorigin
    @wraps(view)
    def shown(*args: Any, **kwargs: Any) -> HttpResponse:
        html = view(*args, **kwargs)
        return HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))

    return shown


def frames(view: View) -> View:
    """A page that shows such a frame."""
    return csp_update({"frame-src": [SELF]})(view)
