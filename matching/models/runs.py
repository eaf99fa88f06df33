"""Runs kept as versions, and what each proposes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core.lifecycle import Lifecycle
from core.models import Addressed
from participants.models import Enrollment
from programs.models import Cohort

if TYPE_CHECKING:
    from matching.models.answers import SideAnswer


class Run(Addressed):
    """One run of the engine over a cohort. Never overwritten: runs are versions."""

    class Objective(models.TextChoices):
        PEOPLE = "people", _("As many people as possible, then the best fit")
        SCORE = "score", _("The best fit in total")

    class Start(models.TextChoices):
        NEWEST = "newest", _("The newest result")
        RUN = "run", _("An earlier run")
        SCRATCH = "scratch", _("From scratch")

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting to start")
        RUNNING = "running", _("Running")
        CERTIFIED = "certified", _("Proven")
        PUBLISHED = "published", _("Published")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    lifecycle = Lifecycle(
        {
            State.QUEUED: [State.RUNNING, State.CANCELLED, State.FAILED],
            State.RUNNING: [State.CERTIFIED, State.FAILED, State.CANCELLED],
            State.CERTIFIED: [State.PUBLISHED],
            State.PUBLISHED: [],
            State.FAILED: [],
            State.CANCELLED: [],
        }
    )

    cohort = models.ForeignKey(Cohort, on_delete=models.PROTECT, related_name="runs")
    number = models.PositiveIntegerField()
    objective = models.CharField(max_length=10, choices=Objective, default=Objective.PEOPLE)
    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    criteria = models.JSONField(default=dict)
    least_fit = models.PositiveSmallIntegerField(
        default=0
    )  # of 100, beside what the criteria ask; 0 for none
    raise_lowest = models.BooleanField(default=False)  # the weakest pair as far as it costs nobody
    start = models.CharField(max_length=10, choices=Start, default=Start.NEWEST)
    start_run = models.ForeignKey(
        "self", on_delete=models.RESTRICT, null=True, related_name="+"
    )  # kept close to
    snapshot_digest = models.CharField(max_length=64, blank=True)
    engine_version = models.CharField(max_length=100, blank=True)
    numbers = models.JSONField(default=dict)
    certificate = models.JSONField(default=dict)
    stage = models.CharField(max_length=40, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    problem = models.TextField(blank=True)  # why it failed, in words
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    attempts = models.PositiveSmallIntegerField(default=0)  # beginnings: a worker may have died
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cohort", "number"], name="run_number_unique"),
            models.UniqueConstraint(
                fields=["cohort"], condition=Q(state__in=["queued", "running"]), name="run_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(least_fit__lte=100), name="run_least_fit_to_100"),
            models.CheckConstraint(
                condition=Q(least_fit=0) | Q(raise_lowest=False), name="run_one_kind_of_minimum"
            ),
            models.CheckConstraint(
                condition=(~Q(start="run") | Q(start_run__isnull=False))
                & (~Q(start="scratch") | Q(start_run=None)),
                name="run_start_is_named",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.cohort_id}"


class Proposal(Addressed):
    """A pair that a run proposes. `score` is 0-100; `parts` is its exact breakdown with the facts behind it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="proposals")
    mentee = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="proposed_mentors")
    mentor = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="proposed_mentees")
    score = models.PositiveSmallIntegerField()
    parts = models.JSONField(default=list)
    locked = models.BooleanField(default=False)
    published_at = models.DateTimeField(null=True, blank=True)  # a run can be published in parts
    circle = models.ForeignKey(
        "matching.Circle", on_delete=models.CASCADE, null=True, blank=True, related_name="proposals"
    )
    flags = ArrayField(models.CharField(max_length=10), default=list, blank=True)  # matching.flags
    need = models.CharField(max_length=20, blank=True, default="")  # what this mentor is for, by code
    over_at = models.DateTimeField(null=True, blank=True)  # the published pair ended before its term

    class Meta:
        indexes: ClassVar = [models.Index(fields=["run", "score"], name="proposal_by_fit")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "mentee", "mentor"], name="proposal_unique"),
            models.CheckConstraint(condition=~Q(mentee=F("mentor")), name="proposal_two_people"),
            models.CheckConstraint(
                condition=Q(over_at=None) | ~Q(published_at=None), name="proposal_over_once_published"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mentee_id} with {self.mentor_id}"

    @property
    def answers(self) -> QuerySet[SideAnswer]:
        """The newest question to each side about these two, whichever run they were asked on."""
        from matching.models.answers import SideAnswer

        return SideAnswer.newest().filter(proposal__mentee=self.mentee_id, proposal__mentor=self.mentor_id)

    @property
    def names(self) -> dict[str, str]:
        """What each side is called in a sentence about the two: the given name, unless both have the same."""
        people = {"mentee": self.mentee.person, "mentor": self.mentor.person}
        short = {side: person.get_short_name() for side, person in people.items()}
        if short["mentee"] != short["mentor"]:
            return short
        return {side: person.name for side, person in people.items()}


class Leftover(models.Model):
    """Somebody whom a run leaves without a pair, and why."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="leftovers")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="leftovers")
    reasons = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "enrollment"], name="leftover_unique")
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} left over"


class Outlook(models.Model):
    """What a run says about one person beside the pair: each wish and why not, and the next best."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="outlooks")
    enrollment = models.ForeignKey(Enrollment, on_delete=models.PROTECT, related_name="outlooks")
    wishes = models.JSONField(default=list)
    next_best = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "enrollment"], name="outlook_unique")]

    def __str__(self) -> str:
        return f"outlook of {self.enrollment_id}"
