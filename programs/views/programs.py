"""Programs: made from a shipped file, and looked after."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from core.errors import Refused
from core.roles import Permission
from people.models import Person
from programs import labels
from programs.domain.export import export_program
from programs.domain.programs import add_member, create_program, remove_member, update_program
from programs.forms.fields import show_refusal
from programs.forms.programs import MemberForm, ProgramForm, ProgramSettingsForm, WordsForm
from programs.models import Program
from programs.program_files import TEXTS, ProgramFile, shipped, write
from programs.public import summary_of
from programs.queries import (
    cohorts_of,
    may_create_programs,
    memberships_of,
    organizations_for_programs,
    permissions_in,
)
from programs.rules import POLICY, stamp
from programs.views.desk import get_program, reader


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """Which kind of program?"""
    _creator(request)
    return render(request, "programs/choose.html", {"files": list(shipped().values())})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: HttpRequest, template: str) -> HttpResponse:
    """Name, address, organization and time zone of a new program."""
    person, file = _creator(request), _file(template)
    organizations = organizations_for_programs(person)
    own = organizations.filter(pk=person.organization_id or 0).first() or organizations.first()
    initial = {"owner": own, "timezone": own.timezone if own else "UTC"}
    form = ProgramForm(request.POST or None, organizations=organizations, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            program = create_program(template=file, by=person, **form.cleaned_data)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The program is made. Next, add its people and its first cohort."))
            return redirect("program_desk", program.slug)
    return render(request, "programs/create.html", {"form": form, "file": file})


@login_required
@require_safe
def show(request: HttpRequest, program: str) -> HttpResponse:
    """Cohorts, people and settings of a program."""
    found = get_program(request, program)
    granted = permissions_in(reader(request), found)
    context = {
        "program": found,
        "summary": summary_of(found),
        "cohorts": cohorts_of(found),
        "memberships": memberships_of(found),
        "changes_settings": Permission.CHANGE_SETTINGS in granted,
        "public_url": request.build_absolute_uri(reverse("program_public", args=[found.slug])),
    }
    return render(request, "programs/program.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, program: str) -> HttpResponse:
    """Who works in the program; add somebody."""
    found = get_program(request, program, Permission.CHANGE_SETTINGS)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert form.person is not None
        try:
            add_member(program=found, person=form.person, role=form.cleaned_data["role"], by=reader(request))
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s is added.") % {"name": form.person.name})
            return redirect("program_people", program)
    context = {"program": found, "form": form, "memberships": memberships_of(found)}
    return render(request, "programs/people.html", context)


@login_required
@require_POST
def remove(request: HttpRequest, program: str, pk: int) -> HttpResponse:
    """Take a role from somebody."""
    found = get_program(request, program, Permission.CHANGE_SETTINGS)
    membership = fetch(memberships_of(found), pk=pk)
    remove_member(membership=membership, by=reader(request))
    texts = {"name": membership.person.name, "role": membership.get_role_display()}
    messages.success(request, _("%(name)s no longer has the role “%(role)s”.") % texts)
    is_gone = membership.person_id == request.user.pk
    return redirect("desk_home") if is_gone else redirect("program_people", program)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest, program: str) -> HttpResponse:
    """Name, texts and policy defaults."""
    found = get_program(request, program, Permission.CHANGE_SETTINGS)
    values = {name: getattr(found, name) for name in ("name", "timezone", "is_public", *POLICY)}
    for key in TEXTS:
        for language in found.languages:
            values[f"{key}_{language}"] = found.texts.get(key, {}).get(language, "")
    values["stamp"] = stamp(found)
    form = ProgramSettingsForm(request.POST or None, program=found, initial=values)
    return _settings(request, found, form, "program_settings", "programs/settings.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: HttpRequest, program: str) -> HttpResponse:
    """What the program calls things."""
    found = get_program(request, program, Permission.CHANGE_SETTINGS)
    values = {
        f"{key}_{language}": text
        for language in found.languages
        for key, text in labels.words(found, language).items()
    }
    form = WordsForm(request.POST or None, program=found, initial={**values, "stamp": stamp(found)})
    return _settings(request, found, form, "program_words", "programs/words.html")


@login_required
@require_safe
def download(request: HttpRequest, program: str) -> HttpResponse:
    """The program as a file."""
    found = get_program(request, program, Permission.CHANGE_SETTINGS)
    response = HttpResponse(write(export_program(found)), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.slug}.yaml"'
    return response


def _settings(
    request: HttpRequest, program: Program, form: ProgramSettingsForm | WordsForm, page: str, template: str
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            changes = form.changes()
            circles = form.circles() if isinstance(form, ProgramSettingsForm) else {}
            stamped = form.cleaned_data["stamp"]
            update_program(
                program=program, changes=changes, circles=circles, expected=stamped, by=reader(request)
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(page, program.slug)
    return render(request, template, {"program": program, "form": form})


def _creator(request: HttpRequest) -> Person:
    person = reader(request)
    if not may_create_programs(person):
        raise PermissionDenied
    return person


def _file(key: str) -> ProgramFile:
    if key not in shipped():
        raise Http404
    return shipped()[key]
