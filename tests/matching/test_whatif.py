"""What if: both results exact, nothing stored, the question in the address, one at a time for each person."""

from __future__ import annotations

import random
import re
import threading
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from kombu.exceptions import OperationalError

from core.models import AuditEvent
from core.roles import Role
from matching import asking, whatif
from matching.domain.criteria import change_criteria
from matching.domain.fixed import lock_pair
from matching.effect import effect_of
from matching.engine.field import Criteria
from matching.models import Proposal, Run, Scheme
from matching.queries import scheme_of
from matching.whatif import Question, compare
from participants.models import Wish
from tests.factories import MembershipFactory
from tests.matching.people import World, claim, pairs, wish, world

pytestmark = pytest.mark.django_db

ALL = Criteria().to_dict()
SKILLS = dict.fromkeys(ALL["weights"], 0) | {"skills": 10}


def with_weights(**weights: int) -> dict[str, Any]:
    return {**ALL, "weights": {**SKILLS, **weights}}


PRESENT = Question(with_weights(), "people")


def url(here: World, name: str = "matching_what_if") -> str:
    return reverse(name, args=[here.program.slug, here.cohort.slug])


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def here() -> World:
    """By skills Mira goes with Dana and Ade with Lena; by goals the other way round."""
    found = world(criteria={"weights": SKILLS})
    people = {
        "Mira Kovac": found.mentee("Mira Kovac", goals=["network"], person={"languages": ["en"]}),
        "Ade Okafor": found.mentee("Ade Okafor", goals=["promotion"], person={"languages": ["en"]}),
        "Dana Whitfield": found.mentor("Dana Whitfield", goals=["promotion"], person={"languages": ["en"]}),
        "Lena Ruiz": found.mentor("Lena Ruiz", goals=["network"], person={"languages": ["en"]}),
    }
    for name, skill in zip(people, ["Statistics", "Negotiation", "Statistics", "Negotiation"], strict=True):
        claim(people[name], skill)
    wish(people["Mira Kovac"], people["Lena Ruiz"])
    return found


def names(here: World, *enrollments: int) -> list[str]:
    rows = dict(here.cohort.enrollments.values_list("pk", "person__full_name"))
    return [rows[pk] for pk in enrollments]


