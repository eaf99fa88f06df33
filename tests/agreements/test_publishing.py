"""A run becomes mentorships."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from agreements.domain.endings import end_without_fault
from agreements.domain.publishing import publish_run
from agreements.domain.telling import in_turn
from agreements.models import ActionPlan, Agreement, Member, Mentorship
from core.errors import Refused
from core.models import AuditEvent
from matching.domain.pairs import remember_pair
from matching.models import Circle, Exclusion, PastPair, Run, Scheme, SideAnswer
from notifications.models import Message
from participants.models import Enrollment, SkillClaim
from people.models import Person
from tests.factories import (
    CohortFactory,
    EnrollmentFactory,
    IntroductionFactory,
    MessageFactory,
    PersonFactory,
    ProposalFactory,
    RunFactory,
    ShortlistFactory,
    SkillFactory,
    StrandFactory,
)

pytestmark = pytest.mark.django_db
BEFORE = datetime(2026, 8, 20, 12, tzinfo=UTC)
DATES = {
    "call_opens_on": date(2026, 6, 1),
    "call_closes_on": date(2026, 7, 1),
    "starts_on": date(2026, 9, 1),
    "ends_on": date(2027, 8, 31),
}


def run_of(pairs: int, **cohort: Any) -> Run:
    run = RunFactory(
        cohort=CohortFactory(**(DATES | {"state": "matching"} | cohort)), certificate={"ok": True}, number=1
    )
    strand = StrandFactory(program=run.cohort.program)
    for _ in range(pairs):
        mentee, mentor = (
            EnrollmentFactory(cohort=run.cohort, strand=strand, role=role) for role in ("mentee", "mentor")
        )
        ProposalFactory(run=run, mentee=mentee, mentor=mentor)
    return run


def manager() -> Person:
    return PersonFactory()


def counts() -> tuple[int, ...]:
    models = (Mentorship, Member, Agreement, ActionPlan, PastPair, Message)
    return tuple(model._default_manager.count() for model in models)


def refused(code: str, run: Run, **arguments: Any) -> str:
    before = counts()
    with pytest.raises(Refused) as refusal:
        publish_run(run=run, by=manager(), **arguments)
    assert (refusal.value.code, counts()) == (code, before)
    return str(refusal.value)


@time_machine.travel(BEFORE)
def test_everything_a_pair_needs_comes_to_be() -> None:
    run = run_of(2)
    by = manager()
    made = publish_run(run=run, by=by)
    assert len(made) == 2
    assert counts() == (2, 4, 2, 2, 2, 4)
    run.refresh_from_db()
    assert (run.state, run.cohort.__class__.objects.get().state) == ("published", "running")
    mentorship = made[0]
    assert (mentorship.starts_on, mentorship.ends_on, mentorship.state) == (
        date(2026, 9, 1),
        date(2027, 8, 31),
        "forming",
    )
    assert (mentorship.agreements.get().due_on, mentorship.plans.get().due_on) == (
        date(2026, 10, 1),
        date(2026, 10, 31),
    )
    assert (mentorship.agreements.get().version, mentorship.agreements.get().state) == (1, "draft")
    assert set(Enrollment.objects.values_list("used", flat=True)) == {1}
    mentee = mentorship.members.get(side="mentee")
    mentor = mentorship.members.get(side="mentor")
    assert (mentee.pair_key, mentor.pair_key) == (f"{mentor.enrollment_id}:{mentee.enrollment_id}", "")
    event = AuditEvent.objects.get(verb="mentorship.begun", data__mentorships=2)
    assert (event.actor_id, event.data) == (by.pk, {"mentorships": 2, "pairs": 2})


@time_machine.travel(BEFORE)
def test_both_sides_get_a_draft_with_reasons_and_without_scores() -> None:
    run = run_of(0)
    skill = SkillFactory(name={"en": "Grant writing", "fr": "Rédaction de demandes"})
    strand = StrandFactory(program=run.cohort.program)
    mentee = EnrollmentFactory(
        cohort=run.cohort, strand=strand, person__full_name="Kim Li", person__language="fr"
    )
    mentor = EnrollmentFactory(cohort=run.cohort, strand=strand, role="mentor", person__full_name="Dana Wu")
    SkillClaim.objects.create(enrollment=mentor, skill=skill, direction="offers")
    parts = [
        {
            "criterion": "skills",
            "share": 87,
            "points": 5,
            "most": 5,
            "facts": {"matched": [[skill.pk, 3, 3]], "missing": []},
        }
    ]
    ProposalFactory(run=run, mentee=mentee, mentor=mentor, score=87, parts=parts)
    (made,) = publish_run(run=run, by=manager())
    mails = {mail.recipient_id: mail for mail in Message.objects.all()}
    assert {mail.state for mail in mails.values()} == {"draft"}
    assert {mail.batch for mail in mails.values()} == {f"run-{run.pk}"}
    to_mentor, to_mentee = mails[mentor.person_id], mails[mentee.person_id]
    assert (to_mentor.subject, to_mentor.language, to_mentee.language) == (
        "You are matched: meet Kim Li",
        "en",
        "fr",
    )
    assert "You offer what Kim seeks: Grant writing" in to_mentor.body
    assert "Rédaction de demandes" in to_mentee.body
    assert "87" not in (to_mentor.body + to_mentee.body).replace(str(made.uid), "")


@time_machine.travel(datetime(2026, 11, 10, 12, tzinfo=UTC))
def test_late_joiners_get_their_full_term() -> None:
    run = run_of(1, state="running")
    (made,) = publish_run(run=run, by=manager())
    assert (made.starts_on, made.ends_on) == (date(2026, 11, 10), date(2027, 11, 9))


@time_machine.travel(datetime(2026, 8, 31, 13, tzinfo=UTC))
def test_today_is_that_of_the_cohort() -> None:
    run = run_of(1, timezone="Pacific/Apia", starts_on=date(2026, 8, 31))  # where 1 September has begun
    (made,) = publish_run(run=run, by=manager())
    assert made.starts_on == date(2026, 9, 1)


def test_chosen_proposals_alone() -> None:
    run = run_of(3)
    chosen = list(run.proposals.order_by("pk")[:1])
    (made,) = publish_run(run=run, by=manager(), proposals=chosen)
    assert made.proposal == chosen[0]
    assert sorted(Enrollment.objects.values_list("used", flat=True)) == [0, 0, 0, 0, 1, 1]


def test_the_rest_of_a_run_follows_later_and_each_pair_once() -> None:
    run = run_of(3)
    first, *others = run.proposals.order_by("pk")
    publish_run(run=run, by=manager(), proposals=[first])
    refused("already_published", run, proposals=[first])
    made = publish_run(run=run, by=manager(), proposals=[first, *others])
    assert {row.proposal for row in made} == set(others)
    assert counts() == (3, 6, 3, 3, 3, 6)
    assert list(run.proposals.filter(published_at=None)) == []
    refused("already_published", run)


def test_publishing_closes_the_questions_about_the_pair_alone() -> None:
    run = run_of(2)
    first, second = run.proposals.order_by("pk")
    for pair in (first, second):
        SideAnswer.objects.create(proposal=pair, enrollment=pair.mentee, due_on=date(2030, 1, 1))
    publish_run(run=run, by=manager(), proposals=[first])
    assert [row.closed_at is None for row in SideAnswer.objects.order_by("proposal")] == [False, True]


def test_publishing_ends_what_was_asked_about_the_pair_on_an_earlier_run() -> None:
    earlier = run_of(1)
    pair = earlier.proposals.get()
    asked = SideAnswer.objects.create(proposal=pair, enrollment=pair.mentee, due_on=date(2030, 1, 1))
    draft = MessageFactory(
        kind="pair_proposed",
        about_id=asked.pk,
        state="draft",
        recipient=pair.mentee.person,
        cohort_id=earlier.cohort_id,
    )
    other = MessageFactory(kind="pair_proposed", about_id=asked.pk + 1, state="draft")
    newer = RunFactory(cohort=earlier.cohort, certificate={"ok": True}, number=2)
    ProposalFactory(run=newer, mentee=pair.mentee, mentor=pair.mentor)
    publish_run(run=newer, by=manager())
    for row in (asked, draft, other):
        row.refresh_from_db()
    assert (asked.closed_at is None, draft.state, other.state) == (False, "dropped", "draft")


def test_publishing_ends_introductions_and_confirms_those_of_the_pairs() -> None:
    run = run_of(2)
    made, left = run.proposals.order_by("pk")
    both = {"mentee": made.mentee, "mentor": made.mentor}
    agreed = IntroductionFactory(state="agreed", **both)
    asked = IntroductionFactory(mentee=left.mentee, mentor=left.mentor)
    waits = IntroductionFactory(state="agreed", mentee=EnrollmentFactory(cohort=run.cohort))
    elsewhere = IntroductionFactory(state="agreed")
    by = manager()
    publish_run(run=run, by=by, proposals=[made])
    for row in (agreed, asked, waits, elsewhere):
        row.refresh_from_db()
    assert [row.state for row in (agreed, asked, waits, elsewhere)] == [
        "confirmed",
        "closed",
        "closed",
        "agreed",
    ]
    assert agreed.decided_by == by
    assert not Message.objects.filter(kind__startswith="introduction").exists()


def test_publishing_drops_drafts_about_ranking() -> None:
    run = run_of(1)
    pair = run.proposals.get()
    drafts = [
        MessageFactory(
            kind="shortlist_ready",
            state="draft",
            about_id=ShortlistFactory(enrollment=enrollment).pk,
            recipient=enrollment.person,
        )
        for enrollment in (pair.mentee, EnrollmentFactory(cohort=run.cohort), EnrollmentFactory())
    ]
    publish_run(run=run, by=manager())
    states = [Message.objects.get(pk=draft.pk).state for draft in drafts]
    assert states == ["dropped", "dropped", "draft"]


def test_proposals_of_another_run_are_nothing() -> None:
    run, other = run_of(1), run_of(1)
    refused("nothing_to_publish", run, proposals=list(other.proposals.all()))
    refused("nothing_to_publish", run, proposals=[])


def test_without_action_plans() -> None:
    publish_run(run=run_of(1, action_plan=False), by=manager())
    assert (ActionPlan.objects.count(), Agreement.objects.count()) == (0, 1)


def test_twice_is_refused() -> None:
    run = run_of(1)
    publish_run(run=run, by=manager())
    refused("already_published", run)


@pytest.mark.parametrize("state", ["queued", "running", "failed", "cancelled"])
def test_only_a_proven_run(state: str) -> None:
    run = run_of(1)
    Run.objects.update(state=state)
    refused("not_certified", run)


@pytest.mark.parametrize("state", ["draft", "call_open", "selecting", "closing", "closed"])
def test_only_at_the_stage_of_matching(state: str) -> None:
    refused("wrong_stage", run_of(1, state=state))


def test_an_unproven_certificate_publishes_nothing() -> None:
    run = run_of(1)
    Run.objects.update(certificate={"ok": False})
    refused("not_proven", run)


def test_whoever_has_left_is_named() -> None:
    run = run_of(2)
    gone = run.proposals.first().mentor
    Enrollment.objects.filter(pk=gone.pk).update(state="left")
    assert gone.person.full_name in refused("not_accepted", run)


def test_no_more_than_the_places() -> None:
    run = run_of(1)
    busy = run.proposals.get().mentor
    second = EnrollmentFactory(cohort=run.cohort, strand=busy.strand)
    ProposalFactory(run=run, mentee=second, mentor=busy)
    assert busy.person.full_name in refused("no_place", run)
    Enrollment.objects.filter(pk=busy.pk).update(capacity=2)
    assert len(publish_run(run=run, by=manager())) == 2
    assert Enrollment.objects.get(pk=busy.pk).used == 2


def test_the_database_refuses_one_place_too_many() -> None:
    row = EnrollmentFactory(capacity=1, used=1)
    with pytest.raises(IntegrityError, match="enrollment_within_capacity"), transaction.atomic():
        Enrollment.objects.filter(pk=row.pk).update(used=2)


def test_two_who_were_a_pair_are_never_again() -> None:
    run = run_of(1)
    (made,) = publish_run(run=run, by=manager())
    proposal = run.proposals.get()
    again = RunFactory(cohort=run.cohort, number=2, certificate={"ok": True})
    ProposalFactory(run=again, mentee=proposal.mentee, mentor=proposal.mentor)
    refused("no_place", again)
    Enrollment.objects.update(capacity=2)
    refused("already_paired", again)
    end_without_fault(mentorship=made, by=proposal.mentor.person)
    refused("pair_barred", again)


def test_a_pair_excluded_since_is_named() -> None:
    run = run_of(2)
    proposal = run.proposals.first()
    Exclusion.objects.create(cohort=run.cohort, mentee=proposal.mentee, mentor=proposal.mentor, reason="x")
    assert proposal.mentee.person.full_name in refused("pair_barred", run)


def circles_of(run: Run, *sizes: tuple[int, int]) -> list[list[Enrollment]]:
    """Circles of so many mentees and so many hosts; the hosts of each."""
    strand = StrandFactory(program=run.cohort.program, format="circle", size_min=2, size_max=3)
    hosting = []
    for number, (mentees, hosts) in enumerate(sizes, start=1):
        circle = Circle.objects.create(run=run, strand=strand, number=number)
        around = [
            EnrollmentFactory(cohort=run.cohort, strand=strand, role="mentor", capacity=3)
            for _ in range(hosts)
        ]
        for _ in range(mentees):
            mentee = EnrollmentFactory(cohort=run.cohort, strand=strand)
            for host in around:
                ProposalFactory(run=run, mentor=host, mentee=mentee, circle=circle)
        hosting.append(around)
    return hosting


def test_a_circle_is_one_mentorship() -> None:
    run = run_of(1)
    (one,), (two,) = circles_of(run, (3, 1), (2, 1))
    made = publish_run(run=run, by=manager())
    assert sorted(mentorship.members.filter(side="mentee").count() for mentorship in made) == [1, 2, 3]
    assert (Agreement.objects.count(), ActionPlan.objects.count()) == (3, 6)
    assert [Enrollment.objects.get(pk=host.pk).used for host in (one, two)] == [3, 2]


def test_a_circle_is_published_whole_without_those_who_left() -> None:
    run = run_of(1)
    circles_of(run, (3, 2), (2, 1))
    circle = run.circles.get(number=1)
    gone = circle.proposals.order_by("mentee_id").first().mentee
    Enrollment.objects.filter(pk=gone.pk).update(state="withdrawn")
    able = circle.proposals.exclude(mentee=gone)
    (made,) = publish_run(run=run, by=manager(), proposals=[able.first()])
    assert made.members.filter(side="mentee").count() == 2
    assert made.members.filter(side="mentor").count() == 2
    assert set(run.proposals.exclude(published_at=None)) == set(able)


def test_whoever_was_left_out_of_a_circle_that_has_begun_is_no_second_circle() -> None:
    run = run_of(0)
    circles_of(run, (3, 1), (2, 1))
    left = run.proposals.filter(circle__number=1).order_by("pk")[0]
    Enrollment.objects.filter(pk=left.mentee_id).update(state="left")
    publish_run(run=run, by=manager(), proposals=run.proposals.filter(circle__number=1).exclude(pk=left.pk))
    Enrollment.objects.filter(pk=left.mentee_id).update(state="accepted")
    assert left.mentee.person.full_name in refused("pair_barred", run)
    (other,) = publish_run(run=run, by=manager(), proposals=run.proposals.filter(circle__number=2))
    assert other.members.count() == 3


def test_two_hosts_share_one_circle() -> None:
    run = run_of(0)
    (hosts,) = circles_of(run, (3, 2))
    (made,) = publish_run(run=run, by=manager())
    assert set(made.members.filter(side="mentor").values_list("enrollment", flat=True)) == {
        h.pk for h in hosts
    }
    mentees = made.members.filter(side="mentee")
    assert mentees.count() == ActionPlan.objects.count() == 3
    assert {host.used for host in Enrollment.objects.filter(pk__in=[h.pk for h in hosts])} == {3}
    assert {member.enrollment.used for member in mentees} == {1}
    mails = {mail.recipient_id: mail for mail in Message.objects.filter(kind="matched")}
    assert len(mails) == 5
    assert all(host.person.full_name in mails[mentees[0].person_id].body for host in hosts)


@pytest.mark.parametrize("broken", ["outbox.queue", "mark_published", "record", "_take_places"])
def test_a_failure_on_the_way_changes_nothing(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run = run_of(2)

    def fail(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError(broken)

    monkeypatch.setattr(f"agreements.domain.publishing.{broken}", fail)
    with pytest.raises(RuntimeError):
        publish_run(run=run, by=manager())
    monkeypatch.undo()
    run.refresh_from_db()
    run.cohort.refresh_from_db()
    assert counts() == (0, 0, 0, 0, 0, 0)
    assert (run.state, run.cohort.state) == ("certified", "matching")
    assert set(Enrollment.objects.values_list("used", flat=True)) == {0}


def at_once(runs: list[Run], by: Person) -> list[str]:
    barrier, outcomes = Barrier(len(runs)), []

    def publish(run: Run) -> None:
        barrier.wait()
        try:
            publish_run(run=run, by=by)
            outcomes.append("published")
        except Refused as refusal:
            outcomes.append(refusal.code)
        finally:
            connection.close()

    threads = [Thread(target=publish, args=[run]) for run in runs]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return sorted(outcomes)


@pytest.mark.django_db(transaction=True)
def test_of_two_publishers_one_publishes() -> None:
    run = run_of(3)
    assert at_once([run, run], manager()) == ["already_published", "published"]
    assert counts() == (3, 6, 3, 3, 3, 6)


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_one_gets_the_last_place() -> None:
    run = run_of(1)
    mentor = run.proposals.get().mentor
    other = RunFactory(cohort=run.cohort, number=2, certificate={"ok": True})
    ProposalFactory(
        run=other, mentor=mentor, mentee=EnrollmentFactory(cohort=run.cohort, strand=mentor.strand)
    )
    assert at_once([run, other], manager()) == ["no_place", "published"]
    assert Enrollment.objects.get(pk=mentor.pk).used == 1


def since(run: Run, **person: Any) -> None:
    """The first pair's mentee changes after the run."""
    Person.objects.filter(pk=run.proposals.order_by("pk")[0].mentee.person_id).update(**person)


