"""Programs, who works in them, strands, and cohorts with their dates, places and policy."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.lifecycle import Lifecycle
from core.models import Addressed
from core.roles import Role
from people.models import Organization


class Policy(models.Model):
    """The numbers that a cohort runs by; a cohort copies its program's."""

    agreement_days = models.PositiveSmallIntegerField(_("days to sign the agreement"), default=30)
    plan_days = models.PositiveSmallIntegerField(_("days to write the action plan"), default=60)
    rematch_days = models.PositiveSmallIntegerField(
        _("days in which a re-match can be asked for"), default=60
    )
    term_months = models.PositiveSmallIntegerField(
        _("length in months"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    meetings_per_month = models.PositiveSmallIntegerField(
        _("meetings a month"), default=2, validators=[MaxValueValidator(31)]
    )
    answer_days = models.PositiveSmallIntegerField(
        _("days in which both sides say what they think of a proposed pair"),
        default=0,
        validators=[MaxValueValidator(60)],
    )  # 0: they are not asked
    supervisor_signs = models.BooleanField(_("the supervisor approves the agreement"), default=True)
    action_plan = models.BooleanField(_("an action plan is written"), default=True)
    # Ways to match beside runs and pairs made by hand, which are always there.
    introductions = models.BooleanField(_("people who found each other may ask to be a pair"), default=False)
    self_match = models.BooleanField(_("mentees ask a mentor of the directory"), default=False)
    shortlists = models.BooleanField(_("mentees rank a shortlist of mentors"), default=False)
    confirms_pairs = models.BooleanField(_("the program manager confirms pairs that agreed"), default=True)

    class Meta:
        abstract = True


class Program(Addressed, Policy):
    """A mentoring program. Its words, questions and matching criteria come from a program file."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("address"), max_length=60, unique=True)
    # What it is, and what is asked of each side: {"summary": {"en": ..., "fr": ...}, "mentor": {...}, "mentee": {...}}
    texts = models.JSONField(default=dict)
    template = models.CharField(max_length=40)  # which shipped program file it began from
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC")
    languages = models.JSONField(default=list)
    labels = models.JSONField(default=dict)  # {"en": {"mentee": "protégé", ...}, "fr": {...}}
    criteria = models.JSONField(default=dict)  # hard rules and weights that its schemes begin with
    owner = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="programs")
    partners = models.ManyToManyField(Organization, blank=True, related_name="partner_programs")
    is_public = models.BooleanField(_("shown on the public page"), default=True)

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a program; limited to one partner's people where `organization` is given."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=20, choices=Role)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["person", "program", "role", "organization"],
                name="membership_unique",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role} of {self.program_id}"


class Strand(models.Model):
    """A track of a program: one-to-one, or circles of a size."""

    class Format(models.TextChoices):
        ONE_TO_ONE = "one_to_one", _("One to one")
        CIRCLE = "circle", _("Circle")

    CIRCLE_SETTINGS: ClassVar = ("size_min", "size_max", "hosts")

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="strands")
    slug = models.SlugField(max_length=40)
    name = models.JSONField(default=dict)  # by language
    format = models.CharField(max_length=20, choices=Format, default=Format.ONE_TO_ONE)
    contract_types = models.JSONField(default=list)  # who it is for; empty means everyone
    size_min = models.PositiveSmallIntegerField(default=1)  # mentees in one mentorship
    size_max = models.PositiveSmallIntegerField(default=1)
    hosts = models.PositiveSmallIntegerField(default=1)  # mentors of one circle: one or two

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "slug"], name="strand_slug_unique"),
            models.CheckConstraint(
                condition=Q(size_min__gte=1) & Q(size_max__gte=F("size_min")), name="strand_size_in_order"
            ),
            models.CheckConstraint(
                condition=Q(hosts=1) | Q(hosts=2, format="circle"), name="strand_hosts_one_or_two"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class Cohort(Addressed, Policy):
    """One round of a program."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        CALL_OPEN = "call_open", _("Call open")
        SELECTING = "selecting", _("Selecting")
        MATCHING = "matching", _("Matching")
        RUNNING = "running", _("Under way")
        CLOSING = "closing", _("Closing")
        CLOSED = "closed", _("Closed")

    lifecycle = Lifecycle(
        {
            State.DRAFT: [State.CALL_OPEN],
            State.CALL_OPEN: [State.SELECTING],
            State.SELECTING: [State.CALL_OPEN, State.MATCHING],
            State.MATCHING: [State.SELECTING, State.RUNNING],
            State.RUNNING: [State.CLOSING],
            State.CLOSING: [State.RUNNING, State.CLOSED],
            State.CLOSED: [],
        }
    )

    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="cohorts")
    slug = models.SlugField(_("address"), max_length=60)
    name = models.CharField(_("name"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC")
    state = models.CharField(max_length=20, choices=State, default=State.DRAFT)
    call_opens_on = models.DateField(_("call opens"))
    call_closes_on = models.DateField(_("call closes"))
    starts_on = models.DateField(_("mentorships start"))
    ends_on = models.DateField(_("mentorships end"))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "slug"], name="cohort_slug_unique"),
            models.CheckConstraint(
                condition=Q(call_closes_on__gte=F("call_opens_on"))
                & Q(starts_on__gte=F("call_opens_on"))
                & Q(ends_on__gt=F("starts_on")),
                name="cohort_dates_in_order",
            ),
            models.CheckConstraint(condition=Q(term_months__gte=1), name="cohort_term_positive"),
        ]

    def __str__(self) -> str:
        return self.name


class Offer(models.Model):
    """Mentee places of a strand in a cohort. `used` is the counter that accepting locks."""

    cohort = models.ForeignKey(Cohort, on_delete=models.CASCADE, related_name="offers")
    strand = models.ForeignKey(Strand, on_delete=models.PROTECT, related_name="offers")
    places = models.PositiveIntegerField(_("places"))
    used = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cohort", "strand"], name="offer_unique"),
            models.CheckConstraint(condition=Q(used__lte=F("places")), name="offer_within_places"),
        ]

    def __str__(self) -> str:
        return f"{self.cohort_id}/{self.strand_id}: {self.used} of {self.places}"


class Questionnaire(Addressed):
    """One version of a set of questions (see programs/questions.py); frozen once somebody was asked."""

    class Purpose(models.TextChoices):
        MENTOR = "mentor", _("Mentor's application")
        MENTEE = "mentee", _("Mentee's application")
        SURVEY = "survey", _("Survey")

    program = models.ForeignKey(Program, on_delete=models.CASCADE, related_name="questionnaires")
    purpose = models.CharField(max_length=20, choices=Purpose)
    key = models.SlugField(max_length=40)  # which survey; the purpose for applications
    number = models.PositiveSmallIntegerField(default=1)
    questions = models.JSONField()
    frozen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["program", "key", "number"], name="questionnaire_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.number}"