class TestAnswer:
    def test_tells_both_results_on_both_scales_and_which_pairs_change(self, here):
        answer = compare(here.cohort, PRESENT, Question(with_weights(skills=1, goals=10), "people"))
        assert answer["figures"] == {
            "mentees": [2, 2], "matched": [2, 2], "pairs": [2, 2], "circles": [0, 0],
            "wishes": [0, 1], "changed": [0, 2],
            "present_lowest": [100, 0], "present_median": [100, 0], "present_total": [200, 0],
            "asked_lowest": [9, 90], "asked_median": [9, 90], "asked_total": [18, 180],
        }  # fmt: skip
        assert answer["changed"] == 2
        told = {
            names(here, row["mentee"])[0]: [
                (names(here, entry["mentor"])[0], entry["score"]) for entry in (*row["now"], *row["then"])
            ]
            for row in answer["changes"]
        }
        assert told == {
            "Mira Kovac": [("Dana Whitfield", 9), ("Lena Ruiz", 90)],
            "Ade Okafor": [("Lena Ruiz", 9), ("Dana Whitfield", 90)],
        }
        assert [part["criterion"] for part in answer["changes"][0]["then"][0]["parts"]] == ["skills", "goals"]
        assert (Run.objects.count(), Scheme.objects.count()) == (0, 0)

    def test_names_who_gains_and_who_loses_a_match(self, here):
        noor = here.mentee("Noor Haddad", person={"languages": ["ar"]})
        aziz = here.mentor("Aziz Ben", person={"languages": ["ar"]})
        here.cohort.enrollments.filter(person__full_name="Lena Ruiz").update(capacity=1)
        strict = {**with_weights(), "rules": {**ALL["rules"], "min_level_gap": 1}}
        for row, level in ((noor, 9), (aziz, 8)):
            row.person.level = level
            row.person.save()
        answer = compare(here.cohort, PRESENT, Question(strict, "people"))
        assert answer["lost"] == {
            "mentees": {"count": 1, "shown": [noor.pk]},
            "mentors": {"count": 1, "shown": [aziz.pk]},
        }
        assert answer["gained"]["mentees"] == {"count": 0, "shown": []}
        assert (answer["changed"], answer["changes"][0]["mentee"], answer["changes"][0]["then"]) == (
            1,
            noor.pk,
            [],
        )
        back = compare(here.cohort, Question(strict, "people"), PRESENT)
        assert back["gained"]["mentees"]["shown"] == [noor.pk]
        assert back["figures"]["matched"] == [2, 3]

    def test_is_what_the_runs_then_give(self, here):
        dice = random.Random(3)
        for number in range(12):
            for join in (here.mentee, here.mentor):
                row = join(f"Somebody {number}", goals=[dice.choice("abc")])
                claim(row, dice.choice(["Statistics", "Negotiation", "Law"]))
        first = here.run()
        other = {**with_weights(goals=7), "min_fit": 20, "left_out_first": False}
        answer = compare(here.cohort, PRESENT, Question(other, "score"))
        change_criteria(cohort=here.cohort, criteria=other, version=0, by=here.manager)
        second = here.run(objective="score")
        for place, run in enumerate((first, second)):
            assert answer["figures"]["matched"][place] == run.numbers["covered"]
            assert answer["figures"]["pairs"][place] == run.numbers["pairs"]
            assert answer["figures"]["wishes"][place] == sum(run.numbers["wishes"].values())
        assert answer["figures"]["present_total"][0] == first.numbers["total"]
        assert answer["figures"]["asked_total"][1] == second.numbers["total"]
        assert answer["figures"]["asked_lowest"][1] == second.numbers["lowest"]
        assert answer["figures"]["changed"][1] == second.numbers["new"] == len(pairs(second) - pairs(first))

    def test_no_change_is_no_change(self, here):
        here.run()
        same = compare(here.cohort, PRESENT, PRESENT)
        assert (same["changed"], same["changes"], same["figures"]["changed"]) == (0, [], [0, 0])
        doubled = compare(here.cohort, PRESENT, Question(with_weights(skills=5), "people"))
        assert (doubled["changed"], doubled["figures"]["asked_total"]) == (0, [200, 200])

    def test_everything_is_read_that_either_question_needs(self, here):
        """A longer chain of command, and no more bound to a strand."""
        boss = here.cohort.enrollments.get(person__full_name="Dana Whitfield").person
        between = MembershipFactory(program=here.program).person
        between.supervisor = boss
        between.save()
        mira = here.cohort.enrollments.get(person__full_name="Mira Kovac").person
        mira.supervisor = between
        mira.save()
        deep = {**with_weights(), "rules": {**ALL["rules"], "chain_levels": 2}}
        answer = compare(here.cohort, PRESENT, Question(deep, "people"))
        assert answer["figures"]["present_total"] == [200, 0]
        assert compare(here.cohort, Question(deep, "people"), PRESENT)["figures"]["asked_total"] == [0, 200]

    def test_locks_stand_and_a_rule_against_them_gives_no_answer(self, here):
        by_name = {row.person.full_name: row for row in here.cohort.enrollments.select_related("person")}
        mira, lena = by_name["Mira Kovac"], by_name["Lena Ruiz"]
        lock_pair(mentee=mira, mentor=lena, by=here.manager)
        assert compare(here.cohort, PRESENT, PRESENT)["figures"]["wishes"] == [1, 1]
        for row, level in ((mira, 9), (lena, 8)):
            row.person.level = level
            row.person.save()
        strict = {**with_weights(), "rules": {**ALL["rules"], "min_level_gap": 1}}
        assert compare(here.cohort, PRESENT, Question(strict, "people")) == {
            "unable": "lock_rule",
            "pairs": [{"mentee": mira.pk, "mentor": lena.pk, "rules": ["level"]}],
        }
        assert effect_of(here.cohort, strict).locks == [
            "The career levels of Lena Ruiz and Mira Kovac do not allow it."
        ]
        assert effect_of(here.cohort, ALL).locks == []

    def test_nobody_there(self):
        assert compare(world().cohort, PRESENT, PRESENT) == {"unable": "nobody", "pairs": []}

    def test_more_changes_than_a_page_are_counted(self, here, monkeypatch):
        monkeypatch.setattr(whatif, "LISTED", 1)
        answer = compare(here.cohort, PRESENT, Question(with_weights(skills=0, goals=10), "people"))
        assert (answer["changed"], len(answer["changes"])) == (2, 1)


