"""The settings of a server: it refuses to start half configured, and is closed by default."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).resolve().parents[2]
NEEDED = {
    "SECRET_KEY": "s3cret-" + "xY7_zQ9-" * 8,
    "LINK_KEY": "l1nk-" + "aB3_cD5-" * 8,
    "SEAL_KEYS": Fernet.generate_key().decode(),
    "ALLOWED_HOSTS": "mentoring.example.org",
    "BASE_URL": "https://mentoring.example.org/",
    "DATABASE_URL": "postgresql://ithaca:pw@db.example.org/ithaca?sslmode=verify-full",
    "REDIS_URL": "redis://broker.example.org:6379/0",
}
SHOWN = [
    "DEBUG", "DEMO", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
    "LANGUAGE_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "LANGUAGE_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE", "SESSION_COOKIE_AGE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_CONTENT_TYPE_NOSNIFF", "X_FRAME_OPTIONS", "EMAIL_USE_TLS",
    "PASSWORD_HASHERS", "BASE_URL", "ALLOWED_HOSTS", "SECOND_FACTOR_ROLES", "SECURE_CROSS_ORIGIN_OPENER_POLICY",
    "ACCOUNT_DEFAULT_HTTP_PROTOCOL",
]  # fmt: skip


def run(*command: str, without: str = "", **changed: str) -> subprocess.CompletedProcess[str]:
    """Python with nothing of our environment but what a server is given."""
    given = {
        "PATH": os.environ["PATH"],
        **NEEDED,
        **changed,
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
    }
    given.pop(without, None)
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def start(**more: str) -> subprocess.CompletedProcess[str]:
    return run("-c", "import config.settings.production", **more)


@cache
def production() -> dict[str, Any]:
    """What a server runs with, as it is after the settings are read."""
    show = f"import json, config.settings.production as s; print(json.dumps({{n: getattr(s, n) for n in {SHOWN}}}))"
    return dict(json.loads(run("-c", show).stdout))


def test_the_deployment_check_is_clean() -> None:
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def test_starts_with_what_it_needs() -> None:
    assert start().returncode == 0


@pytest.mark.parametrize("name", NEEDED)
def test_does_not_start_without(name: str) -> None:
    done = start(without=name)
    assert (done.returncode, name in done.stderr.splitlines()[-1]) == (1, True)


@pytest.mark.parametrize("name", NEEDED)
def test_does_not_start_with_an_empty(name: str) -> None:
    done = start(**{name: ""})
    assert (done.returncode, name in done.stderr.splitlines()[-1]) == (1, True)


class TestProduction:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DEBUG", False),
            ("DEMO", False),
            # A __Host- cookie is taken from this very host over TLS, and for the whole of it.
            ("SESSION_COOKIE_NAME", "__Host-sessionid"),
            ("CSRF_COOKIE_NAME", "__Host-csrftoken"),
            ("SESSION_COOKIE_SECURE", True),
            ("CSRF_COOKIE_SECURE", True),
            ("LANGUAGE_COOKIE_SECURE", True),
            ("SESSION_COOKIE_HTTPONLY", True),
            ("CSRF_COOKIE_HTTPONLY", True),
            ("LANGUAGE_COOKIE_HTTPONLY", True),
            ("SESSION_COOKIE_SAMESITE", "Lax"),
            ("SESSION_COOKIE_AGE", 8 * 60 * 60),
            ("SECURE_SSL_REDIRECT", True),
            ("SECURE_HSTS_INCLUDE_SUBDOMAINS", True),
            ("SECURE_CONTENT_TYPE_NOSNIFF", True),
            ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "same-origin"),
            ("X_FRAME_OPTIONS", "DENY"),
            ("EMAIL_USE_TLS", True),
            ("BASE_URL", "https://mentoring.example.org"),
            ("ALLOWED_HOSTS", ["mentoring.example.org"]),
            ("ACCOUNT_DEFAULT_HTTP_PROTOCOL", "https"),
            ("SECOND_FACTOR_ROLES", ["manager", "coordinator", "hr_liaison"]),
        ],
    )
    def test_is_closed(self, name: str, value: object) -> None:
        assert production()[name] == value

    def test_tls_is_remembered_for_a_year_at_least(self) -> None:
        assert production()["SECURE_HSTS_SECONDS"] >= 365 * 24 * 60 * 60

    def test_passwords_are_hashed_with_argon2id(self) -> None:
        assert production()["PASSWORD_HASHERS"][0] == "core.hashers.Argon2id"


def test_the_hash_has_the_parameters_that_owasp_asks_for() -> None:
    from core.hashers import Argon2id

    hashed = Argon2id().encode("correct horse battery", "somesalt1234")
    assert hashed.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert Argon2id().verify("correct horse battery", hashed)
    assert not Argon2id().verify("correct horse batterx", hashed)
