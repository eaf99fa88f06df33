"""The terms of an agreement: their canonical text, their digest, and how they read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agreements.models import Agreement, Member

FIELDS = (
    "focus",
    "intended_result",
    "hours_per_month",
    "term_months",
    "who_contacts",
    "meetings_per_month",
    "reply_days",
    "media",
    "boundaries",
    "needs_nda",
)
MEDIA = {
    "in_person": gettext_lazy("in person"),
    "video": gettext_lazy("by video call"),
    "phone": gettext_lazy("by phone"),
    "email": gettext_lazy("by e-mail"),
}


class Term(NamedTuple):
    """One line of the agreement in the reader's language."""

    field: str
    label: str
    value: str


def canonical_text(agreement: Agreement, members: Iterable[Member]) -> str:
    """The one text that a signature is bound to: version, parties and terms, independent of the language."""
    parties = sorted((member.side, str(member.person.uid)) for member in members)
    terms = {name: getattr(agreement, name) for name in FIELDS}
    whole = {
        "mentorship": str(agreement.mentorship.uid),
        "version": agreement.version,
        "parties": parties,
        "terms": terms | {"media": sorted(agreement.media)},
    }
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest_of(agreement: Agreement, members: Iterable[Member]) -> str:
    """SHA-256 of the canonical text, in hex."""
    return sha256(canonical_text(agreement, members).encode()).hexdigest()


def missing(agreement: Agreement) -> list[str]:
    """The names of the terms that are still to be agreed on."""
    return [name for name in FIELDS if getattr(agreement, name) in ("", None, [])]


def in_words(agreement: Agreement, labels: Mapping[str, str]) -> list[Term]:
    """All terms in the order of the form. `labels` are the program's words for mentor and mentee."""
    a = agreement
    values: dict[str, Any] = {
        "focus": a.focus,
        "intended_result": a.intended_result,
        "hours_per_month": _hours(a.hours_per_month),
        "term_months": ngettext("%(n)d month", "%(n)d months", a.term_months) % {"n": a.term_months},
        "who_contacts": who_contacts(labels).get(a.who_contacts, ""),
        "meetings_per_month": _meetings(a.meetings_per_month),
        "reply_days": _reply(a.reply_days),
        "media": ", ".join(str(MEDIA[medium]) for medium in MEDIA if medium in a.media),
        "boundaries": a.boundaries,
        "needs_nda": {None: "", True: _("Yes"), False: _("No")}[a.needs_nda],
    }
    return [Term(name, str(LABELS[name]), values[name]) for name in FIELDS]


def who_contacts(labels: Mapping[str, str]) -> dict[str, str]:
    """The choices of who contacts whom, in the program's words."""
    return {
        Agreement.WhoContacts.MENTEE: _("The %(mentee)s contacts the %(mentor)s") % labels,
        Agreement.WhoContacts.MENTOR: _("The %(mentor)s contacts the %(mentee)s") % labels,
        Agreement.WhoContacts.EITHER: _("Either contacts the other"),
    }


def _hours(hours: int | None) -> str:
    return (
        "" if hours is None else ngettext("%(n)d hour a month", "%(n)d hours a month", hours) % {"n": hours}
    )


def _meetings(count: int) -> str:
    return ngettext("%(n)d meeting a month", "%(n)d meetings a month", count) % {"n": count}


def _reply(days: int | None) -> str:
    if days is None:
        return ""
    return ngettext("Within %(n)d working day", "Within %(n)d working days", days) % {"n": days}


LABELS = {
    "focus": gettext_lazy("Focus"),
    "intended_result": gettext_lazy("Intended result"),
    "hours_per_month": gettext_lazy("Time required"),
    "term_months": gettext_lazy("Length"),
    "who_contacts": gettext_lazy("Who contacts whom"),
    "meetings_per_month": gettext_lazy("How often you meet"),
    "reply_days": gettext_lazy("How quickly questions are answered"),
    "media": gettext_lazy("How you meet"),
    "boundaries": gettext_lazy("Boundaries"),
    "needs_nda": gettext_lazy("A non-disclosure agreement is needed"),
}
