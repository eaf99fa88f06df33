"""A late joiner takes a free place in a circle that meets already."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from agreements.domain.common import check_not_ended, lock_mentorship
from agreements.models import ActionPlan, Member, Mentorship
from agreements.queries import free_places
from agreements.verbs import Verb
from core.audit import record
from core.dates import today_in
from core.errors import Refused
from matching import rule_words
from matching.circles_snapshot import rules_against
from matching.domain.pairs import remember_pair
from notifications.domain import outbox
from participants.models import Enrollment
from people.models import Person
from programs.labels import word, words


@transaction.atomic
def join_circle(*, mentorship: Mentorship, enrollment: Enrollment, by: Person) -> Member:
    """Somebody who waits for a circle becomes a member of this one; a mail to everyone concerned waits as a draft.

    Raises Refused: "ended", "not_a_circle", "full", "not_accepted", "no_place", or rule_<name> for a broken rule.
    """
    mentorship = lock_mentorship(mentorship)
    check_not_ended(mentorship)
    members = mentorship.open_members
    hosts = [member for member in members if member.side == Member.Side.MENTOR]
    rows = Enrollment.objects.select_for_update(of=("self",)).select_related("person")
    held = {
        row.pk: row
        for row in rows.filter(pk__in=[enrollment.pk, *(h.enrollment_id for h in hosts)]).order_by("pk")
    }
    mentee = held[enrollment.pk]
    _check(mentorship, mentee, [held[host.enrollment_id] for host in hosts])
    member = Member.objects.create(
        mentorship=mentorship,
        enrollment=mentee,
        person=mentee.person,
        side=Member.Side.MENTEE,
        joined_on=max(today_in(mentorship.cohort.timezone), mentorship.starts_on),
        pair_key=f"{hosts[0].enrollment_id}:{mentee.pk}",
    )
    if mentorship.cohort.action_plan:
        due_on = member.joined_on + timedelta(days=mentorship.cohort.plan_days)
        ActionPlan.objects.create(mentorship=mentorship, mentee=mentee.person, due_on=due_on)
    Enrollment.objects.filter(pk__in=held).update(used=F("used") + 1)
    for host in hosts:
        remember_pair(mentee.person_id, host.person_id)
        _tell(mentorship, host.person, [mentee.person], "mentee")
    _tell(mentorship, mentee.person, [host.person for host in hosts], "mentor")
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


def _tell(mentorship: Mentorship, to: Person, partners: list[Person], role: str) -> None:
    cohort = mentorship.cohort
    outbox.queue(
        kind="matched",
        to=to,
        context={
            "mentorship_uid": mentorship.uid,
            "cohort": cohort,
            "partners": partners,
            "words": words(cohort.program, to.language),
            "partner_word": word(cohort.program, role, to.language),
            "reasons": [],
            "is_circle": True,
            "is_mentee": role == "mentor",
            "starts_on": mentorship.starts_on,
            "agreement_due_on": mentorship.starts_on + timedelta(days=cohort.agreement_days),
        },
        dedupe_key=f"joined:{mentorship.pk}:{to.pk}:{partners[0].pk}",
        about=mentorship,
        program_id=cohort.program_id,
        cohort_id=cohort.pk,
        batch=f"circle-{mentorship.pk}",
        draft=True,
    )
