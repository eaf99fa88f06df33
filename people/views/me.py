"""A person's own page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.ui import Fact
from people.access import person_of
from people.domain.accounts import change_details
from people.forms import DetailsForm
from people.models import Person


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def me(request: HttpRequest) -> HttpResponse:
    """What is known of the person, and the few things they decide themselves."""
    # Not request.user itself: a form with errors would show its values in the header.
    person = Person.objects.select_related("unit", "organization", "supervisor").get(pk=person_of(request).pk)
    form = DetailsForm(request.POST or None, instance=person)
    if request.method == "POST" and form.is_valid():
        change_details(
            person=person, **{name: form.cleaned_data[name] for name in ("preferred_name", "language")}
        )
        with translation.override(person.language):
            messages.success(request, _("Your details are saved."))
        request.session["language"] = person.language
        return redirect("me")
    return render(request, "people/me.html", {"form": form, "on_file": _facts(person)})


def _facts(person: Person) -> list[Fact]:
    return [
        Fact(_("Name"), person.full_name),
        Fact(_("E-mail"), person.email),
        Fact(_("Organization"), person.organization.name if person.organization else ""),
        Fact(_("Unit"), person.unit.path if person.unit else ""),
        Fact(_("Job title"), person.job_title),
        Fact(_("Location"), person.location),
        Fact(_("Time zone"), person.timezone),
        Fact(_("Supervisor"), person.supervisor.name if person.supervisor else ""),
    ]
