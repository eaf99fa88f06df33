"""What happened to an enrollment, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.models import AuditEvent
from core.ui import Event
from notifications.models import Message
from participants.models import Enrollment
from participants.verbs import Verb
from people.models import Person

WORDS = {
    Verb.STARTED: (gettext_lazy("Application begun"), "plain"),
    Verb.SUBMITTED: (gettext_lazy("Application submitted"), "on"),
    Verb.REOPENED: (gettext_lazy("Taken back to be changed"), "plain"),
    Verb.WITHDRAWN: (gettext_lazy("Withdrawn"), "plain"),
    Verb.DECISION_SET: (gettext_lazy("Decided, not released yet"), "plain"),
    Verb.ACCEPTED: (gettext_lazy("Accepted"), "ok"),
    Verb.WAITLISTED: (gettext_lazy("Put on the waiting list"), "wait"),
    Verb.DECLINED: (gettext_lazy("Not accepted"), "plain"),
    Verb.OFFERED: (gettext_lazy("Place offered"), "wait"),
    Verb.LAPSED: (gettext_lazy("Offer lapsed"), "plain"),
    Verb.IMPORTED: (gettext_lazy("Brought in by a file"), "plain"),
}


TAG_OF_MAIL = {"sent": "ok", "failed": "late", "uncertain": "late", "draft": "wait", "dropped": "plain"}


def mails_about(enrollment: Enrollment) -> list[tuple[Message, str]]:
    """Mails about an enrollment, newest first, each with the kind of tag that its state is shown by."""
    kind = Enrollment._meta.label_lower
    mails = Message.objects.filter(about_kind=kind, about_id=enrollment.pk).order_by("-pk")
    return [(mail, TAG_OF_MAIL.get(mail.state, "on")) for mail in mails]


def history_of(enrollment: Enrollment) -> list[Event]:
    """Newest first, with who did it. Two queries."""
    kind = Enrollment._meta.label_lower
    events = list(AuditEvent.objects.filter(target_kind=kind, target_id=enrollment.pk).order_by("-pk"))
    names = dict(Person.objects.filter(pk__in={e.actor_id for e in events}).values_list("pk", "full_name"))
    return [_event(event, names) for event in events]


def _event(event: AuditEvent, names: dict[int, str]) -> Event:
    what, kind = WORDS.get(event.verb, (event.verb, "plain"))  # type: ignore[call-overload]
    if decision := event.data.get("decision"):
        what = _("Decided, not released yet: %(decision)s") % {"decision": Enrollment.State(decision).label}
    elif event.verb == Verb.DECISION_SET:
        what = _("Decision taken back")
    actor = names.get(event.actor_id, "") if event.actor_id else _("Ithaca")
    return Event(what, event.at, actor, kind)
