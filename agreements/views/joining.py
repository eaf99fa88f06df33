"""Adding somebody to a circle that meets already."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from agreements.domain.joining import join_circle
from agreements.forms import JoinForm
from agreements.queries import circle_times, free_places
from agreements.views.common import named, reader
from agreements.views.staff import get_one
from core.errors import Refused
from core.roles import Permission
from matching.lexicon import slots
from programs.views.desk import desk_context


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """Choose who joins."""
    found, row = get_one(request, program, cohort, uid, Permission.MANAGE_MENTORSHIPS)
    form = JoinForm(request.POST or None, mentorship=row)
    if request.method == "POST" and form.is_valid():
        enrollment, anyway = form.cleaned_data["enrollment"], form.cleaned_data.get("anyway", False)
        try:
            join_circle(mentorship=row, enrollment=enrollment, by=reader(request), anyway=anyway)
        except Refused as refused:
            form.add_error("enrollment", f"{refused.message} {refused.hint}".strip())
        else:
            text = _("%(name)s is in the circle. The mails wait under Mail for you to send.")
            messages.success(request, text % {"name": enrollment.person.name})
            return redirect("staff_mentorship", program, cohort, uid)
    names = named(row)
    context = {
        "row": row,
        "names": names,
        "form": form,
        "free": free_places(row),
        "times": ", ".join(slots(circle_times(row, least=1))),
    }
    return render(request, "agreements/desk/join.html", desk_context(request, found) | context)
