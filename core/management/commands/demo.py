"""`manage.py demo`: Ithaca with a sample program. Its data are apart from your own and may be thrown away."""

import os
import socket
import sys
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import CommandError

from core.embedded.supervisor import Program
from core.management.serve import ServeCommand


class Command(ServeCommand):
    name = "demo"
    help = "Run Ithaca with a sample program and a mailbox that catches its mail, until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("The demo needs DJANGO_SETTINGS_MODULE=config.settings.demo, or none at all.")
        super().handle(*args, **options)

    def prepare(self) -> None:
        sample = import_module("config.demo.whole")  # late: apps must be there
        if sample.loaded():
            return
        if get_user_model().objects.exists():  # an interrupted start left a part of it
            call_command("flush", interactive=False, verbosity=0)
        self.stdout.write("Making the sample program...")
        self.stdout.flush()
        sample.load()

    def more_programs(self) -> list[Program]:
        return [Program("mailbox", [sys.executable, "manage.py", "mailbox_smtp"], late=True)]

    def more_environment(self) -> dict[str, str]:
        port = _free_port(settings.EMAIL_PORT)
        return {"MAILBOX_PORT": str(port), "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING")}

    def facts(self, url: str) -> dict[str, Any]:
        return {"url": url, "accounts": import_module("config.demo").ACCOUNTS}

    def welcome(self) -> list[str]:
        rows = [("Role", "Name", "E-mail", "Password")]
        rows += [
            (each["role"], each["name"], each["email"], each["password"])
            for each in self.facts("")["accounts"]
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        return [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise CommandError("No free port for the mailbox.")
