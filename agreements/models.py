"""Mentorships and what their members agree on, plan, and do."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.fields import SealedTextField
from core.lifecycle import Lifecycle
from core.models import Addressed
from matching.models import Proposal
from participants.models import Enrollment
from programs.models import Cohort, Strand


class Mentorship(Addressed):
    """A relationship: one pair, or one circle."""

    class State(models.TextChoices):
        FORMING = "forming", _("Agreeing")
        ACTIVE = "active", _("Under way")
        PAUSED = "paused", _("Paused")
        ENDED = "ended", _("Ended")

    class Ending(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        NO_FAULT = "no_fault", _("Ended without fault")

    lifecycle = Lifecycle(
        {
            State.FORMING: [State.ACTIVE, State.ENDED],
            State.ACTIVE: [State.PAUSED, State.ENDED],
            State.PAUSED: [State.ACTIVE, State.ENDED],
            State.ENDED: [],
        }
    )

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="mentorships")
    strand = models.ForeignKey(Strand, on_delete=models.PROTECT, related_name="mentorships")
    proposal = models.ForeignKey(
        Proposal, on_delete=models.SET_NULL, null=True, blank=True, related_name="mentorships"
    )
    state = models.CharField(max_length=20, choices=State, default=State.FORMING)
    starts_on = models.DateField()
    ends_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)
    ending = models.CharField(max_length=20, choices=Ending, blank=True)
    ended_by = SealedTextField(blank=True, default="")  # who began a no-fault end; for nobody's record
    meetings_per_month = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(31)]
    )  # the pair may agree on fewer

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="mentorship_dates_in_order"),
            models.CheckConstraint(
                condition=Q(state="ended", ended_on__isnull=False) & ~Q(ending="")
                | ~Q(state="ended") & Q(ended_on__isnull=True, ending=""),
                name="mentorship_ended_on",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["cohort", "state"], name="mentorship_cohort_state")]

    def __str__(self) -> str:
        return f"mentorship {self.pk}"

    @property
    def never_began(self) -> bool:
        """Whether it was ended before its first day."""
        return self.ended_on is not None and self.ended_on < self.starts_on

    @cached_property
    def open_members(self) -> list[Member]:
        """Those who had not left when this row was read, mentors first, with their supervisors."""
        rows = self.members.filter(left_on=None).select_related("person__supervisor")
        return sorted(rows, key=lambda member: (member.side != Member.Side.MENTOR, member.pk))


class Member(models.Model):
    """One side of a mentorship. `pair_key` keeps the same two from being open twice at once."""

    class Side(models.TextChoices):
        MENTOR = "mentor", _("Mentor")
        MENTEE = "mentee", _("Mentee")

    mentorship = models.ForeignKey(Mentorship, on_delete=models.CASCADE, related_name="members")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="members")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="member_of")
    side = models.CharField(max_length=10, choices=Side)
    joined_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)
    pair_key = models.CharField(
        max_length=60, blank=True
    )  # on the mentee's row of a pair: "mentor:mentee" enrollments

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mentorship", "enrollment"], name="member_unique"),
            models.UniqueConstraint(fields=["mentorship", "person"], name="member_person_unique"),
            models.UniqueConstraint(
                fields=["pair_key"],
                condition=Q(left_on__isnull=True) & ~Q(pair_key=""),
                name="member_pair_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.side} in {self.mentorship_id}"


class Agreement(Addressed):
    """One version of a mentoring agreement (PX-08). A change after the first signature is a new version."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SIGNING = "signing", _("Being signed")
        IN_FORCE = "in_force", _("In force")
        SUPERSEDED = "superseded", _("Replaced")
        ENDED = "ended", _("Ended")

    lifecycle = Lifecycle(
        {
            State.DRAFT: [State.SIGNING, State.SUPERSEDED, State.ENDED],
            State.SIGNING: [State.IN_FORCE, State.SUPERSEDED, State.ENDED],
            State.IN_FORCE: [State.SUPERSEDED, State.ENDED],
            State.SUPERSEDED: [],
            State.ENDED: [],
        }
    )

    class WhoContacts(models.TextChoices):
        MENTEE = "mentee", _("The mentee contacts the mentor")
        MENTOR = "mentor", _("The mentor contacts the mentee")
        EITHER = "either", _("Either contacts the other")

    mentorship = models.ForeignKey(Mentorship, on_delete=models.CASCADE, related_name="agreements")
    version = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    due_on = models.DateField()
    focus = models.TextField(_("focus"), blank=True)
    intended_result = models.TextField(_("intended result"), blank=True)
    hours_per_month = models.PositiveSmallIntegerField(_("hours a month"), null=True, blank=True)
    term_months = models.PositiveSmallIntegerField(_("length in months"), default=12)
    who_contacts = models.CharField(_("who contacts whom"), max_length=10, choices=WhoContacts, blank=True)
    meetings_per_month = models.PositiveSmallIntegerField(_("meetings a month"), default=2)
    reply_days = models.PositiveSmallIntegerField(
        _("questions are answered within (working days)"), null=True, blank=True
    )
    media = models.JSONField(_("how you meet"), default=list, blank=True)
    boundaries = models.TextField(_("boundaries"), blank=True)
    needs_nda = models.BooleanField(_("a non-disclosure agreement is needed"), null=True, blank=True)
    text_digest = models.CharField(max_length=64, blank=True)  # of the terms, set when signing begins
    edit_version = models.PositiveIntegerField(default=1)  # guards against lost updates
    returned_note = models.TextField(blank=True)  # the supervisor's words, for all parties
    in_force_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["mentorship", "version"], name="agreement_version_unique"),
            models.UniqueConstraint(
                fields=["mentorship"], condition=Q(state__in=["draft", "signing"]), name="agreement_one_open"
            ),
            models.UniqueConstraint(
                fields=["mentorship"], condition=Q(state="in_force"), name="agreement_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(state__in=["superseded", "ended"]) | ~Q(text_digest=""),
                name="agreement_digest_when_signing",
            ),
        ]

    def __str__(self) -> str:
        return f"agreement {self.mentorship_id} v{self.version}"


