"""The demo's mailbox: what its mail catcher has taken, as files below the data directory."""

from __future__ import annotations

import email
import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

NAME = re.compile(r"\d{20}-[0-9a-f]{8}")


def allowed() -> bool:
    """Whether there is a mailbox at all. Never with real people's mail."""
    return bool(settings.DEMO or settings.DEBUG)


def folder() -> Path:
    """Where the mails lie."""
    return Path(settings.VAR_DIR) / "mailbox"


@dataclass(frozen=True, slots=True)
class Caught:
    """A mail in the mailbox."""

    name: str
    at: datetime
    to: str
    address: str
    sender: str
    subject: str
    text: str
    html: str


def keep(content: bytes) -> None:
    """Write a mail; it appears whole or not at all."""
    folder().mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}"
    draft = folder() / f"{name}.part"
    draft.write_bytes(content)
    os.replace(draft, folder() / f"{name}.eml")


def names() -> list[str]:
    """All mails, the newest first."""
    if not folder().is_dir():
        return []
    return sorted((path.stem for path in folder().glob("*.eml") if NAME.fullmatch(path.stem)), reverse=True)


def read(name: str) -> Caught:
    """One mail. Raises FileNotFoundError."""
    if not NAME.fullmatch(name):
        raise FileNotFoundError(name)
    mail = email.message_from_bytes((folder() / f"{name}.eml").read_bytes(), policy=default)
    assert isinstance(mail, EmailMessage)
    addresses = getattr(mail["To"], "addresses", ())
    return Caught(
        name=name,
        at=datetime.fromtimestamp(int(name[:20]) / 1e9, tz=timezone.get_default_timezone()),
        to=str(mail["To"] or ""),
        address=addresses[0].addr_spec if addresses else "",
        sender=str(mail["From"] or ""),
        subject=str(mail["Subject"] or ""),
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
    )


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""


class Catcher:
    """The handler of the mail catcher: takes everything, sends nothing on."""

    async def handle_DATA(  # noqa: N802  the name is the protocol's
        self, _server: Any, _session: Any, envelope: Any
    ) -> str:
        """Keep one mail."""
        keep(envelope.content)
        return "250 Caught"
