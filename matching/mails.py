"""The mails of this app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from matching.domain.asked_mails import KIND, keep_true
from notifications.mails import MailKind, register


def register_kinds() -> None:
    """Texts in templates/mail/<code>/."""
    register(MailKind(KIND, _("Both sides are asked about a pair"), refresh=keep_true))
