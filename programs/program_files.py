"""A program as one readable file: words, policy, strands, questions and matching criteria.

The shipped ones stand in `files/`. What a file says is checked whole before anything is made from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from programs.labels import KEYS
from programs.models import Policy, Questionnaire, Strand
from programs.questions import Texts, parse
from programs.rules import MODES, PAIRS

FORMAT = 1
FILES = Path(__file__).parent / "files"
TEXTS = ("summary", "mentor", "mentee")
# In a file, long lists of choices stand once, under these names; by the field that the question feeds.
LISTS = {
    "skills_offered": "skills",
    "skills_sought": "skills",
    "goals": "goals",
    "media": "media",
    "availability": "half_days",
    "needs": "needs",
}
_PARTS = {
    "format", "key", "name", "about", "texts", "languages", "labels", "policy", "strands", "criteria", "lists",
    "questionnaires",
}  # fmt: skip
_STRAND_DEFAULTS: dict[str, Any] = {"contract_types": [], "size_min": 1, "size_max": 1, "hosts": 1}
_STRAND_NEEDED = {"slug", "name", "format"}


class ProgramFileError(ValueError):
    """What is wrong in a file, and where: `file: part: problem`."""


@dataclass(frozen=True)
class ProgramFile:
    """A checked file. Lists are written out: each question carries its choices."""

    key: str
    name: Texts
    about: Texts
    texts: Mapping[str, Texts]
    languages: list[str]
    labels: Mapping[str, Texts]
    policy: Mapping[str, Any]
    strands: list[dict[str, Any]]
    criteria: Mapping[str, Any]
    questionnaires: Mapping[str, Mapping[str, Any]]  # key: {"purpose": ..., "questions": {"pages": [...]}}


@lru_cache(maxsize=1)
def shipped() -> dict[str, ProgramFile]:
    """The files that come with the product, by key."""
    found = [read(path.read_text(encoding="utf-8"), path.name) for path in sorted(FILES.glob("*.yaml"))]
    return {file.key: file for file in found}


def read(text: str, source: str) -> ProgramFile:
    """Check a file's text. Raises ProgramFileError naming `source`, the part and the problem."""
    try:
        data = yaml.safe_load(text)
        return _build(data)
    except yaml.YAMLError as error:
        raise ProgramFileError(f"{source}: this is not YAML: {error}") from error
    except ValueError as error:
        raise ProgramFileError(f"{source}: {error}") from error


