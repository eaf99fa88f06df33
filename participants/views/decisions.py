"""Deciding on applications: one, many, and telling everybody."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.access import fetch
from core.roles import Permission
from participants.domain import applications, selection
from participants.filters import PeopleFilter
from participants.forms import DecisionForm, ReleaseForm, chosen_among
from participants.models import Enrollment
from participants.panels import people_url
from participants.queries import for_staff, place_rows, sees_everyone
from participants.views.common import people_args, posted, reader
from participants.views.people import enrollment_context
from programs.labels import in_language, word
from programs.models import Cohort
from programs.views.desk import desk_context, get_cohort

S, Role = Enrollment.State, Enrollment.Role
DECIDE = Permission.DECIDE_APPLICATIONS
SHOWN = 100  # names listed on a page of consequences
FEW = 12  # so few are listed openly


def _decidable(request: HttpRequest, cohort: Cohort) -> QuerySet[Enrollment]:
    return for_staff(cohort, viewer=reader(request), permission=DECIDE)


@login_required
@require_POST
def decide(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """What a decision on the people ticked would mean; with `confirm` it is set aside."""
    found = get_cohort(request, program, cohort, DECIDE)
    decision = request.POST.get("decision", "")
    back = people_url(found) + _kept(request)
    if decision not in {"", *selection.DECISIONS}:
        raise Http404
    rows = list(
        _chosen(request, found).select_related("person", "strand").order_by("person__full_name", "pk")
    )
    able = [row for row in rows if _is_able(row, decision)]
    if not rows:
        messages.error(request, _("Nobody is chosen. Tick the people in the list first."))
        return redirect(back)
    if "confirm" in request.POST and able:
        count = selection.set_decision(enrollments=able, decision=decision, by=reader(request))
        messages.success(request, _set_aside(count))
        return redirect(back)
    strands = _places(found, able, decision)
    context = {
        **desk_context(request, found),
        "decision": decision,
        "decision_label": S(decision).label if decision else _("No decision"),
        "able": able,
        "shown": able[:SHOWN],
        "more": max(0, len(able) - SHOWN),
        "unable": [row for row in rows if row not in able],
        "roles": _by_role(found, able),
        "strands": strands,
        "too_many": sum(max(0, -one["after"]) for one in strands) if decision == S.ACCEPTED else 0,
        "is_short": len(able) <= FEW,
        "back": back,
        "query": request.POST.get("query", ""),
    }
    return render(request, "participants/people/decide.html", context)


def _is_able(row: Enrollment, decision: str) -> bool:
    if decision:
        return selection.can_decide(row.state, decision)
    return bool(row.pending_decision)


def _kept(request: HttpRequest) -> str:
    query = request.POST.get("query", "")
    return f"?{query}" if query else ""


def _set_aside(count: int) -> str:
    text = ngettext(
        "Decided for %(count)d person. Nobody is told before you release the decisions.",
        "Decided for %(count)d people. Nobody is told before you release the decisions.",
        count,
    )
    return text % {"count": count}


def _chosen(request: HttpRequest, cohort: Cohort) -> QuerySet[Enrollment]:
    """The people ticked, or everybody whom the filter shows."""
    rows = _decidable(request, cohort)
    if request.POST.get("all"):
        return PeopleFilter(QueryDict(request.POST.get("query", "")), rows, cohort=cohort).qs
    return chosen_among(rows, request.POST.getlist("uid"))


def _by_role(cohort: Cohort, rows: list[Enrollment]) -> list[tuple[str, int]]:
    counts = Counter(row.role for row in rows)
    return [
        (word(cohort.program, f"{role}s" if counts[role] != 1 else role), counts[role])
        for role in (Role.MENTEE, Role.MENTOR)
        if counts[role]
    ]


def _places(cohort: Cohort, rows: list[Enrollment], decision: str) -> list[dict[str, Any]]:
    """Places of each strand before and after, if these decisions were released."""
    change: Counter[int] = Counter()
    for row in rows:
        if row.role == Role.MENTEE:
            change[row.strand_id] += (decision == S.ACCEPTED) - (row.pending_decision == S.ACCEPTED)
    return [
        {"name": in_language(row.strand.name), "row": row, "after": row.after - change[row.strand.pk]}
        for row in place_rows(cohort)
    ]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def release(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Decisions set aside, places, and the waiting list; the POST tells everybody."""
    found = get_cohort(request, program, cohort, DECIDE)
    rows = _decidable(request, found)
    form = ReleaseForm(posted(request))
    if request.method == "POST" and form.is_valid():
        draft = form.cleaned_data["letters"] == "draft"
        done = selection.release_decisions(cohort=found, by=reader(request), among=rows, draft=draft)
        messages.success(request, _released(done, draft=draft))
        return redirect(people_url(found))
    pending = Counter(rows.exclude(pending_decision="").values_list("role", "pending_decision"))
    decisions = [
        {
            "label": decision.label,
            "roles": [
                (
                    word(found.program, f"{role}s", cap=True),
                    pending[role, decision],
                    people_url(found, role=role, pending=decision.value),
                )
                for role in (Role.MENTEE, Role.MENTOR)
            ],
        }
        for decision in selection.DECISIONS
    ]
    context = {
        **desk_context(request, found),
        "form": form,
        "decisions": decisions,
        "total": pending.total(),
        "strands": [{"name": in_language(row.strand.name), "row": row} for row in place_rows(found)],
        "too_many": any(row.after < 0 for row in place_rows(found)),
        "can_offer": sees_everyone(found, viewer=reader(request), permission=DECIDE),
    }
    return render(request, "participants/people/release.html", context)


