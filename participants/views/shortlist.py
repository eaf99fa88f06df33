"""The mentors proposed to a mentee, to be ranked."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access import fetch
from core.errors import Refused
from participants.cards import cards_of
from participants.domain.introductions import kept_apart
from participants.domain.shortlists import rank_shortlist, settled
from participants.domain.wishes import why_closed
from participants.forms import RankForm
from participants.queries import shortlists_of, still_suggested
from participants.views.common import posted, reader
from programs.forms.fields import show_refusal
from programs.labels import word


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def rank(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Who would suit me, best first; also that nobody does."""
    found = fetch(shortlists_of(reader(request)), uid=uid)
    cohort = found.enrollment.cohort
    suggestions = list(still_suggested(found))
    apart = kept_apart(found.enrollment, [one.mentor for one in suggestions])
    form = RankForm(posted(request), suggestions=[one for one in suggestions if one.mentor_id not in apart])
    if request.method == "POST" and form.is_valid():
        try:
            rank_shortlist(shortlist=found, ranks=form.ranks(), by=reader(request))
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Thank you. Your ranking counts as your wishes in the matching."))
            return redirect("my_shortlist", uid)
    closed = why_closed(found.enrollment) or settled(found.enrollment)
    cards = cards_of(cohort, [one.mentor for one in suggestions])
    return render(request, "participants/shortlist/rank.html", {
        "shortlist": found,
        "program": cohort.program,
        "cohort": cohort,
        "form": form,
        "rows": [
            (card, apart.get(one.mentor_id), f"rank_{one.pk}" in form.fields and form[f"rank_{one.pk}"])
            for card, one in zip(cards, suggestions, strict=True)
        ],
        "is_open": not closed,
        "why_closed": closed,
        "mentors_word": word(cohort.program, "mentors"),
    })  # fmt: skip
