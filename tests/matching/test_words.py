"""Why a pair, why nobody, why not the wish: in words."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from matching import left_words, rule_words
from matching.domain import findings
from matching.domain.criteria import change_criteria
from matching.domain.fixed import lock_pair
from matching.engine.field import CRITERIA, RULES
from matching.failure_words import failure
from matching.kind_words import KindWords
from matching.lexicon import Lexicon, goal_labels, lexicon, listed, slots
from matching.models import Leftover, Outlook, Proposal
from matching.words import bar_parts, reasons, short_wish
from participants.models import Enrollment
from tests.factories import (
    ProposalFactory,
    QuestionnaireFactory,
    RunFactory,
    SkillFactory,
    StrandFactory,
    UnitFactory,
)
from tests.matching.people import World, claim, wish, world

pytestmark = pytest.mark.django_db

LEXICON = Lexicon({1: "Statistics", 2: "Negotiation", 3: "<Risk>"}, {"network": "Build a network"})


def part(criterion: str, facts: dict[str, Any], share: int = 10) -> dict[str, Any]:
    return {"criterion": criterion, "share": share, "points": 1, "most": 2, "facts": facts}


def told(criterion: str, facts: dict[str, Any]) -> list[tuple[str, bool]]:
    here = world()
    row = ProposalFactory(
        run=RunFactory(cohort=here.cohort),
        mentee=here.mentee(),
        mentor=here.mentor(),
        parts=[part(criterion, facts)],
    )
    return [(str(reason.text), reason.good) for reason in reasons([row], LEXICON)[row.pk]]


def skills(*matched: int, missing: tuple[int, ...] = ()) -> dict[str, Any]:
    return {"matched": [[skill, 2, 2] for skill in matched], "missing": list(missing)}


SENTENCES = [
    ("skills", skills(1), "Dana offers <b>Statistics</b>, the skill that Mira seeks.", True),
    (
        "skills", skills(1, 2),
        "Dana offers <b>Statistics</b> and <b>Negotiation</b>: all the skills that Mira seeks.", True,
    ),
    (
        "skills", skills(1, missing=(2, 3)),
        "Dana offers <b>Statistics</b>: one of the three skills that Mira seeks.", True,
    ),
    ("skills", skills(3), "Dana offers <b>&lt;Risk&gt;</b>, the skill that Mira seeks.", True),
    ("skills", skills(missing=(1,)), "Dana does not offer the skill that Mira seeks.", False),
    ("skills", skills(missing=(1, 2)), "Dana offers none of the two skills that Mira seeks.", False),
    ("goals", {"matched": ["network"]}, "Both chose <b>Build a network</b>.", True),
    ("goals", {"matched": []}, "They chose different goals.", False),
    ("level", {"gap": 1}, "Dana is one career level above Mira.", True),
    ("level", {"gap": 12}, "Dana is 12 career levels above Mira.", True),
    ("level", {"gap": 0}, "Both are at the same career level.", False),
    ("level", {"gap": -2}, "Dana is two career levels below Mira.", False),
    ("unit", {"same": False}, "Different directorates.", True),
    ("unit", {"same": True}, "Same directorate.", True),
    ("place", {"same": True}, "Same location.", True),
    ("place", {"same": False}, "Different locations.", False),
    ("time_zone", {"minutes": 90}, "Their time zones are 1.5 h apart.", True),
    ("time_zone", {"minutes": 300}, "Their time zones are 5 h apart.", False),
    ("media", {"matched": ["video", "in_person"]}, "Both like to meet <b>by video</b> and <b>in person</b>.", True),
    ("media", {"matched": []}, "They like to meet in different ways.", False),
    (
        "availability", {"matched": ["fri-pm", "tue-am"]},
        "Both are free on <b>Tuesday morning</b> and <b>Friday afternoon</b>.", True,
    ),
    ("availability", {"matched": []}, "No time of the week suits both.", False),
    ("wish", {"rank": 2}, "Mira’s second wish.", True),
    ("mentor_wish", {"rank": 1}, "Dana asked for Mira.", True),
    ("introduction", {}, "They know each other, and both agreed.", True),
]  # fmt: skip


@pytest.mark.parametrize(("criterion", "facts", "sentence", "good"), SENTENCES)
def test_each_fact_has_its_sentence(criterion, facts, sentence, good):
    assert told(criterion, facts) == [(sentence, good)]


def test_the_usual_time_zone_needs_no_words():
    assert told("time_zone", {"minutes": 0}) == []


def test_every_rule_and_criterion_of_the_engine_has_words():
    assert set(rule_words.RULES) == set(rule_words.BROKEN) == set(RULES)
    assert set(rule_words.CRITERIA) == set(CRITERIA)
    assert {sentence[0] for sentence in SENTENCES} == set(CRITERIA)


def test_what_speaks_for_the_pair_comes_first():
    here = world()
    row = ProposalFactory(
        run=RunFactory(cohort=here.cohort),
        mentee=here.mentee(),
        mentor=here.mentor(),
        parts=[part("goals", {"matched": []}), part("unit", {"same": False})],
    )
    assert [reason.good for reason in reasons([row], LEXICON)[row.pk]] == [True, False]


def test_many_words_are_counted_and_times_stand_in_the_order_of_the_week():
    assert listed(["a", "b", "c", "d", "e", "f"]) == (
        "<b>a</b>, <b>b</b>, <b>c</b>, <b>d</b> and <b>2 more</b>"
    )
    assert slots(["fri-am", "mon-pm", "mon-am"]) == ["Monday morning", "Monday afternoon", "Friday morning"]


def test_the_bar_groups_the_parts_and_loses_nothing():
    parts = [
        part("skills", skills(1), 41), part("place", {"same": True}, 4), part("media", {"matched": ["video"]}, 6),
        part("level", {"gap": 0}, 0), part("wish", {"rank": 1}, 9),
    ]  # fmt: skip
    assert [(bar.label, bar.value) for bar in bar_parts(parts)] == [
        ("Skills", 41),
        ("Directorate, place, times", 10),
        ("Wishes", 9),
    ]
    assert (short_wish(parts), short_wish(parts[:2])) == ("first wish", "")


def questions(*choices: dict[str, Any]) -> dict[str, Any]:
    question = {
        "key": "goals",
        "kind": "choices",
        "label": {"en": "Goals"},
        "feeds": "goals",
        "choices": list(choices),
    }
    return {"pages": [{"key": "one", "title": {"en": "One"}, "questions": [question]}]}


def test_goals_are_called_what_the_newest_application_calls_them():
    here = world()
    for number, name in enumerate(("Old name", "New name"), start=1):
        choice = {"value": "network", "label": {"en": name, "fr": f"FR {name}"}}
        QuestionnaireFactory(
            program=here.program, purpose="mentee", key="mentee", number=number, questions=questions(choice)
        )
    assert goal_labels(here.program) == {"network": "New name"}
    with override("fr"):
        assert goal_labels(here.program) == {"network": "FR New name"}
    assert Lexicon().goal("change-of-field") == "change of field"


def crowd(number: int) -> World:
    here = world()
    for index in range(number):
        mentee, mentor = here.mentee(f"Mentee {index}"), here.mentor(f"Mentor {index}")
        claim(mentee, f"Skill{index}")
        claim(mentor, f"Skill{index}")
        wish(mentee, mentor)
        here.mentee(f"Left {index}")
    return here


def test_words_take_the_same_queries_for_one_and_for_thirty(count_queries):
    def queries(number: int) -> int:
        run = crowd(number).run()
        with count_queries() as counted:
            rows = list(Proposal.objects.filter(run=run).select_related("mentee__person", "mentor__person"))
            reasons(rows, lexicon(run.cohort.program, [row.parts for row in rows]))
            left_words.leftovers(Leftover.objects.filter(run=run).select_related("enrollment__person"))
            left_words.wishes(Outlook.objects.filter(run=run).select_related("enrollment__person"))
        return len(counted)

    assert queries(1) == queries(30)


def left_of(here: World, name: str) -> left_words.Told:
    row = Leftover.objects.select_related("enrollment__person").get(
        run=here.run(), enrollment__person__full_name=name
    )
    return left_words.leftovers([row])[row.pk]


def test_nobody_may_be_paired_says_which_rules_and_what_relaxing_them_wins():
    here = world()
    here.mentee("Noor Haddad", person={"languages": ["ar"]})
    here.mentor("One", person={"languages": ["en"]})
    here.mentor("Two", person={"languages": ["fr"]})
    found = left_of(here, "Noor Haddad")
    assert found.why == "Nobody may be paired with Noor under the rules."
    assert list(found.details) == ["2 people fall out by the rule “a language in common”."]
    assert list(found.what_to_do) == [
        "Without the rule “a language in common”, one more person would be matched, and it could be Noor.",
        "One more mentor like this could match Noor: Languages: Arabic.",
    ]


def test_a_kind_and_a_skill_are_said_in_the_way_of_the_reader():
    with override("fr"):
        (skill,) = told("skills", skills(1, missing=(2, 3)))
        line = KindWords(world().program, []).line({"language": ["ar"], "level": [12]})
    assert skill == (
        "Dana propose <b>Statistics</b>\N{NO-BREAK SPACE}: une des trois compétences que recherche Mira.", True,
    )  # fmt: skip
    plain = line.replace("\N{NO-BREAK SPACE}", "~").replace("\N{NARROW NO-BREAK SPACE}", "_")
    assert plain.startswith("Langues~: Arabe_; Niveau de carrière~: 12")


def test_a_rule_tells_what_it_would_win_for_everybody_who_is_left():
    here = world()
    for name in ("Noor", "Sami", "Lina"):
        here.mentee(name, person={"languages": ["ar"]})
    here.mentor("One", person={"languages": ["en"]})
    here.mentor("Two", person={"languages": ["fr"]})
    assert list(left_of(here, "Sami").what_to_do) == [
        "Without the rule “a language in common”, 2 more people would be matched, and Sami could be one of them.",
        "One more mentor like this could match Sami: Languages: Arabic.",
    ]


def test_what_a_rule_wins_is_not_worked_out_beyond_the_budget(monkeypatch):
    here = world()
    here.mentee("Noor", person={"languages": ["ar"]})
    here.mentor("One", person={"languages": ["en"]})
    monkeypatch.setattr(findings, "RELIEF_BUDGET", 0)
    assert list(left_of(here, "Noor").what_to_do) == [
        "Without the rule “a language in common”, one more person would come into question."
    ]


@pytest.mark.parametrize(
    ("rule", "value", "amount"),
    [
        ("level", 1, "1 career level"), ("level", -1, "-1 career level"), ("level", 2, "2 career levels"),
        ("chain", 1, "1 level up the chain"), ("chain", 3, "3 levels up the chain"),
        ("time_zone", 1, "1 hour"), ("time_zone", 4, "4 hours"),
    ],
)  # fmt: skip
def test_each_figure_of_a_rule_has_its_unit(rule, value, amount):
    assert rule_words.amount(rule, value) == amount


def test_a_rule_with_a_figure_is_told_with_the_figure_and_an_exclusion_never():
    here = world()
    wins = [
        {"rule": "exclusion", "value": None, "covered": 5},
        {"rule": "level", "value": 1, "covered": 3},
        {"rule": "level", "value": 0, "covered": 1},
    ]
    reasons_stored = {"reason": "no_mentor", "rules": [], "wins": wins}
    run = RunFactory(cohort=here.cohort)
    row = Leftover(run=run, enrollment=here.mentee("Noor"), reasons=reasons_stored)
    assert list(left_words.leftovers([row])[None].what_to_do) == [
        "With the rule “enough levels between the two” loosened to 1 career level, 3 more people would be matched, "
        "and Noor could be one of them.",
        "With the rule “enough levels between the two” loosened to 0 career levels, one more person would be matched, "
        "and it could be Noor.",
    ]


COMMON = {"have": 31, "size": 34, "elsewhere": 2, "others": 60}


@pytest.mark.parametrize(
    ("traits", "figures", "sentence"),
    [
        (
            [["skill", "Data science"], ["location", "North campus"]],
            COMMON,
            "31 of these 34 look for Data science and are at North campus; 2 of the 60 others do.",
        ),
        (
            [["level", 9]],
            {**COMMON, "have": 34},
            "All of them are at career level 9 or higher; 2 of the 60 others do.",
        ),
        (
            [["goal", "net-work"], ["language", "fr"]],
            {**COMMON, "elsewhere": 1},
            "31 of these 34 chose the goal “net-work” and speak French only; 1 of the 60 others does.",
        ),
        (
            [["utc_offset", 330]],
            {**COMMON, "elsewhere": 0},
            "31 of these 34 live in the time zone UTC+5.5; nobody else does.",
        ),
        ([["skill", "Gone"]], COMMON, ""),
        ([], {}, ""),
    ],
)
def test_what_people_have_in_common_is_told_with_its_figures(traits, figures, sentence):
    here = world()
    skill = SkillFactory(program=here.program, name={"en": "Data science"})
    ids = {"Data science": skill.pk, "Gone": 0}
    stored = {"traits": [[kind, ids.get(value, value)] for kind, value in traits], **figures}
    assert KindWords(here.program, [], [stored]).common(stored) == sentence


def test_a_name_with_braces_is_told_as_it_is():
    here = world()
    unit = UnitFactory(name="R {and} D")
    stored = {"traits": [["unit", unit.pk]], "have": 2, "size": 2, "elsewhere": 0, "others": 3}
    assert (
        KindWords(here.program, [], [stored]).common(stored)
        == "All of them work in R {and} D; nobody else does."
    )


def test_nobody_is_told_to_loosen_the_rule_on_supervisors():
    here = world()
    boss = here.mentor("Boss")
    here.mentee("Noor Haddad", person={"supervisor": boss.person})
    found = left_of(here, "Noor Haddad")
    assert list(found.details) == ["1 person falls out by the rule “not the direct supervisor”."]
    assert list(found.what_to_do) == [
        "Find somebody who fits the rules, or loosen more than one of them.",
        "One more mentor of any kind could match Noor.",
    ]


def test_too_few_places_are_said_in_figures():
    here = world()
    claim(here.mentee("First"), "Statistics")
    claim(here.mentee("Second"), "Negotiation")
    claim(here.mentor("Only"), "Statistics")
    found = left_of(here, "Second")
    assert found.why == "2 people share one place: for Second it would be taken from somebody else."


def test_a_closed_set_names_those_who_could_take_one_more():
    here = world()
    for name in ("First", "Second"):
        here.mentee(name, person={"languages": ["fr"]})
    here.mentor("Française", person={"languages": ["fr"]})
    here.mentor("English", person={"languages": ["en"]})
    here.mentee("Third", person={"languages": ["en"]})
    here.mentor("Another", person={"languages": ["en"]})
    run = here.run()
    row = Leftover.objects.select_related("enrollment__person").get(run=run, enrollment__role="mentee")
    found = left_words.leftovers([row])[row.pk]
    name = row.enrollment.person.full_name
    assert found.why == f"{name} could be paired with one person only, and others need that place more."
    assert list(found.details) == [
        "2 people compete for one place, and none of them could take any other.",
        "All of them speak French only; nobody else does.",
    ]
    assert found.what_to_do[0] == "One more place with any of these would do: <b>Française</b>."


def test_a_mentor_without_a_mentee_is_free():
    here = world()
    here.mentee(person={"level": 5})
    here.mentor("Better", person={"level": 7})
    here.mentor("Lena Ruiz", person={"level": 5})
    found = left_of(here, "Lena Ruiz")
    assert found.why == "Lena could be paired with one person, who fits another better."
    assert list(found.what_to_do) == ["Lena is free for late joiners and re-matches."]


def wishes_of(here: World, mentee: Enrollment) -> list[left_words.WishTold]:
    outlook = Outlook.objects.select_related("enrollment__person").get(run=here.run(), enrollment=mentee)
    return left_words.wishes([outlook])[mentee.pk]


def test_a_wish_that_was_met_and_those_that_could_not_be():
    here = world()
    boss, full = here.mentor("Boss"), here.mentor("Full", used=1)
    gone = here.mentor("Gone", state="left")
    mentee = here.mentee(person={"supervisor": boss.person})
    wish(mentee, boss, full, gone)
    here.mentor("Any")
    assert [(found.rank, found.met, found.why, found.can_lock) for found in wishes_of(here, mentee)] == [
        (1, False, "Boss is the direct supervisor of Mira Kovac.", False),
        (2, False, "Full has no free place.", False),
        (3, False, "Gone does not take part in this matching.", False),
    ]
    other = here.mentee("Other")
    wish(other, here.mentor("Granted"))
    assert [(found.met, found.why) for found in wishes_of(here, other)] == [(True, "Met.")]


def test_a_wish_that_costs_a_need_or_a_pair_of_before_says_so():
    here = world()
    weights = {"wish": 0, "mentor_wish": 0}
    change_criteria(cohort=here.cohort, criteria={"weights": weights}, version=0, by=here.manager)
    mira = here.mentee("Mira", capacity=2, needs=["career", "technical"])
    mia = here.mentor("Mia", needs=["career"])
    here.mentor("Mo", needs=["technical"])
    lock_pair(mentee=mira, mentor=mia, by=here.manager)
    wish(mira, here.mentor("Zed", needs=["career"]))
    assert wishes_of(here, mira)[0].why == "One need fewer would have a mentor who serves it."

    ben = here.mentee("Ben", strand=(other := StrandFactory(program=here.program)))
    here.mentor("Lena", strand=other)
    here.run()
    wish(ben, here.mentor("Late", strand=other))
    assert wishes_of(here, ben)[0].why == "It would cost no fit, but one pair of the run before."


def test_what_a_wish_costs_is_what_the_fits_of_all_would_sum_to_less():
    here = world()
    dana = here.mentor("Dana")
    here.mentor("Lena")
    claim(here.mentee("Ade"), "Statistics")
    claim(dana, "Statistics")
    mira = here.mentee("Mira")
    weights = {"wish": 0, "mentor_wish": 0}
    change_criteria(cohort=here.cohort, criteria={"weights": weights}, version=0, by=here.manager)
    wish(mira, dana)
    assert (
        wishes_of(here, mira)[0].why == "It would cost the program 84 points of fit in total."
    )  # Ade and Lena: 16


def test_a_wish_not_met_says_what_it_would_cost_and_who_would_change():
    here = world()
    sought, other = here.mentor("Sam Adeyemi"), here.mentor("Lena Ruiz")
    mira, ade = here.mentee("Mira Kovac"), here.mentee("Ade Okafor")
    claim(mira, "Negotiation")
    claim(ade, "Statistics")
    claim(sought, "Statistics")
    claim(other, "Negotiation")
    wish(mira, sought)
    found = wishes_of(here, mira)[0]
    assert not found.met
    assert found.can_lock
    assert found.why.startswith("It would cost the program ")
    assert found.why.endswith(" points of fit in total.")
    assert list(found.chain) == [
        "Mira Kovac would go from Lena Ruiz to Sam Adeyemi.",
        "Ade Okafor would go from Sam Adeyemi to Lena Ruiz.",
    ]


COSTS = [
    ({"covered": 1}, "It would leave one more person without a match."),
    ({"pairs": 2}, "It would cost 2 pairs."),
    ({"tier": 0}, "Somebody who was left out last time would go without again."),
    ({"tier": 1}, "Somebody without a mentor would go without, for somebody who has one already."),
    ({"needs": 1}, "One need fewer would have a mentor who serves it."),
    ({"needs": 2, "kept": 1}, "2 needs fewer would have a mentor who serves them."),
    ({"lower": True, "total": 1, "kept": 2}, "It would cost the program one point of fit in total."),
    ({"lower": True, "total": 12}, "It would cost the program 12 points of fit in total."),
    ({"lower": True, "total": -3}, "It would cost fit, counted by how much people asked for."),
    ({"kept": 1}, "It would cost no fit, but one pair of the run before."),
    ({"kept": 2}, "It would cost no fit, but 2 pairs of the run before."),
    ({}, "It would cost nothing: this run chose among results that are equally good."),
]


@pytest.mark.parametrize(("cost", "sentence"), COSTS)
def test_the_first_loss_that_matters_is_the_one_that_is_said(cost, sentence):
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    told_wish = {
        "mentor": mentor.person_id, "enrollment": mentor.pk, "rank": 1, "outcome": "cost",
        "covered": 0, "pairs": 0, "tier": None, "shortfall": 0, "needs": 0, "lower": False, "total": 0, "points": 5.0,
        "kept": 0, "changes": [], **cost,
    }  # fmt: skip
    outlook = Outlook(run=RunFactory(cohort=here.cohort), enrollment=mentee, wishes=[told_wish])
    assert left_words.wishes([outlook])[mentee.pk][0].why == sentence


OUTCOMES = [
    ("mentor_full", "All places of Dana Whitfield are locked for others."),
    ("mentee_full", "Mira Kovac is locked with somebody else."),
    ("minimum", "The fit would be under the minimum."),
    ("others", "The places of Dana Whitfield go to <b>Ade</b>."),
]


@pytest.mark.parametrize(("outcome", "sentence"), OUTCOMES)
def test_other_reasons_against_a_wish(outcome, sentence):
    here = world()
    mentee, mentor, ade = here.mentee(), here.mentor(), here.mentee("Ade")
    found = {
        "mentor": mentor.person_id,
        "enrollment": mentor.pk,
        "rank": 1,
        "outcome": outcome,
        "others": [ade.pk],
    }
    outlook = Outlook(run=RunFactory(cohort=here.cohort), enrollment=mentee, wishes=[found])
    assert left_words.wishes([outlook])[mentee.pk][0].why == sentence


FAILURES = {
    "nobody": "When the run began, nobody was left to match or no place was free.",
    "too_many": "There are too many possible pairs for one run.",
    "interrupted": "The run was interrupted again and again before it could finish; nothing of it was kept.",
    "not_proven": "The result could not be proven to be the best, so it is not shown.",
    "unexpected": "Something went wrong that should not; nothing of the run was kept.",
    "engine": "Something went wrong that should not; nothing of the run was kept.",
}


@pytest.mark.parametrize("code", FAILURES)
def test_a_failure_is_a_sentence_with_something_to_do(code):
    found = failure(RunFactory(state="failed", problem=code))
    assert found.why == FAILURES[code]
    assert found.what_to_do


def test_a_failure_by_locks_names_the_people():
    here = world()
    mentee, mentor = here.mentee(), here.mentor()
    pair = {"mentee": mentee.pk, "mentor": mentor.pk, "rules": ["language"]}
    found = failure(RunFactory(problem="lock_rule", certificate={"ok": False, "pairs": [pair]}))
    assert (found.why, list(found.details)) == (
        "A locked pair breaks a rule.",
        ["Dana Whitfield and Mira Kovac have no language in common."],
    )
    found = failure(RunFactory(problem="lock_places", certificate={"enrollments": [mentor.pk]}))
    assert found.why == "More pairs are locked than there are places with <b>Dana Whitfield</b>."
