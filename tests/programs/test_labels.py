"""Words of a program."""

import pytest
from django.template import Context, Template
from django.utils.translation import override

from programs.labels import KEYS, WORDS, in_language, word, words
from programs.models import Program

PROTEGE = {"en": {"mentee": "protégé", "plan": "Mentoring Action Plan (MAP)"}, "fr": {"mentee": "protégé"}}


@pytest.mark.parametrize(
    ("labels", "key", "language", "expected"),
    [
        ({}, "mentee", "en", "mentee"),
        ({}, "mentee", "fr", "mentoré"),
        ({}, "mentee", "de", "mentee"),
        (PROTEGE, "mentee", "en", "protégé"),
        (PROTEGE, "mentee", "fr-CA", "protégé"),
        (PROTEGE, "mentor", "en", "mentor"),
        (PROTEGE, "plan", "fr", "plan d’action"),
    ],
)
def test_a_programs_word_wins_over_the_usual_one(
    labels: dict[str, dict[str, str]], key: str, language: str, expected: str
) -> None:
    assert word(Program(labels=labels), key, language) == expected


def test_a_word_can_begin_a_sentence() -> None:
    assert word(Program(labels=PROTEGE), "mentee", "en", cap=True) == "Protégé"


def test_a_key_that_nobody_has_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        word(Program(), "boss", "en")


def test_the_readers_language_is_the_default() -> None:
    with override("fr"):
        assert word(Program(), "mentors") == "mentors"
        assert word(Program(), "plan") == "plan d’action"
    assert set(words(Program(labels=PROTEGE), "en")) == KEYS
    assert words(Program(labels=PROTEGE), "en")["mentee"] == "protégé"


def test_every_language_knows_every_word() -> None:
    assert {language: set(known) for language, known in WORDS.items()} == dict.fromkeys(WORDS, KEYS)


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ({"en": "Yes", "fr": "Oui"}, "fr", "Oui"),
        ({"en": "Yes"}, "fr", "Yes"),
        ({"fr": "Oui"}, "de", "Oui"),
        ({}, "en", ""),
    ],
)
def test_texts_by_language_fall_back(texts: dict[str, str], language: str, expected: str) -> None:
    assert in_language(texts, language) == expected


def test_in_templates() -> None:
    template = Template(
        "{% load program_words %}{% word program 'mentee' %} "
        "{% word program 'mentee' cap=True %} {{ texts|in_language }}"
    )
    context = Context({"program": Program(labels=PROTEGE), "texts": {"en": "One"}})
    assert template.render(context) == "protégé Protégé One"
