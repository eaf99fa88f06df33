"""The snapshot is what a plain reading of the database gives, at one moment."""

from __future__ import annotations

import threading
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from benchmarks.people import make_cohort
from matching.domain.pairs import remember_pair
from matching.engine.field import UNKNOWN
from matching.models import Exclusion, Lock
from matching.snapshot import NEEDS, Side, Snapshot, one_moment, read_snapshot
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort
from tests.factories import CohortFactory, EnrollmentFactory, ProgramFactory, StrandFactory, UnitFactory
from tests.matching.people import World, claim, pairs, wish, world

pytestmark = pytest.mark.django_db


def snapshot(here: World, **criteria: Any) -> Snapshot:
    return read_snapshot(here.cohort, criteria)


def codes_of(mask: int, codes: list[str]) -> set[str]:
    return {code for bit, code in enumerate(codes) if mask >> bit & 1}


def naive(cohort: Cohort, role: str) -> dict[int, dict[str, Any]]:
    """One person at a time, by the ORM."""
    found = {}
    direction = "seeks" if role == "mentee" else "offers"
    for row in Enrollment.objects.filter(cohort=cohort, role=role, state="accepted"):
        person = row.person
        if role == "mentee" and row.used == row.capacity:
            continue
        chain, above = [], person.supervisor
        while above and len(chain) < 3:
            chain.append(above.pk)
            above = above.supervisor
        noon = datetime.combine(cohort.starts_on, time(12), tzinfo=ZoneInfo(person.timezone))
        found[person.pk] = {
            "enrollment": row.pk,
            "limit": row.capacity - row.used,
            "strand": row.strand_id,
            "level": UNKNOWN if person.level is None else person.level,
            "unit": UNKNOWN if person.unit is None else (person.unit.top or person.unit).pk,
            "location": person.location,
            "languages": set(person.languages),
            "utc_offset": noon.utcoffset().total_seconds() // 60,
            "supervisor": person.supervisor_id or UNKNOWN,
            "chain": chain if role == "mentee" else [],
            "skills": sorted(row.claims.filter(direction=direction).values_list("skill_id", "level")),
            "goals": set(row.goals),
            "media": set(row.media),
            "availability": set(row.availability),
            "needs": set(row.needs),
            "met": set(),
            "tier": 2 if row.used else 0 if row.left_out_before else 1,
            "leanings": row.own_weights,
        }
    return found


def read(side: Side, whole: Snapshot, cohort: Cohort) -> dict[int, dict[str, Any]]:
    """The columns, decoded."""
    people = Enrollment.objects.filter(cohort=cohort).select_related("person")
    languages = sorted({code for row in people for code in row.person.languages})
    places = sorted({row.person.location.casefold() for row in people} - {""})
    spelled = {row.person.location.casefold(): row.person.location for row in people}
    found = {}
    for place, person in enumerate(side.person):
        row = {name: getattr(side, name)[place] for name in Side.__dataclass_fields__}
        del row["person"]
        row["location"] = spelled[places[row["location"]]] if row["location"] != UNKNOWN else ""
        row["languages"] = codes_of(row["languages"], languages)
        row["goals"] = {whole.goals[code] for code in row["goals"]}
        row["media"] = codes_of(row["media"], whole.media)
        row["availability"] = codes_of(row["availability"], whole.slots)
        row["needs"], row["met"] = (codes_of(row[name], NEEDS) for name in ("needs", "met"))
        found[person] = row
    return found


