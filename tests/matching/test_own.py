"""What matters to a person: within bounds, only if the program allows, never a rule; and what the runs make of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.models import AuditEvent
from core.roles import Role
from matching.domain.criteria import change_criteria
from matching.domain.own import set_own_weights
from matching.engine.field import CRITERIA, UNKNOWN, Criteria, Weights
from matching.models import Scheme
from matching.own import LESS, MORE, OFFERED, choices, own_weight, own_weights
from matching.own_words import WORDS
from matching.snapshot import Snapshot, read_snapshot
from participants.models import Enrollment
from tests.factories import MembershipFactory, PersonFactory
from tests.matching.people import World, claim, pairs, world

ZERO = dict.fromkeys(CRITERIA, 0)


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@given(program=st.integers(0, 10), leaning=st.sampled_from([LESS, 0, MORE]), reach=st.integers(0, 10))
def test_a_weight_moves_by_the_reach_at_most_and_stays_a_weight(
    program: int, leaning: int, reach: int
) -> None:
    found = own_weight(program, leaning, reach)
    assert 0 <= found <= 10
    assert abs(found - program) <= reach
    assert (found - program) * leaning >= 0
    assert found == 0 or program


def test_rows_for_the_engine_hold_what_was_moved_alone():
    weights = Weights(skills=9, goals=6, place=0)
    rows = own_weights([{"skills": MORE, "goals": LESS, "place": MORE}, {}], weights, 2)
    assert dict(zip(CRITERIA, rows[0], strict=True)) == {
        **dict.fromkeys(CRITERIA, UNKNOWN), "skills": 10, "goals": 4, "place": 0,
    }  # fmt: skip
    assert rows[1] == own_weights([{"skills": MORE}], weights, 0)[0] == [UNKNOWN] * len(CRITERIA)


def test_only_what_makes_a_difference_can_be_chosen():
    weights = Weights(**{**ZERO, "skills": 10, "goals": 5, "wish": 1, "mentor_wish": 1})
    assert choices("mentee", weights, 3) == {"skills": (LESS,), "goals": (LESS, MORE), "wish": (LESS, MORE)}
    assert choices("mentor", weights, 3) == {
        "skills": (LESS,),
        "goals": (LESS, MORE),
        "mentor_wish": (LESS, MORE),
    }
    assert choices("mentee", weights, 0) == {}
    assert {role: set(words) for role, words in WORDS.items()} == {
        role: set(names) for role, names in OFFERED.items()
    }


@pytest.fixture
def here() -> World:
    found = world()
    change_criteria(
        cohort=found.cohort, criteria={"weights": {**ZERO, "skills": 6, "goals": 5}}, version=0,
        own_reach=5, by=found.manager,
    )  # fmt: skip
    return found


@pytest.mark.django_db
class TestVerb:
    def test_keeps_what_was_moved_and_says_so_in_the_trail(self, here):
        mira = here.mentee()
        set_own_weights(enrollment=mira, leanings={"goals": MORE, "skills": 0}, by=mira.person)
        mira.refresh_from_db()
        assert mira.own_weights == {"goals": 1}
        event = AuditEvent.objects.get(verb="weights.set")
        assert (event.data, event.target_id, event.actor_id) == (
            {"weights": {"goals": 1}},
            mira.pk,
            mira.person_id,
        )
        set_own_weights(enrollment=mira, leanings={}, by=mira.person)
        mira.refresh_from_db()
        assert mira.own_weights == {}

    @pytest.mark.parametrize(
        "leanings", [{"goals": 2}, {"place": 1}, {"mentor_wish": 1}, {"rules": 1}, {"x": -1}]
    )
    def test_refuses_what_is_not_offered(self, here, leanings):
        mira = here.mentee()
        with pytest.raises(Refused, check=lambda error: error.code == "out_of_bounds"):
            set_own_weights(enrollment=mira, leanings=leanings, by=mira.person)
        mira.refresh_from_db()
        assert mira.own_weights == {}

    def test_is_refused_where_the_program_does_not_allow_it(self):
        mira = world().mentee()
        with pytest.raises(Refused, check=lambda error: error.code == "not_allowed"):
            set_own_weights(enrollment=mira, leanings={"goals": MORE}, by=mira.person)

    @pytest.mark.parametrize(
        "fields", [{"used": 1}, {"state": "completed"}, {"state": "declined"}, {"state": "left"}]
    )
    def test_is_refused_once_it_is_too_late(self, here, fields):
        mira = here.mentee(**fields)
        with pytest.raises(Refused, check=lambda error: error.code == "too_late"):
            set_own_weights(enrollment=mira, leanings={"goals": MORE}, by=mira.person)


@pytest.mark.django_db
class TestRun:
    @pytest.fixture
    def two(self, here) -> World:
        """By the program's weights Mira goes with the one who has the skill."""
        mira = here.mentee(goals=["network"])
        claim(mira, "Statistics")
        claim(here.mentor("Skill", goals=["promotion"]), "Statistics")
        claim(here.mentor("Goal", goals=["network"]), "Law")
        return here

    def test_what_matters_to_a_mentee_decides_between_mentors(self, two):
        mira = two.cohort.enrollments.get(role="mentee")
        assert pairs(two.run()) == {("Mira Kovac", "Skill")}
        set_own_weights(enrollment=mira, leanings={"goals": MORE, "skills": LESS}, by=mira.person)
        run = two.run()
        assert pairs(run) == {("Mira Kovac", "Goal")}
        [proposal] = run.proposals.all()
        # Both sides weigh: the mentee 10 and 1, the mentor as the program 5 and 6.
        assert [(part["criterion"], part["points"], part["most"]) for part in proposal.parts] == [
            ("skills", 0, 7 * 5040),
            ("goals", 15 * 5040, 15 * 5040),
        ]
        assert proposal.score == 100 * 15 // 22

    def test_without_leave_it_counts_no_longer(self, two):
        mira = two.cohort.enrollments.get(role="mentee")
        set_own_weights(enrollment=mira, leanings={"goals": MORE, "skills": LESS}, by=mira.person)
        criteria = Scheme.objects.get().criteria
        change_criteria(cohort=two.cohort, criteria=criteria, version=1, own_reach=0, by=two.manager)
        assert pairs(two.run()) == {("Mira Kovac", "Skill")}

    def test_who_said_more_still_weighs_more_when_the_program_changes(self, two):
        mira = two.cohort.enrollments.get(role="mentee")
        set_own_weights(enrollment=mira, leanings={"goals": MORE}, by=mira.person)
        other = Criteria.from_dict({"weights": {**ZERO, "skills": 2, "goals": 8}})
        snapshot = read_snapshot(two.cohort, other.to_dict())
        row = snapshot.people(other)[0].weights[0].tolist()
        assert dict(zip(CRITERIA, row, strict=True))["goals"] == 10
        assert snapshot.field().mentees.weights[0].tolist() == row

    def test_it_is_part_of_what_a_run_rests_on(self, two):
        mira = two.cohort.enrollments.get(role="mentee")
        before = read_snapshot(two.cohort, {})
        set_own_weights(enrollment=mira, leanings={"goals": MORE}, by=mira.person)
        after = read_snapshot(two.cohort, {})
        assert before.digest() != after.digest()
        assert Snapshot.unpack(after.pack()) == after

    def test_a_rule_holds_whatever_matters(self, two):
        mira = two.cohort.enrollments.get(role="mentee")
        goal = two.cohort.enrollments.get(person__full_name="Goal")
        mira.person.supervisor = goal.person
        mira.person.save()
        set_own_weights(enrollment=mira, leanings={"goals": MORE, "skills": LESS}, by=mira.person)
        assert pairs(two.run()) == {("Mira Kovac", "Skill")}


