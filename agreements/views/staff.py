"""Mentorships on the manager's desk: progress, never notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from agreements.domain.approval import resend_supervisor_link, revoke_supervisor_link
from agreements.domain.endings import end_without_fault
from agreements.domain.help import handle_help
from agreements.filters import narrow
from agreements.forms import MentorshipFilter
from agreements.models import Agreement, Member, Mentorship
from agreements.panels import mentorships_url
from agreements.queries import (
    OPEN_STATES,
    circle_times,
    current_agreement,
    free_places,
    staff_visible,
    with_members,
    with_progress,
)
from agreements.reading import read
from agreements.tables import MentorshipTable, RemindTable, agreement_tag, plan_tag
from agreements.views.agreements import pdf_response
from agreements.views.common import named, reader
from core.access import fetch
from core.errors import Refused
from core.roles import Permission
from core.ui import Link
from matching.lexicon import slots
from notifications.models import EmailLink, Message
from programs.models import Cohort, Strand
from programs.views.desk import desk_context, get_cohort

PAGE = 50
MOST_AT_ONCE = 500


@login_required
@require_safe
def index(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All of them: filter, sort, page, remind supervisors."""
    found = get_cohort(request, program, cohort, Permission.SEE_PROGRESS)
    visible = staff_visible(reader(request), found)
    form = MentorshipFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {}
    rows = with_members(_named(narrow(with_progress(visible), chosen)))
    context = desk_context(request, found)
    reminds = Permission.MANAGE_MENTORSHIPS in context["permissions"] and chosen.get("state") != "ended"
    table = (RemindTable if reminds else MentorshipTable)(rows, cohort=found)
    table.caption = _("Mentorships of this cohort")
    RequestConfig(request, paginate={"per_page": PAGE}).configure(table)
    context |= {
        "form": form,
        "table": table,
        "count": table.page.paginator.count,
        "any": visible.exists(),
        "all_ended": not visible.filter(state__in=OPEN_STATES).exists(),
        "chips": _chips(request, found),
        "kept": [(name, "1") for name in ("late", "silent", "help", "small") if chosen.get(name)],
        "reminds": reminds,
        "query": request.GET.urlencode(),
    }
    return render(request, "agreements/desk/index.html", context)


def _named(rows: QuerySet[Mentorship]) -> QuerySet[Mentorship]:
    mentee = Member.objects.filter(mentorship=OuterRef("pk"), side=Member.Side.MENTEE).order_by("pk")
    return rows.annotate(mentee_name=Subquery(mentee.values("person__full_name")[:1]))


def _chips(request: HttpRequest, cohort: Cohort) -> list[Link]:
    given = {key: value for key, value in request.GET.items() if value and key not in ("sort", "page")}
    ready: list[tuple[str, dict[str, str], str]] = [
        (_("All open"), {}, ""),
        (_("Late"), {"late": "1"}, "late"),
        (_("Waits for the supervisor"), {"agreement": "waiting_supervisor"}, ""),
        (_("Not signed"), {"agreement": "draft"}, ""),
        (_("Silent for 21 days"), {"silent": "1"}, ""),
        (_("Asks for help"), {"help": "1"}, ""),
        (pgettext("mentorships", "Ended"), {"state": "ended"}, ""),
    ]
    if cohort.program.strands.filter(format=Strand.Format.CIRCLE).exists():
        ready.insert(-1, (_("Circles with too few"), {"small": "1"}, ""))
    return [
        Link(label, mentorships_url(cohort, **f), current=given == f, kind=kind) for label, f, kind in ready
    ]


