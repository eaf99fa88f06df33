"""A page of questions as a form."""

from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import override

from programs.question_forms import LONGEST, QuestionsForm, page_form
from programs.questions import Question, parse
from tests.programs.test_questions import CHOICES, page, question

PEOPLE = [("u1", "Ada Adams"), ("u2", "Ben Brown")]


def form(
    post: str | None = None, *, initial: Any = None, language: str = "en", **parts: Any
) -> QuestionsForm:
    def people(asked: Question) -> list[tuple[str, str]] | None:
        return PEOPLE if asked.kind == "people" else None

    tree = parse({"pages": [page(question(**parts))]})
    data = None if post is None else QueryDict(post)
    return page_form(tree.pages[0], language=language, data=data, initial=initial, choices_for=people)


@pytest.mark.parametrize(
    ("parts", "post", "answer"),
    [
        ({"kind": "short"}, "asked= So it is ", "So it is"),
        ({"kind": "short"}, "", ""),
        ({"kind": "text", "max_words": 3}, "asked=one two%0Athree", "one two\nthree"),
        ({"kind": "choice"}, "asked=two", "two"),
        ({"kind": "choice"}, "", ""),
        ({"kind": "choices"}, "asked=one&asked=two", ["one", "two"]),
        ({"kind": "choices"}, "", []),
        ({"kind": "skills"}, "asked=two", {"two": 2}),
        ({"kind": "skills"}, "", {}),
        ({"kind": "scale"}, "asked=4", 4),
        ({"kind": "scale"}, "", None),
        ({"kind": "number", "min": 1, "max": 9}, "asked=9", 9),
        ({"kind": "number"}, "", None),
        ({"kind": "yesno"}, "asked=yes", True),
        ({"kind": "yesno"}, "asked=no", False),
        ({"kind": "yesno"}, "", None),
        ({"kind": "people"}, "asked_1=u2&asked_2=&asked_3=u1", ["u2", "u1"]),
        ({"kind": "people"}, "", []),
    ],
)
def test_good_answers_come_out_as_json_values(parts: dict[str, Any], post: str, answer: Any) -> None:
    found = form(post, **parts)
    assert found.is_valid(), found.errors
    assert found.answers() == {"asked": answer}


@pytest.mark.parametrize(
    ("parts", "post", "problem"),
    [
        (
            {"kind": "short", "max_words": 2},
            "asked=one two three",
            "This has 3 words. Shorten it to 2 or fewer.",
        ),
        (
            {"kind": "short"},
            f"asked={'x' * 251}",
            "Ensure this value has at most 250 characters (it has 251).",
        ),
        (
            {"kind": "text", "max_words": 2},
            "asked=one two three",
            "This has 3 words. Shorten it to 2 or fewer.",
        ),
        (
            {"kind": "text"},
            f"asked={'x' * (LONGEST + 1)}",
            f"Ensure this value has at most {LONGEST} characters (it has {LONGEST + 1}).",
        ),
        ({"kind": "text"}, "asked=nul%00", "Null characters are not allowed."),
        (
            {"kind": "choice"},
            "asked=three",
            "Select a valid choice. three is not one of the available choices.",
        ),
        (
            {"kind": "choices"},
            "asked=three",
            "Select a valid choice. three is not one of the available choices.",
        ),
        (
            {"kind": "choices", "max_choices": 1},
            "asked=one&asked=two",
            "You have chosen 2. Choose at most 1.",
        ),
        ({"kind": "skills", "max_choices": 1}, "asked=one&asked=two", "You have chosen 2. Choose at most 1."),
        ({"kind": "scale"}, "asked=6", "Select a valid choice. 6 is not one of the available choices."),
        ({"kind": "number", "min": 1}, "asked=0", "Ensure this value is greater than or equal to 1."),
        ({"kind": "number", "max": 9}, "asked=10", "Ensure this value is less than or equal to 9."),
        ({"kind": "number"}, "asked=two", "Enter a whole number."),
        (
            {"kind": "yesno"},
            "asked=maybe",
            "Select a valid choice. maybe is not one of the available choices.",
        ),
    ],
)
def test_bad_and_long_answers_are_refused(parts: dict[str, Any], post: str, problem: str) -> None:
    found = form(post, **parts)
    assert found.errors == {"asked": [problem]}


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        *((kind, "Fill in “Text”") for kind in ("short", "text", "number")),
        *((kind, "Choose an answer to “Text”") for kind in ("choice", "choices", "skills", "scale", "yesno")),
    ],
)
def test_a_required_answer_that_is_missing(kind: str, problem: str) -> None:
    assert form("", kind=kind, required=True).errors == {"asked": [problem]}