def test_the_columns_equal_a_naive_reading():
    cohort = make_cohort(ProgramFactory(), 24, 15)
    odd = EnrollmentFactory(cohort=cohort, strand=cohort.enrollments.first().strand)  # has stated nothing
    top = UnitFactory()
    Person.objects.filter(pk=odd.person_id).update(
        unit=UnitFactory(organization=top.organization, parent=top, top=top)
    )
    Enrollment.objects.filter(pk__in=cohort.enrollments.filter(role="mentor").values("pk")[:2]).update(used=1)
    Enrollment.objects.filter(pk=odd.pk).update(own_weights={"goals": 1})
    whole = read_snapshot(cohort, {"rules": {"chain_levels": 3}})
    assert read(whole.mentees, whole, cohort) == naive(cohort, "mentee")
    assert read(whole.mentors, whole, cohort) == naive(cohort, "mentor")
    assert whole.mentees.person == sorted(whole.mentees.person)
    assert whole.mentors.person == sorted(whole.mentors.person)


def test_only_accepted_people_of_one_to_one_strands_are_read():
    here = world()
    mentee = here.mentee()
    here.mentee("Not yet", state="submitted")
    here.mentee("Left", state="left")
    circle = StrandFactory(program=here.program, format="circle", size_max=8)
    sits, hosts = here.mentee("In a circle", strand=circle), here.mentor("Host", strand=circle)
    EnrollmentFactory()  # another cohort's
    whole = snapshot(here)
    assert (whole.mentees.enrollment, whole.mentors.enrollment) == ([mentee.pk], [])
    apart = read_snapshot(here.cohort, {}, kind=circle.format)
    assert (apart.mentees.enrollment, apart.mentors.enrollment) == ([sits.pk], [hosts.pk])


def test_a_matched_mentee_is_gone_and_a_full_mentor_stays_without_places():
    here = world()
    here.mentee("Matched", used=1)
    waiting = here.mentee("Waiting", capacity=2, used=1)
    full, half = here.mentor("Full", used=1), here.mentor("Half", capacity=3, used=1)
    whole = snapshot(here)
    assert (whole.mentees.enrollment, whole.mentees.limit) == ([waiting.pk], [1])
    assert dict(zip(whole.mentors.enrollment, whole.mentors.limit, strict=True)) == {full.pk: 0, half.pk: 2}


def test_wishes_exclusions_and_locks_come_as_person_ids():
    here = world()
    mentee, first, second = here.mentee(), here.mentor("First"), here.mentor("Second")
    wish(mentee, second, first)
    Lock.objects.create(cohort=here.cohort, mentee=mentee, mentor=first)
    Exclusion.objects.create(cohort=here.cohort, mentee=mentee, mentor=second, reason="-")
    whole = snapshot(here)
    me = mentee.person_id
    assert whole.wishes == [(me, second.person_id, 1), (me, first.person_id, 2)]
    assert whole.locks == [(me, first.person_id)]
    assert whole.exclusions == [(me, second.person_id)]


def test_an_exclusion_holds_in_later_cohorts_of_the_program_and_nowhere_else():
    here, elsewhere = world(), world()
    mentee, mentor = here.mentee(), here.mentor()
    later = CohortFactory(program=here.program, state="matching")
    for cohort, strand in ((later, here.strand), (elsewhere.cohort, elsewhere.strand)):
        for row in (mentee, mentor):
            EnrollmentFactory(person=row.person, cohort=cohort, strand=strand, role=row.role)
    Exclusion.objects.create(cohort=here.cohort, mentee=mentee, mentor=mentor, reason="-")
    assert read_snapshot(later, {}).exclusions == [(mentee.person_id, mentor.person_id)]
    assert snapshot(elsewhere).exclusions == []


def test_past_pairs_are_found_by_their_digests_and_a_served_lock_is_dropped():
    here = world()
    mentee, mentor, other = here.mentee(), here.mentor("Before"), here.mentor("New")
    Lock.objects.create(cohort=here.cohort, mentee=mentee, mentor=mentor)
    remember_pair(mentor.person_id, mentee.person_id)
    whole = snapshot(here)
    assert whole.past_pairs == [(mentee.person_id, mentor.person_id)]
    assert whole.locks == []
    assert other.person_id not in {pair[1] for pair in whole.past_pairs}