@pytest.mark.django_db
class TestPages:
    def url(self, mine: Enrollment) -> str:
        return reverse("my_weights", args=[mine.uid])

    def test_each_criterion_in_their_words_with_what_the_bounds_leave(self, here, login):
        mira = here.mentee(own_weights={"goals": LESS})
        page = login(mira.person).get(self.url(mira))
        fields = page.context["form"].fields
        assert {name: [way for way, _words in field.choices] for name, field in fields.items()} == {
            "skills": [LESS, 0, MORE],
            "goals": [LESS, 0, MORE],
        }
        assert page.context["form"].initial == {"skills": 0, "goals": LESS}
        said = text(page)
        assert "Somebody who knows what I want to learn" in said
        assert "you and the program’s staff. The person you are matched with is not told." in said

    def test_saving_comes_back_to_the_application(self, here, login):
        mira = here.mentee()
        client = login(mira.person)
        answer = client.post(self.url(mira), {"skills": "-1", "goals": "0"})
        assert answer.url == reverse("my_application", args=[mira.uid])
        said = text(client.get(answer.url))
        assert "Less than to the program Somebody who knows what I want to learn" in said

    def test_a_draft_is_checked_next_and_shows_it_too(self, here, login):
        here.cohort.state = "call_open"
        here.cohort.save()
        mira = here.mentee(state="draft", submitted_at=None)
        answer = login(mira.person).post(self.url(mira), {"skills": "0", "goals": "1"})
        assert answer.url == reverse("apply_check", args=[here.program.slug, here.cohort.slug, "mentee"])

    @pytest.mark.parametrize("data", [{}, {"skills": "5", "goals": "0"}, {"goals": "0"}])
    def test_what_is_missing_or_out_of_bounds_is_an_error(self, here, login, data):
        mira = here.mentee()
        page = login(mira.person).post(self.url(mira), data)
        assert "skills" in page.context["form"].errors
        mira.refresh_from_db()
        assert mira.own_weights == {}

    @pytest.mark.parametrize(
        ("fields", "why"),
        [({"used": 1}, "You have been matched"), ({"state": "declined"}, "Your application takes no part")],
    )
    def test_once_it_is_over_the_page_says_why_and_nothing_leads_there(self, here, login, fields, why):
        mira = here.mentee(**fields)
        client = login(mira.person)
        for page in (client.get(self.url(mira)), client.post(self.url(mira), {"skills": "0", "goals": "1"})):
            assert f"The matching is over for you {why}" in text(page)
            assert 'name="skills"' not in page.content.decode()
        application = client.get(reverse("my_application", args=[mira.uid]))
        assert (
            "What matters to you" in text(application),
            self.url(mira) in application.content.decode(),
        ) == (
            False,
            False,
        )
        Enrollment.objects.filter(pk=mira.pk).update(own_weights={"goals": 1})
        said = client.get(reverse("my_application", args=[mira.uid]))
        assert "More than to the program Somebody with the goals that I have" in text(said)
        assert self.url(mira) not in said.content.decode()

    def test_it_is_not_there_where_the_program_does_not_offer_it(self, login):
        mira = world().mentee()
        client = login(mira.person)
        assert client.get(self.url(mira)).status_code == 404
        assert "What matters to you" not in text(client.get(reverse("my_application", args=[mira.uid])))

    def test_it_is_their_own(self, here, login):
        mira = here.mentee()
        for other in (here.manager, here.mentor().person, PersonFactory()):
            assert login(other).get(self.url(mira)).status_code == 404
            assert login(other).post(self.url(mira), {"skills": "0", "goals": "1"}).status_code == 404

    def test_staff_read_it_and_cannot_change_it(self, here, login):
        mira = here.mentee(own_weights={"goals": MORE})
        reader = MembershipFactory(program=here.program, role=Role.REVIEWER).person
        page = login(reader).get(reverse("enrollment", args=[here.program.slug, here.cohort.slug, mira.uid]))
        assert (
            "What matters to this person More than to the program Somebody with the goals that I have"
            in text(page)
        )
        assert self.url(mira) not in page.content.decode()

    def test_staff_see_nothing_of_a_draft(self, here, login):
        mira = here.mentee(own_weights={"goals": MORE}, state="draft", submitted_at=None)
        page = login(here.manager).get(
            reverse("enrollment", args=[here.program.slug, here.cohort.slug, mira.uid])
        )
        assert "What matters to this person" not in text(page)

    def test_the_application_takes_one_query_more_and_no_more(self, here, login, count_queries):
        mira, address = here.mentee(), "my_application"
        client = login(mira.person)
        client.get(reverse(address, args=[mira.uid]))
        with count_queries() as few:
            client.get(reverse(address, args=[mira.uid]))
        Enrollment.objects.filter(pk=mira.pk).update(own_weights={"goals": 1, "skills": -1})
        with count_queries() as many:
            client.get(reverse(address, args=[mira.uid]))
        assert len(few) == len(many)
