"""The criteria editor: effect before saving, sets, history, what somebody else changed meanwhile."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from core.errors import Refused
from core.models import AuditEvent
from core.roles import Role
from matching import effect as effects
from matching.criteria_form import CriteriaForm, form_values
from matching.criteria_words import LABELS, change_words, changes, flat
from matching.domain.criteria import change_criteria, delete_preset, save_preset
from matching.effect import effect_of
from matching.engine.field import Criteria
from matching.history import versions
from matching.models import Preset, Scheme
from matching.presets import SHIPPED
from matching.queries import scheme_of
from tests.factories import MembershipFactory, UnitFactory
from tests.matching.people import World, claim, wish, world

pytestmark = pytest.mark.django_db

ALL = Criteria().to_dict()


def url(here: World, name: str = "matching_criteria", *args: Any) -> str:
    return reverse(name, args=[here.program.slug, here.cohort.slug, *args])


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def fields(version: int = 0, criteria: Any = ALL, **changed: Any) -> dict[str, Any]:
    """What the browser sends for these criteria."""
    values = {**form_values(criteria, version, 0), **changed}
    return {name: value for name, value in values.items() if value is not None and value is not False}


@pytest.fixture
def here() -> World:
    """Two by two: French apart from English, one mentor in the mentee's own directorate."""
    found = world()
    unit = UnitFactory()
    mira = found.mentee("Mira Kovac", person={"languages": ["en"], "unit": unit, "level": 10})
    found.mentee("Noor Haddad", person={"languages": ["ar"], "level": 10})
    dana = found.mentor("Dana Whitfield", person={"languages": ["en"], "unit": unit, "level": 12})
    found.mentor("Luc Roy", person={"languages": ["fr"], "level": 9})
    claim(mira, "Statistics")
    claim(dana, "Statistics")
    wish(mira, dana)
    return found


class TestEffect:
    def test_counts_pairs_by_rule_and_names_who_is_left_with_nobody(self, here):
        found = effect_of(here.cohort, {"rules": {"min_level_gap": 0}})
        assert (found.possible, found.eligible, found.low) == (4, 1, 0)
        assert [(rule.name, rule.removed, rule.only) for rule in found.rules] == [
            ("a language in common", 3, 1),
            ("enough levels between the two", 2, 0),
        ]
        assert [row.person.name for row in found.mentees.shown] == ["Noor Haddad"]
        assert [row.person.name for row in found.mentors.shown] == ["Luc Roy"]
        assert (found.mentees.count, found.mentees.more) == (1, 0)

    def test_is_of_the_values_given_not_of_those_saved(self, here):
        change_criteria(
            cohort=here.cohort, criteria={"rules": {"shared_language": False}}, version=0, by=here.manager
        )
        assert effect_of(here.cohort, {}).eligible == 1
        assert effect_of(here.cohort, scheme_of(here.cohort).criteria).eligible == 4

    def test_counts_what_is_under_the_minimum(self, here):
        loose = {"rules": {"shared_language": False}, "min_fit": 60}
        found = effect_of(here.cohort, loose)
        assert (found.eligible, found.low) == (2, 2)
        assert [row.person.name for row in found.mentors.shown] == ["Luc Roy"]
        assert found.mentees.count == 0

    def test_says_what_a_typical_score_is_made_of(self, here):
        zero = dict.fromkeys(ALL["weights"], 0)
        found = effect_of(here.cohort, {"weights": {**zero, "skills": 6, "wish": 2, "goals": 1}})
        assert [(str(bar.label), bar.value) for bar in found.shares] == [
            ("Skills", 75),
            ("Wish of a mentee", 25),
            ("Goals", 0),
        ]

    def test_a_large_cohort_is_counted_without_scoring_every_pair(self, here, monkeypatch):
        monkeypatch.setattr(effects, "WHOLE", 3)
        monkeypatch.setattr(effects, "SAMPLE", 1)
        found = effect_of(here.cohort, {"rules": {"min_level_gap": 0}, "min_fit": 100})
        assert (found.possible, found.eligible, found.low) == (4, 1, None)
        assert [row.person.name for row in found.mentors.shown] == ["Luc Roy"]

    def test_mentors_without_a_free_place_are_not_missed(self, here):
        here.cohort.enrollments.filter(person__full_name="Luc Roy").update(used=1)
        assert effect_of(here.cohort, {}).mentors.count == 0

    def test_nobody_at_all(self):
        found = effect_of(world().cohort, {})
        assert (found.possible, found.eligible, found.rules, found.shares) == (0, 0, [], [])

    def test_takes_as_many_queries_for_many_people(self, here, count_queries):
        with count_queries() as few:
            effect_of(here.cohort, {})
        for number in range(30):
            here.mentee(f"Mentee {number}", person={"languages": ["ar"]})
            here.mentor(f"Mentor {number}", person={"languages": ["fr"]})
        with count_queries() as many:
            found = effect_of(here.cohort, {})
        assert len(many) == len(few)
        assert (found.mentees.count, len(found.mentees.shown), found.mentees.more) == (31, 12, 19)


