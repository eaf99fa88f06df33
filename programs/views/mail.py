"""The outbox of a cohort: drafts looked at, edited, sent or dropped, and what became of every mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from core.roles import Permission
from core.ui import Link
from notifications.domain import outbox
from notifications.envelope import preview
from notifications.mails import kinds
from notifications.models import Message
from notifications.queries import paused
from notifications.views.frames import framed, frames
from people.access import person_of
from programs.mail_forms import EditMailForm, MailFilterForm
from programs.models import Cohort
from programs.views.desk import desk_context, get_cohort

State = Message.State
PER_PAGE = 50
# What a manager calls the states; those between "waiting" and "sent" last seconds.
GROUPS: dict[str, tuple[State, ...]] = {
    "draft": (State.DRAFT,),
    "waiting": (State.PENDING, State.CLAIMED, State.DATA_STARTED),
    "sent": (State.SENT,),
    "uncertain": (State.UNCERTAIN,),
    "failed": (State.FAILED,),
    "dropped": (State.DROPPED,),
}
TAGS = {
    State.DRAFT: "wait",
    State.SENT: "ok",
    State.UNCERTAIN: "late",
    State.FAILED: "late",
    State.DROPPED: "plain",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Drafts that were made together."""

    about: str
    count: int
    query: str


def about(kind: str) -> str:
    """What a kind of mail is, in a few words."""
    found = kinds().get(kind)
    return str(found.about) if found else kind


def tag_kind(message: Message) -> str:
    """The color of a mail's state."""
    return TAGS.get(State(message.state), "on")


