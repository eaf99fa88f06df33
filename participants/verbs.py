"""What the audit trail says about enrollments."""

from enum import StrEnum


class Verb(StrEnum):
    """Values are kept in the database and never change."""

    STARTED = "enrollment.started"
    SUBMITTED = "enrollment.submitted"
    REOPENED = "enrollment.reopened"
    WITHDRAWN = "enrollment.withdrawn"
    DECISION_SET = "enrollment.decision_set"
    ACCEPTED = "enrollment.accepted"
    WAITLISTED = "enrollment.waitlisted"
    DECLINED = "enrollment.declined"
    OFFERED = "enrollment.offered"
    LAPSED = "enrollment.lapsed"
    IMPORTED = "enrollment.imported"
    INTRODUCTION_ASKED = "introduction.asked"
    INTRODUCTION_AGREED = "introduction.agreed"
    INTRODUCTION_REFUSED = "introduction.refused"
    INTRODUCTION_EXPIRED = "introduction.expired"
    INTRODUCTION_WITHDRAWN = "introduction.withdrawn"
    INTRODUCTION_CLOSED = "introduction.closed"
    SHORTLIST_RANKED = "shortlist.ranked"
    WISHES_CHANGED = "enrollment.wishes_changed"
    FILE_IMPORTED = "cohort.applications_imported"
