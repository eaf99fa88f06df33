"""Questionnaires as data: `{"pages": [{"key", "title", "about", "questions": [...]}]}`.

A question has `key`, `kind`, `label` and `hint` by language, and what its kind needs: short and text `max_words`;
choice, choices and skills `choices`, the last two also `max_choices`; number and scale `min` and `max`, scale also
`low` and `high` (words for its ends, by language); people `max_choices` (ranked). `visible_to` says who sees the
answer, `feeds` which field of the enrollment it fills.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from programs.labels import base_language, in_language

Texts = Mapping[str, str]


class Kind(StrEnum):
    """What an answer is made of; in brackets its JSON value."""

    SHORT = "short"  # a line (text)
    TEXT = "text"  # paragraphs (text)
    CHOICE = "choice"  # one of a list (its value)
    CHOICES = "choices"  # several of a list (list of values)
    SCALE = "scale"  # 1 to 5 (number)
    NUMBER = "number"  # a whole number (number)
    SKILLS = "skills"  # several skills ({slug: level 1 to 3})
    PEOPLE = "people"  # up to three people, ranked (list of uids)
    YESNO = "yesno"  # yes or no (boolean)


# The fields of an enrollment that an answer can fill, and the kinds that fit them.
FEEDS: dict[str, frozenset[Kind]] = {
    **dict.fromkeys(
        ("position_summary", "experience", "strengths", "own_goals", "expectations", "career_goals"),
        frozenset({Kind.SHORT, Kind.TEXT}),
    ),
    **dict.fromkeys(("goals", "media", "availability", "needs"), frozenset({Kind.CHOICES})),
    "listed": frozenset({Kind.YESNO}),
    **dict.fromkeys(("hours_per_month", "capacity"), frozenset({Kind.NUMBER})),
    **dict.fromkeys(("skills_offered", "skills_sought"), frozenset({Kind.SKILLS})),
    "wishes": frozenset({Kind.PEOPLE}),
}
VALUE_LENGTH = {"goals": 40, "media": 20, "availability": 10, "needs": 20}
WITH_CHOICES = frozenset({Kind.CHOICE, Kind.CHOICES, Kind.SKILLS})
DEFAULT_WORDS = {Kind.SHORT: 25, Kind.TEXT: 300}
DEFAULT_RANGE = {Kind.SCALE: (1, 5), Kind.NUMBER: (0, 1000)}
SKILL_LEVEL = 2  # of a skill that is simply ticked

VISIBLE_TO = {
    "staff": gettext_lazy("the program’s staff only"),
    "match": gettext_lazy("the program’s staff, and the person you are matched with"),
    "together": gettext_lazy("the program’s staff, only as figures of five people or more, without names"),
    "everyone": gettext_lazy("everyone in the program"),
}
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
_VALUE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_PAGE_PARTS = frozenset({"key", "title", "about", "questions"})


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer of a list."""

    value: str
    label: Texts


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `min` and `max` are zero where the kind has no range."""

    key: str
    kind: Kind
    label: Texts
    hint: Texts
    required: bool
    choices: tuple[Choice, ...]
    max_words: int
    min: int
    max: int
    max_choices: int  # 0: no limit
    low: Texts
    high: Texts
    visible_to: str
    feeds: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Questions that stand on one page."""

    key: str
    title: Texts
    about: Texts
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Questionnaire:
    """All pages in order."""

    pages: tuple[Page, ...]

    @cached_property
    def questions(self) -> dict[str, Question]:
        """All questions by key, in order."""
        return {question.key: question for page in self.pages for question in page.questions}

    @cached_property
    def feeding(self) -> dict[str, Question]:
        """The questions that fill a field of the enrollment, by that field."""
        return {question.feeds: question for question in self.questions.values() if question.feeds}

    def page(self, key: str) -> Page:
        """One page. Raises KeyError."""
        for page in self.pages:
            if page.key == key:
                return page
        raise KeyError(key)


def parse(questions: Mapping[str, Any]) -> Questionnaire:
    """Check and build. Raises ValueError that names page, question and problem."""
    if set(questions) != {"pages"} or not questions["pages"]:
        raise ValueError("a questionnaire has “pages”, and at least one")
    pages = tuple(_page(number, raw) for number, raw in enumerate(questions["pages"], start=1))
    _unique("pages", [page.key for page in pages])
    _unique("questions", [question.key for page in pages for question in page.questions])
    _unique("questions that feed", [q.feeds for page in pages for q in page.questions if q.feeds])
    return Questionnaire(pages)


def answer_in_words(
    question: Question, value: Any, language: str | None = None, *, names: Mapping[str, str] | None = None
) -> str:
    """An answer as people read it; empty where there is none. `names` gives those of people by uid."""
    if value is None or value == "" or value == [] or value == {}:
        return ""
    with override(base_language(language)):
        return _in_words(question, value, language, names or {})


def _in_words(question: Question, value: Any, language: str | None, names: Mapping[str, str]) -> str:
    labels = {choice.value: in_language(choice.label, language) for choice in question.choices}
    match question.kind:
        case Kind.YESNO:
            return _("Yes") if value else _("No")
        case Kind.SCALE:
            return _("%(value)s of %(most)s") % {"value": value, "most": question.max}
        case Kind.CHOICE:
            return labels.get(value, str(value))
        case Kind.CHOICES | Kind.SKILLS:
            return ", ".join(labels.get(item, item) for item in value)
        case Kind.PEOPLE:
            return "\n".join(f"{rank}. {names.get(uid, uid)}" for rank, uid in enumerate(value, start=1))
    return str(value)


