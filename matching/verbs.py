"""What the audit trail says about matching."""

from enum import StrEnum


class Verb(StrEnum):
    """Acts on runs, pairs and criteria."""

    RUN_REQUESTED = "run.requested"
    RUN_CERTIFIED = "run.certified"
    RUN_FAILED = "run.failed"
    RUN_SAME = "run.same"
    RUN_CANCELLED = "run.cancelled"
    RUN_PUBLISHED = "run.published"
    PAIR_LOCKED = "pair.locked"
    PAIR_UNLOCKED = "pair.unlocked"
    PAIR_EXCLUDED = "pair.excluded"
    PAIR_ALLOWED = "pair.allowed"
    DECISIONS_UNDONE = "decisions.undone"
    INTRODUCTION_CONFIRMED = "introduction.confirmed"
    INTRODUCTION_CHANGED = "introduction.changed"
    SHORTLISTS_MADE = "shortlists.made"
    CRITERIA_CHANGED = "criteria.changed"
    SIDES_ASKED = "sides.asked"
    SIDES_DATE_MOVED = "sides.date_moved"
    SIDES_CALLED_BACK = "sides.called_back"
    SIDE_ANSWERED = "side.answered"
    PRESET_SAVED = "preset.saved"
    PRESET_DELETED = "preset.deleted"
    WEIGHTS_SET = "weights.set"
