from collections.abc import Iterator

from django.apps import AppConfig
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "people"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Operators find the imports in the navigation; who signs in gets their language."""
        from django.contrib.auth.signals import user_logged_in

        from core.nav import NavItem, register_nav
        from people.middleware import remember_language

        user_logged_in.connect(remember_language, dispatch_uid="people.language")

        @register_nav
        def people_nav(request: HttpRequest) -> Iterator[tuple[int, NavItem]]:
            if request.user.is_operator:  # type: ignore[union-attr]
                url = reverse("people_imports")
                yield 80, NavItem(_("People"), url, current=request.path.startswith("/people/"))
