"""The mails of this app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from matching.models import SideAnswer
from notifications.mails import MailKind, register
from notifications.models import Message


def still_asked(message: Message) -> bool:
    """A question that was closed while its mail waited is not sent."""
    return SideAnswer.objects.filter(pk=message.about_id or 0, closed_at=None).exists()


def register_kinds() -> None:
    """Texts in templates/mail/<code>/."""
    register(MailKind("pair_proposed", _("Both sides are asked about a pair"), refresh=still_asked))