class TestPage:
    def test_shows_the_effect_of_the_values_on_the_screen_and_saves_nothing(self, here, login):
        client = login(here.manager)
        assert client.get(url(here)).context["effect"].eligible == 1
        page = client.post(url(here), {**fields(shared_language=False), "effect": "1"})
        assert page.context["effect"].eligible == 4
        assert page.context["form"]["shared_language"].value() is False
        assert not Scheme.objects.exists()
        assert not AuditEvent.objects.filter(verb="criteria.changed").exists()

    def test_names_lead_to_the_people(self, here, login):
        page = login(here.manager).get(url(here)).content.decode()
        noor = here.cohort.enrollments.get(person__full_name="Noor Haddad")
        assert f'<a href="{url(here, "enrollment", noor.uid)}">Noor Haddad</a>' in page

    def test_values_out_of_range_have_no_effect_and_are_not_saved(self, here, login):
        page = login(here.manager).post(url(here), fields(min_fit=101))
        assert page.context["effect"] is None
        assert "Mend the values that are marked" in text(page)
        assert not Scheme.objects.exists()

    def test_saves_what_was_entered(self, here, login):
        data = fields(unit="other", level_curve="far", min_fit=20, own_reach=3, left_out_first=False)
        answer = login(here.manager).post(url(here), data)
        assert answer.url == url(here, "matching_review")
        scheme = Scheme.objects.get()
        assert scheme.criteria == {
            **ALL,
            "rules": {**ALL["rules"], "unit": "other"},
            "level_curve": [0, 25, 50, 75, 100],
            "min_fit": 20,
            "left_out_first": False,
        }
        assert scheme.own_reach == 3

    def test_shows_what_somebody_else_changed_meanwhile_and_saves_on_the_next_attempt(self, here, login):
        client = login(here.manager)
        other = MembershipFactory(program=here.program, person__full_name="Lena Other").person
        change_criteria(cohort=here.cohort, criteria={"floor": 0.3}, version=0, by=other)
        change_criteria(
            cohort=here.cohort, criteria={"floor": 0.3, "weights": {"wish": 2}}, version=1, by=other
        )
        page = client.post(url(here), fields(version=1, weight_wish=9))
        assert [(one.who, one.changes) for one in page.context["others"]] == [
            ("Lena Other", ["Wish of a mentee: from 8 to 2"])
        ]
        assert page.context["form"]["weight_wish"].value() == "9"
        assert page.context["effect"].eligible == 1
        again = {**fields(weight_wish=9), "version": page.context["form"]["version"].value()}
        assert client.post(url(here), again).status_code == 302
        assert scheme_of(here.cohort).criteria["weights"]["wish"] == 9

    @pytest.mark.parametrize("role", [Role.HR_LIAISON, Role.REVIEWER, Role.SPONSOR])
    def test_is_for_those_who_run_the_matching(self, here, login, role):
        person = MembershipFactory(program=here.program, role=role).person
        assert login(person).get(url(here)).status_code == 403
        preset = save_preset(program=here.program, name="Ours", criteria=ALL, by=here.manager)
        assert login(person).post(url(here, "matching_forget_preset", preset.pk)).status_code == 403
        assert Preset.objects.exists()

    def test_takes_as_many_queries_for_many_versions(self, here, login, count_queries):
        client = login(here.manager)
        change_criteria(cohort=here.cohort, criteria={}, version=0, by=here.manager)
        save_preset(program=here.program, name="First", criteria=ALL, by=here.manager)
        client.get(url(here))
        with count_queries() as few:
            client.get(url(here))
        for number in range(1, 31):
            someone = MembershipFactory(program=here.program).person
            change_criteria(cohort=here.cohort, criteria={"min_fit": number}, version=number, by=someone)
            save_preset(program=here.program, name=f"Set {number}", criteria=ALL, by=someone)
        with count_queries() as many:
            page = client.get(url(here))
        assert len(many) == len(few)
        assert len(page.context["history"]) == 20


