"""The demo's sign-in by one click. Its address exists in the demo alone."""

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from people.models import Person


@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo's own accounts, no one else."""
    if not settings.DEMO:
        raise Http404
    emails = {account["email"] for account in settings.DEMO_ACCOUNTS}
    person = get_object_or_404(Person, email=request.POST.get("email", ""), email__in=emails)
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("home")
