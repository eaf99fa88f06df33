"""How a mentorship ends: when its term is over, or earlier and nobody's fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from agreements.domain.common import check_not_ended, lock_mentorship
from agreements.domain.telling import tell_anew
from agreements.domain.versions import PURPOSE
from agreements.models import Agreement, Member, Mentorship
from agreements.verbs import Verb
from core.audit import record
from core.dates import today_in
from core.errors import Refused
from core.lifecycle import move
from core.roles import Permission
from matching.domain.pairs import end_pairs
from notifications.domain import links, outbox
from notifications.queries import drafts_about
from participants.models import Enrollment
from people.models import Person
from programs.labels import words
from programs.queries import may


@transaction.atomic
def end_without_fault(*, mentorship: Mentorship, by: Person) -> Mentorship:
    """End it early: places are free again, all stay eligible, and nothing tells whose wish it was.

    Somebody of a circle who has others on the same side leaves it alone, and those who stay are told. Raises
    Refused: "not_allowed", "ended".
    """
    mentorship = lock_mentorship(mentorship)
    check_not_ended(mentorship)
    members = mentorship.open_members
    own = next((member for member in members if member.person_id == by.pk), None)
    if own is None and not may(by, Permission.MANAGE_MENTORSHIPS, mentorship.cohort.program_id):
        raise Refused("not_allowed", _("Only its members and the program managers can end a mentorship."))
    if own and any(member.side == own.side for member in members if member != own):
        _leave(mentorship, [own], members)
        _untell(mentorship, [own])
        _record(Verb.MEMBER_LEFT, mentorship)
        untold = tell_anew(mentorship)
        _tell_left(mentorship, own, [member for member in members if member.person_id not in untold])
        return mentorship
    _leave(mentorship, members, members)
    mentorship.ended_by = str(by.pk)
    _end(mentorship, Mentorship.Ending.NO_FAULT, today_in(mentorship.cohort.timezone))
    _record(Verb.MENTORSHIP_ENDED, mentorship)
    for member in _untell(mentorship, members):
        _tell_ended(mentorship, member, members, "no_fault")
    return mentorship


@transaction.atomic
def complete(*, mentorship: Mentorship) -> bool:
    """Its term is over: completed, with an invitation to say how it went. Nothing if it has ended already.

    An enrollment is completed with its last open mentorship.
    """
    mentorship = lock_mentorship(mentorship)
    if mentorship.state == Mentorship.State.ENDED or mentorship.ends_on >= today_in(
        mentorship.cohort.timezone
    ):
        return False
    members = mentorship.open_members
    Member.objects.filter(pk__in=[member.pk for member in members]).update(left_on=mentorship.ends_on)
    _end(mentorship, Mentorship.Ending.COMPLETED, mentorship.ends_on)
    enrollments = Enrollment.objects.select_for_update().filter(
        pk__in=[member.enrollment_id for member in members]
    )
    for enrollment in enrollments.order_by("pk"):
        still = Member.objects.filter(enrollment=enrollment, left_on=None).exists()
        if enrollment.state == Enrollment.State.ACCEPTED and not still:
            move(enrollment, Enrollment.State.COMPLETED)
    record(Verb.MENTORSHIP_COMPLETED, by=None, target=mentorship, program_id=mentorship.cohort.program_id)
    for member in _untell(mentorship, members):
        _tell_ended(mentorship, member, members, "completed")
    return True


def _leave(mentorship: Mentorship, leaving: Sequence[Member], counted: Sequence[Member]) -> None:
    """Close memberships and free the places: each leaver's, and with a mentee who goes one of every mentor."""
    today = today_in(mentorship.cohort.timezone)
    Member.objects.filter(pk__in=[member.pk for member in leaving]).update(left_on=today)
    sides = {side: [row for row in counted if row.side == side] for side in Member.Side}
    gone = [member for member in leaving if member.side == Member.Side.MENTEE]
    freed = {member.enrollment_id: len(gone) for member in sides[Member.Side.MENTOR]}
    for member in leaving:
        freed[member.enrollment_id] = 1 if member in gone else len(sides[Member.Side.MENTEE])
    end_pairs(
        (mentee.enrollment_id, mentor.enrollment_id)
        for mentee in sides[Member.Side.MENTEE]
        for mentor in sides[Member.Side.MENTOR]
        if mentee in leaving or mentor in leaving
    )
    locked = Enrollment.objects.select_for_update().filter(pk__in=freed).order_by("pk")
    for enrollment in locked:
        enrollment.used = F("used") - freed[enrollment.pk]
        enrollment.save(update_fields=["used"])


def _end(mentorship: Mentorship, ending: str, ended_on: date) -> None:
    in_work = [Agreement.State.DRAFT, Agreement.State.SIGNING, Agreement.State.IN_FORCE]
    for agreement in mentorship.agreements.select_for_update().filter(state__in=in_work).order_by("pk"):
        move(agreement, Agreement.State.ENDED)
        links.revoke_links(target=agreement, purpose=PURPOSE, by=None)
    mentorship.help_requests.filter(handled_at=None).update(handled_at=timezone.now())
    mentorship.ended_on = ended_on
    mentorship.ending = ending
    move(mentorship, Mentorship.State.ENDED, also=["ended_on", "ending", "ended_by"])


def _untell(mentorship: Mentorship, members: Sequence[Member]) -> list[Member]:
    """Drop what still waits to tell of the match; the others, who may have read of it, and so hear of its end."""
    drafts = drafts_about("matched", [mentorship]).filter(
        recipient__in=[member.person_id for member in members]
    )
    untold = set(drafts.values_list("recipient", flat=True))
    outbox.drop(messages=drafts, by=None)
    return [member for member in members if member.person_id not in untold]


def _tell_ended(mentorship: Mentorship, member: Member, members: Sequence[Member], how: str) -> None:
    context = {
        "words": words(mentorship.cohort.program, member.person.language),
        "others": [other.person.full_name for other in members if other.pk != member.pk],
        "how": how,
        "ended_on": mentorship.ended_on,
        "never_began": mentorship.never_began,
    }
    _tell("mentorship_ended", mentorship, member.person, context, str(mentorship.pk))


def _tell_left(mentorship: Mentorship, leaver: Member, members: Sequence[Member]) -> None:
    """To the hosts who stay; of a host who leaves, to everybody."""
    context = {"leaver": leaver.person.full_name}
    for member in members:
        if member != leaver and Member.Side.MENTOR in {member.side, leaver.side}:
            _tell("member_left", mentorship, member.person, context, f"{mentorship.pk}:{leaver.pk}")


def _tell(kind: str, mentorship: Mentorship, to: Person, context: Mapping[str, object], about: str) -> None:
    cohort = mentorship.cohort
    outbox.queue(
        kind=kind,
        to=to,
        context={**context, "mentorship_uid": mentorship.uid, "cohort": cohort},
        dedupe_key=f"{kind}:{about}:{to.pk}",
        about=mentorship,
        program_id=cohort.program_id,
        cohort_id=cohort.pk,
    )


def _record(verb: Verb, mentorship: Mentorship) -> None:
    """As an act of the system: the trail, too, does not tell whose wish it was."""
    record(verb, by=None, target=mentorship, program_id=mentorship.cohort.program_id)
