"""From an outbox row to the bytes that go over the wire."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, parseaddr

from django.conf import settings
from django.urls import reverse

from notifications.domain.links import token_of
from notifications.domain.preferences import switch_off_token
from notifications.mails import kinds
from notifications.models import Message
from notifications.rendering import Parts, one_line, parts

WITHOUT_LINK = "/l/"  # stands in previews for the address that only the recipient gets


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipient of the SMTP dialogue, and the content."""

    sender: str
    recipient: str
    content: bytes


def preview(message: Message) -> Parts:
    """The mail as its reader will see it, without the secret of its link."""
    return parts(
        subject=message.subject,
        body=message.body,
        language=message.language,
        link_url=settings.BASE_URL + WITHOUT_LINK,
        settings_url=settings.BASE_URL + reverse("mail_settings") if _optional(message) else "",
    )


def build(message: Message) -> Envelope:
    """The mail with its link, ready to go. Raises ValueError for an address that no header can hold."""
    off = _off_url(message) if _optional(message) else ""
    shown = parts(
        subject=message.subject,
        body=message.body,
        language=message.language,
        link_url=f"{settings.BASE_URL}/l/{token_of(message.link)}/" if message.link else "",
        settings_url=off,
    )
    sender_name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    recipient = _ascii(message.address)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(display_name=sender_name, addr_spec=sender)
    mail["To"] = Address(display_name=one_line(message.recipient.full_name), addr_spec=recipient)
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = localtime()
    mail["Message-ID"] = message_id(message)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if off:
        mail["List-Unsubscribe"] = f"<{off}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(shown.text, cte="quoted-printable")
    mail.add_alternative(shown.html, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = message.language  # last: adding a part moves such headers into it
    return Envelope(sender=sender, recipient=recipient, content=mail.as_bytes())


def message_id(message: Message) -> str:
    """The same for every attempt, so that a reader's mail program can tell a repeat."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return f"<{hashlib.sha256(message.dedupe_key.encode()).hexdigest()[:40]}@{domain}>"


def _optional(message: Message) -> bool:
    kind = kinds().get(message.kind)
    return kind is not None and kind.optional


def _off_url(message: Message) -> str:
    return settings.BASE_URL + reverse("mail_off", args=[switch_off_token(message.recipient, message.kind)])


def _ascii(address: str) -> str:
    """Mail servers know the ASCII form of a domain."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"