class TestSets:
    @pytest.mark.parametrize("code", SHIPPED)
    def test_a_shipped_one_fills_the_form_and_saves_nothing(self, here, login, code):
        page = login(here.manager).get(url(here), {"preset": code})
        wanted = SHIPPED[code].over(ALL)
        assert page.context["form"].initial == form_values(wanted, 0, 0)
        assert Criteria.from_dict(wanted).to_dict() == {**ALL, **wanted}
        assert f"The form is filled with “{SHIPPED[code].name}”." in text(page)
        assert not Scheme.objects.exists()

    def test_a_shipped_one_leaves_alone_what_it_does_not_name(self):
        present = {**ALL, "floor": 0.4, "rules": {**ALL["rules"], "chain_levels": 3}}
        meet = SHIPPED["meet"].over(present)
        assert (meet["floor"], meet["rules"]["chain_levels"], meet["rules"]["shared_availability"]) == (
            0.4,
            3,
            True,
        )

    def test_the_program_keeps_its_own_and_uses_them_in_other_cohorts(self, here, login):
        client = login(here.manager)
        answer = client.post(url(here), {**fields(min_fit=15, own_reach=2), "keep": "1", "name": " Ours "})
        kept = Preset.objects.get()
        assert (answer.url, kept.name) == (f"{url(here)}?preset={kept.pk}", "Ours")
        assert (kept.criteria, kept.by, Scheme.objects.count()) == ({**ALL, "min_fit": 15}, here.manager, 0)
        page = client.get(answer.url)
        assert page.context["form"].initial["min_fit"] == 15
        assert "“Ours” is kept." in text(page)
        assert AuditEvent.objects.get(verb="preset.saved").data == {"criteria": kept.criteria}

    @pytest.mark.parametrize(
        ("name", "said"), [("", "Give the set a name."), ("ours", "There is a set of this name")]
    )
    def test_a_name_is_needed_and_stands_once(self, here, login, name, said):
        save_preset(program=here.program, name="Ours", criteria=ALL, by=here.manager)
        save_preset(program=world().program, name="Theirs", criteria=ALL, by=here.manager)
        page = login(here.manager).post(url(here), {**fields(min_fit=15), "keep": "1", "name": name})
        assert said in text(page)
        assert page.context["form"]["min_fit"].value() == "15"
        assert Preset.objects.count() == 2

    def test_a_set_of_another_program_is_neither_shown_nor_used_nor_deleted(self, here, login):
        theirs = save_preset(program=world().program, name="Theirs", criteria={"min_fit": 9}, by=here.manager)
        client = login(here.manager)
        page = client.get(url(here), {"preset": theirs.pk})
        assert page.context["form"].initial["min_fit"] == 0
        assert "Theirs" not in text(page)
        assert client.post(url(here, "matching_forget_preset", theirs.pk)).status_code == 404

    def test_deleting_changes_no_cohort(self, here, login):
        preset = save_preset(program=here.program, name="Ours", criteria={"floor": 0.5}, by=here.manager)
        change_criteria(cohort=here.cohort, criteria=preset.criteria, version=0, by=here.manager)
        answer = login(here.manager).post(url(here, "matching_forget_preset", preset.pk))
        assert (answer.url, Preset.objects.count()) == (url(here), 0)
        assert scheme_of(here.cohort).criteria["floor"] == 0.5
        assert AuditEvent.objects.filter(verb="preset.deleted", target_id=preset.pk).count() == 1
        delete_preset(preset=preset, by=here.manager)
        assert AuditEvent.objects.filter(verb="preset.deleted").count() == 1

    def test_settings_out_of_range_are_never_kept(self, here):
        with pytest.raises(ValueError, match=r"^min_fit: 101 is not a whole number from 0 to 100$"):
            save_preset(program=here.program, name="Bad", criteria={"min_fit": 101}, by=here.manager)
        with pytest.raises(Refused, check=lambda error: error.code == "no_name"):
            save_preset(program=here.program, name="  ", criteria={}, by=here.manager)

    def test_a_name_that_is_too_long_is_refused_and_stays_in_the_form(self, here, login):
        name = "x" * 61
        page = login(here.manager).post(url(here), fields(keep="1", name=name))
        assert page.context["form"].errors["__all__"] == [
            "Give the set a shorter name, of 60 characters at most. "
        ]
        assert (page.context["kept_name"], Preset.objects.count()) == (name, 0)


