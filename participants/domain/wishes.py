"""Wishes: up to three mentors a mentee would like, in order."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from participants.models import Enrollment, Wish
from participants.queries import mentors_to_wish_for
from participants.rules import MAX_WISHES
from people.models import Person


def check_wishes(enrollment: Enrollment, uids: Sequence[str]) -> list[Person]:
    """The people named, in order of rank.

    Raises Refused: wish_twice, wish_too_many, wish_self, wish_supervisor, wish_unknown.
    """
    person = enrollment.person
    if str(person.uid) in uids:
        raise Refused("wish_self", _("You cannot be your own mentor. Please choose somebody else."))
    if len(set(uids)) < len(uids):
        raise Refused(
            "wish_twice", _("You have chosen the same person twice. Please choose each person once.")
        )
    if len(uids) > MAX_WISHES:
        raise Refused("wish_too_many", _("You can name three people at most."))
    found = {str(row.uid): row for row in mentors_to_wish_for(enrollment).filter(uid__in=uids)}
    if missing := [uid for uid in uids if uid not in found]:
        raise Refused(
            "wish_unknown",
            _(
                "%(number)d of the people you chose is no mentor in this round any more. Please choose somebody else."
            )
            % {"number": len(missing)},
        )
    chosen = [found[uid] for uid in uids]
    for mentor in chosen:
        if mentor.pk == person.supervisor_id:
            raise Refused(
                "wish_supervisor",
                _(
                    "%(name)s is your supervisor. A mentor works best outside your own reporting line: "
                    "please choose somebody else."
                )
                % {"name": mentor.name},
            )
    return chosen


def set_wishes(enrollment: Enrollment, uids: Sequence[str]) -> None:
    """Replace the wishes by these, first wish first. Raises as `check_wishes`."""
    chosen = check_wishes(enrollment, uids)
    enrollment.wishes.all().delete()
    Wish.objects.bulk_create(
        Wish(enrollment=enrollment, rank=rank, mentor=mentor) for rank, mentor in enumerate(chosen, start=1)
    )
