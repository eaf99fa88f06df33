"""The next version of an agreement."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from agreements.models import Agreement
from agreements.terms import FIELDS
from agreements.verbs import Verb
from core.audit import record
from core.dates import today_in
from core.errors import Refused
from core.lifecycle import move
from notifications.domain import links
from people.models import Person

PURPOSE = "agreement_approval"
# A new version gives everyone at least this long, whatever was left of the old one's time.
DAYS_TO_SIGN_AGAIN = 7


def copy_to_draft(agreement: Agreement, by: Person, returned_note: str = "") -> Agreement:
    """The next version with the same terms. The caller has locked the agreement."""
    if agreement.state == Agreement.State.DRAFT:
        raise Refused("not_signed", _("Nobody has signed this version, so you can simply change it."))
    today = today_in(agreement.mentorship.cohort.timezone)
    if agreement.state == Agreement.State.IN_FORCE:
        due_on = today + timedelta(days=agreement.mentorship.cohort.agreement_days)
        _check_no_draft(agreement)
    else:
        due_on = max(agreement.due_on, today + timedelta(days=DAYS_TO_SIGN_AGAIN))
        move(agreement, Agreement.State.SUPERSEDED)
        links.revoke_links(target=agreement, purpose=PURPOSE, by=by)
    latest = agreement.mentorship.agreements.order_by("-version").values_list("version", flat=True)[0]
    draft = Agreement.objects.create(
        mentorship=agreement.mentorship,
        version=latest + 1,
        due_on=due_on,
        returned_note=returned_note,
        **{name: getattr(agreement, name) for name in FIELDS},
    )
    program_id = draft.mentorship.cohort.program_id
    record(
        Verb.AGREEMENT_REOPENED, by=by, target=draft, program_id=program_id, data={"version": draft.version}
    )
    return draft


def _check_no_draft(agreement: Agreement) -> None:
    in_work = [Agreement.State.DRAFT, Agreement.State.SIGNING]
    if agreement.mentorship.agreements.filter(state__in=in_work).exists():
        raise Refused("draft_exists", _("A new version is being written already."))
