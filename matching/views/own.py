"""What matters to you: a person weighs the criteria within the program's bounds."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import fetch
from core.errors import Refused
from matching.criteria import read_criteria
from matching.domain.own import set_own_weights
from matching.own import choices, is_over
from matching.own_form import OwnForm
from matching.queries import scheme_of
from participants.models import Enrollment
from participants.queries import visible_enrollments
from programs.views.desk import reader


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def weights(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Choose; saved at once, and used by the next run. 404 where the program does not offer it."""
    mine = fetch(visible_enrollments(reader(request)), uid=uid)
    scheme = scheme_of(mine.cohort)
    allowed = choices(mine.role, read_criteria(scheme.criteria).weights, scheme.own_reach)
    if not allowed:
        raise Http404
    data = request.POST if request.method == "POST" else None
    form = OwnForm(data, role=mine.role, allowed=allowed, said=mine.own_weights)
    back = _back(mine)
    if data is not None and form.is_valid():
        try:
            set_own_weights(enrollment=mine, leanings=form.cleaned_data, by=reader(request))
        except Refused as refused:
            form.add_error(None, f"{refused.message} {refused.hint}".strip())
        else:
            messages.success(request, _("Saved. The next matching takes it into account."))
            return redirect(back)
    context = {
        "form": form,
        "is_over": is_over(mine),
        "mine": mine,
        "cohort": mine.cohort,
        "program": mine.cohort.program,
        "back": back,
    }
    return render(request, "matching/own.html", context)


def _back(mine: Enrollment) -> str:
    """A draft is checked before it is submitted; what was submitted is read."""
    if mine.state == Enrollment.State.DRAFT:
        return reverse("apply_check", args=[mine.cohort.program.slug, mine.cohort.slug, mine.role])
    return reverse("my_application", args=[mine.uid])