def _released(done: selection.Released, *, draft: bool) -> str:
    text = (
        _("Released: %(accepted)d accepted, %(waitlisted)d on the waiting list, %(declined)d not accepted. "
          "The letters wait as drafts under Mail.")
        if draft
        else _("Released: %(accepted)d accepted, %(waitlisted)d on the waiting list, %(declined)d not accepted. "
               "The letters are on their way.")
    )  # fmt: skip
    return text % {"accepted": done.accepted, "waitlisted": done.waitlisted, "declined": done.declined}


@login_required
@require_POST
def offer(request: HttpRequest, program: str, cohort: str, strand: str) -> HttpResponse:
    """Offer a strand's free places to its waiting list."""
    found = get_cohort(request, program, cohort, DECIDE, whole=True)
    row = next((row for row in place_rows(found) if row.strand.slug == strand), None)
    if row is None:
        raise Http404
    chosen = selection.promote_from_waiting_list(
        cohort=found, strand_id=row.strand.pk, limit=row.to_offer, by=reader(request)
    )
    count = len(chosen)
    text = ngettext("%(count)d place was offered.", "%(count)d places were offered.", count)
    messages.success(request, text % {"count": count})
    return redirect("release_decisions", *people_args(found))


@login_required
@require_POST
def decide_one(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Set a decision aside for one person."""
    found, row = _one(request, program, cohort, uid)
    form = DecisionForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data
        selection.set_decision(
            enrollments=[row], decision=chosen["decision"], note=chosen["note"], by=reader(request)
        )
        messages.success(request, _("Saved. Nobody is told before you release the decisions."))
        return redirect("enrollment", *people_args(found, uid))
    return render(request, "participants/people/show.html", enrollment_context(request, found, row, form))


@login_required
@require_POST
def withdraw_one(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Take somebody out who has said so in another way."""
    found, row = _one(request, program, cohort, uid)
    applications.withdraw(enrollment=row, by=reader(request))
    messages.success(request, _("%(name)s is withdrawn.") % {"name": row.person.full_name})
    return redirect("enrollment", *people_args(found, uid))


def _one(request: HttpRequest, program: str, cohort: str, uid: UUID) -> tuple[Cohort, Enrollment]:
    found = get_cohort(request, program, cohort, DECIDE)
    rows = _decidable(request, found).select_related(
        "cohort__program", "strand", "person__unit", "person__organization", "person__supervisor"
    )
    return found, fetch(rows, uid=uid)
