#!/usr/bin/env python
"""Ithaca's command line. Without DATABASE_URL, the embedded services run for as long as the command does."""

import os
import sys
from contextlib import nullcontext

# Commands that need no database, or that look after the services themselves.
WITHOUT_SERVICES = {"up", "demo", "check", "collectstatic", "help", "mailbox_smtp", "makemigrations"}


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    settings = "config.settings.demo" if command == "demo" else "config.settings.local"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    from django.core.management import execute_from_command_line

    from core import embedded

    own = bool(os.environ.get("DATABASE_URL")) or command in WITHOUT_SERVICES or "--help" in sys.argv
    try:
        with nullcontext() if own else embedded.running(embedded.var_dir()):
            execute_from_command_line(sys.argv)
    except embedded.ServiceError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
