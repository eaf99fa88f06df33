"""Questionnaires as data."""

import re
from typing import Any

import pytest

from programs.questions import FEEDS, VISIBLE_TO, Kind, answer_in_words, parse

EN = {"en": "Text", "fr": "Texte"}
CHOICES = [
    {"value": "one", "label": {"en": "One", "fr": "Un"}},
    {"value": "two", "label": {"en": "Two", "fr": "Deux"}},
]


def page(*questions: dict[str, Any], key: str = "first") -> dict[str, Any]:
    return {"key": key, "title": EN, "questions": list(questions)}


def question(kind: str = "short", key: str = "asked", **parts: Any) -> dict[str, Any]:
    with_choices = {"choices": CHOICES} if kind in ("choice", "choices", "skills") else {}
    return {"key": key, "kind": kind, "label": EN, **with_choices, **parts}


def parsed(**parts: Any) -> Any:
    return parse({"pages": [page(question(**parts))]}).questions["asked"]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_read_with_its_usual_limits(kind: Kind) -> None:
    found = parsed(kind=kind)
    assert found.kind == kind
    assert (found.required, found.visible_to, found.feeds) == (False, "staff", None)
    limits = {
        Kind.SHORT: (25, 0, 0, 0),
        Kind.TEXT: (300, 0, 0, 0),
        Kind.SCALE: (0, 1, 5, 0),
        Kind.NUMBER: (0, 0, 1000, 0),
        Kind.PEOPLE: (0, 0, 0, 3),
    }.get(kind, (0, 0, 0, 0))
    assert (found.max_words, found.min, found.max, found.max_choices) == limits


def test_a_tree_knows_its_pages_questions_and_what_they_feed() -> None:
    tree = parse(
        {
            "pages": [
                page(question("text", "summary", feeds="position_summary"), question(key="name")),
                page(question("number", "hours", feeds="hours_per_month"), key="second"),
            ]
        }
    )
    assert [one.key for one in tree.pages] == ["first", "second"]
    assert list(tree.questions) == ["summary", "name", "hours"]
    assert {field: one.key for field, one in tree.feeding.items()} == {
        "position_summary": "summary",
        "hours_per_month": "hours",
    }
    assert tree.page("second").questions[0].key == "hours"
    with pytest.raises(KeyError):
        tree.page("third")


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"key": "Not-A-Key"}, "page “first”, question 1: “key” is 'Not-A-Key'"),
        ({"key": None}, "page “first”, question 1: “key” is None"),
        ({"kind": "essay"}, "page “first”, question “asked”: kind 'essay' is not one of"),
        ({"kind": ["short"]}, "kind ['short'] is not one of"),
        ({"label": None}, "page “first”, question “asked”: “label” is missing"),
        ({"label": "plain"}, "question “asked”: “label” is not text by language"),
        ({"label": {"en": " "}}, "“label” is not text by language"),
        ({"visible_to": "world"}, "visible_to 'world' is not one of staff, match, together, everyone"),
        ({"visible_to": ["staff"]}, "visible_to ['staff'] is not one of"),
        ({"required": "yes"}, "“required” is 'yes', not yes or no"),
        ({"max_words": "10"}, "“max_words” is '10', not a whole number"),
        ({"max_words": True}, "“max_words” is True, not a whole number"),
        ({"max_words": -1}, "max_words and max_choices are not negative"),
        ({"kind": "number", "min": 5, "max": 4}, "min 5 is above max 4"),
        ({"kind": "people", "max_choices": 4}, "max_choices of people is 1 to 3"),
        ({"kind": "choice", "choices": None}, "choices are missing"),
        ({"kind": "choice", "choices": "one"}, "choices are missing"),
        ({"kind": "choice", "choices": ["one"]}, "each choice has “value” and “label”, not 'one'"),
        (
            {"kind": "choice", "choices": [{"value": "A b", "label": EN}]},
            "the choice's value 'A b' is not a short word",
        ),
        ({"kind": "choice", "choices": CHOICES + CHOICES[:1]}, "choices: “one” stands twice"),
        ({"kind": "text", "choices": CHOICES}, "a question of kind text has no choices"),
        ({"feeds": "salary"}, "feeds 'salary' does not fit a question of kind short"),
        (
            {"kind": "number", "feeds": "experience"},
            "feeds 'experience' does not fit a question of kind number",
        ),
        ({"feeds": ["experience"]}, "does not fit"),
        ({"color": "red"}, "“color” is not known here"),
    ],
)
def test_a_mistake_is_named_with_its_place(parts: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parsed(**parts)


def test_values_that_fill_short_columns_are_short_themselves() -> None:
    long = [{"value": "a" * 11, "label": EN}]
    with pytest.raises(ValueError, match="at most 10 characters"):
        parsed(kind="choices", choices=long, feeds="availability")
    assert parsed(kind="choices", choices=long, feeds="media").choices[0].value == "a" * 11


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "a questionnaire has “pages”"),
        ({"pages": []}, "and at least one"),
        ({"pages": [page(question())], "extra": 1}, "a questionnaire has “pages”"),
        ({"pages": ["first"]}, "page 1: is not a mapping"),
        ({"pages": [page(question(), key="First")]}, "page 1: “key” is 'First'"),
        ({"pages": [page()]}, "page “first”: has no questions"),
        ({"pages": [{**page(question()), "title": None}]}, "page “first”: “title” is missing"),
        ({"pages": [{**page(question()), "color": 1}]}, "page “first”: “color” is not known here"),
        ({"pages": [page("asked")]}, "page “first”, question 1: is not a mapping"),  # type: ignore[arg-type]
        ({"pages": [page(question()), page(question(key="b"))]}, "pages: “first” stands twice"),
        ({"pages": [page(question(), question())]}, "questions: “asked” stands twice"),
        (
            {
                "pages": [
                    page(
                        question("text", "a", feeds="experience"), question("text", "b", feeds="experience")
                    ),
                ]
            },
            "questions that feed: “experience” stands twice",
        ),
    ],
)
def test_a_mistake_of_a_page_is_named(data: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse(data)


def test_every_feed_is_a_field_that_participants_fill() -> None:
    from participants.models import Enrollment

    fields = {field.name for field in Enrollment._meta.get_fields()}
    assert set(FEEDS) - fields == {"skills_offered", "skills_sought"}  # rows of their own
    assert set(VISIBLE_TO) == {"staff", "match", "together", "everyone"}


@pytest.mark.parametrize(
    ("kind", "value", "english", "french"),
    [
        ("short", "So it is", "So it is", "So it is"),
        ("text", "", "", ""),
        ("choice", "two", "Two", "Deux"),
        ("choice", "gone", "gone", "gone"),
        ("choices", ["two", "one"], "Two, One", "Deux, Un"),
        ("choices", [], "", ""),
        ("skills", {"one": 2}, "One", "Un"),
        ("skills", {}, "", ""),
        ("people", ["u1", "u2"], "1. Ada\n2. u2", "1. Ada\n2. u2"),
        ("number", 0, "0", "0"),
        ("number", None, "", ""),
        ("yesno", True, "Yes", "Oui"),
        ("yesno", False, "No", "Non"),
    ],
)
def test_answers_in_words(kind: str, value: Any, english: str, french: str) -> None:
    asked = parsed(kind=kind)
    assert answer_in_words(asked, value, "en", names={"u1": "Ada"}) == english
    assert answer_in_words(asked, value, "fr", names={"u1": "Ada"}) == french


def test_a_scale_says_out_of_how_many() -> None:
    assert answer_in_words(parsed(kind="scale", max=7), 4, "en") == "4 of 7"
