"""Wishes: up to three mentors a mentee would like, in order."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.audit import record
from core.errors import Refused
from participants.models import Enrollment, Wish
from participants.queries import BROWSING, mentors_to_wish_for
from participants.rules import BEFORE_PAIRS, MAX_WISHES, waits_for_more
from participants.verbs import Verb
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
            ngettext(
                "%(number)d of the people you chose is no mentor in this round any more. Please choose somebody else.",
                "%(number)d of the people you chose are no mentors in this round any more. Please choose others.",
                len(missing),
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


@transaction.atomic
def change_wishes(*, enrollment: Enrollment, act: str, mentor: Person, by: Person) -> list[Person]:
    """Add a mentor as the last wish, or bring one `up`, `down`, or `remove` it; the wishes as they are then.

    They are those of the application form. A wish for somebody who has gone drops out on the way.
    Raises Refused as `check_wishes`, wishes_closed.
    """
    row = lock_for_wishes(enrollment)
    before = standing_wishes(row)
    after = [uid for uid in before if act != "remove" or uid != str(mentor.uid)]
    if act == "add" and str(mentor.uid) not in after:
        after.append(str(mentor.uid))
    elif act in ("up", "down") and str(mentor.uid) in after:
        at = after.index(str(mentor.uid))
        to = min(max(at + (1 if act == "down" else -1), 0), len(after) - 1)
        after.insert(to, after.pop(at))
    set_wishes(row, after)
    if after != before:
        record(Verb.WISHES_CHANGED, by=by, target=row, program_id=row.cohort.program_id, data={"act": act})
    return [wish.mentor for wish in row.wishes.select_related("mentor")]


def lock_for_wishes(enrollment: Enrollment) -> Enrollment:
    """The row, locked, where wishes can still change something. Raises Refused("wishes_closed")."""
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("cohort__program", "person")
    row = rows.get(pk=enrollment.pk)
    if closed := why_closed(row):
        raise Refused("wishes_closed", closed)
    return row


def why_closed(enrollment: Enrollment) -> str:
    """Why wishes, and rankings, cannot be changed any more, and whether they still count; empty while they can."""
    if enrollment.state in BROWSING and enrollment.cohort.state in BEFORE_PAIRS:
        return ""
    if waits_for_more(enrollment):
        return _(
            "The first pairs of this round are published, so wishes can no longer be changed. Those that you "
            "gave before still count when more pairs are made."
        )
    return _("The matching of this round is over: wishes change nothing now.")


def standing_wishes(enrollment: Enrollment) -> list[str]:
    """Uids of those wished for who are still there, first wish first."""
    still = set(mentors_to_wish_for(enrollment).values_list("pk", flat=True))
    wishes = enrollment.wishes.select_related("mentor")
    return [str(wish.mentor.uid) for wish in wishes if wish.mentor_id in still]
