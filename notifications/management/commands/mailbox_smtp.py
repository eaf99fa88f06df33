"""`manage.py mailbox_smtp`: the demo's mail server. It sends nothing on; /mailbox/ shows what came."""

import asyncio
import signal
from typing import Any

from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications.mailbox import Catcher, allowed


class Command(BaseCommand):
    help = (
        "Catch all mail on EMAIL_PORT for the mailbox page, until stopped. Only for the demo and debugging."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until SIGINT or SIGTERM."""
        if not allowed():
            raise CommandError("The mailbox is for the demo and debugging alone: it shows everybody's mail.")
        asyncio.run(_serve())


async def _serve() -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    server = await loop.create_server(
        lambda: SMTP(Catcher(), hostname="localhost", enable_SMTPUTF8=True, loop=loop),
        settings.EMAIL_HOST,
        settings.EMAIL_PORT,
    )
    async with server:
        await stopped.wait()