class TestPage:
    def test_without_a_question_it_shows_what_is_in_force(self, here, login):
        page = login(here.manager).get(url(here))
        assert page.context["found"].figures[0].now == "2"
        assert "This is what a run would give by the criteria in force." in text(page)
        assert "Save these criteria and run" not in text(page)
        assert "See the result" not in text(page)

    def test_the_bar_of_narrow_screens_says_the_result_in_a_line(self, here, login):
        page = login(here.manager).get(url(here), {"weight_skills": "1", "weight_goals": "10"})
        [bar] = re.findall(r'<a class="whatif-peek".*?</a>', page.content.decode(), re.DOTALL)
        words = " ".join(re.sub(r"<[^>]*>", " ", bar).split())
        assert words == "Matched 2 → 2 Median fit 100 → 0 See the result"

    def test_the_question_is_in_the_address_and_changes_nothing(self, here, login):
        page = login(here.manager).get(url(here), {"weight_skills": "1", "weight_goals": "10"})
        said = text(page)
        assert "Different for 2 mentees" in said
        assert "Both chose network ." in said
        by_asked = page.context["found"].by_asked
        assert [(str(row.label), row.now, row.then, row.difference, row.kind) for row in by_asked] == [
            ("Median fit", "9", "90", "+81", "ok"),
            ("Lowest fit", "9", "90", "+81", "ok"),
            ("Total fit", "18", "180", "+162", "ok"),
        ]
        assert page.context["found"].by_present[2].difference == "−200"
        assert (Run.objects.count(), Proposal.objects.count(), Scheme.objects.count()) == (0, 0, 0)
        assert not AuditEvent.objects.filter(verb__in=["criteria.changed", "run.requested"]).exists()

    def test_the_whole_form_gives_a_short_address(self, here, login):
        client = login(here.manager)
        data = {
            name: value
            for name, value in client.get(url(here)).context["form"].data.items()
            if value is not None
        }
        data = {name: value for name, value in data.items() if value is not False}
        sent = {**data, "weight_goals": "10", "asked": "1", "min_level_gap": "", "objective": "score"}
        del sent["shared_language"]
        page = client.get(url(here), sent, headers={"HX-Request": "true"})
        assert page["HX-Push-Url"] == f"{url(here)}?shared_language=False&weight_goals=10&objective=score"
        again = client.get(page["HX-Push-Url"])
        assert again.context["query"] == page.context["query"]
        assert again.context["form"].cleaned_data == page.context["form"].cleaned_data
        assert "HX-Push-Url" not in again.headers

    def test_a_value_out_of_range_is_told_and_nothing_is_asked(self, here, login):
        page = login(here.manager).get(url(here), {"min_fit": "101", "asked": "1"})
        assert "Mend the values that are marked, then ask again." in text(page)
        assert "found" not in page.context

    @pytest.mark.parametrize(
        ("query", "parts"),
        [
            ({}, {"musts": False, "weights": True, "fairness": False}),
            ({"min_fit": "101"}, {"musts": False, "weights": False, "fairness": True}),
            ({"unit": "same", "level_curve": "far"}, {"musts": True, "weights": True, "fairness": False}),
        ],
    )
    def test_the_parts_asked_about_stand_open(self, here, login, query, parts):
        assert login(here.manager).get(url(here), query).context["opened"] == parts

    def test_wishes_are_told_of_only_where_somebody_wished(self, here, login):
        def told() -> bool:
            return "People with a wish met" in text(
                login(here.manager).get(url(here), {"weight_goals": "10"})
            )

        assert told() is True
        Wish.objects.all().delete()
        assert told() is False

    def test_saving_puts_the_criteria_in_force_and_runs(self, here, login):
        client = login(here.manager)
        answer = client.post(url(here), {"weight_goals": "10", "objective": "score", "version": "0"})
        run = Run.objects.get()
        assert answer.url == reverse("matching_run", args=[here.program.slug, here.cohort.slug, run.number])
        assert scheme_of(here.cohort).criteria == with_weights(goals=10) == run.criteria
        assert (run.objective, scheme_of(here.cohort).version) == ("score", 1)

    def test_another_objective_alone_makes_no_new_version(self, here, login):
        login(here.manager).post(url(here), {"objective": "score", "version": "0"})
        assert (Scheme.objects.count(), Run.objects.get().objective) == (0, "score")

    def test_nothing_is_saved_where_the_run_is_refused(self, here, login):
        here.cohort.state = "closed"
        here.cohort.save()
        client = login(here.manager)
        answer = client.post(url(here), {"weight_goals": "10", "version": "0"})
        assert answer.url == f"{url(here)}?weight_goals=10"
        assert (Scheme.objects.count(), Run.objects.count()) == (0, 0)
        assert "Nothing was saved." in text(client.get(answer.url))

    def test_an_old_page_does_not_overwrite_what_somebody_else_set(self, here, login):
        change_criteria(cohort=here.cohort, criteria=with_weights(goals=3), version=0, by=here.manager)
        answer = login(here.manager).post(url(here), {"weight_goals": "10", "version": "0"})
        assert answer.url == f"{url(here)}?weight_goals=10"
        assert (scheme_of(here.cohort).criteria["weights"]["goals"], Run.objects.count()) == (3, 0)

    @pytest.mark.parametrize("data", [{"min_fit": "101", "version": "0"}, {"weight_goals": "10"}])
    def test_what_is_not_valid_is_not_saved(self, here, login, data):
        answer = login(here.manager).post(url(here), data)
        assert (answer.url, Scheme.objects.count(), Run.objects.count()) == (url(here), 0, 0)

    def test_locks_that_a_rule_would_break_are_named(self, here, login):
        by_name = {row.person.full_name: row for row in here.cohort.enrollments.select_related("person")}
        lock_pair(mentee=by_name["Mira Kovac"], mentor=by_name["Lena Ruiz"], by=here.manager)
        for name, level in (("Mira Kovac", 9), ("Lena Ruiz", 8)):
            by_name[name].person.level = level
            by_name[name].person.save()
        page = login(here.manager).get(url(here), {"min_level_gap": "1"})
        assert "A rule would break locked pairs" in text(page)
        assert "The career levels of Lena Ruiz and Mira Kovac do not allow it." in text(page)

    def test_criteria_in_force_that_break_a_lock_can_be_mended_here(self, here, login):
        by_name = {row.person.full_name: row for row in here.cohort.enrollments.select_related("person")}
        lock_pair(mentee=by_name["Mira Kovac"], mentor=by_name["Lena Ruiz"], by=here.manager)
        for name, level in (("Mira Kovac", 9), ("Lena Ruiz", 8)):
            by_name[name].person.level = level
            by_name[name].person.save()
        strict = {**with_weights(), "rules": {**ALL["rules"], "min_level_gap": 1}}
        change_criteria(cohort=here.cohort, criteria=strict, version=0, by=here.manager)
        why, client = "The career levels of Lena Ruiz and Mira Kovac do not allow it.", login(here.manager)
        page = client.get(url(here))
        assert page.context["unable"] == (
            "The criteria in force break locked pairs, and a lock is never dropped in silence. "
            f"{why} Loosen the rule here to see what a run would give."
        )
        mended = client.get(url(here), {"min_level_gap": ""})
        found, words = mended.context["found"], text(mended)
        assert (found.broken, found.figures[0].then) == ([why], "2")
        assert ("Nothing to compare with" in words, "Save these criteria and run" in words) == (True, True)
        assert ("Measured by the criteria in force" in words, "Who gains" in words) == (False, False)
        assert "A rule would break locked pairs" in text(client.get(url(here), {"min_level_gap": "2"}))

    def test_the_editor_hands_its_values_over(self, here, login):
        client = login(here.manager)
        editor = reverse("matching_criteria", args=[here.program.slug, here.cohort.slug])
        initial = client.get(editor).context["form"].initial
        data = {name: value for name, value in initial.items() if value is not None and value is not False}
        answer = client.post(editor, {**data, "weight_goals": "4", "ask": "1"})
        assert answer.url == f"{url(here)}?weight_goals=4"
        assert not Scheme.objects.exists()

    @pytest.mark.parametrize("role", [Role.HR_LIAISON, Role.REVIEWER, Role.SPONSOR])
    def test_is_for_those_who_run_the_matching(self, here, login, role):
        client = login(MembershipFactory(program=here.program, role=role).person)
        assert client.get(url(here)).status_code == 403
        assert client.get(url(here, "matching_what_if_progress")).status_code == 403
        assert client.post(url(here), {"weight_goals": "10", "version": "0"}).status_code == 403
        assert not Run.objects.exists()

    def test_takes_as_many_queries_for_many_changes(self, here, login, count_queries):
        client = login(here.manager)
        question = {"weight_skills": "0", "weight_goals": "10"}
        client.get(url(here), question)
        with count_queries() as few:
            client.get(url(here), question)
        for number in range(15):
            for role, goal in ((here.mentee, number), (here.mentor, number + 1)):
                claim(role(f"Somebody {number}", goals=[f"goal-{goal % 15}"]), f"Skill-{number}")
        with count_queries() as many:
            page = client.get(url(here), question)
        assert page.context["found"].changed > 10
        assert len(many) == len(few)