def _page(number: int, raw: Any) -> Page:
    where = f"page {number}"
    if not isinstance(raw, Mapping):
        raise ValueError(f"{where}: is not a mapping")
    key = raw.get("key")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"{where}: “key” is {key!r}, not lower-case letters, digits and _")
    where = f"page “{key}”"
    _known(where, raw, _PAGE_PARTS)
    title = _texts(where, raw, "title", needed=True)
    if not isinstance(raw.get("questions"), Sequence) or not raw["questions"]:
        raise ValueError(f"{where}: has no questions")
    found = tuple(_question(where, place, one) for place, one in enumerate(raw["questions"], start=1))
    return Page(key, title, _texts(where, raw, "about"), found)


def _question(page: str, number: int, raw: Any) -> Question:
    where = f"{page}, question {number}"
    if not isinstance(raw, Mapping):
        raise ValueError(f"{where}: is not a mapping")
    key, kind = raw.get("key"), raw.get("kind")
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"{where}: “key” is {key!r}, not lower-case letters, digits and _")
    where = f"{page}, question “{key}”"
    _known(where, raw, frozenset(Question.__dataclass_fields__))
    if kind not in list(Kind):
        raise ValueError(f"{where}: kind {kind!r} is not one of {', '.join(Kind)}")
    visible_to, feeds = raw.get("visible_to", "staff"), raw.get("feeds")
    if visible_to not in list(VISIBLE_TO):
        raise ValueError(f"{where}: visible_to {visible_to!r} is not one of {', '.join(VISIBLE_TO)}")
    if feeds is not None and kind not in FEEDS.get(str(feeds), ()):
        raise ValueError(f"{where}: feeds {feeds!r} does not fit a question of kind {kind}")
    return Question(
        key=key,
        kind=Kind(kind),
        label=_texts(where, raw, "label", needed=True),
        hint=_texts(where, raw, "hint"),
        required=_typed(where, raw, "required", bool, default=False),
        choices=_choices(where, Kind(kind), raw.get("choices"), VALUE_LENGTH.get(feeds or "", 60)),
        **_limits(where, Kind(kind), raw),
        low=_texts(where, raw, "low"),
        high=_texts(where, raw, "high"),
        visible_to=visible_to,
        feeds=feeds,
    )


def _limits(where: str, kind: Kind, raw: Mapping[str, Any]) -> dict[str, int]:
    least, most = DEFAULT_RANGE.get(kind, (0, 0))
    found = {
        "max_words": _typed(where, raw, "max_words", int, default=DEFAULT_WORDS.get(kind, 0)),
        "min": _typed(where, raw, "min", int, default=least),
        "max": _typed(where, raw, "max", int, default=most),
        "max_choices": _typed(where, raw, "max_choices", int, default=3 if kind == Kind.PEOPLE else 0),
    }
    if found["min"] > found["max"]:
        raise ValueError(f"{where}: min {found['min']} is above max {found['max']}")
    if kind == Kind.PEOPLE and not 1 <= found["max_choices"] <= 3:
        raise ValueError(f"{where}: max_choices of people is 1 to 3")
    if min(found["max_words"], found["max_choices"]) < 0:
        raise ValueError(f"{where}: max_words and max_choices are not negative")
    return found


def _choices(where: str, kind: Kind, raw: Any, length: int) -> tuple[Choice, ...]:
    if kind not in WITH_CHOICES:
        if raw:
            raise ValueError(f"{where}: a question of kind {kind} has no choices")
        return ()
    if not isinstance(raw, Sequence) or isinstance(raw, str) or not raw:
        raise ValueError(f"{where}: choices are missing")
    found = []
    for one in raw:
        if not isinstance(one, Mapping) or set(one) != {"value", "label"}:
            raise ValueError(f"{where}: each choice has “value” and “label”, not {one!r}")
        value = one["value"]
        if not isinstance(value, str) or not _VALUE.fullmatch(value) or len(value) > length:
            raise ValueError(
                f"{where}: the choice's value {value!r} is not a short word of at most {length} characters"
            )
        found.append(Choice(value, _texts(f"{where}, choice “{value}”", one, "label", needed=True)))
    _unique(f"{where}: choices", [choice.value for choice in found])
    return tuple(found)


def _texts(where: str, raw: Mapping[str, Any], name: str, *, needed: bool = False) -> Texts:
    value = raw.get(name) or {}
    if not isinstance(value, Mapping) or not all(
        isinstance(text, str) and text.strip() for text in value.values()
    ):
        raise ValueError(f"{where}: “{name}” is not text by language, such as {{en: ..., fr: ...}}")
    if needed and not value:
        raise ValueError(f"{where}: “{name}” is missing")
    return dict(value)


def _typed(where: str, raw: Mapping[str, Any], name: str, kind: type, *, default: Any) -> Any:
    value = raw.get(name)
    if value is None:
        return default
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(
            f"{where}: “{name}” is {value!r}, not {'yes or no' if kind is bool else 'a whole number'}"
        )
    return value


def _known(where: str, raw: Mapping[str, Any], known: frozenset[str]) -> None:
    if unknown := sorted(map(str, set(raw) - known)):
        raise ValueError(f"{where}: “{unknown[0]}” is not known here")


def _unique(what: str, values: Sequence[str]) -> None:
    if twice := list(_repeated(values)):
        raise ValueError(f"{what}: “{twice[0]}” stands twice")


def _repeated(values: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield value
        seen.add(value)
