"""What the audit trail says about mentorships."""

from enum import StrEnum


class Verb(StrEnum):
    """Acts on mentorships, agreements, plans and meetings."""

    MENTORSHIPS_BEGUN = "mentorship.begun"
    MENTORSHIP_ENDED = "mentorship.ended"
    MENTORSHIP_COMPLETED = "mentorship.completed"
    MEMBER_LEFT = "mentorship.member_left"
    MEMBER_JOINED = "mentorship.member_joined"
    HELP_ASKED = "mentorship.help_asked"
    HELP_HANDLED = "mentorship.help_handled"
    AGREEMENT_SAVED = "agreement.saved"
    AGREEMENT_SIGNED = "agreement.signed"
    AGREEMENT_REOPENED = "agreement.reopened"
    AGREEMENT_APPROVED = "agreement.approved"
    AGREEMENT_RETURNED = "agreement.returned"
    AGREEMENT_IN_FORCE = "agreement.in_force"
    LINK_SENT = "agreement.link_sent"
    LINK_REVOKED = "agreement.link_revoked"
    PLAN_SAVED = "plan.saved"
    PLAN_SHARED = "plan.shared"
    PLAN_REOPENED = "plan.reopened"
    ACTIVITY_ADDED = "activity.added"
    ACTIVITY_CHANGED = "activity.changed"
    MEETING_LOGGED = "meeting.logged"
    MEETING_CHANGED = "meeting.changed"
    MEETING_DELETED = "meeting.deleted"