@pytest.mark.parametrize("rule", ["supervisor", "language", "strand", "level", "past_pair"])
def test_a_rule_that_was_whole_in_the_run_and_is_broken_now_stops_the_pair_alone(rule: str) -> None:
    run = run_of(2)
    first, second = run.proposals.order_by("pk")
    if rule == "supervisor":
        since(run, supervisor=first.mentor.person)
    elif rule == "language":
        Person.objects.filter(pk=first.mentor.person_id).update(languages=["en"])
        since(run, languages=["ar"])
    elif rule == "strand":
        Enrollment.objects.filter(pk=first.mentor_id).update(strand=StrandFactory(program=run.cohort.program))
    elif rule == "level":
        Scheme.objects.create(cohort=run.cohort, criteria={"rules": {"min_level_gap": 2}})
        Person.objects.filter(pk=first.mentor.person_id).update(level=5)
        since(run, level=4)
    else:
        remember_pair(first.mentee.person_id, first.mentor.person_id)
    assert first.mentee.person.full_name in refused("pair_barred", run)
    (made,) = publish_run(run=run, by=manager(), proposals=[second])
    assert made.proposal == second


def test_where_pairs_of_the_past_are_allowed_they_can_be_published_again() -> None:
    run = run_of(1)
    pair = run.proposals.get()
    remember_pair(pair.mentee.person_id, pair.mentor.person_id)
    refused("pair_barred", run)
    Scheme.objects.create(cohort=run.cohort, criteria={"rules": {"past_pairs": False}})
    assert len(publish_run(run=run, by=manager())) == 1
    assert PastPair.objects.count() == 1


def test_the_mails_of_a_circle_speak_of_a_circle() -> None:
    run = run_of(0)
    circles_of(run, (2, 1), (2, 2))
    publish_run(run=run, by=manager())
    alone = Enrollment.objects.filter(role="mentor").earliest("pk").person.full_name
    assert Counter(Message.objects.values_list("subject", flat=True)) == {
        f"You are in a circle: meet {alone}": 2,
        "You are in a circle with 2 hosts": 2,
        "Your circle: meet 2 people": 3,
    }
    assert {mail.body.splitlines()[2].partition(" you ")[2] for mail in Message.objects.all()} == {
        "meet as a circle. Your host is:",
        "meet as a circle. Your hosts are:",
        "host:",
    }


def test_a_host_reads_the_first_reason_about_each_and_what_is_said_of_all_once() -> None:
    assert in_turn([["Kim: a", "Same place."]]) == ["Kim: a", "Same place."]
    assert in_turn([["Kim: a", "x"], ["Same place.", "y"], ["Same place."], []]) == ["Kim: a", "Same place."]
