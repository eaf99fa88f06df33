"""`manage.py up`: Ithaca with your own data, on one machine."""

import sys

from django.contrib.auth import get_user_model

from core.management.serve import ServeCommand


class Command(ServeCommand):
    name = "up"
    help = "Run Ithaca with your own data: database, broker, web server, worker and beat, until Ctrl-C."
    empty = False

    def prepare(self) -> None:
        self.empty = not get_user_model().objects.exists()

    def welcome(self) -> list[str]:
        if not self.empty:
            return []
        return [
            "There is no account yet. In another terminal:",
            f"  {sys.executable} manage.py create_operator you@example.org --password",
        ]