class TestHistory:
    def test_says_who_set_what_from_what_to_what(self, here):
        change_criteria(
            cohort=here.cohort,
            criteria={
                "weights": {"goals": 0},
                "rules": {"min_level_gap": 1, "past_pairs": False, "unit": "other"},
            },
            version=0,
            by=here.manager,
            own_reach=2,
        )
        change_criteria(
            cohort=here.cohort, criteria={"level_curve": [5, 10], "floor": 0.5}, version=1, by=here.manager
        )
        second, first = versions(scheme_of(here.cohort))
        assert (first.number, first.who) == (1, "Ana Manager")
        assert first.changes == [
            "Career levels between the two, at least: from no limit to 1",
            "Where they work: from “It does not matter” to “Always in different directorates”",
            "The same two are never paired again: from on to off",
            "Goals: from 6 to off",
            "People may move each weight by: from nothing: the program decides to up to 2 points",
        ]
        assert second.changes[-2:] == [
            "Which level is best: from “Two levels above is best, one or three nearly as good” to 0: 5%, 1: 10%",
            "Share of each directorate that should be matched, in percent: from 0 to 50",
        ]
        assert second.own_reach == 2, "what is not given stays"

    def test_an_earlier_version_fills_the_form_and_saves_nothing(self, here, login):
        change_criteria(cohort=here.cohort, criteria={"min_fit": 7}, version=0, by=here.manager, own_reach=1)
        change_criteria(cohort=here.cohort, criteria={}, version=1, by=here.manager, own_reach=0)
        page = login(here.manager).get(url(here), {"version": "1"})
        initial = page.context["form"].initial
        assert (initial["min_fit"], initial["own_reach"], initial["version"]) == (7, 1, 2)
        assert "The form is filled with “Version 1”." in text(page)
        assert scheme_of(here.cohort).version == 2

    @pytest.mark.parametrize("query", [{"version": "9"}, {"version": "x"}, {"preset": "x"}, {"preset": "99"}])
    def test_what_is_not_there_leaves_the_criteria_in_force(self, here, login, query):
        page = login(here.manager).get(url(here), query)
        assert (page.context["start"], page.context["form"].initial) == ("", form_values(ALL, 0, 0))

    def test_a_change_written_before_settings_were_kept_along_is_told_without_them(self, here):
        scheme = change_criteria(cohort=here.cohort, criteria={}, version=0, by=here.manager)
        AuditEvent.objects.create(
            actor_kind="system", verb="criteria.changed", target_kind="matching.scheme",
            target_id=scheme.pk, data={"version": 2},
        )  # fmt: skip
        newest = versions(scheme)[0]
        assert (newest.number, newest.who, newest.changes, newest.criteria) == (2, "", [], {})

    def test_every_setting_has_words(self):
        assert set(flat(ALL, 0)) == set(LABELS)
        other = Criteria.from_dict({**ALL, "unit_wanted": "same", "left_out_first": False}).to_dict()
        assert change_words(changes(flat(ALL, 0), flat(other, 0))) == [
            "Which directorate is better: from “A different directorate: a view from outside” to "
            "“The same directorate: knowledge of the work”",
            "Those left out before come first: from on to off",
        ]


def test_a_reach_out_of_range_is_an_error(here):
    with pytest.raises(ValueError, match=r"^own_reach: 11 is not a whole number from 0 to 10$"):
        change_criteria(cohort=here.cohort, criteria={}, version=0, by=here.manager, own_reach=11)
    assert not Scheme.objects.exists()


def test_the_form_offers_every_choice_that_exists():
    form = CriteriaForm()
    shown = {bound.name for group in [*form.musts, *form.weights] for bound in group.fields}
    assert shown | {bound.name for bound in form.fairness} | {"version"} == set(form.fields)
