"""What every app's models stand on, and the audit trail."""

import uuid
from typing import ClassVar

import uuid_utils
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


def uuid7() -> uuid.UUID:
    """A time-ordered UUID for addresses. It names an object; it is never a secret."""
    return uuid.UUID(bytes=uuid_utils.uuid7().bytes)


class Addressed(models.Model):
    """An object with an address of its own."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class AuditEvent(models.Model):
    """Who did what to what. Insert only (trigger), without foreign keys: it outlives what it speaks of."""

    class Actor(models.TextChoices):
        PERSON = "person", _("Person")
        LINK = "link", _("Person by e-mail link")
        SYSTEM = "system", _("System")

    at = models.DateTimeField(auto_now_add=True)
    actor_kind = models.CharField(max_length=10, choices=Actor)
    actor_id = models.BigIntegerField(null=True)
    verb = models.CharField(max_length=60)
    program_id = models.BigIntegerField(null=True)
    target_kind = models.CharField(max_length=60)
    target_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes: ClassVar = [
            BrinIndex(fields=["at"], name="audit_at"),
            models.Index(fields=["target_kind", "target_id"], name="audit_target"),
            models.Index(fields=["program_id", "-id"], name="audit_program"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.verb} {self.target_kind}:{self.target_id}"


class AuditLink(models.Model):
    """One link of the hash chain, written by the database when the event's transaction commits."""

    event_id = models.BigIntegerField(unique=True)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"{self.pk}: event {self.event_id}"
