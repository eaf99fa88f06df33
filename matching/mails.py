"""The mails of this app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from matching.queries import questions
from notifications.mails import MailKind, register
from notifications.models import Message


def still_asked(message: Message) -> bool:
    """A question that no longer counts once its mail goes out is not sent."""
    return questions().filter(pk=message.about_id or 0, is_open=True).exists()


def register_kinds() -> None:
    """Texts in templates/mail/<code>/."""
    register(MailKind("pair_proposed", _("Both sides are asked about a pair"), refresh=still_asked))
