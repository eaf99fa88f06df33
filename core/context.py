"""What base.html needs on every page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core.nav import nav_items


def site(request: HttpRequest) -> dict[str, Any]:
    """Main navigation, theme and the demo's marks."""
    theme = request.COOKIES.get("theme", "")
    return {
        "nav_items": nav_items(request),
        "theme": theme if theme in {"light", "dark"} else "",
        "is_demo": settings.DEMO,
        "is_debug": settings.DEBUG,
        "demo_accounts": settings.DEMO_ACCOUNTS if settings.DEMO else [],
    }
