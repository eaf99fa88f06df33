"""Locks and exclusions: a broken rule is refused by its name."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.models import AuditEvent
from matching.domain.criteria import change_criteria
from matching.domain.fixed import allow_pair, exclude_pair, lock_pair, lock_pairs, unlock_pair
from matching.domain.pairs import remember_pair
from matching.models import Decision, Exclusion, Lock
from participants.models import Enrollment
from people.models import Person
from tests.factories import StrandFactory
from tests.matching.people import World, pairs, world

pytestmark = pytest.mark.django_db


def refusal(code: str) -> Any:
    return pytest.raises(Refused, check=lambda error: error.code == code)


def update(row: Enrollment, **fields: Any) -> None:
    Person.objects.filter(pk=row.person_id).update(**fields)


# What breaks each rule, and the near miss that does not.
def supervises(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    update(mentee, supervisor=mentor.person if broken else here.mentor("Another").person)


def is_excluded(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    other = mentor if broken else here.mentor("Another")
    Exclusion.objects.create(cohort=here.cohort, mentee=mentee, mentor=other, reason="-")


def was_a_pair(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    remember_pair(mentor.person_id if broken else here.manager.pk, mentee.person_id)


def other_strand(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    if broken:
        Enrollment.objects.filter(pk=mentor.pk).update(strand=StrandFactory(program=here.program))


def no_language(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    update(mentee, languages=["en", "de"])
    update(mentor, languages=["fr"] if broken else ["fr", "de"])


def too_few_levels(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    change_criteria(cohort=here.cohort, criteria={"rules": {"min_level_gap": 2}}, version=0, by=here.manager)
    update(mentee, level=7)
    update(mentor, level=8 if broken else 9)


def far_zones(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    change_criteria(
        cohort=here.cohort, criteria={"rules": {"max_hours_apart": 3}}, version=0, by=here.manager
    )
    update(mentor, timezone="Asia/Tokyo" if broken else "Africa/Nairobi")


def never_free(here: World, mentee: Enrollment, mentor: Enrollment, broken: bool) -> None:
    change_criteria(
        cohort=here.cohort, criteria={"rules": {"shared_availability": True}}, version=0, by=here.manager
    )
    Enrollment.objects.filter(pk=mentee.pk).update(availability=["mon-am"])
    Enrollment.objects.filter(pk=mentor.pk).update(availability=["mon-pm" if broken else "mon-am"])


RULES = {
    "supervisor": (supervises, "Dana Whitfield is the direct supervisor of Mira Kovac."),
    "exclusion": (is_excluded, "Dana Whitfield and Mira Kovac have been excluded as a pair."),
    "past_pair": (was_a_pair, "Dana Whitfield and Mira Kovac have been a pair before."),
    "strand": (other_strand, "Dana Whitfield and Mira Kovac are in different strands."),
    "language": (no_language, "Dana Whitfield and Mira Kovac have no language in common."),
    "level": (too_few_levels, "The career levels of Dana Whitfield and Mira Kovac do not allow it."),
    "time_zone": (far_zones, "The time zones of Dana Whitfield and Mira Kovac are too far apart."),
    "availability": (never_free, "Dana Whitfield and Mira Kovac are never free at the same time."),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_lock_that_breaks_a_rule_is_refused_by_its_name(rule):
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    breaks, sentence = RULES[rule]
    breaks(here, mentee, mentor, True)
    with refusal(f"rule_{rule}") as refused:
        lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    assert str(refused.value.message) == sentence
    assert not Lock.objects.exists()


@pytest.mark.parametrize("rule", RULES)
def test_a_lock_that_nearly_breaks_it_stands(rule):
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    RULES[rule][0](here, mentee, mentor, False)
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    assert list(Lock.objects.values_list("mentee", "mentor")) == [(mentee.pk, mentor.pk)]


def test_nobody_is_locked_with_themselves():
    here = world()
    mentee = here.mentee()
    same = here.mentor(person=None)
    Enrollment.objects.filter(pk=same.pk).update(person=mentee.person)
    with refusal("rule_same_person"):
        lock_pair(mentee=mentee, mentor=same, by=here.manager)


def test_a_lock_holds_in_the_run_against_a_better_pair():
    here = world()
    mentee, worse = here.mentee(person={"level": 5}), here.mentor("Worse", person={"level": 5})
    here.mentor("Better", person={"level": 7})
    assert pairs(here.run()) == {("Mira Kovac", "Better")}
    lock_pair(mentee=mentee, mentor=worse, by=here.manager)
    run = here.run()
    assert pairs(run) == {("Mira Kovac", "Worse")}
    assert run.proposals.get().locked


def test_locking_twice_is_locking_once():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    first = lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    assert lock_pair(mentee=mentee, mentor=mentor, by=here.manager) == first
    assert AuditEvent.objects.filter(verb="pair.locked").count() == 1


def test_locks_respect_the_places_of_both():
    here = world()
    mentor = here.mentor(capacity=3, used=1)
    greedy = here.mentee("Greedy")
    lock_pair(mentee=greedy, mentor=mentor, by=here.manager)
    with refusal("mentee_full"):
        lock_pair(mentee=greedy, mentor=here.mentor("Second"), by=here.manager)
    lock_pair(mentee=here.mentee("Last place"), mentor=mentor, by=here.manager)
    with refusal("mentor_full") as refused:
        lock_pair(mentee=here.mentee("Too late"), mentor=mentor, by=here.manager)
    assert str(refused.value.message) == "Dana Whitfield has no free place left."


def test_whoever_is_matched_already_is_not_locked():
    here = world()
    with refusal("mentee_full"):
        lock_pair(mentee=here.mentee(used=1), mentor=here.mentor(), by=here.manager)
    with refusal("mentor_full"):
        lock_pair(mentee=here.mentee("Free"), mentor=here.mentor("Full", used=1), by=here.manager)


def test_only_two_sides_of_one_cohort_are_a_pair():
    here, elsewhere = world(), world()
    mentee, mentor = here.mentee(), here.mentor()
    for first, second in ((mentor, mentee), (mentee, here.mentee("Two")), (mentee, elsewhere.mentor())):
        with refusal("not_a_pair"):
            lock_pair(mentee=first, mentor=second, by=here.manager)
        with refusal("not_a_pair"):
            exclude_pair(mentee=first, mentor=second, reason="-", by=here.manager)


def test_only_accepted_people_of_one_kind_of_strand_are_locked():
    here = world()
    circle = StrandFactory(program=here.program, format="circle")
    with refusal("not_accepted"):
        lock_pair(mentee=here.mentee(state="waitlisted"), mentor=here.mentor(), by=here.manager)
    with refusal("circle"):
        mentor = here.mentor("Host", strand=circle)
        lock_pair(mentee=here.mentee(), mentor=mentor, by=here.manager)
    assert lock_pair(mentee=here.mentee(strand=circle), mentor=mentor, by=here.manager).pk


def test_unlocking_leaves_the_pair_to_the_runs_again():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    unlock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    unlock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    assert not Lock.objects.exists()
    assert AuditEvent.objects.filter(verb="pair.unlocked").count() == 1


def test_an_excluded_pair_is_never_made_and_loses_its_lock():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    exclude_pair(mentee=mentee, mentor=mentor, reason=" They share a house. ", by=here.manager)
    assert (Lock.objects.count(), Exclusion.objects.get().reason) == (0, "They share a house.")
    assert pairs(here.run()) == set()


def test_an_exclusion_needs_a_reason():
    here = world()
    with refusal("no_reason"):
        exclude_pair(mentee=here.mentee(), mentor=here.mentor(), reason="  ", by=here.manager)


def test_a_lifted_exclusion_lets_the_two_be_a_pair_again():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    exclusion = exclude_pair(mentee=mentee, mentor=mentor, reason="-", by=here.manager)
    allow_pair(exclusion=exclusion, by=here.manager)
    assert pairs(here.run()) == {("Mira Kovac", "Dana Whitfield")}


def test_the_audit_trail_names_the_pair_and_never_the_reason():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    exclusion = exclude_pair(mentee=mentee, mentor=mentor, reason="Private matter", by=here.manager)
    allow_pair(exclusion=exclusion, by=here.manager)
    events = AuditEvent.objects.filter(verb__startswith="pair.").order_by("pk")
    both = {"mentee": mentee.pk, "mentor": mentor.pk}
    assert [(event.verb, event.actor_id, event.program_id, event.data) for event in events] == [
        ("pair.excluded", here.manager.pk, here.program.pk, both),
        ("pair.allowed", here.manager.pk, here.program.pk, both),
    ]


def test_a_lock_keeps_its_reason_which_no_trail_tells():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    lock_pair(mentee=mentee, mentor=mentor, reason=" They know each other ", by=here.manager)
    assert Lock.objects.get().reason == "They know each other"
    unlock_pair(mentee=mentee, mentor=mentor, by=here.manager)
    logged = Decision.objects.order_by("number").values_list("kind", "reason")
    assert list(logged) == [("lock", "They know each other"), ("unlock", "They know each other")]
    events = AuditEvent.objects.filter(verb__startswith="pair.").order_by("pk")
    both = {"mentee": mentee.pk, "mentor": mentor.pk}
    assert [(one.verb, one.data) for one in events] == [("pair.locked", both), ("pair.unlocked", both)]


@pytest.mark.parametrize("reason", ["x" * 301, "a\x00b"])
def test_a_reason_that_cannot_be_kept_is_refused(reason):
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    for call in (lock_pair, exclude_pair):
        with refusal("wrong_reason"):
            call(mentee=mentee, mentor=mentor, reason=reason, by=here.manager)
    assert (Lock.objects.count(), Exclusion.objects.count(), Decision.objects.count()) == (0, 0, 0)


def test_many_are_locked_with_as_many_reads_as_one(count_queries):
    def reads(number: int) -> int:
        here = world()
        two = [(here.mentee(f"Mentee {n}"), here.mentor(f"Mentor {n}")) for n in range(number)]
        with count_queries() as counted:
            locks, refused = lock_pairs(pairs=two, by=here.manager)
        assert (len(locks), refused) == (number, [])
        return sum(query["sql"].startswith("SELECT") for query in counted.captured_queries)

    assert reads(1) == reads(30)


def test_locks_asked_for_together_share_the_places():
    here = world()
    mentor = here.mentor(capacity=2)
    two = [(here.mentee(f"Mentee {n}"), mentor) for n in range(3)]
    locks, refused = lock_pairs(pairs=two, by=here.manager)
    assert (len(locks), [error.code for error in refused]) == (2, ["mentor_full"])