def test_of_required_people_only_the_first_is_needed() -> None:
    assert list(form("asked_2=u1", kind="people", required=True).errors) == ["asked_1"]
    assert form("asked_1=u1", kind="people", required=True).is_valid()


def test_nobody_is_wished_for_twice() -> None:
    found = form("asked_1=u1&asked_2=&asked_3=u1", kind="people")
    assert found.errors == {
        "asked_3": ["You have named this person already. Choose another, or leave it empty."]
    }


def test_somebody_who_is_not_offered_cannot_be_wished_for() -> None:
    assert list(form("asked_1=u3", kind="people").errors) == ["asked_1"]


@pytest.mark.parametrize(
    ("parts", "answer", "shown"),
    [
        ({"kind": "short"}, "So", {"asked": "So"}),
        ({"kind": "skills"}, {"two": 2}, {"asked": ["two"]}),
        ({"kind": "yesno"}, False, {"asked": "no"}),
        ({"kind": "yesno"}, None, {"asked": None}),
        ({"kind": "people"}, ["u2"], {"asked_1": "u2"}),
    ],
)
def test_answers_given_before_are_shown_again(
    parts: dict[str, Any], answer: Any, shown: dict[str, Any]
) -> None:
    assert form(initial={"asked": answer}, **parts).initial == shown


def test_a_field_says_its_hint_its_limit_and_who_sees_it() -> None:
    found = form(kind="text", max_words=1, hint={"en": "Be <b>brief</b>."}, visible_to="match")
    assert found.fields["asked"].help_text == "Be &lt;b&gt;brief&lt;/b&gt;. At most 1 word."
    assert found.visible_to == {"asked": "the program’s staff, and the person you are matched with"}
    assert form(kind="choices", max_choices=3).fields["asked"].help_text == "Choose up to 3."


def test_people_are_asked_for_rank_by_rank() -> None:
    found = form(kind="people", max_choices=2, hint={"en": "If any."})
    assert [(name, field.label, field.help_text) for name, field in found.fields.items()] == [
        ("asked_1", "Text: first choice", "If any."),
        ("asked_2", "Text: second choice", ""),
    ]
    assert found.fields["asked_1"].choices == [("", "Nobody"), *PEOPLE]  # type: ignore[attr-defined]


def test_the_ends_of_a_scale_are_named() -> None:
    found = form(kind="scale", max=3, low={"en": "badly", "fr": "mal"}, high={"en": "well", "fr": "bien"})
    assert found.fields["asked"].choices == [("1", "1: badly"), ("2", "2"), ("3", "3: well")]  # type: ignore[attr-defined]


def test_texts_come_in_the_language_asked_for_whatever_the_page_speaks() -> None:
    with override("en"):
        found = form(kind="choice", language="fr-CA")
    assert found.fields["asked"].label == "Texte"
    assert found.fields["asked"].choices == [(c["value"], c["label"]["fr"]) for c in CHOICES]  # type: ignore[attr-defined, index]


def test_a_page_renders_with_its_errors_and_keeps_the_input() -> None:
    markup = form("asked=one two three", kind="text", max_words=2).as_p()
    assert "one two three" in markup
    assert 'aria-invalid="true"' in markup
