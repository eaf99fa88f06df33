"""What the audit trail says of people."""

from enum import StrEnum


class Verb(StrEnum):
    """Acts on people."""

    IMPORT_UPLOADED = "people_import.uploaded"
    IMPORT_APPLIED = "people_import.applied"
    IMPORT_DISCARDED = "people_import.discarded"
    OPERATOR_MADE = "person.operator_made"
    DETAILS_CHANGED = "person.details_changed"
