"""One machine, own data, embedded services: secrets are made once and kept below the data directory."""

from config.settings.base import *  # noqa: F403
from config.settings.base import VAR_DIR, env
from core.secrets import kept_secret

SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret(VAR_DIR, "secret-key")
LINK_KEY = env.str("LINK_KEY", "") or kept_secret(VAR_DIR, "link-key")
SEAL_KEYS = env.list("SEAL_KEYS", []) or [kept_secret(VAR_DIR, "seal-key", seal=True)]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["*"])
DEBUG = env.bool("DEBUG", False)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
