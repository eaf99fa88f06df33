"""Tests: the real services, cheap password hashing, and nothing that hides a mistake."""

import os

os.environ.setdefault("ITHACA_VAR", os.path.join(os.path.dirname(__file__), "..", "..", "var", "test"))

from config.settings.base import *  # noqa: F403
from config.settings.base import INSTALLED_APPS, MIDDLEWARE, TEMPLATES, VAR_DIR, env
from core import embedded
from core.embedded.testing import test_lane

SECRET_KEY = "test-" + "k" * 60
LINK_KEY = "test-" + "l" * 60
SEAL_KEYS = ["dGVzdC10ZXN0LXRlc3QtdGVzdC10ZXN0LXRlc3QtdGU="]
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
BASE_URL = "http://testserver"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http"
ACCOUNT_RATE_LIMITS = False  # tested with its own settings
INSTALLED_APPS = [*INSTALLED_APPS, "django_linear_migrations", "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", "tests.harness.readonly.get_writes_nothing", *MIDDLEWARE]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
WHITENOISE_USE_FINDERS = True
STATIC_ROOT = None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TEMPLATES[0]["OPTIONS"]["debug"] = True  # type: ignore[index]

if not env.str("REDIS_URL", ""):
    _lane = embedded.addresses(VAR_DIR, lane=test_lane())
    CELERY_BROKER_URL = _lane.broker_url
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _lane.cache_url}
    }

LOGGING = {"version": 1, "disable_existing_loggers": False, "root": {"level": "WARNING", "handlers": []}}
