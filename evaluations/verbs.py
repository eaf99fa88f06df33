"""What the audit trail says of evaluations. That somebody answered stands nowhere but in the invitation, by day."""

from enum import StrEnum


class Verb(StrEnum):
    """Acts on surveys."""

    SURVEY_CREATED = "survey.created"
    SURVEY_OPENED = "survey.opened"
    SURVEY_CLOSED = "survey.closed"
