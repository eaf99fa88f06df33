"""Organizations, units, and everyone known: most people have no password."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.lifecycle import Lifecycle
from core.models import Addressed, uuid7


class Organization(models.Model):
    """An employer or partner institute."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    slug = models.SlugField(max_length=60, unique=True)
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC")
    language = models.CharField(_("language"), max_length=10, default="en")

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A place in an organization's tree; `path` is the names from the top, joined by " / "."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="units")
    parent = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="children"
    )
    top = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=600)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "path"], name="unit_path_unique")
        ]

    def __str__(self) -> str:
        return self.path


class PersonManager(BaseUserManager["Person"]):
    def get_by_natural_key(self, username: str | None) -> Person:
        """E-mail addresses are compared without case."""
        return self.get(email=(username or "").lower())

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        """Add a person who may sign in."""
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save()
        return person


class Person(AbstractBaseUser):
    """Everyone known, with or without an account. `level` is ordered: higher is more senior."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("name"), max_length=200)
    preferred_name = models.CharField(_("preferred name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    languages = ArrayField(
        models.CharField(max_length=10), default=list, blank=True, verbose_name=_("languages spoken")
    )
    timezone = models.CharField(_("time zone"), max_length=60, default="UTC")
    location = models.CharField(_("location"), max_length=120, blank=True)
    job_title = models.CharField(_("job title"), max_length=200, blank=True)
    level = models.PositiveSmallIntegerField(_("career level"), null=True, blank=True)
    job_family = models.CharField(_("job family"), max_length=120, blank=True)
    contract_type = models.CharField(_("contract type"), max_length=60, blank=True)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="people"
    )
    unit = models.ForeignKey(Unit, on_delete=models.SET_NULL, null=True, blank=True, related_name="people")
    supervisor = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="reports"
    )
    started_on = models.DateField(_("start date"), null=True, blank=True)
    left_on = models.DateField(_("departure date"), null=True, blank=True)
    is_active = models.BooleanField(default=True)
    is_operator = models.BooleanField(_("operator"), default=False)  # brings in people, makes programs
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PersonManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="person_email_lower"),
            models.CheckConstraint(condition=~Q(supervisor=F("id")), name="person_not_own_supervisor"),
            models.CheckConstraint(
                condition=Q(left_on__isnull=True)
                | Q(started_on__isnull=True)
                | Q(left_on__gte=F("started_on")),
                name="person_dates_in_order",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["full_name", "id"], name="person_by_name")]

    def __str__(self) -> str:
        return self.full_name

    @property
    def name(self) -> str:
        """What the person is called on pages."""
        return self.preferred_name or self.full_name

    def get_short_name(self) -> str:
        """The given name, for greetings."""
        return self.name.split(" ")[0]


class CareerEvent(models.Model):
    """A change that two imports show: promotion, move, departure, return."""

    class Kind(models.TextChoices):
        PROMOTION = "promotion", _("Promotion")
        POSITION = "position", _("Change of position")
        MOVE = "move", _("Change of unit")
        ORGANIZATION = "organization", _("Change of organization")
        DEPARTURE = "departure", _("Departure")
        RETURN = "return", _("Return")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="career_events")
    kind = models.CharField(max_length=20, choices=Kind)
    on = models.DateField()
    before = models.CharField(max_length=600, blank=True)
    after = models.CharField(max_length=600, blank=True)
    source = models.ForeignKey(
        "PeopleImport", on_delete=models.SET_NULL, null=True, related_name="career_events"
    )

    class Meta:
        ordering: ClassVar = ["-on", "-id"]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.on}"


class PeopleImport(Addressed):
    """One file of people: read and checked first, applied as a whole or not at all."""

    class State(models.TextChoices):
        CHECKING = "checking", _("Being checked")
        FAULTY = "faulty", _("Has problems")
        READY = "ready", _("Ready to apply")
        APPLYING = "applying", _("Being applied")
        APPLIED = "applied", pgettext_lazy("a file", "Applied")
        FAILED = "failed", _("Failed")
        DISCARDED = "discarded", _("Discarded")

    lifecycle = Lifecycle(
        {
            State.CHECKING: [State.FAULTY, State.READY, State.FAILED],
            State.FAULTY: [State.DISCARDED],
            State.READY: [State.APPLYING, State.DISCARDED],
            State.APPLYING: [State.APPLIED, State.READY, State.FAULTY, State.FAILED],
            State.APPLIED: [],
            State.FAILED: [State.DISCARDED],
            State.DISCARDED: [],
        }
    )

    file_name = models.CharField(max_length=255)
    file_digest = models.CharField(max_length=64)
    content = models.BinaryField()  # emptied once applied or discarded
    state = models.CharField(max_length=20, choices=State, default=State.CHECKING)
    problems = models.JSONField(default=list)  # [{"row": 3, "column": "email", "message": "..."}]
    counts = models.JSONField(default=dict)  # see people.domain.changes.Plan.counts
    by = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True, related_name="+")
    applied_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file_name
