"""Ranking the mentors of a shortlist."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import record
from core.errors import Refused
from participants.domain.introductions import kept_apart
from participants.domain.wishes import lock_for_wishes, set_wishes, standing_wishes
from participants.models import Enrollment, Shortlist, Suggestion
from participants.queries import still_suggested, unsettled
from participants.rules import MAX_WISHES
from participants.verbs import Verb
from people.models import Person


def settled(mentee: Enrollment) -> str:
    """Why there is nothing to rank where the pair is confirmed already; else empty."""
    if unsettled(Enrollment.objects.filter(pk=mentee.pk)).exists():
        return ""
    return _("You have your pair already, so there is nothing to rank.")


@transaction.atomic
def rank_shortlist(*, shortlist: Shortlist, ranks: Mapping[int, int], by: Person) -> Shortlist:
    """Keep the ranks (1 to 3, 0 for no wish) by suggestion; those ranked become the first wishes.

    Earlier wishes for people who are not on the list follow as far as three reach. It can be done again.
    Raises Refused: wishes_closed, settled, what keeps one of them apart, and as `check_wishes`; ValueError for a
    rank given twice.
    """
    enrollment = lock_for_wishes(shortlist.enrollment)
    if why := settled(enrollment):
        raise Refused("settled", why)
    row = Shortlist.objects.select_for_update().get(pk=shortlist.pk)
    given = [rank for rank in ranks.values() if rank]
    if len(set(given)) < len(given):
        raise ValueError(f"ranks {sorted(given)}: each can be given once")
    suggestions = list(still_suggested(row))
    row.suggestions.update(rank=None)  # a rank may move from one to another
    for one in suggestions:
        one.rank = ranks.get(one.pk, 0)
    Suggestion.objects.bulk_update(suggestions, ["rank"])
    row.ranked_at = timezone.now()
    row.save(update_fields=["ranked_at"])
    chosen = sorted((one for one in suggestions if one.rank), key=lambda one: one.rank or 0)
    for refused in kept_apart(enrollment, [one.mentor for one in chosen]).values():
        raise refused
    listed = {str(one.mentor.person.uid) for one in suggestions}
    others = [uid for uid in standing_wishes(enrollment) if uid not in listed]
    wished = [str(one.mentor.person.uid) for one in chosen]
    set_wishes(enrollment, [*wished, *others][:MAX_WISHES])
    record(Verb.SHORTLIST_RANKED, by=by, target=row, program_id=enrollment.cohort.program_id)
    return row
