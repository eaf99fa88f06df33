"""Deciding by hand about pairs: lock, exclude, allow, and take it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from core.errors import Refused
from core.roles import Permission
from matching.decision_words import exclusion_reasons
from matching.domain.decisions import Act, has_decided, last_number
from matching.domain.fixed import allow_pair, exclude_pair, lock_pairs, unlock_pairs
from matching.domain.undo import undo_decisions
from matching.forms import ExcludeForm
from matching.models import Decision, Exclusion, Lock
from matching.queries import exclusions_of, latest_ready, sits_in_circle
from matching.review import is_uid
from matching.ties import own_noes, ties
from matching.views.common import matching_context, whole_cohort
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort
from programs.views.desk import reader

Pair = tuple[Enrollment, Enrollment]
TWO = 2


@login_required
@require_POST
def lock(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Lock or unlock one pair (button `lock` or `unlock`) or those selected (`op`); pairs are "mentee:mentor" uids."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    single = request.POST.get("lock") or request.POST.get("unlock")
    chosen = [single] if single else request.POST.getlist("pair")
    pairs = pairs_named(found, chosen)
    if not single and request.POST.get("op") == "swap":
        return _to_swap(request, found, pairs)
    keep = "lock" in request.POST or (not single and request.POST.get("op") == "lock")
    if not pairs:
        messages.warning(request, _("No pair was selected."))
        return redirect(back_to(request, found))
    if not keep and "sure" not in request.POST and (known := ties(pairs)):
        values = [("op", "unlock"), *(("pair", f"{mentee.uid}:{mentor.uid}") for mentee, mentor in pairs)]
        return _ask_first(request, found, values, known=[text for _pair, text in known])
    act = act_of(request, Decision.Act.LOCK if keep else Decision.Act.UNLOCK)
    by = reader(request)
    done = _lock_all(request, pairs, by, act) if keep else unlock_pairs(pairs=pairs, by=by, act=act)
    if done and not has_decided(act):
        messages.info(request, _("Nothing has changed: this was locked already."))
    elif done:
        say(request, locked_told(pairs, done) if keep else _unlocked_told(pairs, done), act)
    return redirect(back_to(request, found))


def _ask_first(
    request: HttpRequest, cohort: Cohort, values: list[tuple[str, str]], **told: list[str]
) -> HttpResponse:
    """Unlocking people who know that they are a pair (`known`), and lifting a no of one of two (`noes`), is asked
    about, then posted with `sure`.
    """
    back = back_to(request, cohort)
    again = [("sure", "1"), ("seen", request.POST.get("seen", "")), ("next", back)]
    context = {
        **matching_context(request, cohort),
        **told,
        "action": request.path,
        "values": [*values, *again],
        "back": back,
    }
    return render(request, "matching/lift_no.html" if told.get("noes") else "matching/unlock.html", context)


def locked_told(pairs: Sequence[Pair], done: int = 1) -> str:
    """What is said after locking, of pairs or of seats in circles."""
    if _all_seats(pairs):
        text = ngettext(
            "Locked: every run keeps this seat.", "%(count)s seats are locked: every run keeps them.", done
        )
    else:
        text = ngettext(
            "Locked: every run keeps this pair.", "%(count)s pairs are locked: every run keeps them.", done
        )
    return text % {"count": done}


def _unlocked_told(pairs: Sequence[Pair], done: int) -> str:
    if _all_seats(pairs):
        text = ngettext("The seat is no longer locked.", "%(count)s seats are no longer locked.", done)
    else:
        text = ngettext("The pair is no longer locked.", "%(count)s pairs are no longer locked.", done)
    return text % {"count": done}


def _all_seats(pairs: Sequence[Pair]) -> bool:
    return all(sits_in_circle(mentee) for mentee, _mentor in pairs)


def _to_swap(request: HttpRequest, cohort: Cohort, pairs: list[Pair]) -> HttpResponse:
    run = latest_ready(cohort)
    if len(pairs) != TWO or run is None:
        messages.warning(request, _("Select two pairs to swap their mentors."))
        return redirect(_ticked(back_to(request, cohort), pairs))
    return redirect(
        f"{decide_url(cohort, run.number, 'swap', pairs)}&{urlencode({'next': back_to(request, cohort)})}"
    )


def _ticked(back: str, pairs: list[Pair]) -> str:
    """The page that the reader came from, with these pairs still selected."""
    ticks = urlencode([("tick", f"{mentee.uid}:{mentor.uid}") for mentee, mentor in pairs])
    return f"{back}{'&' if '?' in back else '?'}{ticks}" if ticks else back


def decide_url(cohort: Cohort, number: int, act: str, pairs: list[Pair]) -> str:
    """The page with the consequences of this act."""
    query = [("act", act), *(("pair", f"{mentee.uid}:{mentor.uid}") for mentee, mentor in pairs)]
    page = reverse("matching_decide", args=[cohort.program.slug, cohort.slug, number])
    return f"{page}?{urlencode(query)}"


def pairs_named(cohort: Cohort, chosen: list[str]) -> list[Pair]:
    """The pairs named, of this cohort alone."""
    split = [tuple(value.split(":")) for value in chosen]
    wanted = [(pair[0], pair[1]) for pair in split if len(pair) == TWO and all(is_uid(uid) for uid in pair)]
    people = Enrollment.objects.filter(cohort=cohort, uid__in={uid for pair in wanted for uid in pair})
    by_uid = {str(row.uid): row for row in people.select_related("person", "cohort__program", "strand")}
    return [
        (by_uid[mentee], by_uid[mentor]) for mentee, mentor in wanted if mentee in by_uid and mentor in by_uid
    ]


def _lock_all(request: HttpRequest, pairs: list[Pair], by: Person, act: Act) -> int:
    locks, refused = lock_pairs(pairs=pairs, by=by, reason=request.POST.get("reason", ""), act=act)
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
    given = request.POST.copy() if request.method == "POST" else None
    form = ExcludeForm(given, initial={"seen": last_number(found)})
    if given is not None and form.is_valid():
        try:
            return _excluded(request, found, (first, second), form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, f"{refused.message} {refused.hint}")
            given["seen"] = str(last_number(found))  # the page now shows what was decided meanwhile
    stands = Exclusion.objects.filter(mentee=first, mentor=second).select_related("by")
    context = {
        **matching_context(request, found),
        "form": form,
        "mentee": first,
        "mentor": second,
        "in_circles": sits_in_circle(first),
        "is_locked": Lock.objects.filter(mentee=first, mentor=second).exists(),
        "why_excluded": list(exclusion_reasons(stands).values()),
        "known": [text for _pair, text in ties([(first, second)])],
        "back": back_to(request, found),
    }
    return render(request, "matching/exclude.html", context)


def _excluded(request: HttpRequest, cohort: Cohort, pair: Pair, reason: str) -> HttpResponse:
    """Do it. Raises Refused as `exclude_pair` does, and excluded_already."""
    (mentee, mentor), act = pair, act_of(request, Decision.Act.EXCLUDE)
    names = {"mentee": mentee.person.name, "mentor": mentor.person.name}
    exclude_pair(mentee=mentee, mentor=mentor, reason=reason, by=reader(request), act=act)
    if not has_decided(act):
        raise Refused(
            "excluded_already",
            _("%(mentee)s and %(mentor)s are excluded already, so nothing has changed.") % names,
            _("To give another reason, allow them first."),
        )
    say(request, _excluded_told(mentee) % names, act)
    return redirect(back_to(request, cohort))


def _excluded_told(mentee: Enrollment) -> str:
    if sits_in_circle(mentee):
        return _("%(mentee)s will not sit in a circle of %(mentor)s. Run again to see who takes the seat.")
    return _("%(mentee)s and %(mentor)s are excluded as a pair. Run again to see who takes their places.")


@login_required
@require_POST
def allow(request: HttpRequest, program: str, cohort: str, pk: int) -> HttpResponse:
    """Lift an exclusion."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    people = ("mentee__person", "mentor__person")
    exclusion = get_object_or_404(exclusions_of(found).select_related(*people), pk=pk)
    if "sure" not in request.POST and (said := own_noes([(exclusion.mentee, exclusion.mentor)])):
        return _ask_first(request, found, [], noes=list(said.values()))
    act = act_of(request, Decision.Act.ALLOW)
    allow_pair(exclusion=exclusion, by=reader(request), act=act)
    again = _("The two may be paired again.")
    say(
        request, _("The two may sit in one circle again.") if sits_in_circle(exclusion.mentee) else again, act
    )
    return redirect("matching_fixed", program, cohort)


