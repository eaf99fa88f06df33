"""Deciding by hand: locks and exclusions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import Refused
from core.roles import Permission
from matching.domain.fixed import allow_pair, exclude_pair, lock_pair, lock_pairs, unlock_pairs
from matching.forms import ExcludeForm, PairForm
from matching.queries import exclusions_of, locks_of
from matching.review import is_uid
from matching.views.common import matching_context, whole_cohort
from participants.models import Enrollment
from people.models import Person
from programs.labels import word
from programs.models import Cohort
from programs.views.desk import reader

Pair = tuple[Enrollment, Enrollment]


@login_required
@require_POST
def lock(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Lock or unlock one pair (button `lock` or `unlock`) or those selected (`op`); pairs are "mentee:mentor" uids."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    single = request.POST.get("lock") or request.POST.get("unlock")
    chosen = [single] if single else request.POST.getlist("pair")
    keep = "lock" in request.POST or (not single and request.POST.get("op") == "lock")
    pairs = _pairs(found, chosen)
    if not pairs:
        messages.warning(request, _("No pair was selected."))
        return redirect(_back(request, found))
    done = (
        _lock_all(request, pairs, reader(request)) if keep else unlock_pairs(pairs=pairs, by=reader(request))
    )
    if done and keep:
        text = ngettext(
            "Locked: every run keeps this pair.", "%(count)s pairs are locked: every run keeps them.", done
        )
        messages.success(request, text % {"count": done})
    elif done:
        text = ngettext("The pair is no longer locked.", "%(count)s pairs are no longer locked.", done)
        messages.success(request, text % {"count": done})
    return redirect(_back(request, found))


def _pairs(cohort: Cohort, chosen: list[str]) -> list[Pair]:
    """The pairs named, of this cohort alone."""
    split = [tuple(value.split(":")) for value in chosen]
    wanted = [(pair[0], pair[1]) for pair in split if len(pair) == 2 and all(is_uid(uid) for uid in pair)]
    people = Enrollment.objects.filter(cohort=cohort, uid__in={uid for pair in wanted for uid in pair})
    by_uid = {str(row.uid): row for row in people.select_related("person")}
    return [
        (by_uid[mentee], by_uid[mentor]) for mentee, mentor in wanted if mentee in by_uid and mentor in by_uid
    ]


def _lock_all(request: HttpRequest, pairs: list[Pair], by: Person) -> int:
    locks, refused = lock_pairs(pairs=pairs, by=by)
    for refusal in refused:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return len(locks)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exclude(request: HttpRequest, program: str, cohort: str, mentee: Any, mentor: Any) -> HttpResponse:
    """Say why these two are never to be a pair."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    people = Enrollment.objects.filter(cohort=found).select_related("person")
    first = get_object_or_404(people, uid=mentee, role=Enrollment.Role.MENTEE)
    second = get_object_or_404(people, uid=mentor, role=Enrollment.Role.MENTOR)
    form = ExcludeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        exclude_pair(mentee=first, mentor=second, reason=form.cleaned_data["reason"], by=reader(request))
        names = {"mentee": first.person.name, "mentor": second.person.name}
        messages.success(
            request,
            _("%(mentee)s and %(mentor)s are excluded as a pair. Run again to see who takes their places.")
            % names,
        )
        return redirect(_back(request, found))
    context = {
        **matching_context(request, found),
        "form": form,
        "mentee": first,
        "mentor": second,
        "back": _back(request, found),
    }
    return render(request, "matching/exclude.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def fixed(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All locks and exclusions; a pair of one's choice can be locked."""
    found = whole_cohort(request, program, cohort, Permission.SEE_PEOPLE)
    context = matching_context(request, found)
    may_run = context["may_run"]
    if request.method == "POST" and not may_run:
        raise PermissionDenied
    labels = {role.value: word(found.program, role.value, cap=True) for role in Enrollment.Role}
    form = PairForm(request.POST or None, cohort=found, labels=labels) if may_run else None
    if form and request.method == "POST" and form.is_valid():
        try:
            mentee, mentor = form.pair
            lock_pair(mentee=mentee, mentor=mentor, by=reader(request))
        except Refused as refused:
            form.add_error(None, f"{refused.message} {refused.hint}")
        else:
            messages.success(request, _("Locked: every run keeps this pair."))
            return redirect("matching_fixed", program, cohort)
    people = ("mentee__person", "mentor__person", "by")
    context |= {
        "form": form,
        "locks": locks_of(found).select_related(*people).order_by("mentee__person__full_name", "pk"),
        "exclusions": exclusions_of(found)
        .select_related(*people, "cohort")
        .order_by("mentee__person__full_name", "pk"),
    }
    return render(request, "matching/fixed.html", context)


@login_required
@require_POST
def allow(request: HttpRequest, program: str, cohort: str, pk: int) -> HttpResponse:
    """Lift an exclusion."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    allow_pair(exclusion=get_object_or_404(exclusions_of(found), pk=pk), by=reader(request))
    messages.success(request, _("The two may be paired again."))
    return redirect("matching_fixed", program, cohort)


def _back(request: HttpRequest, cohort: Cohort) -> str:
    """Where the reader came from, if that is one of our pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("matching_review", args=[cohort.program.slug, cohort.slug])
