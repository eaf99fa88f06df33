"""Operators bring in people: upload, look, confirm."""

import csv
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from people import queries
from people.access import person_of
from people.domain import imports
from people.forms import PeopleForm
from people.models import CareerEvent, PeopleImport
from people.rows import COLUMNS
from people.tasks import apply_people_import, check_people_import

View = Callable[..., HttpResponse]
State = PeopleImport.State
SAMPLE = {
    "email": "dana.whitfield@example.org",
    "name": "Dana Whitfield",
    "organization": "Meridian Laboratory",
    "unit_path": "Computing / Data",
    "job_title": "Section head",
    "level": 24,
    "job_family": "Research",
    "contract_type": "permanent",
    "location": "North campus",
    "time_zone": "Europe/Paris",
    "languages": "en fr",
    "supervisor_email": "lena.ruiz@example.org",
    "start_date": "2015-09-01",
}


def operator_required(view: View) -> View:
    """Operators alone; others are told so."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not person_of(request).is_operator:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@operator_required
@require_http_methods(["GET", "HEAD", "POST"])
def people_imports(request: HttpRequest) -> HttpResponse:
    """Imports so far, and the upload of a new file."""
    form = PeopleForm(request.POST, request.FILES) if request.method == "POST" else PeopleForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        with transaction.atomic():
            uploaded = imports.upload_import(content=file.read(), file_name=file.name, by=person_of(request))
            transaction.on_commit(lambda: check_people_import.delay(uploaded.pk), robust=True)
        return redirect("people_import", uid=uploaded.uid)
    page = Paginator(queries.imports_for(person_of(request)), 20).get_page(request.GET.get("page"))
    return render(request, "people/imports.html", {"form": form, "page": page, "columns": COLUMNS})


@operator_required
@require_safe
def people_import(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One import: its problems, or what it will change, or how far it is."""
    uploaded = fetch(queries.imports_for(person_of(request)), uid=uid)
    counts = uploaded.counts
    context = {
        "uploaded": uploaded,
        "waiting": uploaded.state in {State.CHECKING, State.APPLYING},
        "done": queries.import_progress(uploaded.pk),
        "total": counts.get("rows", 0),
        "counts": counts,
        "events": [
            (CareerEvent.Kind(kind).label, number)
            for kind, number in sorted(counts.get("events", {}).items())
        ],
        "problems": Paginator(uploaded.problems, 50).get_page(request.GET.get("page")),
    }
    return render(request, "people/import.html", context)


@operator_required
@require_POST
def people_import_apply(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Confirm: apply what the page showed."""
    uploaded = fetch(queries.imports_for(person_of(request)), uid=uid)
    with transaction.atomic():
        imports.begin_apply(uploaded=uploaded, by=person_of(request))
        transaction.on_commit(lambda: apply_people_import.delay(uploaded.pk), robust=True)
    return redirect("people_import", uid=uid)


@operator_required
@require_POST
def people_import_discard(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Throw the file away."""
    uploaded = fetch(queries.imports_for(person_of(request)), uid=uid)
    imports.discard_import(uploaded=uploaded, by=person_of(request))
    messages.success(request, _("The file is discarded. Nobody was changed."))
    return redirect("people_imports")


@operator_required
@require_safe
def people_import_sample(request: HttpRequest) -> HttpResponse:
    """A file to start from."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="people.csv"'
    writer = csv.DictWriter(response, COLUMNS)
    writer.writeheader()
    writer.writerow(SAMPLE)
    return response