class TestFairness:
    def test_a_person_has_one_question_at_work(self, here, login, monkeypatch):
        monkeypatch.setattr(asking, "PATIENCE", 0.1)
        cache.add(f"whatif:place:{here.manager.pk}", 1, 30)
        page = login(here.manager).get(url(here), {"weight_goals": "10"})
        assert (page.status_code, "One question at a time" in text(page)) == (429, True)
        other = MembershipFactory(program=here.program, role=Role.COORDINATOR).person
        assert login(other).get(url(here), {"weight_goals": "10"}).status_code == 200

    def test_the_next_question_waits_its_turn(self, here):
        cache.add(f"whatif:place:{here.manager.pk}", 1, 30)
        threading.Timer(0.2, cache.delete, [f"whatif:place:{here.manager.pk}"]).start()
        asked = asking.ask(here.cohort, PRESENT, PRESENT, by=here.manager)
        assert (asked.busy, asked.answer is not None) == (False, True)
        assert cache.get(f"whatif:place:{here.manager.pk}") is None

    def test_an_error_frees_the_place(self, here, monkeypatch):
        monkeypatch.setattr(asking, "compare", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            asking.ask(here.cohort, PRESENT, PRESENT, by=here.manager)
        assert cache.get(f"whatif:place:{here.manager.pk}") is None


class TestLarge:
    @pytest.fixture(autouse=True)
    def small_is_large(self, monkeypatch):
        monkeypatch.setattr(asking, "AT_ONCE", 1)

    @pytest.fixture
    def rung(self, monkeypatch) -> list[tuple[Any, ...]]:
        """What the worker was asked, without one."""
        calls: list[tuple[Any, ...]] = []
        monkeypatch.setattr("matching.tasks.answer_what_if.delay", lambda *args: calls.append(args))
        return calls

    def work(self, call: tuple[Any, ...]) -> None:
        cohort, present, asked, person, key = call
        asking.work_out(cohort, Question(*present), Question(*asked), person_id=person, key=key)

    def test_a_worker_answers_and_the_page_shows_how_far_it_is(self, here, login, rung):
        client, question = login(here.manager), {"weight_skills": "1", "weight_goals": "10"}
        page = client.get(url(here), question)
        assert (page.context["percent"], len(rung)) == (0, 1)
        poll = client.get(page.context["poll_url"])
        assert ("HX-Refresh" in poll.headers, "Waiting for a free worker" in text(poll)) == (False, True)
        self.work(rung[0])
        assert client.get(page.context["poll_url"])["HX-Refresh"] == "true"
        assert "Different for 2 mentees" in text(client.get(url(here), question))
        assert len(rung) == 1, "the answer is kept"
        client.get(url(here), {**question, "again": "1"})
        assert len(rung) == 2, "unless a fresh one is asked for"

    def test_nothing_asked_costs_nothing(self, here, login, rung):
        page = login(here.manager).get(url(here))
        assert ("Nothing asked yet" in text(page), rung) == (True, [])

    def test_the_newest_question_of_a_person_wins(self, here, login, rung):
        client = login(here.manager)
        client.get(url(here), {"weight_goals": "9"})
        page = client.get(url(here), {"weight_goals": "10"})
        self.work(rung[0])
        assert cache.get(rung[0][-1]) is None, "the overtaken one stops before it reads anything"
        self.work(rung[1])
        assert client.get(page.context["poll_url"])["HX-Refresh"] == "true"

    def test_stages_are_told(self, here, rung, monkeypatch):
        asking.ask(here.cohort, PRESENT, Question(with_weights(goals=9), "people"), by=here.manager)
        seen = []
        keep = cache.set
        monkeypatch.setattr(
            cache, "set", lambda key, value, *rest: (seen.append(value), keep(key, value, *rest))
        )
        self.work(rung[0])
        assert [value.get("stage") for value in seen] == ["reading", "solving", "asking", "comparing", None]

    def test_an_unforeseen_error_is_an_answer_too(self, here, rung, monkeypatch):
        asking.ask(here.cohort, PRESENT, Question(with_weights(goals=9), "people"), by=here.manager)
        monkeypatch.setattr(asking, "compare", lambda *_args: 1 / 0)
        self.work(rung[0])
        found = asking.ask(here.cohort, PRESENT, Question(with_weights(goals=9), "people"), by=here.manager)
        assert found.answer == {"unable": "engine", "pairs": []}

    def test_while_the_broker_is_away_the_next_look_asks_again(self, here, monkeypatch):
        def away(*_args: Any) -> None:
            raise OperationalError("gone")

        monkeypatch.setattr("matching.tasks.answer_what_if.delay", away)
        question = Question(with_weights(goals=9), "people")
        assert asking.ask(here.cohort, PRESENT, question, by=here.manager).percent == 0
        calls: list[Any] = []
        monkeypatch.setattr("matching.tasks.answer_what_if.delay", lambda *args: calls.append(args))
        asking.ask(here.cohort, PRESENT, question, by=here.manager)
        assert len(calls) == 1
