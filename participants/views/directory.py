"""The directory of mentors, for the mentees of a cohort, and their wishes beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.access import fetch
from core.errors import Refused
from participants.cards import Card, cards_of
from participants.domain import introductions
from participants.domain.introductions import kept_apart
from participants.domain.wishes import change_wishes
from participants.filters import DirectoryFilter
from participants.forms import AskForm, chosen_among
from participants.models import Enrollment
from participants.queries import (
    introductions_of,
    lists_to_rank,
    may_browse,
    mentors_shown,
    mentors_to_wish_for,
)
from participants.rules import MAX_WISHES, may_ask
from participants.views.common import posted, reader
from participants.views.introductions import row_of
from people.models import Person
from programs.forms.fields import show_refusal
from programs.labels import word
from programs.models import Strand

PAGE = 24


@login_required
@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """The directories that the reader may look at; a single one is opened."""
    mine = list(may_browse(reader(request)))
    if len(mine) == 1:
        return redirect("mentor_directory", mine[0].cohort.program.slug, mine[0].cohort.slug)
    return render(request, "participants/directory/choose.html", {"mine": mine})


def _mine(request: HttpRequest, program: str, cohort: str) -> Enrollment:
    mine = may_browse(reader(request)).filter(cohort__program__slug=program, cohort__slug=cohort).first()
    if mine is None:
        raise Http404
    return mine


def _context(request: HttpRequest, mine: Enrollment) -> dict[str, Any]:
    """What the pages of a directory share: whose it is, their wishes, and what they may do."""
    program = mine.cohort.program
    wishes = [wish.mentor for wish in mine.wishes.select_related("mentor__unit")]
    return {
        "program": program,
        "cohort": mine.cohort,
        "wishes": wishes,
        "vain": _vain(mine, wishes),
        "most_wishes": MAX_WISHES,
        "can_ask": may_ask(mine.cohort, mine.role) and mine.strand.format == Strand.Format.ONE_TO_ONE,
        "is_self_match": mine.cohort.self_match,
        "mentor_word": word(program, "mentor"),
        "mentors_word": word(program, "mentors"),
    }


def _vain(mine: Enrollment, wishes: Sequence[Person]) -> set[int]:
    """Those wished for whom no run could give, by person."""
    if not wishes:
        return set()
    there = Enrollment.objects.filter(cohort=mine.cohort_id, role=Enrollment.Role.MENTOR, person__in=wishes)
    rows = list(there.select_related("person"))
    kept = kept_apart(mine, rows)
    return {row.person_id for row in rows if row.pk in kept}


@login_required
@require_safe
def index(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """All mentors who agreed to be found: search, filter, page."""
    mine = _mine(request, program, cohort)
    shown = mentors_shown(mine).order_by("person__full_name", "pk")
    narrowed = DirectoryFilter(request.GET, shown, cohort=mine.cohort)
    page = Paginator(narrowed.qs, PAGE).get_page(request.GET.get("page"))
    shortlist = lists_to_rank().filter(enrollment=mine).first()
    context = _context(request, mine)
    wished = {wish.pk for wish in context["wishes"]}
    context |= {
        "filter": narrowed,
        "page": page,
        "cards": _between(cards_of(mine.cohort, page.object_list), mine, list(page.object_list)),
        "wished": wished,
        "any": bool(page.paginator.count) or shown.exists(),
        "shortlist": shortlist,
    }
    return render(request, "participants/directory/index.html", context)


def _between(cards: list[Card], mine: Enrollment, mentors: Sequence[Enrollment]) -> list[Card]:
    """Each with the last request between the mentor and the reader, and what keeps them apart."""
    kept = kept_apart(mine, mentors)
    apart = {str(row.uid): str(kept[row.pk].message) for row in mentors if row.pk in kept}
    rows = introductions_of(mine.person).filter(mentee=mine, mentor__uid__in=[card.uid for card in cards])
    last = {str(row.mentor.uid): row_of(row, mine.person) for row in reversed(rows)}
    return [replace(card, between=last.get(card.uid), apart=apart.get(card.uid, "")) for card in cards]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def show(request: HttpRequest, program: str, cohort: str, uid: UUID) -> HttpResponse:
    """One mentor; here the reader asks."""
    mine = _mine(request, program, cohort)
    mentor = fetch(mentors_shown(mine), uid=uid)
    form = AskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            asked = introductions.ask(
                mentee=mine, mentor=mentor, by=reader(request), note=form.cleaned_data["note"]
            )
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has your request.") % {"name": mentor.person.name})
            return redirect("my_introduction", asked.uid)
    (card,) = _between(cards_of(mine.cohort, [mentor]), mine, [mentor])
    context = _context(request, mine)
    context |= {
        "card": card,
        "wished": {wish.pk for wish in context["wishes"]},
        "form": form,
        "is_supervisor": mine.person.supervisor_id == mentor.person_id,
    }
    return render(request, "participants/directory/show.html", context)


ACTS = ("add", "up", "down", "remove")


@login_required
@require_POST
def wish(request: HttpRequest, program: str, cohort: str) -> HttpResponse:
    """Add a wish, or move or drop one: the button's name is the act, its value the person."""
    mine = _mine(request, program, cohort)
    act = next((name for name in ACTS if name in request.POST), "")
    if not act:
        return redirect("mentor_directory", program, cohort)
    people = mentors_to_wish_for(mine) if act == "add" else Person.objects.filter(wished_by__enrollment=mine)
    mentor = fetch(chosen_among(people, [request.POST.get(act, "")]))
    change_wishes(enrollment=mine, act=act, mentor=mentor, by=reader(request))
    said = {
        "add": _("%(name)s is among your wishes."),
        "remove": _("%(name)s is no longer among your wishes."),
    }
    messages.success(request, said.get(act, _("Your wishes are in a new order.")) % {"name": mentor.name})
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return redirect(wanted)
    return redirect("mentor_directory", program, cohort)
