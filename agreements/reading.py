"""An agreement as people read it: on pages, on paper, in the PDF and behind the supervisor's link."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typst
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from agreements.domain.approval import supervisors_to_ask
from agreements.models import Agreement, Member, Signature
from agreements.queries import signatures_of
from agreements.terms import Term, in_words
from people.models import Person
from programs.labels import words

SOURCE = Path(__file__).parent / "pdf" / "agreement.typ"


@dataclass(frozen=True)
class Party:
    """Somebody who signs: in what capacity, and the signature once given."""

    capacity: str
    person: Person
    signature: Signature | None


@dataclass(frozen=True)
class Reading:
    """A version with everything that its reader needs."""

    agreement: Agreement
    words: Mapping[str, str]
    terms: list[Term]
    parties: list[Party]

    @property
    def unsigned(self) -> list[Party]:
        """Those whose signature is missing."""
        return [party for party in self.parties if party.signature is None]

    @property
    def title(self) -> str:
        """What the document is called in this program."""
        return self.words["agreement"][:1].upper() + self.words["agreement"][1:]


def read(agreement: Agreement) -> Reading:
    """The version in the reader's language, in a fixed number of queries."""
    labels = words(agreement.mentorship.cohort.program)
    signatures = signatures_of(agreement)
    parties = [_party(labels, member, signatures) for member in _members(agreement)]
    supervisor = Signature.Capacity.SUPERVISOR
    label = labels["supervisor"]
    parties += [Party(label, s.person, s) for s in signatures if s.capacity == supervisor]
    if agreement.state in {Agreement.State.DRAFT, Agreement.State.SIGNING}:
        parties += [Party(label, person, None) for person in supervisors_to_ask(agreement)]
    return Reading(agreement, labels, in_words(agreement, labels), parties)


def _members(agreement: Agreement) -> list[Member]:
    if current := agreement.mentorship.open_members:
        return current
    members = agreement.mentorship.members.select_related("person")
    return sorted(members, key=lambda member: (member.side != Member.Side.MENTOR, member.pk))


def _party(labels: Mapping[str, str], member: Member, signatures: list[Signature]) -> Party:
    own = [s for s in signatures if s.person_id == member.person_id and s.capacity == member.side]
    return Party(labels[member.side], member.person, own[0] if own else None)


def as_pdf(agreement: Agreement) -> bytes:
    """The version as an accessible PDF (PDF/UA-1) in the reader's language, times in the cohort's zone."""
    reading = read(agreement)
    data = json.dumps(_for_paper(reading), ensure_ascii=False)
    # A compiler of its own each time: a shared one could mix up the inputs of two requests.
    compiler = typst.Compiler(SOURCE, root=SOURCE.parent, ignore_system_fonts=True, sys_inputs={"data": data})
    printed = compiler.compile(format="pdf", pdf_standards=["ua-1"])
    assert isinstance(printed, bytes)
    return printed


def _for_paper(reading: Reading) -> dict[str, Any]:
    agreement = reading.agreement
    cohort = agreement.mentorship.cohort
    zone = ZoneInfo(cohort.timezone)

    def when(signature: Signature | None) -> str:
        return date_format(signature.at.astimezone(zone), "DATETIME_FORMAT") if signature else ""

    return {
        "lang": (get_language() or "en").split("-")[0],
        "title": reading.title,
        "program": cohort.program.name,
        "cohort": cohort.name,
        "state": str(agreement.get_state_display()),
        "period": _("From %(first)s to %(last)s")
        % {
            "first": date_format(agreement.mentorship.starts_on),
            "last": date_format(agreement.mentorship.ends_on),
        },
        "between": _("Between"),
        "parties": [[p.capacity, p.person.full_name, p.person.job_title] for p in reading.parties],
        "terms_title": _("What we agree on"),
        "terms": [[term.label, term.value or "–"] for term in reading.terms],
        "signatures_title": _("Signatures"),
        "unsigned": _("Not signed yet"),
        "signatures": [
            [p.capacity, p.signature.typed_name if p.signature else "", when(p.signature)]
            for p in reading.parties
        ],
        "times": _("Times are those of %(zone)s.") % {"zone": cohort.timezone},
        "digest_label": _("Digest of the signed text (SHA-256)"),
        "digest": agreement.text_digest,
        "version": _("Version %(n)d") % {"n": agreement.version},
        "page": _("Page"),
    }
