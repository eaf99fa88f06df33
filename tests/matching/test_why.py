"""What the two of a pair are told: friendly, without figures, and nothing said in confidence."""

from __future__ import annotations

import pytest

from matching.lexicon import lexicon
from matching.models import Circle, Proposal
from matching.why import general_starters, starters, why_matched
from matching.words import reasons
from people.models import Person
from programs.models import Questionnaire
from tests.factories import ProposalFactory, QuestionnaireFactory, RunFactory, SkillFactory
from tests.matching.people import World, claim, wish, world

pytestmark = pytest.mark.django_db


def pair(**parts: dict[str, object]) -> Proposal:
    """A pair with these parts, the first the weightiest."""
    here = world()
    told = [
        {"criterion": name, "share": 50 - place, "points": 1, "most": 2, "facts": facts}
        for place, (name, facts) in enumerate(parts.items())
    ]
    return ProposalFactory(
        run=RunFactory(cohort=here.cohort), mentee=here.mentee(), mentor=here.mentor(), parts=told, score=77
    )


def why(row: Proposal, side: str, language: str = "en") -> list[str]:
    return why_matched([row], language)[row.pk, side]


def shared(here: World) -> Proposal:
    mentee, mentor = here.mentee(goals=["network"]), here.mentor(goals=["network"])
    claim(mentee, "Statistics", "Negotiation")
    claim(mentor, "Statistics")
    wish(mentee, mentor)
    return here.run().proposals.get()


def test_each_side_is_spoken_to_and_the_wish_is_told_to_the_one_who_made_it():
    row = shared(world())
    assert why(row, "mentee") == [
        "You asked for Dana.",
        "You both chose “network”.",
        "Dana offers what you seek: Statistics.",
    ]
    assert why(row, "mentor") == ["You both chose “network”.", "You offer what Mira seeks: Statistics."]


def test_three_sentences_at_most_what_weighs_most_first():
    row = pair(
        place={"same": True},
        unit={"same": False},
        media={"matched": ["video"]},
        availability={"matched": ["tue-am"]},
    )
    assert why(row, "mentee") == [
        "You work at the same location.",
        "You work in different directorates, so each brings a view from outside.",
        "You both like to meet by video.",
    ]


@pytest.mark.parametrize(
    ("parts", "mentee", "mentor"),
    [
        ({"wish": {"rank": 2}}, ["You asked for Dana."], []),
        ({"mentor_wish": {"rank": 1}}, [], ["You asked for Mira."]),
        ({"level": {"gap": 3}}, [], []),
        ({"place": {"same": False}}, [], []),
        ({"time_zone": {"minutes": 60}}, [], []),
        ({"skills": {"matched": [], "missing": [1]}}, [], []),
        ({"goals": {"matched": []}}, [], []),
        ({"unit": {"same": True}}, *[["You work in the same directorate, so much needs no explaining."]] * 2),
        ({"introduction": {}}, *[["You two know each other already, and both of you agreed."]] * 2),
        ({"availability": {"matched": ["tue-am"]}}, *[["You are both free on Tuesday morning."]] * 2),
    ],
)
def test_what_is_told_to_whom(parts, mentee, mentor):
    row = pair(**parts)
    assert (why(row, "mentee"), why(row, "mentor")) == (mentee, mentor)


def test_no_figure_is_told():
    row = pair(place={"same": True}, unit={"same": True}, introduction={})
    lines = [*why(row, "mentee"), *why(row, "mentor"), *starters([row], "en")[row.pk, "mentee"]]
    assert [line for line in lines if any(letter.isdigit() for letter in line)] == []


def ask(row: Proposal, role: str, feeds: str, visible_to: str, number: int) -> None:
    question = {"key": "k", "kind": "choices", "feeds": feeds, "visible_to": visible_to, "choices": []}
    QuestionnaireFactory(
        program=row.run.cohort.program,
        purpose=role,
        number=number,
        questions={"pages": [{"key": "p", "questions": [question]}]},
    )


