"""The demo's mailbox: everything that was sent, and nowhere but in the demo."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client

from notifications import mailbox

HTML = '<html><head></head><body><p style="color: red">Hi</p><a href="https://i.example.org/l/x/">go</a></body></html>'


@pytest.fixture
def box(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    settings.DEMO = True
    return tmp_path / "mailbox"


@pytest.fixture
def shown(box: Path, settings: Any) -> Iterator[None]:
    from django.urls import clear_url_caches

    settings.ROOT_URLCONF = "tests.notifications.demo_urls"
    clear_url_caches()
    yield
    clear_url_caches()


def make(to: str = "ann@example.org", subject: str = "Hello", html: str = HTML) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ithaca@example.org", to, subject
    mail.set_content("Plain words https://i.example.org/l/x/")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def test_mails_are_kept_newest_first(box: Path) -> None:
    assert mailbox.names() == []
    for subject in ("first", "second"):
        mailbox.keep(make(subject=subject).as_bytes())
    (box / "stray.eml").write_text("not ours")
    assert [mailbox.read(name).subject for name in mailbox.names()] == ["second", "first"]
    caught = mailbox.read(mailbox.names()[0])
    assert (caught.address, caught.text.strip(), caught.html.strip()) == (
        "ann@example.org", "Plain words https://i.example.org/l/x/", HTML,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["../../../etc/passwd", "x", "0" * 20 + "-12345678/../x"])
def test_only_its_own_files_are_read(box: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        mailbox.read(name)


def test_the_list_and_its_filter(shown: None, client: Client, db: None) -> None:
    assert "No mail yet" in client.get("/mailbox/").content.decode()
    mailbox.keep(make(subject="For Ann").as_bytes())
    mailbox.keep(make(to="Bo Ray <bo@example.org>", subject="For Bo").as_bytes())
    both = client.get("/mailbox/").content.decode()
    assert both.index("For Bo") < both.index("For Ann")
    one = client.get("/mailbox/?to=BO@example").content.decode()
    assert "For Bo" in one
    assert "For Ann" not in one
    assert "No mail to this address" in client.get("/mailbox/?to=nobody").content.decode()


def test_a_mail_is_shown_in_a_frame_that_can_do_nothing(shown: None, client: Client, db: None) -> None:
    mailbox.keep(make(html=HTML.replace("Hi", "<script>alert(1)</script>")).as_bytes())
    (name,) = mailbox.names()
    page = client.get(f"/mailbox/{name}/")
    assert f'src="/mailbox/{name}/html/"' in page.content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert 'href="https://i.example.org/l/x/"' in page.content.decode(), "links in the text can be followed"
    assert "frame-src 'self'" in page["Content-Security-Policy"]
    frame = client.get(f"/mailbox/{name}/html/")
    policy = {part.split()[0]: part.split()[1:] for part in frame["Content-Security-Policy"].split("; ")}
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert policy["sandbox"] == ["allow-popups", "allow-popups-to-escape-sandbox"]
    assert "script-src" not in policy
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_blank">' in frame.content.decode()


def test_an_unknown_mail_is_not_found(shown: None, client: Client, db: None) -> None:
    for address in ("/mailbox/nothing/", "/mailbox/nothing/html/"):
        assert client.get(address).status_code == 404


def test_a_mail_without_html_shows_its_text(shown: None, client: Client, db: None) -> None:
    mailbox.keep(make(html="").as_bytes())
    page = client.get(f"/mailbox/{mailbox.names()[0]}/").content.decode()
    assert "<iframe" not in page
    assert "Plain words" in page


def test_outside_the_demo_there_is_no_such_address(client: Client, db: None) -> None:
    assert client.get("/mailbox/").status_code == 404


def test_even_with_the_address_nothing_is_shown_outside_the_demo(
    shown: None, client: Client, db: None, settings: Any
) -> None:
    mailbox.keep(make().as_bytes())
    (name,) = mailbox.names()
    settings.DEMO = False
    for address in ("/mailbox/", f"/mailbox/{name}/", f"/mailbox/{name}/html/"):
        assert client.get(address).status_code == 404
    settings.DEMO = True
    assert client.get("/mailbox/").status_code == 200


def test_the_production_settings_have_no_mailbox() -> None:
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings; from django.urls import Resolver404, resolve\n"
        "assert not settings.DEMO and not settings.DEBUG\n"
        "try: resolve('/mailbox/')\n"
        "except Resolver404: print('absent')"
    )
    secrets = {
        "SECRET_KEY": "s" * 60, "LINK_KEY": "l" * 60, "SEAL_KEYS": django_settings.SEAL_KEYS[0],
        "ALLOWED_HOSTS": "i.example.org", "BASE_URL": "https://i.example.org",
        "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0",
    }  # fmt: skip
    environment = os.environ | secrets | {"DJANGO_SETTINGS_MODULE": "config.settings.production"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )
    assert result.stdout.strip() == "absent", result.stderr


def test_the_catcher_does_not_run_outside_the_demo(settings: Any) -> None:
    settings.DEMO = settings.DEBUG = False
    with pytest.raises(CommandError, match="demo"):
        call_command("mailbox_smtp")


def test_the_catcher_takes_mail_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.demo", "ITHACA_VAR": str(tmp_path), "MAILBOX_PORT": str(port),
    }  # fmt: skip
    catcher = subprocess.Popen(
        [sys.executable, "manage.py", "mailbox_smtp"], env=environment, cwd=django_settings.BASE_DIR
    )
    try:
        _deliver(make(subject="Caught"), port)
        (kept,) = (tmp_path / "mailbox").glob("*.eml")
        assert b"Subject: Caught" in kept.read_bytes()
    finally:
        catcher.send_signal(signal.SIGTERM)
        assert catcher.wait(timeout=20) == 0


def _deliver(mail: EmailMessage, port: int) -> None:
    end = time.monotonic() + 40
    while True:
        try:
            with smtplib.SMTP("127.0.0.1", port) as server:
                server.send_message(mail)
            return
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
