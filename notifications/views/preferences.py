"""Which mails a person gets."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.domain.preferences import read_switch_off_token, set_preferences
from notifications.forms import MailSettingsForm
from notifications.mails import kinds
from people.access import person_of


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mail_settings(request: HttpRequest) -> HttpResponse:
    """Switch optional kinds of mail on and off."""
    person = person_of(request)
    form = MailSettingsForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        set_preferences(person=person, wanted=form.wanted(), by=person)
        messages.success(request, _("Saved. This is what you get from now on."))
        return redirect("mail_settings")
    return render(request, "notifications/mail_settings.html", {"form": form})


@csrf_exempt  # the signed token allows this one act; mail programs post here by themselves (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def mail_off(request: HttpRequest, token: str) -> HttpResponse:
    """Switch one kind off from a mail, without signing in: GET asks, POST does it."""
    found = read_switch_off_token(token)
    if found is None:
        raise Http404
    person, kind = found
    if request.method == "POST":
        set_preferences(person=person, wanted={kind: False}, by=person)
    context = {"about": kinds()[kind].about, "done": request.method == "POST"}
    return render(request, "notifications/mail_off.html", context)
