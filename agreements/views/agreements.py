"""The agreement: write, read, sign, change, print."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agreements.domain.agreements import new_version, save_terms, sign_agreement
from agreements.forms import AgreementForm, SignForm
from agreements.models import Agreement, Mentorship
from agreements.queries import agreement_in_force, current_agreement
from agreements.reading import as_pdf, read
from agreements.terms import LABELS, in_words, missing
from agreements.views.common import get_mentorship, pair_context, reader
from core.errors import Refused


def latest(mentorship: Mentorship) -> Agreement:
    """The version to act on; 404 where there is none."""
    found = current_agreement(mentorship)
    if found is None:
        raise Http404
    found.mentorship = mentorship
    return found


def one_version(request: HttpRequest, mentorship: Mentorship) -> Agreement:
    """The version that the address names (?version=2), else the latest."""
    number = request.GET.get("version", "")
    if not number:
        return latest(mentorship)
    found = (
        mentorship.agreements.filter(version=int(number)).first()
        if number.isdecimal() and len(number) < 5
        else None
    )
    if found is None:
        raise Http404
    found.mentorship = mentorship
    return found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agreement(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Read it, and sign it below."""
    found = get_mentorship(request, uid)
    version = latest(found) if request.method == "POST" else one_version(request, found)
    form = SignForm(request.POST or None, initial={"edit_version": version.edit_version})
    if request.method == "POST" and form.is_valid() and _sign(request, version, form):
        return redirect("agreement", uid=uid)
    reading = read(version)
    me = reader(request)
    mine = next((party for party in reading.parties if party.person == me), None)
    may_sign = version.state in {
        Agreement.State.DRAFT,
        Agreement.State.SIGNING,
    } and version == current_agreement(found)
    gaps = missing(version) if may_sign else []
    in_force = agreement_in_force(found)
    context = pair_context(request, found) | {
        "reading": reading,
        "agreement": version,
        "form": form,
        "signature": mine.signature if mine else None,
        "signs_now": may_sign and not gaps and mine is not None and mine.signature is None,
        "gaps": [LABELS[name] for name in gaps],
        "in_force": in_force if in_force and in_force != version else None,
        "versions": list(found.agreements.order_by("-version")),
    }
    return render(request, "agreements/agreement.html", context)


def _sign(request: HttpRequest, version: Agreement, form: SignForm) -> bool:
    try:
        sign_agreement(agreement=version, by=reader(request), **form.cleaned_data)
    except Refused as refusal:
        field = "typed_name" if refusal.code == "name_differs" else None
        form.add_error(field, f"{refusal.message} {refusal.hint}".strip())
        return False
    messages.success(request, _("You have signed. Thank you."))
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Write the terms. When the other side was faster, both texts are shown and neither is lost."""
    found = get_mentorship(request, uid)
    version = latest(found)
    form = AgreementForm(request.POST or None, instance=version)
    differences: list[dict[str, Any]] = []
    if request.method == "POST" and form.is_valid():
        try:
            saved = save_terms(
                agreement=version,
                by=reader(request),
                edit_version=form.cleaned_data["edit_version"],
                terms=form.terms,
            )
        except Refused as refusal:
            if refusal.code != "edited_meanwhile":
                raise
            form, differences = _conflict(request, form, latest(found))
        else:
            return _saved(request, saved)
    elif request.method != "POST" and version.state != Agreement.State.DRAFT:
        return redirect("agreement", uid=uid)
    context = {"form": form, "agreement": version, "differences": differences}
    status = 409 if differences else 200
    return render(
        request, "agreements/agreement_edit.html", pair_context(request, found) | context, status=status
    )


def _saved(request: HttpRequest, agreement: Agreement) -> HttpResponse:
    gaps = missing(agreement)
    if gaps:
        messages.success(request, _("Saved. You can go on at any time."))
    else:
        messages.success(request, _("Saved. Read it once more, then sign."))
    return redirect("agreement", uid=agreement.mentorship.uid)


def _conflict(
    request: HttpRequest, form: AgreementForm, standing: Agreement
) -> tuple[AgreementForm, list[dict[str, Any]]]:
    """The same form with what was typed, saving over what stands there by now; and what differs."""
    mine = Agreement(mentorship=standing.mentorship, **form.terms)
    labels = pair_context(request, standing.mentorship)["words"]
    pairs = zip(in_words(standing, labels), in_words(mine, labels), strict=True)
    differences = [
        {"label": theirs.label, "theirs": theirs.value, "mine": own.value}
        for theirs, own in pairs
        if theirs != own
    ]
    data = request.POST.copy()
    data["edit_version"] = str(standing.edit_version)
    return AgreementForm(data, instance=standing), differences or [{"label": "", "theirs": "", "mine": ""}]


@login_required
@require_POST
def change(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Begin a new version of what is signed."""
    found = get_mentorship(request, uid)
    new_version(agreement=latest(found), by=reader(request))
    messages.success(request, _("A new version is begun. Change what you need to, then all sign again."))
    return redirect("agreement_edit", uid=uid)


@login_required
@require_safe
def on_paper(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The page to print."""
    found = get_mentorship(request, uid)
    context = {"reading": read(one_version(request, found)), "mentorship": found, "back_to": "agreement"}
    return render(request, "agreements/agreement_print.html", context)


@login_required
@require_safe
def pdf(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The same as PDF."""
    return pdf_response(one_version(request, get_mentorship(request, uid)))


def pdf_response(version: Agreement) -> HttpResponse:
    """A download; the name tells the version, not the people."""
    name = f"agreement-{version.mentorship.cohort.slug}-v{version.version}.pdf"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return HttpResponse(as_pdf(version), content_type="application/pdf", headers=headers)
