"""Is it alive, and is it ready to serve?"""

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """The database and the broker answer too; 503 where one does not."""
    checks = {"database": _works(connection.ensure_connection), "redis": _works(lambda: cache.get("readyz"))}
    ready = all(checks.values())
    return JsonResponse({"status": "ok" if ready else "unavailable", **checks}, status=200 if ready else 503)


def _works(probe: object) -> bool:
    try:
        probe()  # type: ignore[operator]
    except Exception:  # any failure means not ready
        return False
    return True
