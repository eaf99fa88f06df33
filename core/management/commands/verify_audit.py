from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.audit import broken_links, chain_head


class Command(BaseCommand):
    help = "Verify the hash chain of the audit trail, and print its head to be kept elsewhere."

    def handle(self, *args: Any, **options: Any) -> None:
        """Fails, naming the events, where the chain is broken."""
        broken = broken_links()
        if broken:
            shown = ", ".join(str(pk) for pk in broken[:20])
            raise CommandError(f"The audit trail was changed: {len(broken)} broken, first at event {shown}.")
        self.stdout.write(f"The audit trail is whole. Head: {chain_head() or 'empty'}")
