"""The demo: sample people, one-click sign-in, and a mailbox page. Never for real data."""

from config.settings.local import *  # noqa: F403
from config.settings.base import env

DEMO = True
BASE_URL = env.str("BASE_URL", f"http://{env.str('HOST', '127.0.0.1')}:{env.int('PORT', 8000)}")
# The demo's own catcher; its socket port is written by the supervisor.
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = env.int("MAILBOX_PORT", 8025)
EMAIL_USE_TLS = False
DEFAULT_FROM_EMAIL = "Ithaca <ithaca@example.org>"
