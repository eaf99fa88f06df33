"""What comes next in a mentorship, and what has happened so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agreements.models import ActionPlan, Agreement, Meeting, Member, Mentorship, Signature
from core.dates import today_in
from core.ui import Event


@dataclass(frozen=True)
class Act:
    """The next thing to do; without an address there is nothing to do but wait."""

    verb: str
    url: str = ""
    due: date | None = None


def next_act(mentorship: Any, mine: Member, words: Mapping[str, str]) -> Act | None:
    """The one act that comes first, for a row of `with_progress_of`; None once it has ended."""
    if mentorship.state == Mentorship.State.ENDED:
        return None
    agreement_url = reverse("agreement", args=[mentorship.uid])
    names = {"agreement": words["agreement"], "plan": words["plan"], "supervisor": words["supervisor"]}
    if mentorship.agreement_state == "draft":
        return Act(_("Write and sign your %(agreement)s") % names, agreement_url, mentorship.agreement_due)
    if mentorship.agreement_state in {"signed_mentor", "signed_mentee"}:
        if not mentorship.i_signed:
            return Act(_("Sign your %(agreement)s") % names, agreement_url, mentorship.agreement_due)
        return Act(_("You have signed; not all have signed yet"), agreement_url, mentorship.agreement_due)
    if mentorship.agreement_state == "waiting_supervisor":
        return Act(
            _("The %(supervisor)s is asked to approve") % names, agreement_url, mentorship.agreement_due
        )
    if mine.side == Member.Side.MENTEE and mentorship.my_plan_due:
        return Act(
            _("Write your %(plan)s and share it") % names,
            reverse("plan", args=[mentorship.uid]),
            mentorship.my_plan_due,
        )
    left = mentorship.meetings_per_month - mentorship.met
    meetings_url = reverse("meetings", args=[mentorship.uid])
    if left > 0 and today_in(mentorship.cohort.timezone) >= mentorship.starts_on:
        verb = ngettext("Meet once more this month", "Meet %(n)d times this month", left) % {"n": left}
        return Act(verb, meetings_url)
    return Act(_("All is on track. Enjoy your next meeting"), meetings_url)


def story(
    mentorship: Mentorship,
    agreement: Agreement | None,
    signatures: Sequence[Signature],
    plans: Sequence[ActionPlan],
    meetings: Sequence[Meeting],
    context: Mapping[str, Any],
) -> list[Event]:
    """What has happened, newest first, and the two dates that frame it."""
    words = context["words"]
    told: list[tuple[date, Event]] = []

    def tell(day: date, what: str, detail: str = "", kind: str = "") -> None:
        told.append((day, Event(what, day, detail, kind)))

    begun = context["today"] >= mentorship.starts_on
    if not mentorship.never_began:
        tell(mentorship.starts_on, _("Your mentorship began") if begun else _("Your mentorship begins"))
    for signature in signatures:
        names = {"name": signature.person.name, "agreement": words["agreement"]}
        tell(timezone.localdate(signature.at), _("%(name)s signed the %(agreement)s") % names)
    if agreement and agreement.in_force_at:
        what = _("The %(agreement)s came into force") % {"agreement": words["agreement"]}
        tell(timezone.localdate(agreement.in_force_at), what, kind="ok")
    for plan in plans:
        if plan.shared_at:
            tell(
                timezone.localdate(plan.shared_at),
                _("The %(plan)s was shared") % {"plan": words["plan"]},
                kind="ok",
            )
    for meeting in meetings:
        minutes = ngettext("%(n)d minute", "%(n)d minutes", meeting.minutes) % {"n": meeting.minutes}
        tell(meeting.held_on, _("You met"), f"{minutes} · {meeting.get_medium_display()}")
    if mentorship.ended_on:
        tell(mentorship.ended_on, _("It ended before it began") if mentorship.never_began else _("It ended"))
    else:
        tell(mentorship.ends_on, _("It ends"))
    told.reverse()  # on the same day, too, what came last stands first
    return [event for _day, event in sorted(told, key=lambda each: each[0], reverse=True)]
