"""What Django itself can check without a database: models, settings, missing migrations, and their single line."""

import os
import sys
import warnings

import django
from django.core.management import call_command

warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
os.environ["ITHACA_VAR"] = os.path.join(os.environ.get("TMPDIR", "/tmp"), "ithaca-no-services")

if __name__ == "__main__":
    django.setup()
    try:
        # Linear migrations are among the system checks of the test settings.
        call_command("check", fail_level="WARNING")
        call_command("makemigrations", check_changes=True, dry_run=True)
    except Exception as problem:
        sys.exit(str(problem))
