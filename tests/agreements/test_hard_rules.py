"""A hard rule is never broken, by whatever path a pair comes to be: wish, lock, swap, list, both sides, race of data.

Seeded stories over small cohorts. Each new lock, proposal and mentorship is held against a plain reading of the rules
from the tables, which shares no code with the engine.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from agreements.domain.publishing import publish_run
from agreements.models import Member
from core.errors import Refused
from matching.domain.answers import answer_pair, ask_sides
from matching.domain.criteria import change_criteria
from matching.domain.decisions import Act
from matching.domain.fixed import exclude_pair, lock_pair, unlock_pair
from matching.domain.lists import decide_list
from matching.domain.pairs import remember_pair
from matching.domain.undo import Wanted, decide, swapped
from matching.engine.field import Criteria, Rules
from matching.models import Exclusion, Lock, PastPair, Run, SideAnswer
from matching.past import past_pair_digest
from matching.queries import latest_ready, scheme_of
from participants.models import Enrollment, Wish
from people.models import Person
from programs.models import Cohort
from tests.factories import StrandFactory
from tests.matching.people import World, world

pytestmark = pytest.mark.django_db

SEEDS = range(12)
STEPS = 14
Pair = tuple[Enrollment, Enrollment]


def whole_pairs(cohort: Cohort) -> set[tuple[int, int]]:
    """Pairs of the cohort that break no rule in force now, read plainly; enrollments of mentee and mentor."""
    rules = Criteria.from_dict(scheme_of(cohort).criteria).rules
    people = list(Enrollment.objects.filter(cohort=cohort).select_related("person"))
    boss_of = dict(Person.objects.values_list("pk", "supervisor"))
    excluded = set(Exclusion.objects.values_list("mentee", "mentor"))
    past = {bytes(digest) for digest in PastPair.objects.values_list("digest", flat=True)}
    return {
        (mentee.pk, mentor.pk)
        for mentee in people
        for mentor in people
        if (mentee.role, mentor.role) == ("mentee", "mentor")
        and not broken(mentee, mentor, rules, boss_of, excluded, past)
    }


def broken(
    mentee: Enrollment, mentor: Enrollment, rules: Rules, boss_of: Any, excluded: Any, past: Any
) -> list[str]:
    one, other = mentee.person, mentor.person
    above, boss = [], boss_of[one.pk]
    while boss is not None and len(above) < rules.chain_levels:
        above.append(boss)
        boss = boss_of[boss]
    gap = other.level - one.level
    found = {
        "chain": other.pk in above,
        "exclusion": rules.exclusions and (mentee.pk, mentor.pk) in excluded,
        "past": rules.past_pairs and past_pair_digest(one.pk, other.pk) in past,
        "strand": rules.same_strand and mentee.strand_id != mentor.strand_id,
        "language": rules.shared_language
        and bool(one.languages and other.languages)
        and not set(one.languages) & set(other.languages),
        "level": rules.min_level_gap is not None and gap < rules.min_level_gap,
        "availability": rules.shared_availability
        and bool(mentee.availability and mentor.availability)
        and not set(mentee.availability) & set(mentor.availability),
    }
    return [name for name, is_broken in found.items() if is_broken]


class Story:
    """What people do with one cohort, in an order that a seed decides."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.here: World = world()
        Cohort.objects.update(answer_days=7)
        self.here.cohort.refresh_from_db()
        strands = [self.here.strand, StrandFactory(program=self.here.program)]
        join = {"mentee": self.here.mentee, "mentor": self.here.mentor}
        self.people = {
            role: [
                join[role](f"{role} {number}", strand=self.rng.choice([strands[0], *strands]), capacity=2)
                for number in range(5)
            ]
            for role in join
        }
        self.done: Counter[str] = Counter()
        for row in self.everybody():
            self.change(row)

    def everybody(self) -> list[Enrollment]:
        return [*self.people["mentee"], *self.people["mentor"]]

    def pair(self) -> Pair:
        return self.rng.choice(self.people["mentee"]), self.rng.choice(self.people["mentor"])

    def change(self, row: Enrollment) -> None:
        """Somebody moves: another supervisor, language, level, times."""
        rng = self.rng
        bosses = [other.person_id for other in self.people["mentor"] if other.person_id != row.person_id]
        boss = rng.choice([None, None, *bosses]) if row.role == "mentee" else None
        Person.objects.filter(pk=row.person_id).update(
            supervisor=boss, languages=rng.choice([[], ["en"], ["fr"], ["en", "fr"]]), level=rng.randint(1, 6)
        )
        times = rng.choice([[], ["mon-am"], ["tue-pm"], ["mon-am", "tue-pm"]])
        Enrollment.objects.filter(pk=row.pk).update(availability=times)

    def someone_changes(self) -> None:
        self.change(self.rng.choice(self.everybody()))

    def rules_change(self) -> None:
        rules = {
            "chain_levels": self.rng.randint(1, 3),
            "min_level_gap": self.rng.choice([None, 0, 1]),
            "shared_availability": self.rng.random() < 0.5,
        }
        scheme = scheme_of(self.here.cohort)
        change_criteria(
            cohort=self.here.cohort, criteria={"rules": rules}, version=scheme.version, by=self.here.manager
        )

    def wish(self) -> None:
        mentee, mentor = self.pair()
        Wish.objects.filter(enrollment=mentee).delete()
        Wish.objects.create(enrollment=mentee, rank=1, mentor=mentor.person)

    def exclude(self) -> None:
        mentee, mentor = self.pair()
        exclude_pair(mentee=mentee, mentor=mentor, reason="-", by=self.here.manager)

    def was_a_pair(self) -> None:
        mentee, mentor = self.pair()
        remember_pair(mentee.person_id, mentor.person_id)

    def unlock(self) -> None:
        mentee, mentor = self.pair()
        unlock_pair(mentee=mentee, mentor=mentor, by=self.here.manager)

    def lock(self) -> None:
        mentee, mentor = self.pair()
        lock_pair(mentee=mentee, mentor=mentor, by=self.here.manager)

    def swap(self) -> None:
        decide(wanted=swapped(self.pair(), self.pair()), by=self.here.manager, act=Act("swap"))

    def list_of_locks(self) -> None:
        pairs = {(mentee.pk, mentor.pk): (mentee, mentor) for mentee, mentor in (self.pair(), self.pair())}
        decide(wanted=Wanted(lock=list(pairs.values())), by=self.here.manager, act=Act("file"))

    def file_of_decisions(self) -> None:
        rows = ["mentor,mentee,act,reason"]
        for _ in range(self.rng.randint(1, 3)):
            mentee, mentor = self.pair()
            act = self.rng.choice(["lock", "lock", "lock", "unlock", "exclude", "allow"])
            rows.append(f"{mentor.person.email},{mentee.person.email},{act},-")
        decide_list(
            cohort=self.here.cohort, content="\n".join(rows).encode(), by=self.here.manager, act=Act("file")
        )
        self.done["from a file"] += 1

    def run(self) -> None:
        run = self.here.run()
        self.done["failed"] += run.state == Run.State.FAILED

    def both_say_yes(self) -> None:
        run = latest_ready(self.here.cohort)
        if run is None:
            return
        ask_sides(run=run, due_on=timezone.now().date() + timedelta(days=9), by=self.here.manager)
        for question in SideAnswer.objects.filter(proposal__run=run, closed_at=None, answer=""):
            answer_pair(question=question, answer="yes", by=question.enrollment.person)

    def publish(self) -> None:
        run = latest_ready(self.here.cohort)
        if run is None:
            return
        rest = list(run.proposals.filter(published_at=None))
        publish_run(
            run=run, by=self.here.manager, proposals=self.rng.sample(rest, self.rng.randint(0, len(rest)))
        )

    def everybody_changes(self) -> None:
        for row in self.everybody():
            self.change(row)

    def play(self) -> None:
        paths = [
            self.someone_changes, self.rules_change, self.wish, self.exclude, self.was_a_pair, self.unlock,
            *[self.lock] * 2, self.swap, self.list_of_locks, *[self.file_of_decisions] * 2, *[self.run] * 3,
            self.both_say_yes, *[self.publish] * 2,
        ]  # fmt: skip
        for _ in range(STEPS):
            self.step(self.rng.choice(paths))
            if self.rng.random() < 0.2:  # between a run and its publishing everybody moves
                self.step(self.everybody_changes)
                self.step(self.publish)

    def step(self, path: object) -> None:
        before = self.made()
        whole = whole_pairs(self.here.cohort)
        refused = ""
        try:
            path()  # type: ignore[operator]
        except Refused as refusal:
            refused = refusal.code
            self.done[refused] += 1
        assert not refused or self.made() == before, refused
        new = [pair for pair, count in (self.made() - before).items() for _ in range(count)]
        # A mentorship is by now a pair of the past: what counts is whether it was whole before it was made.
        assert [key for key in new if key[1:] not in whole] == [], path
        self.done.update(key[0] for key in new)

    def made(self) -> Counter[tuple[str, int, int]]:
        """Locks, proposals and mentorships, by the two."""
        cohort = self.here.cohort
        locks = Lock.objects.filter(cohort=cohort).values_list("mentee", "mentor")
        proposals = cohort.runs.exclude(proposals=None).values_list("proposals__mentee", "proposals__mentor")
        keys = Member.objects.exclude(pair_key="").values_list("pair_key", flat=True)
        pairs = [tuple(reversed([int(pk) for pk in key.split(":")])) for key in keys]
        return Counter(
            [
                *(("lock", *pair) for pair in locks),
                *(("proposal", *pair) for pair in proposals),
                *(("mentorship", *pair) for pair in pairs),
            ]
        )


def test_no_path_leads_past_a_hard_rule() -> None:
    done: Counter[str] = Counter()
    for seed in SEEDS:
        story = Story(seed)
        story.play()
        done += story.done
        Cohort.objects.filter(pk=story.here.cohort.pk).update(state="closed")
    # The stories must have tried what they are about.
    assert {
        "lock",
        "proposal",
        "mentorship",
        "pair_barred",
        "faulty_file",
        "from a file",
        "rule_language",
        "rule_supervisor",
    } <= done.keys()
    assert min(done[name] for name in ("lock", "proposal", "mentorship")) >= 10, done
