"""The demo: sample people, one-click sign-in, and a mailbox page. Never for real data."""

from config.demo.accounts import ACCOUNTS
from config.settings.base import VAR_DIR, env
from config.settings.local import *  # noqa: F403
from core import embedded
from core.database import database_from_url

DEMO = True
DEMO_ACCOUNTS = ACCOUNTS
# Beside an installation's own data, and never among them.
_demo = embedded.addresses(VAR_DIR, database=embedded.DEMO_DATABASE, lane=1)
if not env.str("DATABASE_URL", ""):
    DATABASES = {"default": database_from_url(_demo.database_url)}
if not env.str("REDIS_URL", ""):
    CELERY_BROKER_URL = _demo.broker_url
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": _demo.cache_url}
    }
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "demo-files"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "demo-beat-schedule")
BASE_URL = env.str("BASE_URL", f"http://{env.str('HOST', '127.0.0.1')}:{env.int('PORT', 8000)}")
# The demo's own catcher; its socket port is written by the supervisor.
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = env.int("MAILBOX_PORT", env.int("PORT", 8000) + 25)  # two demos choose at once
EMAIL_USE_TLS = False
DEFAULT_FROM_EMAIL = "Ithaca <ithaca@example.org>"
