"""A late joiner takes a free place in a circle that meets already."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from agreements.domain.common import check_not_ended, lock_mentorship
from agreements.domain.telling import in_turn, tell_anew, tell_matched
from agreements.models import ActionPlan, Member, Mentorship
from agreements.queries import circle_times, free_places
from agreements.verbs import Verb
from core.audit import record
from core.dates import today_in
from core.errors import Refused
from matching import rule_words
from matching.circles_snapshot import rules_against
from matching.domain.circles import seats_with
from matching.domain.pairs import remember_pair
from matching.lexicon import slots
from matching.models import Proposal
from matching.why import why_matched
from participants.models import Enrollment
from people.models import Person


@transaction.atomic
def join_circle(
    *, mentorship: Mentorship, enrollment: Enrollment, by: Person, anyway: bool = False
) -> Member:
    """Somebody who waits for a circle becomes a member of this one; a mail to everyone concerned waits as a draft.

    `anyway` also adds somebody who is never free when the circle is. Raises Refused: "ended", "not_a_circle", "full",
    "not_accepted", "no_place", "no_common_time", or rule_<name> for a broken rule.
    """
    mentorship = lock_mentorship(mentorship)
    check_not_ended(mentorship)
    hosting = [member for member in mentorship.open_members if member.side == Member.Side.MENTOR]
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("person", "cohort__program")
    people = [enrollment.pk, *(host.enrollment_id for host in hosting)]
    held = {row.pk: row for row in rows.filter(pk__in=people).order_by("pk")}
    mentee, hosts = held[enrollment.pk], [held[host.enrollment_id] for host in hosting]
    _check(mentorship, mentee, hosts)
    if not anyway:
        _check_times(mentorship, mentee)
    seats = seats_with(mentee, hosts)
    member = Member.objects.create(
        mentorship=mentorship,
        enrollment=mentee,
        person=mentee.person,
        side=Member.Side.MENTEE,
        joined_on=max(today_in(mentorship.cohort.timezone), mentorship.starts_on),
        pair_key=f"{hosts[0].pk}:{mentee.pk}",
    )
    if mentorship.cohort.action_plan:
        due_on = member.joined_on + timedelta(days=mentorship.cohort.plan_days)
        ActionPlan.objects.create(mentorship=mentorship, mentee=mentee.person, due_on=due_on)
    Enrollment.objects.filter(pk__in=held).update(used=F("used") + 1)
    for host in hosts:
        remember_pair(mentee.person_id, host.person_id)
    _tell(mentorship, mentee, hosts, seats)
    record(Verb.MEMBER_JOINED, by=by, target=mentorship, program_id=mentorship.cohort.program_id)
    return member


def _check(mentorship: Mentorship, mentee: Enrollment, hosts: list[Enrollment]) -> None:
    if mentorship.strand.format != mentorship.strand.Format.CIRCLE or not hosts:
        raise Refused("not_a_circle", _("Only a circle takes in somebody who joins late."))
    if free_places(mentorship) < 1:
        raise Refused("full", _("This circle is full."), _("Choose another circle."))
    fits = (mentee.cohort_id, mentee.strand_id) == (mentorship.cohort_id, mentorship.strand_id)
    if mentee.state != Enrollment.State.ACCEPTED or mentee.role != Enrollment.Role.MENTEE or not fits:
        raise Refused(
            "not_accepted",
            _("%(name)s does not wait for a circle here.") % {"name": mentee.person.name},
            _("Accept the application first."),
        )
    if mentee.used >= mentee.capacity:
        raise Refused("no_place", _("%(name)s is in a circle already.") % {"name": mentee.person.name})
    for rule, host in rules_against(mentorship.cohort, mentee, hosts):
        raise Refused(
            f"rule_{rule}",
            rule_words.broken(rule, mentee.person.name, host.person.name),
            _("Such a pair is never made, not even by hand."),
        )


def _check_times(mentorship: Mentorship, mentee: Enrollment) -> None:
    times = circle_times(mentorship, least=1)
    if times and mentee.availability and not times & set(mentee.availability):
        names = {"name": mentee.person.name, "times": ", ".join(slots(times))}
        raise Refused(
            "no_common_time",
            _("%(name)s is never free when the circle is (%(times)s).") % names,
            _("Choose somebody else, or tick that you add them even so."),
        )


def _tell(mentorship: Mentorship, mentee: Enrollment, hosts: list[Enrollment], seats: list[Proposal]) -> None:
    times, untold = circle_times(mentorship), tell_anew(mentorship)
    sides: list[tuple[str, Enrollment, list[Enrollment]]] = [
        *((Member.Side.MENTOR, host, [mentee]) for host in hosts if host.person_id not in untold),
        (Member.Side.MENTEE, mentee, hosts),
    ]
    for side, to, partners in sides:
        language = to.person.language
        own = [seat for seat in seats if to in (seat.mentor, seat.mentee)]
        told = [why_matched([seat], language)[seat.pk, side] for seat in own]
        tell_matched(
            mentorship,
            to.person,
            side=side,
            partners=[partner.person for partner in partners],
            reasons=in_turn(told) if told else [],
            times=times,
            key=f"joined:{mentorship.pk}:{to.person_id}:{partners[0].person_id}",
            batch=f"circle-{mentorship.pk}",
        )
