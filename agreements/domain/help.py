"""Asking the program managers for help: advice, or another match in the first weeks."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agreements.domain.common import check_not_ended, lock_mentorship, member_of
from agreements.models import HelpRequest, Mentorship
from agreements.verbs import Verb
from core.audit import record
from core.dates import today_in
from core.errors import Refused
from core.roles import Permission
from people.models import Person
from programs.queries import may

DAYS_TO_ANSWER = 3


def last_rematch_day(mentorship: Mentorship) -> date:
    """Until when another match can be asked for."""
    return mentorship.starts_on + timedelta(days=mentorship.cohort.rematch_days)


@transaction.atomic
def ask_for_help(*, mentorship: Mentorship, by: Person, wish: str, words: str = "") -> HelpRequest:
    """Ask; the managers see it, the partner does not.

    Raises Refused: "not_a_party", "ended", "rematch_over", "asked_already".
    """
    mentorship = lock_mentorship(mentorship)
    member_of(mentorship, by)
    check_not_ended(mentorship)
    today = today_in(mentorship.cohort.timezone)
    last = last_rematch_day(mentorship)
    if wish == HelpRequest.Wish.REMATCH and today > last:
        raise Refused(
            "rematch_over",
            _("Another match could be asked for until %(day)s.") % {"day": date_format(last)},
            _("Ask for advice instead: there is always a way."),
        )
    if mentorship.help_requests.filter(person=by, handled_at=None).exists():
        raise Refused(
            "asked_already", _("You have asked already; the program managers will come back to you.")
        )
    asked = HelpRequest.objects.create(
        mentorship=mentorship,
        person=by,
        wish=wish,
        words=words.strip(),
        due_on=today + timedelta(days=DAYS_TO_ANSWER),
    )
    # Who asked stays out of the trail: an ending later on must not read as anybody's fault.
    record(Verb.HELP_ASKED, by=None, target=mentorship, program_id=mentorship.cohort.program_id)
    return asked


@transaction.atomic
def handle_help(*, request: HelpRequest, by: Person) -> HelpRequest:
    """A manager has taken care of it. Raises Refused: "not_allowed", "handled_already"."""
    mentorship = lock_mentorship(request.mentorship_id)
    request = HelpRequest.objects.select_for_update().get(pk=request.pk)
    if not may(by, Permission.MANAGE_MENTORSHIPS, mentorship.cohort.program_id):
        raise Refused("not_allowed", _("Only the program managers can do this."))
    if request.handled_at:
        raise Refused("handled_already", _("Somebody has taken care of this already."))
    request.handled_at, request.handled_by = timezone.now(), by
    request.save(update_fields=["handled_at", "handled_by"])
    record(Verb.HELP_HANDLED, by=by, target=mentorship, program_id=mentorship.cohort.program_id)
    return request