@pytest.mark.parametrize("kept", ["staff", "together"])
def test_what_was_promised_to_stay_with_the_staff_is_not_told_on(kept):
    row = pair(availability={"matched": ["tue-am"]}, media={"matched": ["video"]})
    ask(row, Questionnaire.Purpose.MENTOR, "availability", kept, 1)
    assert why(row, "mentee") == ["You both like to meet by video."]
    # The mentor learns what the mentee said: that question promised nothing.
    assert why(row, "mentor") == ["You are both free on Tuesday morning.", "You both like to meet by video."]
    assert starters([row], "en")[row.pk, "mentee"] == general_starters("en")


def test_the_newest_questions_say_who_may_see_an_answer():
    row = pair(availability={"matched": ["tue-am"]})
    ask(row, Questionnaire.Purpose.MENTOR, "availability", "staff", 1)
    ask(row, Questionnaire.Purpose.MENTOR, "availability", "match", 2)
    assert why(row, "mentee") == ["You are both free on Tuesday morning."]


def test_starters_come_from_what_the_two_share_then_suit_everybody():
    row = shared(world())
    general = general_starters("en")
    assert starters([row], "en")[row.pk, "mentee"] == [
        "You both chose “network”: tell each other what reaching it would look like.",
        "Ask Dana how they came to Statistics, and what they would do first today.",
        general[0],
    ]
    assert starters([row], "en")[row.pk, "mentor"][1] == (
        "Ask Mira what they have tried so far with Statistics, and what got in the way."
    )
    bare = pair()
    assert starters([bare], "en")[bare.pk, "mentee"] == general


def test_two_of_one_given_name_are_told_by_their_whole_names():
    row = pair(skills={"matched": [[SkillFactory().pk, 2, 2]], "missing": []}, level={"gap": 2})
    Person.objects.filter(pk=row.mentor.person_id).update(full_name="Mira Whitfield")
    row = Proposal.objects.get()
    assert row.names == {"mentee": "Mira Kovac", "mentor": "Mira Whitfield"}
    assert why(row, "mentee")[0].startswith("Mira Whitfield offers what you seek: ")
    told = [reason.text for reason in reasons([row], lexicon(row.run.cohort.program, [row.parts]))[row.pk]]
    assert told[1] == "Mira Whitfield is two career levels above Mira Kovac."


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"goals": {"matched": ["network"]}}, "Dana and you chose “network”."),
        ({"media": {"matched": ["video"]}}, "Dana and you like to meet by video."),
        ({"availability": {"matched": ["tue-am"]}}, "Dana and you are free on Tuesday morning."),
        ({"unit": {"same": True}}, "Dana and you work in the same directorate, so much needs no explaining."),
        (
            {"unit": {"same": False}},
            "Dana and you work in different directorates, so each brings a view from outside.",
        ),
        ({"place": {"same": True}}, "Dana and you work at the same location."),
    ],
)
def test_in_a_circle_it_is_said_of_whom_each_sentence_speaks(parts, told):
    row = pair(**parts)
    row.circle = Circle.objects.create(run=row.run, number=1, strand=row.mentee.strand)
    assert why(row, "mentee") == [told]
    assert why(row, "mentor") == [told.replace("Dana", "Mira")]
    if "goals" in parts:
        assert starters([row], "fr")[row.pk, "mentor"][0] == (
            "Mira et vous avez choisi « network » : dites-vous à quoi ressemblerait la réussite."
        )


def test_in_the_readers_language():
    row = pair(place={"same": True})
    assert why(row, "mentee", "fr") == ["Vous travaillez au même endroit."]


def test_the_number_of_queries_does_not_depend_on_how_many_pairs(count_queries):
    here = world()
    for number in range(5):
        claim(here.mentee(f"Mentee {number}"), "Statistics")
        claim(here.mentor(f"Mentor {number}"), "Statistics")
    run = here.run()
    counted = []
    for most in (1, 5):
        rows = list(
            run.proposals.select_related("mentee__person", "mentor__person", "mentee__cohort__program")[:most]
        )
        with count_queries() as queries:
            why_matched(rows, "en")
        counted.append(len(queries))
    assert (counted[0], len(run.proposals.all())) == (counted[1], 5)