def test_past_pairs_are_read_across_strands_too():
    here = world()
    mentee = here.mentee()
    mentor = here.mentor(strand=StrandFactory(program=here.program))
    remember_pair(mentee.person_id, mentor.person_id)
    assert snapshot(here).past_pairs == [(mentee.person_id, mentor.person_id)]
    (left,) = here.run().leftovers.filter(enrollment=mentee)
    assert (left.reasons["wins"], [rule["only"] for rule in left.reasons["rules"]]) == ([], [0, 0])


@pytest.mark.parametrize("others", [60, 61])
def test_whoever_speaks_what_has_no_bit_is_paired_with_nobody_by_it(others):
    """61 languages have bits; the 62nd and further are those that one side alone speaks."""
    here = world()
    codes = [first + second for first in "abcdefgh" for second in "abcdefgh"]
    for code in codes[:others]:
        here.mentor(person={"languages": [code]})
    here.mentor("Both", person={"languages": ["zz"]})
    mentees = [
        here.mentee("Zoe", person={"languages": ["zz"]}),
        here.mentee("Yo", person={"languages": ["yy"]}),
    ]
    read = snapshot(here)
    assert (len(read.languages), "zz" in read.languages) == (61, True)
    own = dict(zip(read.mentees.person, read.mentees.languages, strict=True))
    assert own[mentees[0].person_id] == 1 << read.languages.index("zz")
    assert own[mentees[1].person_id] == 1 << 61
    assert pairs(here.run()) == {("Zoe", "Both")}


def test_the_chain_of_command_ends_in_a_loop_of_the_data():
    here = world()
    mentee, boss = here.mentee(), here.mentor("Boss")
    Person.objects.filter(pk=mentee.person_id).update(supervisor=boss.person)
    Person.objects.filter(pk=boss.person_id).update(supervisor=mentee.person)
    assert snapshot(here, rules={"chain_levels": 4}).mentees.chain == [
        [boss.person_id, mentee.person_id, boss.person_id, mentee.person_id]
    ]


def test_the_digest_is_stable_and_feels_every_kind_of_change():
    here = world()
    mentee, mentor, other = here.mentee(), here.mentor(), here.mentor("Other")
    seen = [snapshot(here).digest()]
    assert snapshot(here).digest() == seen[0]
    changes = [
        lambda: claim(mentee, "Statistics"),
        lambda: wish(mentee, mentor),
        lambda: Lock.objects.create(cohort=here.cohort, mentee=mentee, mentor=mentor),
        lambda: Exclusion.objects.create(cohort=here.cohort, mentee=mentee, mentor=other, reason="-"),
        lambda: Person.objects.filter(pk=mentor.person_id).update(level=7),
        lambda: Enrollment.objects.filter(pk=mentee.pk).update(left_out_before=True),
    ]
    for change in changes:
        change()
        seen.append(snapshot(here).digest())
    seen.append(snapshot(here, weights={"skills": 3}).digest())
    assert len(set(seen)) == len(changes) + 2


def test_reading_takes_the_same_queries_for_one_and_for_thirty(count_queries):
    def queries(number: int) -> int:
        cohort = make_cohort(ProgramFactory(), number, number, slug=f"n{number}")
        with count_queries() as counted:
            read_snapshot(cohort, {})
        return len(counted)

    assert queries(1) == queries(30)


@pytest.mark.django_db(transaction=True)
def test_everything_is_read_at_one_moment():
    here = world()
    here.mentee()

    def add_another() -> None:
        here.mentee("Late")
        connection.close()

    with one_moment():
        before = Enrollment.objects.count()
        thread = threading.Thread(target=add_another)
        thread.start()
        thread.join()
        assert Enrollment.objects.count() == before
    assert Enrollment.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_the_moment_of_reading_cannot_write():
    from django.db.utils import InternalError

    here = world()
    with pytest.raises(InternalError, match="read-only"), one_moment(), transaction.atomic():
        here.mentee()