@login_required
@require_safe
def mails(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All mails of the cohort, the newest first; the filter stands in the address."""
    found = get_cohort(request, program, cohort, Permission.SEND_MAIL, whole=True)
    outgoing = Message.objects.filter(cohort_id=found.pk)
    counts = dict(outgoing.order_by().values_list("state").annotate(Count("pk")))
    present = list(outgoing.order_by().values_list("kind", flat=True).distinct())
    form = MailFilterForm(request.GET, present=present)
    listed = _filtered(outgoing, request, form).select_related("recipient").order_by("-id")
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    context = desk_context(request, found) | {
        "form": form,
        "keep": ["state", "batch"],
        "page": page,
        "mails": [{"mail": mail, "about": about(mail.kind), "tag": tag_kind(mail)} for mail in page],
        "drafts_here": any(mail.state == State.DRAFT for mail in page),
        "chips": _chips(request, counts),
        "batches": _batches(outgoing),
        "any": bool(counts),
        "pause": paused(),
        "address": _address("cohort_mail", found),
        "send": _address("cohort_mail_send", found),
        "drop": _address("cohort_mail_drop", found),
    }
    return render(request, "programs/mail/mails.html", context)


def _filtered(outgoing: QuerySet[Message], request: HttpRequest, form: MailFilterForm) -> QuerySet[Message]:
    state = request.GET.get("state", "")
    if state in GROUPS:
        outgoing = outgoing.filter(state__in=GROUPS[state])
    if batch := request.GET.get("batch", ""):
        outgoing = outgoing.filter(batch=batch)
    if not form.is_valid():
        return outgoing
    if kind := form.cleaned_data["kind"]:
        outgoing = outgoing.filter(kind=kind)
    if words := form.cleaned_data["q"]:
        outgoing = outgoing.filter(Q(recipient__full_name__icontains=words) | Q(address__icontains=words))
    return outgoing


def _chips(request: HttpRequest, counts: dict[str, int]) -> list[Link]:
    labels = {
        "": _("All"),
        "draft": _("Drafts"),
        "waiting": _("Waiting to be sent"),
        "sent": _("Sent"),
        "uncertain": _("Maybe sent"),
        "failed": _("Not deliverable"),
        "dropped": _("Dropped"),
    }
    chosen = request.GET.get("state", "")
    chips = []
    for code, label in labels.items():
        states = GROUPS.get(code, tuple(State))
        count = sum(counts.get(state, 0) for state in states)
        query = {name: request.GET[name] for name in ("q", "kind") if request.GET.get(name)}
        if code:
            query["state"] = code
        kind = "late" if code in {"uncertain", "failed"} and count else ""
        chips.append(Link(label, f"?{urlencode(query)}", current=code == chosen, count=count, kind=kind))
    return chips


def _batches(outgoing: QuerySet[Message]) -> list[Batch]:
    drafts = outgoing.filter(state=State.DRAFT).order_by().values("batch", "kind")
    return [
        Batch(about(row["kind"]), row["count"], urlencode({"batch": row["batch"], "kind": row["kind"]}))
        for row in drafts.annotate(count=Count("pk"), first=Min("pk")).order_by("first")
    ]


def _address(name: str, cohort: Cohort, *args: Any) -> str:
    return reverse(name, args=[cohort.program.slug, cohort.slug, *args])


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Send drafts: GET shows which and asks, POST does it."""
    found = get_cohort(request, program, cohort, Permission.SEND_MAIL, whole=True)
    chosen = _chosen(request, found, [State.DRAFT])
    if request.method == "POST":
        count = outbox.send_drafts(messages=chosen, by=person_of(request))
        done = ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count)
        messages.success(request, done % {"count": count})
        return redirect(_address("cohort_mail", found))
    return _ask(request, found, chosen, "send")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def drop(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Drop mails that nobody has got: GET shows which and asks, POST does it."""
    found = get_cohort(request, program, cohort, Permission.SEND_MAIL, whole=True)
    chosen = _chosen(request, found, [State.DRAFT, State.PENDING, State.FAILED])
    if request.method == "POST":
        count = outbox.drop(messages=chosen, by=person_of(request))
        done = ngettext("%(count)d mail was dropped.", "%(count)d mails were dropped.", count)
        messages.success(request, done % {"count": count})
        return redirect(_address("cohort_mail", found))
    return _ask(request, found, chosen, "drop")


def _chosen(request: HttpRequest, cohort: Cohort, states: list[State]) -> QuerySet[Message]:
    """The mails ticked, or all of a batch. Nothing is chosen by an address that names neither."""
    asked = request.POST if request.method == "POST" else request.GET
    outgoing = Message.objects.filter(cohort_id=cohort.pk, state__in=states)
    if "batch" in asked and "kind" in asked:
        return outgoing.filter(batch=asked["batch"], kind=asked["kind"])
    return outgoing.filter(uid__in=[uid for text in asked.getlist("mail") if (uid := _uuid(text))])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _ask(request: HttpRequest, cohort: Cohort, chosen: QuerySet[Message], act: str) -> HttpResponse:
    listed = list(chosen.select_related("recipient").order_by("recipient__full_name", "id")[:500])
    kept = [(name, value) for name in ("mail", "batch", "kind") for value in request.GET.getlist(name)]
    context = desk_context(request, cohort) | {
        "mails": listed,
        "count": chosen.count(),
        "kept": kept,
        "act": act,
        "back": _address("cohort_mail", cohort),
    }
    return render(request, "programs/mail/confirm.html", context)


def _mail(request: HttpRequest, program: str, cohort: str, uid: UUID) -> tuple[Cohort, Message]:
    found = get_cohort(request, program, cohort, Permission.SEND_MAIL, whole=True)
    own = Message.objects.filter(cohort_id=found.pk).select_related("recipient", "link")
    return found, fetch(own, uid=uid)


@login_required
@require_safe
@frames
def mail(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """One mail: as its reader sees it, what became of it, and what can be done."""
    found, message = _mail(request, program, cohort, uid)
    context = desk_context(request, found) | {
        "mail": message,
        "about": about(message.kind),
        "tag": tag_kind(message),
        "text": preview(message).text,
        "back": _address("cohort_mail", found),
        "frame": _address("cohort_mail_html", found, uid),
        "edit": _address("cohort_mail_edit", found, uid),
        "send": f"{_address('cohort_mail_send', found)}?mail={uid}",
        "drop": f"{_address('cohort_mail_drop', found)}?mail={uid}",
        "resend": _address("cohort_mail_resend", found, uid),
        "arrived": _address("cohort_mail_arrived", found, uid),
    }
    return render(request, "programs/mail/mail.html", context)


@login_required
@require_safe
@framed
def mail_html(request: HttpRequest, program: str, cohort: str, uid: UUID) -> str:
    """The HTML part for the frame, without the secret of its link."""
    return preview(_mail(request, program, cohort, uid)[1]).html


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Change the words of a draft."""
    found, message = _mail(request, program, cohort, uid)
    back = _address("cohort_mail_message", found, uid)
    if message.state != State.DRAFT:
        messages.info(request, _("Only drafts can be changed; this mail is none any more."))
        return redirect(back)
    form = EditMailForm(request.POST or None, instance=message)
    if request.method == "POST" and form.is_valid():
        words = form.cleaned_data
        outbox.edit_draft(
            message=message, subject=words["subject"], body=words["body"], by=person_of(request)
        )
        messages.success(request, _("Saved. This is what will be sent."))
        return redirect(back)
    context = desk_context(request, found) | {"form": form, "mail": message, "back": back}
    return render(request, "programs/mail/edit.html", context)


@login_required
@require_POST
def resend(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Try a mail again that was not deliverable or maybe sent."""
    return _settle(request, program, cohort, uid, outbox.resend, _("The mail is on its way again."))


@login_required
@require_POST
def arrived(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Somebody knows that a mail that was maybe sent has arrived."""
    return _settle(request, program, cohort, uid, outbox.mark_sent, _("Marked as sent."))


def _settle(
    request: HttpRequest, program: str, cohort: str, uid: UUID, act: Callable[..., Message], done: str
) -> HttpResponse:
    found, message = _mail(request, program, cohort, uid)
    act(message=message, by=person_of(request))
    messages.success(request, done)
    return redirect(_address("cohort_mail_message", found, uid))


_AT = "desk/<slug:program>/<slug:cohort>/mail/"
urlpatterns = [
    path(_AT, mails, name="cohort_mail"),
    path(f"{_AT}send/", send, name="cohort_mail_send"),
    path(f"{_AT}drop/", drop, name="cohort_mail_drop"),
    path(f"{_AT}<uuid:uid>/", mail, name="cohort_mail_message"),
    path(f"{_AT}<uuid:uid>/html/", mail_html, name="cohort_mail_html"),
    path(f"{_AT}<uuid:uid>/edit/", edit, name="cohort_mail_edit"),
    path(f"{_AT}<uuid:uid>/resend/", resend, name="cohort_mail_resend"),
    path(f"{_AT}<uuid:uid>/arrived/", arrived, name="cohort_mail_arrived"),
]
