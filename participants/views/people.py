"""The people of a cohort, for its staff."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import defusedcsv.csv as csv
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe
from django_tables2 import RequestConfig

from core.access import fetch
from core.roles import Permission
from core.ui import Fact, Link
from participants.exports import columns_of, write_rows
from participants.filters import PeopleFilter
from participants.forms import NONE, DecisionForm
from participants.history import history_of, mails_about
from participants.models import Enrollment
from participants.panels import people_url
from participants.parts import rendered_parts
from participants.queries import for_staff, questionnaire_for, sees_everyone
from participants.rules import offer_due_on
from participants.tables import ChoosingTable, PeopleTable
from participants.views.common import TAG_OF, answered_pages, reader
from programs.labels import in_language, word
from programs.models import Cohort
from programs.questions import parse
from programs.views.desk import desk_context, get_cohort

S = Enrollment.State
PAGE = 50


@login_required
@require_safe
def index(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All of them: filter, sort, page, choose."""
    found = get_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    visible = for_staff(found, viewer=reader(request))
    narrowed = PeopleFilter(request.GET, _joined(visible), cohort=found)
    context = desk_context(request, found)
    can_decide = Permission.DECIDE_APPLICATIONS in context["permissions"]
    table = (ChoosingTable if can_decide else PeopleTable)(narrowed.qs, cohort=found)
    if not narrowed.has_strands:
        table.exclude = ("strand",)
    table.caption = _("People of this cohort")
    RequestConfig(request, paginate={"per_page": PAGE}).configure(table)
    may_import = sees_everyone(found, viewer=reader(request), permission=Permission.DECIDE_APPLICATIONS)
    context |= {
        "filter": narrowed,
        "table": table,
        "count": table.page.paginator.count,
        "any": visible.exists(),
        "chips": _chips(request, found, visible),
        "can_decide": can_decide,
        "can_import": may_import,
        "query": request.GET.urlencode(),
        "keep": ["sort", "pending", "among", "late"],
        "waiting": visible.exclude(pending_decision="").count() if can_decide else 0,
    }
    return render(request, "participants/people/index.html", context)


def _joined(rows: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    return rows.select_related("person__unit", "strand")


def _chips(request: HttpRequest, cohort: Cohort, visible: QuerySet[Enrollment]) -> list[Link]:
    """Ready-made filters."""
    given = {key: value for key, value in request.GET.items() if value and key not in ("sort", "page")}
    ready: list[tuple[str, dict[str, str], str]] = [
        (_("Everyone"), {}, ""),
        (_("To decide"), {"state": S.SUBMITTED.value}, ""),
        (_("To release"), {"pending": "any"}, ""),
        (pgettext("plural", "Accepted"), {"state": S.ACCEPTED.value}, ""),
        (_("Waiting list"), {"state": S.WAITLISTED.value}, ""),
        (_("Late"), {"late": "1"}, "late"),
    ]
    return [
        Link(label, people_url(cohort, **filters), current=given == filters, kind=kind)
        for label, filters, kind in ready
    ]


@login_required
@require_safe
def export(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """The filtered people as CSV that no spreadsheet executes."""
    found = get_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    narrowed = PeopleFilter(request.GET, for_staff(found, viewer=reader(request)), cohort=found)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.program.slug}-{found.slug}-people.csv"'
    write_rows(csv.writer(response), found, columns_of(found), narrowed.qs)
    return response


@login_required
@require_safe
def show(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """One enrollment."""
    found = get_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    row = fetch(_with_person(for_staff(found, viewer=reader(request))), uid=uid)
    return render(request, "participants/people/show.html", enrollment_context(request, found, row))


def _with_person(rows: QuerySet[Enrollment]) -> QuerySet[Enrollment]:
    return rows.select_related(
        "cohort__program", "strand", "person__unit", "person__organization", "person__supervisor"
    )


def enrollment_context(
    request: HttpRequest, cohort: Cohort, row: Enrollment, form: DecisionForm | None = None
) -> dict[str, Any]:
    """What the page of an enrollment shows."""
    decidable = for_staff(cohort, viewer=reader(request), permission=Permission.DECIDE_APPLICATIONS)
    can_decide = decidable.filter(pk=row.pk).exists()
    questions = questionnaire_for(cohort.program_id, row.role)
    is_draft = row.state == S.DRAFT
    given = {"decision": row.pending_decision or NONE, "note": row.decision_note}
    context = desk_context(request, cohort)
    return {
        **context,
        "can_mail": Permission.SEND_MAIL in context["permissions"]
        and sees_everyone(cohort, viewer=reader(request)),
        "row": row,
        "role": word(cohort.program, row.role, cap=True),
        "strand": in_language(row.strand.name),
        "state": S(row.state).label,
        "pending": S(row.pending_decision).label if row.pending_decision else "",
        "tag": TAG_OF[S(row.state)],
        "facts": _facts(row),
        "is_draft": is_draft,
        "pages": answered_pages(row, parse(questions.questions), for_staff=True)
        if questions and row.submitted_at  # withdrawn before that: nobody was to see them
        else [],
        "parts": rendered_parts(request, row, for_staff=True),
        "others": _others(row),
        "history": history_of(row),
        "mails": mails_about(row),
        "form": form or DecisionForm(initial=given),
        "can_decide": can_decide and row.state in (S.SUBMITTED, S.WAITLISTED),
        "can_withdraw": can_decide
        and Enrollment.lifecycle.may(row.state, S.WITHDRAWN)
        and not row.used
        and not is_draft,
        "offer_until": offer_due_on(row) if row.state == S.OFFERED else None,
    }


def _others(row: Enrollment) -> list[dict[str, Any]]:
    """The same person's other roles and cohorts in this program: whoever sees the one sees the others."""
    mine = Enrollment.objects.filter(person=row.person_id, cohort__program=row.cohort.program_id).exclude(
        pk=row.pk
    )
    mine = (
        mine.exclude(state=S.DRAFT).select_related("cohort__program").order_by("-cohort__starts_on", "role")
    )
    return [
        {
            "cohort": one.cohort,
            "uid": one.uid,
            "role": word(one.cohort.program, one.role),
            "state": S(one.state).label,
        }
        for one in mine
    ]


def _facts(row: Enrollment) -> list[Fact]:
    person = row.person
    return [
        Fact(_("E-mail"), person.email),
        Fact(_("Position"), person.job_title),
        Fact(_("Unit"), person.unit.path if person.unit else ""),
        Fact(_("Organization"), person.organization.name if person.organization else ""),
        Fact(_("Career level"), person.level),
        Fact(_("Location"), person.location),
        Fact(_("Supervisor"), person.supervisor.full_name if person.supervisor else ""),
        Fact(_("Applied"), timezone.localtime(row.submitted_at).date() if row.submitted_at else ""),
        Fact(_("Places used"), _("%(used)d of %(capacity)d") % {"used": row.used, "capacity": row.capacity}),
    ]
