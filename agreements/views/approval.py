"""The supervisor's page: by the link in the mail without an account, or signed in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from agreements.domain.approval import PURPOSE, Decision, supervisor_decide
from agreements.forms import DecisionForm
from agreements.models import Agreement
from agreements.reading import read
from agreements.views.common import listed, reader
from core.errors import Refused
from core.roles import Permission
from notifications.models import EmailLink
from programs.queries import staff_of

FIELD_OF = {"name_differs": "typed_name", "note_missing": "note", "unknown_decision": "decision"}


def agreement_approval(request: HttpRequest, link: EmailLink) -> HttpResponse:
    """The agreement in full and the question; only a POST with a choice and a name decides."""
    agreement = _agreement(link)
    if agreement.state != Agreement.State.SIGNING:
        return _closed(request, link, agreement, "replaced")
    form = DecisionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            supervisor_decide(
                agreement=agreement, link=link, address=request.META.get("REMOTE_ADDR"), **form.cleaned_data
            )
        except Refused as refusal:
            if refusal.code == "not_asked":
                return _closed(request, link, agreement, "revoked")
            if refusal.code not in FIELD_OF:
                raise
            form.add_error(FIELD_OF[refusal.code], f"{refusal.message} {refusal.hint}".strip())
        else:
            return redirect(request.path)
    context = _context(link, agreement) | {"form": form}
    return render(request, "agreements/approval.html", context)


def closed_approval(request: HttpRequest, link: EmailLink, state: str) -> HttpResponse:
    """Behind a link that no longer opens: what was decided and when, or what to do instead."""
    agreement = _agreement(link)
    if state == "used":
        context = _context(link, agreement) | {"approved": link.decision == Decision.APPROVE}
        return render(request, "agreements/approval_receipt.html", context)
    superseded = agreement.state in {Agreement.State.SUPERSEDED, Agreement.State.ENDED}
    return _closed(request, link, agreement, "replaced" if superseded else state)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def approval(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The same for a supervisor who has signed in: their newest link stands for them."""
    agreements = Agreement.objects.filter(mentorship__uid=uid).values("pk")
    links = EmailLink.objects.filter(
        purpose=PURPOSE,
        target_kind=Agreement._meta.label_lower,
        target_id__in=agreements,
        recipient=reader(request),
    )
    link = links.select_related("recipient").order_by("-pk").first()
    if link is None:
        raise Http404
    if state := _state(link):
        return closed_approval(request, link, state)
    if request.method == "POST" and request.POST.get("link") != str(link.uid):
        return _closed(request, link, _agreement(link), "revoked")
    return agreement_approval(request, link)


def _state(link: EmailLink) -> str:
    if link.used_at:
        return "used"
    if link.revoked_at:
        return "revoked"
    return "expired" if link.expires_at <= timezone.now() else ""


def _agreement(link: EmailLink) -> Agreement:
    found = Agreement.objects.select_related("mentorship__cohort__program").filter(pk=link.target_id).first()
    if found is None:
        raise Http404
    return found


def _closed(request: HttpRequest, link: EmailLink, agreement: Agreement, state: str) -> HttpResponse:
    staff = staff_of(agreement.mentorship.cohort.program_id, Permission.MANAGE_MENTORSHIPS)
    context = _context(link, agreement) | {"state": state, "staff": list(staff.order_by("full_name")[:3])}
    return render(request, "agreements/approval_closed.html", context, status=410)


def _context(link: EmailLink, agreement: Agreement) -> dict[str, Any]:
    reading = read(agreement)
    sides: dict[str, list[str]] = {"mentor": [], "mentee": []}
    for member in agreement.mentorship.members.select_related("person").order_by("pk"):
        sides[member.side].append(member.person.full_name)
    staff = staff_of(agreement.mentorship.cohort.program_id, Permission.MANAGE_MENTORSHIPS)
    return {
        "link": link,
        "agreement": agreement,
        "reading": reading,
        "words": reading.words,
        "cohort": agreement.mentorship.cohort,
        "mentors": listed(sides["mentor"]),
        "mentees": listed(sides["mentee"]),
        "contact": staff.order_by("full_name", "pk").first(),
    }
