"""The outbox, links in mails, reminders already given, and what each person wants to hear."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.lifecycle import Lifecycle
from core.models import Addressed


class EmailLink(Addressed):
    """A decision by mail link, bound to one version of one object, used once.

    The token is an HMAC of `uid` under LINK_KEY, so the database alone yields no link; `digest` is its SHA-256.
    """

    purpose = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=32, unique=True)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="email_links"
    )
    target_kind = models.CharField(max_length=60)
    target_id = models.BigIntegerField()
    target_digest = models.CharField(max_length=64)  # of the text that the recipient is asked about
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=20, blank=True)
    typed_name = models.CharField(max_length=200, blank=True)
    address_seen = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["target_kind", "target_id"], name="link_target")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, decision="") | Q(used_at__isnull=False) & ~Q(decision=""),
                name="link_used_with_decision",
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.target_kind}:{self.target_id}"


class Message(Addressed):
    """One mail to one person. `body` is Markdown; text and HTML are made from it when it goes out.

    `{{ link }}` in the body stands for the mail link's address, filled in on delivery alone.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PENDING = "pending", _("Waiting to be sent")
        CLAIMED = "claimed", _("Being sent")
        DATA_STARTED = "data_started", _("Being handed over")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not deliverable")
        UNCERTAIN = "uncertain", _("Maybe sent")
        DROPPED = "dropped", _("Dropped")

    lifecycle = Lifecycle(
        {
            State.DRAFT: [State.PENDING, State.DROPPED],
            State.PENDING: [State.CLAIMED, State.DROPPED],
            State.CLAIMED: [State.DATA_STARTED, State.PENDING, State.FAILED, State.DROPPED],
            State.DATA_STARTED: [State.SENT, State.PENDING, State.FAILED, State.UNCERTAIN],
            State.SENT: [],
            State.FAILED: [State.PENDING, State.DROPPED],
            State.UNCERTAIN: [State.SENT, State.PENDING],
            State.DROPPED: [],
        }
    )

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="messages")
    address = models.EmailField()
    kind = models.CharField(max_length=40)
    language = models.CharField(max_length=10)
    subject = models.CharField(_("subject"), max_length=255)
    body = models.TextField(_("text"))
    link = models.ForeignKey(
        EmailLink, on_delete=models.SET_NULL, null=True, blank=True, related_name="messages"
    )
    program_id = models.BigIntegerField(null=True)  # whose outbox it stands in
    cohort_id = models.BigIntegerField(null=True)
    about_kind = models.CharField(max_length=60, blank=True)
    about_id = models.BigIntegerField(null=True)
    batch = models.CharField(max_length=60, blank=True)
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=20, choices=State, default=State.PENDING)
    not_before = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    smtp_code = models.PositiveSmallIntegerField(null=True, blank=True)
    smtp_text = models.CharField(max_length=500, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["not_before", "id"], name="message_due", condition=Q(state="pending")),
            models.Index(
                fields=["lease_until"],
                name="message_leased",
                condition=Q(state__in=["claimed", "data_started"]),
            ),
            models.Index(fields=["cohort_id", "state", "-id"], name="message_cohort"),
            models.Index(fields=["about_kind", "about_id"], name="message_about"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(state__in=["claimed", "data_started"]) | Q(lease_until__isnull=False),
                name="message_leased_while_claimed",
            )
        ]

    def __str__(self) -> str:
        return self.subject


class Pause(models.Model):
    """Set while the mail server does not take our mail at all, whoever it is for. At most one row."""

    since = models.DateTimeField(auto_now_add=True)
    until = models.DateTimeField()
    failures = models.PositiveIntegerField(default=1)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_text = models.CharField(max_length=500)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(pk=1), name="pause_is_one")]

    def __str__(self) -> str:
        return f"until {self.until:%Y-%m-%d %H:%M}: {self.smtp_text}"


class Reminder(models.Model):
    """A reminder already put into the outbox: once for each occasion."""

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reminders")
    occurrence = models.CharField(max_length=80)  # see domain/reminders.py
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, related_name="reminders")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "object_id", "person", "occurrence"], name="reminder_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}:{self.object_id} {self.occurrence}"


class Preference(models.Model):
    """Whether a person wants mails of a kind that can be switched off. No row means yes."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    kind = models.CharField(max_length=40)
    wanted = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["person", "kind"], name="preference_unique")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.wanted}"
