"""The mails of this app."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from agreements.models import Mentorship
from notifications.mails import MailKind, register
from notifications.models import Message


def link_still_counts(message: Message) -> bool:
    """A link that was withdrawn or used while its mail waited is not sent."""
    return message.link is not None and message.link.revoked_at is None and message.link.used_at is None


def still_together(message: Message) -> bool:
    """Nobody is told of a match, or of who left it, when it has ended in the meantime."""
    return Mentorship.objects.filter(pk=message.about_id or 0).exclude(state=Mentorship.State.ENDED).exists()


def register_kinds() -> None:
    """Texts in templates/mail/<code>/."""
    register(MailKind("matched", _("You are matched"), refresh=still_together))
    register(MailKind("agreement_to_sign", _("The other side has signed the agreement")))
    register(MailKind("agreement_approval", _("A supervisor is asked to approve"), refresh=link_still_counts))
    register(MailKind("agreement_returned", _("The supervisor has sent the agreement back")))
    register(MailKind("agreement_receipt", _("An agreement is in force")))
    register(MailKind("mentorship_ended", _("A mentorship has ended")))
    register(MailKind("member_left", _("Somebody has left a circle"), refresh=still_together))
