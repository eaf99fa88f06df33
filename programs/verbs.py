"""What the audit trail says of programs and cohorts."""

from enum import StrEnum


class Verb(StrEnum):
    """Acts on programs, their people, and cohorts."""

    PROGRAM_CREATED = "program.created"
    PROGRAM_CHANGED = "program.changed"
    MEMBER_ADDED = "program.member_added"
    MEMBER_REMOVED = "program.member_removed"
    COHORT_CREATED = "cohort.created"
    COHORT_CHANGED = "cohort.changed"
    CALL_OPENED = "cohort.call_opened"
    CALL_CLOSED = "cohort.call_closed"
    MATCHING_STARTED = "cohort.matching_started"
    SELECTION_RESUMED = "cohort.selection_resumed"
    STARTED = "cohort.started"
    CLOSING = "cohort.closing"
    RESUMED = "cohort.resumed"
    CLOSED = "cohort.closed"