class Signature(models.Model):
    """A party's signature under one version, bound to its text."""

    class Capacity(models.TextChoices):
        MENTOR = "mentor", _("Mentor")
        MENTEE = "mentee", _("Mentee")
        SUPERVISOR = "supervisor", _("Supervisor")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="signatures")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures")
    capacity = models.CharField(max_length=20, choices=Capacity)
    typed_name = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    text_digest = models.CharField(max_length=64)
    link_id = models.BigIntegerField(null=True, blank=True)  # the mail link it came by

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["agreement", "person", "capacity"], name="signature_unique")
        ]

    def __str__(self) -> str:
        return f"{self.capacity} {self.person_id} under {self.agreement_id}"


class ActionPlan(Addressed):
    """A mentee's plan (PX-10)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Being written")
        SHARED = "shared", _("Shared with the mentor")

    lifecycle = Lifecycle({State.DRAFT: [State.SHARED], State.SHARED: [State.DRAFT]})

    mentorship = models.ForeignKey(Mentorship, on_delete=models.CASCADE, related_name="plans")
    mentee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="plans")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    due_on = models.DateField()
    short_term_goals = models.TextField(_("career goals for the next year"), blank=True)
    long_term_goals = models.TextField(_("career goals for the next five years"), blank=True)
    competencies = models.TextField(_("what these goals need"), blank=True)
    strengths = models.TextField(_("strengths"), blank=True)
    needs = models.TextField(_("developmental needs"), blank=True)
    shared_at = models.DateTimeField(null=True, blank=True)
    edit_version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["mentorship", "mentee"], name="plan_unique")]

    def __str__(self) -> str:
        return f"plan of {self.mentee_id} in {self.mentorship_id}"


class Activity(Addressed):
    """Something the mentee will do: to build on a strength, or to meet a need."""

    class Kind(models.TextChoices):
        STRENGTH = "strength", _("Builds on a strength")
        NEED = "need", _("Meets a developmental need")

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        DONE = "done", _("Done")
        DROPPED = "dropped", _("Dropped")

    lifecycle = Lifecycle(
        {
            State.PLANNED: [State.DONE, State.DROPPED],
            State.DONE: [State.PLANNED],
            State.DROPPED: [State.PLANNED],
        }
    )

    plan = models.ForeignKey(ActionPlan, on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(_("what it is for"), max_length=10, choices=Kind)
    text = models.CharField(_("activity"), max_length=300)
    due_on = models.DateField(_("until"), null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        verbose_name_plural = "activities"

    def __str__(self) -> str:
        return self.text


class Meeting(Addressed):
    """A meeting that took place. What was said stays between the two: only the sealed note holds it."""

    class Medium(models.TextChoices):
        IN_PERSON = "in_person", _("In person")
        VIDEO = "video", _("Video call")
        PHONE = "phone", _("Phone")
        EMAIL = "email", _("E-mail")

    mentorship = models.ForeignKey(Mentorship, on_delete=models.CASCADE, related_name="meetings")
    held_on = models.DateField(_("date"))
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(5), MaxValueValidator(600)]
    )
    medium = models.CharField(_("how you met"), max_length=20, choices=Medium)
    logged_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = SealedTextField(_("note for the two of you"), blank=True, default="")

    class Meta:
        ordering: ClassVar = ["-held_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(minutes__gte=5, minutes__lte=600), name="meeting_minutes_range"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["mentorship", "-held_on"], name="meeting_held")]

    def __str__(self) -> str:
        return f"{self.mentorship_id} on {self.held_on}"


class MeetingMonth(models.Model):
    """A whole month in which a mentorship under an agreement owes meetings (a database view).

    `done_at` is when the last of the owed meetings of that month was logged.
    """

    mentorship = models.ForeignKey(Mentorship, on_delete=models.DO_NOTHING, related_name="meeting_months")
    month = models.DateField()  # its first day
    due_on = models.DateField()  # its last day
    done_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "agreements_meetingmonth"

    def __str__(self) -> str:
        return f"{self.mentorship_id} in {self.month:%Y-%m}"


class HelpRequest(Addressed):
    """One side asks the program managers for help: advice first, or another partner. The other side is not told."""

    class Wish(models.TextChoices):
        ADVICE = "advice", _("Advice from the program manager")
        REMATCH = "rematch", _("Another match")

    mentorship = models.ForeignKey(Mentorship, on_delete=models.CASCADE, related_name="help_requests")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="help_requests"
    )
    wish = models.CharField(_("what would help"), max_length=10, choices=Wish)
    words = SealedTextField(_("in your words"), blank=True, default="")
    due_on = models.DateField()  # by when staff answers
    handled_at = models.DateTimeField(null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["mentorship", "person"], condition=Q(handled_at__isnull=True), name="help_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.wish} for {self.mentorship_id}"
