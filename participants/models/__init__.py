"""All models of the app."""

from participants.models.enrollments import Enrollment, Skill, SkillClaim, Wish
from participants.models.introductions import Introduction
from participants.models.shortlists import Shortlist, Suggestion

__all__ = ["Enrollment", "Introduction", "Shortlist", "Skill", "SkillClaim", "Suggestion", "Wish"]
