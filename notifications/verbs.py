"""What the audit trail says of mails and their links."""

from enum import StrEnum


class Verb(StrEnum):
    """Acts on mails, mail links and preferences."""

    MAIL_EDITED = "mail.edited"
    MAIL_DROPPED = "mail.dropped"
    MAIL_RELEASED = "mail.released"
    MAIL_RESENT = "mail.resent"
    MAIL_MARKED_SENT = "mail.marked_sent"
    LINK_ISSUED = "link.issued"
    LINK_REVOKED = "link.revoked"
    LINK_USED = "link.used"
    PREFERENCE_SET = "preference.set"
