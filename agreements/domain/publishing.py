"""Publishing a run, at once or in parts: the chosen proposals become mentorships, all of them or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from agreements.domain.telling import in_turn, tell_matched
from agreements.models import ActionPlan, Agreement, Member, Mentorship
from agreements.queries import shared_times
from agreements.verbs import Verb
from core.audit import record
from core.dates import last_day, today_in
from core.errors import Refused
from matching.domain.introductions import settle_published
from matching.domain.runs import mark_published
from matching.models import PastPair, Proposal, Run
from matching.past import past_pair
from matching.queries import READY
from matching.standing import obstacles, too_few
from matching.why import Told, why_matched
from notifications.domain import outbox
from notifications.queries import drafts_about
from participants.models import Enrollment, Shortlist
from people.models import Person
from programs.domain.cohorts import start_running
from programs.models import Cohort


@transaction.atomic
def publish_run(*, run: Run, by: Person, proposals: Iterable[Proposal] | None = None) -> list[Mentorship]:
    """Turn a certified run, or the chosen ones of its proposals, into mentorships that both sides are told about.

    What is not chosen can be published later, for as long as it can stand. The mails wait in the outbox as drafts.
    Raises Refused: "already_published", "not_certified", "wrong_stage", "nothing_to_publish", "not_accepted",
    "circle_small", "no_place", "already_paired", "pair_barred".
    """
    run = Run.objects.select_for_update().get(pk=run.pk)
    cohort = Cohort.objects.select_for_update(of=("self",)).select_related("program").get(pk=run.cohort_id)
    _check_stage(run, cohort)
    chosen = _chosen(run, proposals)
    enrollments = _locked_enrollments(chosen)
    for proposal in chosen:
        proposal.mentee, proposal.mentor = enrollments[proposal.mentee_id], enrollments[proposal.mentor_id]
    _check_people(chosen, enrollments)
    _check_pairs(cohort, chosen)
    groups = _groups(chosen)
    mentorships = _create(cohort, groups)
    _take_places(chosen)
    mark_published(run=run, proposals=chosen, by=by)
    if cohort.state == Cohort.State.MATCHING:
        cohort = start_running(cohort=cohort, by=by)
    settle_published(cohort=cohort, pairs=[(p.mentee_id, p.mentor_id) for p in chosen], by=by)
    # Whom to rank is no question any more.
    lists = Shortlist.objects.filter(enrollment__cohort=cohort)
    outbox.drop(messages=drafts_about("shortlist_ready", lists), by=by)
    why = {language: why_matched(chosen, language) for language in _languages(chosen)}
    for mentorship, group in zip(mentorships, groups, strict=True):
        _tell(run, mentorship, group, why)
    counts = {"mentorships": len(mentorships), "pairs": len(chosen)}
    record(Verb.MENTORSHIPS_BEGUN, by=by, target=run, program_id=cohort.program_id, data=counts)
    return mentorships


def _check_stage(run: Run, cohort: Cohort) -> None:
    if run.state not in READY:
        raise Refused(
            "not_certified", _("Only a finished run can be published."), _("Wait until it is proven.")
        )
    if cohort.state not in {Cohort.State.MATCHING, Cohort.State.RUNNING}:
        raise Refused(
            "wrong_stage",
            _("This cohort is not at the stage of matching."),
            _("Close the selection first, so that everyone accepted is known."),
        )


def _chosen(run: Run, proposals: Iterable[Proposal] | None) -> list[Proposal]:
    found = run.proposals.order_by("mentor_id", "-score", "id")
    if proposals is not None:
        found = found.filter(pk__in=[proposal.pk for proposal in proposals])
    chosen = list(found) if proposals is None else _whole_circles(run, list(found))
    _check_sizes(run, {proposal.circle_id for proposal in found if proposal.circle_id}, chosen)
    if chosen and all(proposal.published_at for proposal in chosen):
        raise Refused(
            "already_published",
            _("These pairs have been published already."),
            _("Open the mentorships they became."),
        )
    if not (chosen := [proposal for proposal in chosen if not proposal.published_at]):
        raise Refused("nothing_to_publish", _("No pair is chosen."), _("Choose at least one pair."))
    return chosen


def _whole_circles(run: Run, chosen: list[Proposal]) -> list[Proposal]:
    """A circle is published as a whole; those who can no longer take part in it are left out.

    Of a circle that has begun all seats stay: they are refused by name.
    """
    circles = {proposal.circle_id for proposal in chosen} - {None}
    if not circles:
        return chosen
    seats = list(run.proposals.filter(circle__in=circles).order_by("mentor_id", "-score", "id"))
    begun = {seat.circle_id for seat in seats if seat.published_at}
    told = obstacles(run.cohort, [seat for seat in seats if seat.circle_id not in begun])
    gone = {(seat.circle_id, seat.mentee_id) for seat in seats if seat.pk in told}
    able = [seat for seat in seats if (seat.circle_id, seat.mentee_id) not in gone]
    return [*(proposal for proposal in chosen if not proposal.circle_id), *able]


def _check_sizes(run: Run, circles: Iterable[int], chosen: Iterable[Proposal]) -> None:
    """That each of these circles has the people that it needs. Whoever leaves after this is refused by name."""
    seated = Counter(circle for circle, _mentee in {(seat.circle_id, seat.mentee_id) for seat in chosen})
    rows = run.circles.filter(pk__in=circles).select_related("strand").order_by("number")
    small = [
        _("Circle %(number)s: %(why)s")
        % {"number": circle.number, "why": too_few(seated[circle.pk], circle.strand.size_min)}
        for circle in rows
        if seated[circle.pk] < circle.strand.size_min
    ]
    if small:
        raise Refused(
            "circle_small",
            " ".join(small),
            _("A circle with fewer does not open. Run the matching again, or publish without it."),
        )


def _locked_enrollments(chosen: Iterable[Proposal]) -> dict[int, Enrollment]:
    """In the order of their ids, so that two publishers wait for each other instead of deadlocking."""
    ids = {pk for proposal in chosen for pk in (proposal.mentee_id, proposal.mentor_id)}
    rows = Enrollment.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    return {row.pk: row for row in rows.select_related("person", "strand", "cohort__program")}


def _check_people(chosen: Sequence[Proposal], enrollments: dict[int, Enrollment]) -> None:
    accepted = Enrollment.State.ACCEPTED
    if gone := [row.person.full_name for row in enrollments.values() if row.state != accepted]:
        raise Refused(
            "not_accepted",
            _("No longer in the cohort: %(names)s.") % {"names": ", ".join(sorted(gone))},
            _("Run the matching again, or publish without these pairs."),
        )
    wanted = _places_wanted(chosen)
    full = [
        enrollments[pk].person.full_name
        for pk, n in wanted.items()
        if enrollments[pk].used + n > enrollments[pk].capacity
    ]
    if full:
        raise Refused(
            "no_place",
            _("No free place left: %(names)s.") % {"names": ", ".join(sorted(full))},
            _("Run the matching again, or publish without these pairs."),
        )


def _check_pairs(cohort: Cohort, chosen: Sequence[Proposal]) -> None:
    names = {_pair_key(p): _("%(mentee)s with %(mentor)s") % _names(p) for p in chosen}
    open_keys = Member.objects.filter(pair_key__in=names, left_on=None).values_list("pair_key", flat=True)
    if taken := sorted(names[key] for key in open_keys):
        raise Refused("already_paired", _("Already a pair: %(pairs)s.") % {"pairs": ", ".join(taken)})
    never = obstacles(cohort, chosen)
    if told := sorted(names[_pair_key(p)] for p in chosen if p.pk in never):
        raise Refused(
            "pair_barred",
            _("A rule forbids it by now: %(pairs)s.") % {"pairs": ", ".join(told)},
            _("Run the matching again, or publish without these pairs."),
        )


def _pair_key(proposal: Proposal) -> str:
    return f"{proposal.mentor_id}:{proposal.mentee_id}"


def _names(proposal: Proposal) -> dict[str, str]:
    return {"mentee": proposal.mentee.person.full_name, "mentor": proposal.mentor.person.full_name}


def _groups(chosen: Iterable[Proposal]) -> list[list[Proposal]]:
    """One proposal each; those of a circle together, with a row for each member and each host."""
    groups: dict[tuple[str, int], list[Proposal]] = {}
    for proposal in chosen:
        key = ("circle", proposal.circle_id) if proposal.circle_id else ("pair", proposal.pk)
        groups.setdefault(key, []).append(proposal)
    return list(groups.values())


def _sides(group: Sequence[Proposal]) -> tuple[list[Proposal], list[Enrollment]]:
    """A proposal for each mentee, and the mentors."""
    mentors = {proposal.mentor_id: proposal.mentor for proposal in group}
    mentees = {proposal.mentee_id: proposal for proposal in reversed(group)}
    return list(reversed(mentees.values())), list(mentors.values())


def _create(cohort: Cohort, groups: Sequence[Sequence[Proposal]]) -> list[Mentorship]:
    today = today_in(cohort.timezone)
    late = today > cohort.starts_on
    starts_on = today if late else cohort.starts_on
    ends_on = last_day(starts_on, cohort.term_months) if late else cohort.ends_on
    mentorships = Mentorship.objects.bulk_create(
        Mentorship(
            cohort=cohort,
            strand=group[0].mentee.strand,
            proposal=group[0],
            starts_on=starts_on,
            ends_on=ends_on,
            meetings_per_month=cohort.meetings_per_month,
        )
        for group in groups
    )
    made = list(zip(mentorships, groups, strict=True))
    Member.objects.bulk_create(member for pair in made for member in _members(*pair))
    Agreement.objects.bulk_create(
        Agreement(
            mentorship=mentorship,
            due_on=starts_on + timedelta(days=cohort.agreement_days),
            term_months=cohort.term_months,
            meetings_per_month=cohort.meetings_per_month,
        )
        for mentorship in mentorships
    )
    if cohort.action_plan:
        due_on = starts_on + timedelta(days=cohort.plan_days)
        ActionPlan.objects.bulk_create(
            ActionPlan(mentorship=mentorship, mentee=proposal.mentee.person, due_on=due_on)
            for mentorship, group in made
            for proposal in _sides(group)[0]
        )
    PastPair.objects.bulk_create(
        (past_pair(p.mentee.person_id, p.mentor.person_id) for group in groups for p in group),
        ignore_conflicts=True,  # where the rule against pairs of the past is off
    )
    return mentorships


def _members(mentorship: Mentorship, group: Sequence[Proposal]) -> list[Member]:
    def member(enrollment: Enrollment, side: str, pair_key: str = "") -> Member:
        return Member(
            mentorship=mentorship,
            enrollment=enrollment,
            person=enrollment.person,
            side=side,
            joined_on=mentorship.starts_on,
            pair_key=pair_key,
        )

    mentees, mentors = _sides(group)
    return [
        *(member(mentor, Member.Side.MENTOR) for mentor in mentors),
        *(member(p.mentee, Member.Side.MENTEE, _pair_key(p)) for p in mentees),
    ]


def _places_wanted(chosen: Sequence[Proposal]) -> Counter[int]:
    """Places by enrollment; a mentee uses one for a circle, however many host it."""
    mentees = {(p.mentee_id, p.circle_id or f"pair {p.pk}") for p in chosen}
    return Counter([*(p.mentor_id for p in chosen), *(mentee for mentee, _group in mentees)])


def _take_places(chosen: Sequence[Proposal]) -> None:
    taken = _places_wanted(chosen)
    by_count: dict[int, list[int]] = {}
    for pk, count in taken.items():
        by_count.setdefault(count, []).append(pk)
    for count, ids in by_count.items():
        Enrollment.objects.filter(pk__in=ids).update(used=F("used") + count)


Why = dict[str, Told]  # by language


def _languages(chosen: Iterable[Proposal]) -> set[str]:
    return {row.person.language for p in chosen for row in (p.mentee, p.mentor)}


def _tell(run: Run, mentorship: Mentorship, group: Sequence[Proposal], why: Why) -> None:
    """One draft to each mentee about the mentor or mentors, one to each mentor about the mentee or the circle."""
    mentees, mentors = _sides(group)
    hosts = [mentor.person for mentor in mentors]
    everybody = [*mentors, *(proposal.mentee for proposal in mentees)]
    times = shared_times(row.availability for row in everybody) if group[0].circle_id else ()

    def draft(to: Person, side: str, own: Sequence[Proposal], partners: Sequence[Person]) -> None:
        tell_matched(
            mentorship,
            to,
            side=side,
            partners=partners,
            reasons=in_turn([why[to.language][p.pk, side] for p in own]),
            times=times,
            key=f"matched:{mentorship.pk}:{to.pk}",
            batch=f"run-{run.pk}",
        )

    for mentee in mentees:
        own = [proposal for proposal in group if proposal.mentee_id == mentee.mentee_id]
        draft(mentee.mentee.person, Member.Side.MENTEE, own, hosts)
    for mentor in mentors:
        own = [proposal for proposal in group if proposal.mentor_id == mentor.pk]
        draft(mentor.person, Member.Side.MENTOR, own, [p.mentee.person for p in own])
