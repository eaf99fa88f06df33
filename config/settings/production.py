"""A server behind TLS. Refuses to start without its secrets."""

from environs import validate

from config.settings.base import *  # noqa: F403
from config.settings.base import env

# Given and not empty: an empty key signs and seals nothing.
given = validate.Length(min=1)
SECRET_KEY = env.str("SECRET_KEY", validate=given)
LINK_KEY = env.str("LINK_KEY", validate=given)
SEAL_KEYS = env.list("SEAL_KEYS", validate=given)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", validate=given)
BASE_URL = env.str("BASE_URL", validate=given).rstrip("/")
DATABASE_URL = env.str("DATABASE_URL", validate=given)
REDIS_URL = env.str("REDIS_URL", validate=given)

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 63_072_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", True)
# Only a proxy that strips these headers from outside may be trusted with them.
if env.bool("BEHIND_PROXY", True):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
LANGUAGE_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", True)
SECOND_FACTOR_ROLES = env.list("SECOND_FACTOR_ROLES", ["manager", "coordinator", "hr_liaison"])