def write(file: ProgramFile) -> str:
    """The text of a file; `read` gives back an equal one."""
    lists: dict[str, list[dict[str, Any]]] = {}
    questionnaires = {
        key: {"purpose": one["purpose"], "pages": _folded(one["questions"]["pages"], lists)}
        for key, one in file.questionnaires.items()
    }
    data = {
        "format": FORMAT,
        "key": file.key,
        "name": dict(file.name),
        "about": dict(file.about),
        "texts": {key: dict(texts) for key, texts in file.texts.items()},
        "languages": list(file.languages),
        "labels": {language: dict(words) for language, words in file.labels.items()},
        "policy": dict(file.policy),
        "strands": [dict(strand) for strand in file.strands],
        "criteria": dict(file.criteria),
        "lists": {name: _short(choices) for name, choices in lists.items()},
        "questionnaires": questionnaires,
    }
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Dumper(yaml.SafeDumper):
    """Writes every value out: no anchors, which people read badly."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _folded(pages: list[dict[str, Any]], lists: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    def question(one: dict[str, Any]) -> dict[str, Any]:
        if "choices" not in one:
            return one
        name = LISTS.get(one.get("feeds") or "")
        if name and lists.setdefault(name, one["choices"]) == one["choices"]:
            return {**one, "choices": name}
        return {**one, "choices": _short(one["choices"])}

    return [{**page, "questions": [question(one) for one in page["questions"]]} for page in pages]


def _short(choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {choice["value"]: choice["label"] for choice in choices}


def _build(data: Any) -> ProgramFile:
    if not isinstance(data, dict):
        raise ValueError("a program file is a mapping")
    _exactly("the file", data, _PARTS)
    if data["format"] != FORMAT:
        raise ValueError(f"format: {data['format']!r} is not {FORMAT}")
    languages = data["languages"]
    for part, kind in {"strands": list, "questionnaires": dict, "lists": dict, "criteria": dict}.items():
        if not isinstance(data[part], kind):
            raise ValueError(f"{part}: is not a {'list' if kind is list else 'mapping'}")
    if not isinstance(data["key"], str) or not data["key"].replace("_", "").isalnum():
        raise ValueError(f"key: {data['key']!r} is not a short word")
    offered = [code for code, _ in settings.LANGUAGES]
    if not isinstance(languages, list) or not languages or not set(languages) <= set(offered):
        raise ValueError(f"languages: {languages!r} is not a list of {', '.join(offered)}")
    _exactly("texts", data["texts"], set(TEXTS))
    for where, texts in _texts_of(data):
        _in_every_language(where, texts, languages)
    return ProgramFile(
        key=data["key"],
        name=data["name"],
        about=data["about"],
        texts=data["texts"],
        languages=languages,
        labels=_labels(data["labels"], languages),
        policy=_policy(data["policy"]),
        strands=[_strand(number, one) for number, one in enumerate(data["strands"], start=1)],
        criteria=data["criteria"],
        questionnaires=_questionnaires(data["questionnaires"], data["lists"], languages),
    )


def _texts_of(data: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield "name", data["name"]
    yield "about", data["about"]
    for key, texts in data["texts"].items():
        yield f"texts.{key}", texts
    for number, strand in enumerate(data["strands"], start=1):
        yield f"strands[{number}].name", strand.get("name") if isinstance(strand, dict) else None


def _labels(labels: Any, languages: list[str]) -> Mapping[str, Texts]:
    if not isinstance(labels, dict):
        raise ValueError("labels: is not a mapping of languages")
    for language, chosen in labels.items():
        if language not in languages:
            raise ValueError(f"labels: {language!r} is not one of the program's languages")
        if not isinstance(chosen, dict) or not all(
            isinstance(text, str) and text for text in chosen.values()
        ):
            raise ValueError(f"labels.{language}: is not a mapping of words")
        if unknown := sorted(set(chosen) - KEYS):
            raise ValueError(f"labels.{language}: {unknown[0]!r} is not one of {', '.join(sorted(KEYS))}")
    return labels


def _policy(policy: Any) -> Mapping[str, Any]:
    _exactly("policy", policy, set(PAIRS), optional=set(MODES))  # files of the first version lack the modes
    found = {field.name: policy.get(field.name, field.default) for field in Policy._meta.fields}
    for field in Policy._meta.fields:
        kind = bool if field.get_internal_type() == "BooleanField" else int
        value = found[field.name]
        if type(value) is not kind or value < 0:
            raise ValueError(
                f"policy.{field.name}: {value!r} is not {'yes or no' if kind is bool else 'a number'}"
            )
    return found


def _strand(number: int, raw: Any) -> dict[str, Any]:
    where = f"strands[{number}]"
    _exactly(where, raw, _STRAND_NEEDED, optional=set(_STRAND_DEFAULTS))
    if raw["format"] not in Strand.Format.values:
        raise ValueError(f"{where}.format: {raw['format']!r} is not one of {', '.join(Strand.Format.values)}")
    strand = {**_STRAND_DEFAULTS, **raw}
    if not 1 <= strand["size_min"] <= strand["size_max"]:
        raise ValueError(
            f"{where}: size_min {strand['size_min']} to size_max {strand['size_max']} is not a range"
        )
    if strand["hosts"] not in ((1, 2) if strand["format"] == Strand.Format.CIRCLE else (1,)):
        raise ValueError(f"{where}.hosts: {strand['hosts']!r} is not 1, or 2 for circles")
    return strand


def _questionnaires(raw: Any, lists: Any, languages: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for key, one in raw.items():
        where = f"questionnaires.{key}"
        _exactly(where, one, {"purpose", "pages"})
        if one["purpose"] not in Questionnaire.Purpose.values:
            raise ValueError(
                f"{where}.purpose: {one['purpose']!r} is not one of {Questionnaire.Purpose.values}"
            )
        questions = {"pages": _written_out(where, one["pages"], lists)}
        try:
            tree = parse(questions)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from error
        for page in tree.pages:
            _in_every_language(f"{where}, page “{page.key}”", page.title, languages)
            for question in page.questions:
                _in_every_language(f"{where}, question “{question.key}”", question.label, languages)
        found[key] = {"purpose": one["purpose"], "questions": questions}
    for purpose in (Questionnaire.Purpose.MENTOR, Questionnaire.Purpose.MENTEE):
        if found.get(purpose, {}).get("purpose") != purpose:
            raise ValueError(f"questionnaires.{purpose}: is missing")
    return found


def _written_out(where: str, pages: Any, lists: Any) -> list[Any]:
    def question(one: Any) -> Any:
        choices = one.get("choices") if isinstance(one, dict) else None
        if choices is None:
            return one
        if isinstance(choices, str):
            if choices not in lists:
                raise ValueError(f"{where}, question “{one.get('key')}”: there is no list {choices!r}")
            choices = lists[choices]
        if not isinstance(choices, dict):
            raise ValueError(
                f"{where}, question “{one.get('key')}”: choices are a list's name or value: text"
            )
        return {**one, "choices": [{"value": value, "label": label} for value, label in choices.items()]}

    if not isinstance(pages, list):
        raise ValueError(f"{where}.pages: is not a list")
    return [
        {**page, "questions": [question(one) for one in page.get("questions") or []]}
        if isinstance(page, dict)
        else page
        for page in pages
    ]


def _in_every_language(where: str, texts: Any, languages: list[str]) -> None:
    if not isinstance(texts, Mapping) or not all(isinstance(text, str) and text for text in texts.values()):
        raise ValueError(f"{where}: is not text by language")
    if missing := [language for language in languages if language not in texts]:
        raise ValueError(f"{where}: has no text in {', '.join(missing)}")


def _exactly(where: str, raw: Any, needed: set[str], *, optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    if not isinstance(raw, dict):
        raise ValueError(f"{where}: is not a mapping")
    if missing := sorted(needed - set(raw)):
        raise ValueError(f"{where}: {missing[0]!r} is missing")
    if unknown := sorted(map(str, set(raw) - needed - optional)):
        raise ValueError(f"{where}: {unknown[0]!r} is not known here")
