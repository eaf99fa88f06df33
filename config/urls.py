"""Every address. Apps name their own; see docs/architecture.md."""

from importlib.util import find_spec

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from core.views.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("accounts/email/", RedirectView.as_view(pattern_name="me"), name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    *[
        path("", include(f"{app}.urls"))
        for app in (
            "people",
            "notifications",
            "programs",
            "participants",
            "matching",
            "agreements",
            "evaluations",
        )
        if find_spec(f"{app}.urls")
    ],
]
if settings.DEBUG:
    from core.views.gallery import gallery

    urlpatterns.append(path("gallery/", gallery, name="gallery"))

handler500 = "core.views.errors.server_error"
