"""The mails that applicants get; their texts stand in templates/mail/."""

from django.utils.translation import gettext_lazy as _

from notifications.mails import MailKind, register
from notifications.models import Message
from participants.queries import lists_to_rank


def still_to_rank(message: Message) -> bool:
    """A shortlist that was ranked meanwhile, or that nobody needs any more, is not told about."""
    return lists_to_rank().filter(pk=message.about_id or 0).exists()


KINDS = (
    MailKind("application_received", _("Your application has arrived")),
    MailKind("application_accepted", _("You take part")),
    MailKind("application_waitlisted", _("You are on the waiting list")),
    MailKind("application_declined", _("You are not accepted this time")),
    MailKind("place_offered", _("A place is offered to you")),
    MailKind("offer_lapsed", _("A place offered was not accepted in time")),
    MailKind("introduction_asked", _("Somebody would like to be a pair with you")),
    MailKind("introduction_answered", _("The answer to your request")),
    MailKind("introduction_decided", _("What becomes of an introduction")),
    MailKind("shortlist_ready", _("Mentors proposed to you"), refresh=still_to_rank),
)


def register_all() -> None:
    """Called once, when the app is ready."""
    for kind in KINDS:
        register(kind)