@login_required
@require_POST
def undo(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Take back one act, named by its `batch`."""
    found = whole_cohort(request, program, cohort, Permission.RUN_MATCHING)
    named = request.POST.get("batch", "")
    batch = UUID(named) if is_uid(named) else UUID(int=0)
    told = {} if "sure" in request.POST else _told_of(found, batch)
    if any(told.values()):
        return _ask_first(request, found, [("batch", named)], **told)
    done = undo_decisions(cohort=found, batch=batch, by=reader(request), seen=act_of(request, "").seen)
    pairs = len({(row.mentee_id, row.mentor_id) for row in done})
    text = ngettext("%(count)s decision is undone.", "%(count)s decisions are undone.", pairs)
    messages.success(request, text % {"count": pairs})
    return redirect(back_to(request, found))


def _told_of(cohort: Cohort, batch: UUID) -> dict[str, list[str]]:
    """What to know before this act is taken back: what those locked know, and which exclusions are somebody's no."""
    rows = Decision.objects.filter(cohort=cohort, batch=batch, undone_at=None)
    pairs: dict[str, list[Pair]] = {}
    for row in rows.select_related("mentee__person", "mentor__person"):
        pairs.setdefault(row.kind, []).append((row.mentee, row.mentor))
    return {
        "known": [text for _pair, text in ties(pairs.get(Decision.Kind.LOCK, []))],
        "noes": list(own_noes(pairs.get(Decision.Kind.EXCLUDE, [])).values()),
    }


def act_of(request: HttpRequest, name: str) -> Act:
    """The act asked for, with the number of the last decision that the page showed."""
    seen = request.POST.get("seen", "")
    return Act(name, seen=int(seen) if seen.isascii() and seen.isdigit() else None)


def say(request: HttpRequest, text: str, act: Act) -> None:
    """What was done, with a button that takes it back; its form stands on every page of the review."""
    button = format_html(
        '<button class="btn btn-quiet btn-sm" form="undo" name="batch" value="{}">{}</button>',
        act.batch,
        _("Undo"),
    )
    messages.success(request, format_html("{} {}", text, button))


def back_to(request: HttpRequest, cohort: Cohort) -> str:
    """Where the reader came from, if that is one of our pages."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse("matching_review", args=[cohort.program.slug, cohort.slug])
