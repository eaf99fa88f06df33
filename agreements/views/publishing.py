"""Publishing a run: the page says what will happen, the button does it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from agreements.domain.publishing import publish_run
from agreements.panels import mentorships_url
from agreements.views.common import reader
from core.access import fetch
from core.roles import Permission
from matching.models import Run
from matching.queries import impossible
from programs.models import Cohort
from programs.views.desk import desk_context, get_cohort


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, program: str, cohort: str, number: int) -> HttpResponse:
    """GET shows the pairs, all ticked that can still be made; POST publishes the ticked ones."""
    found = get_cohort(request, program, cohort, Permission.RUN_MATCHING, whole=True)
    run = fetch(Run.objects.filter(cohort=found), number=number)
    proposals = run.proposals.select_related("mentee__person", "mentor__person").order_by(
        "mentee__person__full_name", "pk"
    )
    if request.method == "POST":
        chosen = [p for p in proposals if str(p.uid) in set(request.POST.getlist("chosen"))]
        mentorships = publish_run(run=run, by=reader(request), proposals=chosen)
        return _published(request, found, len(mentorships))
    barred = set(impossible(run.proposals.all()).values_list("pk", flat=True))
    rows = [{"proposal": p, "barred": p.pk in barred} for p in proposals]
    context = {
        "run": run,
        "rows": rows,
        "possible": len(rows) - len(barred),
        "is_published": run.state == Run.State.PUBLISHED,
        "can_publish": run.state == Run.State.CERTIFIED
        and found.state in {Cohort.State.MATCHING, Cohort.State.RUNNING},
        "starts_running": found.state == Cohort.State.MATCHING,
    }
    return render(request, "agreements/desk/publish.html", desk_context(request, found) | context)


def _published(request: HttpRequest, cohort: Cohort, count: int) -> HttpResponse:
    text = ngettext(
        "%(n)d mentorship has begun. The mails to both sides wait under Mail for you to send.",
        "%(n)d mentorships have begun. The mails to both sides wait under Mail for you to send.",
        count,
    )
    messages.success(request, text % {"n": count})
    return redirect(mentorships_url(cohort))
