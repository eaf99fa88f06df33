"""The whole way in and out of a cohort is one row: the enrollment."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.lifecycle import Lifecycle
from core.models import Addressed
from programs.models import Cohort, Program, Strand


class Skill(models.Model):
    """Something that mentors offer and mentees seek; `program` empty means every program's."""

    program = models.ForeignKey(
        Program, on_delete=models.CASCADE, null=True, blank=True, related_name="skills"
    )
    slug = models.SlugField(max_length=60)
    name = models.JSONField(default=dict)  # by language

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "slug"], name="skill_unique", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.slug


class Enrollment(Addressed):
    """One person in one cohort in one role: profile, application, decision, and places used."""

    class Role(models.TextChoices):
        MENTOR = "mentor", _("Mentor")
        MENTEE = "mentee", _("Mentee")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        ACCEPTED = "accepted", _("Accepted")
        WAITLISTED = "waitlisted", _("On the waiting list")
        OFFERED = "offered", _("Place offered")
        DECLINED = "declined", _("Not accepted")
        LAPSED = "lapsed", _("Offer lapsed")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        COMPLETED = "completed", _("Completed")
        LEFT = "left", _("Left")

    lifecycle = Lifecycle(
        {
            State.DRAFT: [State.SUBMITTED, State.WITHDRAWN],
            State.SUBMITTED: [State.DRAFT, State.ACCEPTED, State.WAITLISTED, State.DECLINED, State.WITHDRAWN],
            State.WAITLISTED: [State.OFFERED, State.ACCEPTED, State.DECLINED, State.WITHDRAWN],
            State.OFFERED: [State.ACCEPTED, State.LAPSED, State.WITHDRAWN],
            State.ACCEPTED: [State.COMPLETED, State.LEFT, State.WITHDRAWN],
            State.DECLINED: [],
            State.LAPSED: [],
            State.WITHDRAWN: [State.DRAFT],
            State.COMPLETED: [],
            State.LEFT: [],
        }
    )

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrollments")
    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="enrollments")
    strand = models.ForeignKey(Strand, on_delete=models.PROTECT, related_name="enrollments")
    role = models.CharField(max_length=10, choices=Role)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    pending_decision = models.CharField(max_length=20, blank=True)  # not yet released to the applicant
    decision_note = models.TextField(blank=True)  # staff only
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    left_out_before = models.BooleanField(
        default=False
    )  # matched first: no place or no mentor in an earlier cohort

    # Places: how many mentees a mentor takes, how many mentors a mentee wants; and how many are taken.
    capacity = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    used = models.PositiveSmallIntegerField(default=0)

    position_summary = models.TextField(blank=True)
    experience = models.TextField(blank=True)
    strengths = models.TextField(blank=True)
    own_goals = models.TextField(blank=True)
    expectations = models.TextField(blank=True)
    career_goals = models.TextField(blank=True)
    goals = ArrayField(
        models.CharField(max_length=40), default=list, blank=True
    )  # chosen from the program's list
    # What somebody wants a mentor for, or can be one for: NEEDS.
    needs = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    listed = models.BooleanField(default=False)  # a mentor who agrees to stand in the directory
    # What matters more (1) or less (-1) to this person than to the program, by criterion (matching.domain.own).
    own_weights = models.JSONField(default=dict, blank=True)
    hours_per_month = models.PositiveSmallIntegerField(null=True, blank=True)
    media = ArrayField(
        models.CharField(max_length=20), default=list, blank=True
    )  # in_person, video, phone, email
    availability = ArrayField(
        models.CharField(max_length=10), default=list, blank=True
    )  # "mon-am", "tue-pm", ...
    answers = models.JSONField(default=dict, blank=True)  # to the program's further questions, by key
    pages_done = models.JSONField(default=list, blank=True)  # of the application form

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "cohort", "role"], name="enrollment_unique"),
            models.CheckConstraint(condition=Q(used__lte=F("capacity")), name="enrollment_within_capacity"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(submitted_at__isnull=False),
                name="enrollment_submitted_at",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["cohort", "role", "state"], name="enrollment_cohort_state")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} in {self.cohort_id}"


class SkillClaim(models.Model):
    """A skill that an enrollment offers or seeks; level 1 (some) to 3 (expert, or needed most)."""

    class Direction(models.TextChoices):
        OFFERS = "offers", _("Offers")
        SEEKS = "seeks", _("Seeks")

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="claims")
    skill = models.ForeignKey(Skill, on_delete=models.PROTECT, related_name="claims")
    direction = models.CharField(max_length=10, choices=Direction)
    level = models.PositiveSmallIntegerField(default=2)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enrollment", "skill", "direction"], name="claim_unique"),
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=3), name="claim_level_range"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.direction} {self.skill_id}"


class Wish(models.Model):
    """A mentee's ranked wish for a mentor."""

    enrollment = models.ForeignKey(Enrollment, on_delete=models.CASCADE, related_name="wishes")
    rank = models.PositiveSmallIntegerField()
    mentor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="wished_by")

    class Meta:
        ordering: ClassVar = ["rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["enrollment", "rank"], name="wish_rank_unique"),
            models.UniqueConstraint(fields=["enrollment", "mentor"], name="wish_mentor_unique"),
            models.CheckConstraint(condition=Q(rank__gte=1, rank__lte=3), name="wish_rank_range"),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.rank}: {self.mentor_id}"
