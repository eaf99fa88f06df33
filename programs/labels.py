"""Words that a program may choose for itself, and texts kept by language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.text import capfirst
from django.utils.translation import get_language

from programs.models import Program

# Lower case, as they stand inside a sentence; a program's labels override them.
WORDS: dict[str, dict[str, str]] = {
    "en": {
        "mentor": "mentor",
        "mentors": "mentors",
        "mentee": "mentee",
        "mentees": "mentees",
        "mentorship": "mentorship",
        "mentorships": "mentorships",
        "agreement": "mentoring agreement",
        "plan": "action plan",
        "supervisor": "supervisor",
    },
    "fr": {
        "mentor": "mentor",
        "mentors": "mentors",
        "mentee": "mentoré",
        "mentees": "mentorés",
        "mentorship": "mentorat",
        "mentorships": "mentorats",
        "agreement": "accord de mentorat",
        "plan": "plan d’action",
        "supervisor": "responsable hiérarchique",
    },
}
KEYS = frozenset(WORDS["en"])


def base_language(language: str | None = None) -> str:
    """`fr` of `fr-CA`; without an argument, that of the reader."""
    return (language or get_language() or "en").split("-")[0]


def in_language(texts: Mapping[str, str], language: str | None = None) -> str:
    """The text in the language asked for, else in English, else in any; empty where there is none."""
    wanted = base_language(language)
    return texts.get(wanted) or texts.get("en") or next(iter(texts.values()), "")


def word(program: Program, key: str, language: str | None = None, *, cap: bool = False) -> str:
    """What this program calls its mentees, its action plan and so on. Raises KeyError for a key not in WORDS.

    `cap` begins it with a capital, for headings and beginnings of sentences.
    """
    wanted = base_language(language)
    default = WORDS.get(wanted, WORDS["en"])[key]
    chosen = program.labels.get(wanted, {}).get(key) or default
    return capfirst(chosen) if cap else chosen


def words(program: Program, language: str | None = None) -> dict[str, str]:
    """All words of the program, for the context of mails: `{{ words.mentee }}`."""
    return {key: word(program, key, language) for key in WORDS["en"]}