@login_required
@require_POST
def remind(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Send fresh links to the supervisors of the chosen mentorships."""
    found = get_cohort(request, program, cohort, Permission.MANAGE_MENTORSHIPS)
    chosen = request.POST.getlist("chosen")[:MOST_AT_ONCE]
    signing = Agreement.objects.filter(
        mentorship__in=staff_visible(reader(request), found), state=Agreement.State.SIGNING
    )
    sent = 0
    for agreement in signing.filter(mentorship__uid__in=[uid for uid in chosen if _is_uid(uid)]).order_by(
        "pk"
    ):
        try:
            resend_supervisor_link(agreement=agreement, by=reader(request))
        except Refused:  # a party is still to sign: the list said so before this page was sent
            continue
        sent += 1
    if sent:
        text = ngettext("%(n)d supervisor has a fresh link.", "%(n)d supervisors have a fresh link.", sent)
        messages.success(request, text % {"n": sent})
    else:
        messages.warning(request, _("Nobody was reminded: choose mentorships that wait for the supervisor."))
    query = request.POST.get("query", "")
    return redirect(f"{mentorships_url(found)}?{query}" if query else mentorships_url(found))


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def get_one(
    request: HttpRequest, program: str, cohort: str, uid: UUID, permission: Permission
) -> tuple[Cohort, Mentorship]:
    """A mentorship that a role of the reader shows: 404 for others, 403 where the role may not act."""
    found = get_cohort(request, program, cohort, permission)
    mentorship = fetch(with_members(with_progress(staff_visible(reader(request), found))), uid=uid)
    mentorship.cohort = found
    return found, mentorship


@login_required
@require_safe
def show(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """One mentorship: where it stands and what staff can do about it."""
    found, row = get_one(request, program, cohort, uid, Permission.SEE_PROGRESS)
    context = desk_context(request, found)
    may_manage = Permission.MANAGE_MENTORSHIPS in context["permissions"]
    agreement = current_agreement(row)
    assert agreement is not None
    agreement.mentorship = row
    reading = read(agreement)
    asked = list(row.help_requests.select_related("person").order_by("-created_at")) if may_manage else []
    context |= {
        "row": row,
        "names": named(row),
        "reading": reading,
        "agreement": agreement,
        "agreement_tag": agreement_tag(row.agreement_state, row, dict(reading.words)),  # type: ignore[attr-defined]
        "plan_tag": plan_tag(row),
        "meetings": list(row.meetings.defer("note")[:12]),
        "meetings_count": row.meetings.count(),
        "mails": Message.objects.filter(about_kind="agreements.agreement", about_id=agreement.pk)
        .select_related("recipient")
        .order_by("-pk")[:8],
        "open_link": EmailLink.objects.filter(
            target_kind="agreements.agreement", target_id=agreement.pk, used_at=None, revoked_at=None
        ).aggregate(last=Max("expires_at"))["last"],
        "asked": asked,
        "may_manage": may_manage,
        "times": ", ".join(slots(circle_times(row))) if may_manage else "",
        "is_open": row.state != Mentorship.State.ENDED,
        "free": free_places(row) if may_manage and row.state != Mentorship.State.ENDED else 0,
        "waits_for_supervisor": row.agreement_state == "waiting_supervisor",  # type: ignore[attr-defined]
    }
    return render(request, "agreements/desk/mentorship.html", context)


@login_required
@require_POST
def resend(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """A fresh link for the supervisor; the old one dies. With `revoke=1` the old one dies alone."""
    _found, row = get_one(request, program, cohort, uid, Permission.MANAGE_MENTORSHIPS)
    agreement = current_agreement(row)
    if agreement is None:
        raise Http404
    if request.POST.get("revoke"):
        revoke_supervisor_link(agreement=agreement, by=reader(request))
        messages.success(request, _("The link no longer works."))
    else:
        resend_supervisor_link(agreement=agreement, by=reader(request))
        messages.success(request, _("A fresh link is on its way. Older ones no longer work."))
    return redirect("staff_mentorship", program, cohort, uid)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """End it early, nobody's fault."""
    found, row = get_one(request, program, cohort, uid, Permission.MANAGE_MENTORSHIPS)
    if request.method == "POST":
        end_without_fault(mentorship=row, by=reader(request))
        messages.success(
            request, _("It has ended. Everyone in it was told, and their places are free again.")
        )
        return redirect("staff_mentorship", program, cohort, uid)
    names = named(row)
    return render(
        request, "agreements/desk/end.html", desk_context(request, found) | {"row": row, "names": names}
    )


@login_required
@require_POST
def help_handled(request: HttpRequest, program: str, cohort: str, uid: UUID, asked: UUID) -> HttpResponse:
    """A request for help is taken care of."""
    _found, row = get_one(request, program, cohort, uid, Permission.MANAGE_MENTORSHIPS)
    handle_help(request=fetch(row.help_requests.all(), uid=asked), by=reader(request))
    messages.success(request, _("Marked as taken care of."))
    return redirect("staff_mentorship", program, cohort, uid)


def _agreement_for_staff(request: HttpRequest, program: str, cohort: str, uid: UUID) -> Any:
    _found, row = get_one(request, program, cohort, uid, Permission.MANAGE_MENTORSHIPS)
    agreement = current_agreement(row)
    if agreement is None:
        raise Http404
    agreement.mentorship = row
    return agreement


@login_required
@require_safe
def agreement(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """The agreement on paper, for those who manage mentorships."""
    version = _agreement_for_staff(request, program, cohort, uid)
    context = {"reading": read(version), "mentorship": version.mentorship, "back_to": "staff_mentorship"}
    return render(request, "agreements/agreement_print.html", context)


@login_required
@require_safe
def agreement_pdf(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """The same as PDF."""
    return pdf_response(_agreement_for_staff(request, program, cohort, uid))
