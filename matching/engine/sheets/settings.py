"""The criteria file: everything a program may set, with the line of what is wrong in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from textwrap import shorten
from typing import Any

import yaml

from matching.engine.criteria import Criteria, Rules, Weights
from matching.engine.sheets.cells import Meaning, listed, plain
from matching.engine.sheets.tables import Flawed

_NOTHING = "tag:yaml.org,2002:null"
_NUMBER = "tag:yaml.org,2002:int"
_OCTAL = re.compile(r"[+-]?0[0-7_]+")
_LONGEST = 60  # characters of a setting in a message
# What YAML raises where a value is not what its mark or its form says, and the engine where it will not do.
_UNFIT = (TypeError, ValueError, AttributeError, LookupError, OverflowError, yaml.YAMLError)
_PARTS = {"rules": Rules, "weights": Weights}
_ALLOWED = {
    "rules.chain_levels": "a whole number from 1 to 50",
    "rules.min_level_gap": "a whole number from -100 to 100, or nothing",
    "rules.max_hours_apart": "a whole number from 0 to 12, or nothing",
    "rules.unit": 'same, other or ""',
    "level_curve": "a list of percentages such as [25, 75, 100], or one for each gap from 0 on",
    "unit_wanted": "same or other",
    "floor": "a share from 0 to 1 such as 0.6",
    "min_fit": "a whole number from 0 to 100",
    "synonyms": "a skill and the other words for it, such as python: [py, python3]",
    "levels": "a list of level names, the most junior first",
    "needs": "a list of names",
}


class _Unclear(ValueError):
    """A setting of the right form that says two things at once: a sentence for each."""


@dataclass(frozen=True)
class Settings:
    """What a criteria file sets."""

    criteria: Criteria = field(default_factory=Criteria)
    meaning: Meaning = field(default_factory=Meaning)


def read_settings(path: Path) -> Settings:
    """Raises Flawed with a line for each setting that is wrong."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise Flawed([f"{path}: cannot be read ({(error.strerror or 'error').lower()})."]) from error
    except UnicodeDecodeError as error:
        raise Flawed([f"{path.name}: the text is not UTF-8. Save it as UTF-8."]) from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", None) or "it cannot be read"
        raise Flawed(
            [f"{path.name}{line}: this is no YAML ({why}). Look at the colons and the spaces."]
        ) from error
    if node is None:
        return Settings()
    if not isinstance(node, yaml.MappingNode):
        raise Flawed([f"{path.name}, line 1: settings are needed, such as rules: and weights:."])
    flaws = [flaw for part in _nodes(node, set()) for flaw in _ambiguous(part, path.name)]
    values = dict(_checked(node, path.name, flaws))
    if flaws:
        raise Flawed(flaws)
    words = {name: values.pop(name) for name in ("synonyms", "levels", "needs") if name in values}
    return Settings(Criteria.from_dict(values), Meaning(**words))


def _checked(node: yaml.MappingNode, name: str, flaws: list[str]) -> Iterator[tuple[str, Any]]:
    known = {*(item.name for item in fields(Criteria)), "synonyms", "levels", "needs"}
    for key, value, line in _items(node):
        where = f"{name}, line {line}"
        if key not in known:
            flaws.append(_unknown(where, key, known))
        elif key in _PARTS:
            yield key, dict(_part(value, name, key, flaws))
        elif key == "synonyms":
            yield key, _guarded(_synonyms, value, where, key, flaws)
        elif key in ("levels", "needs"):
            yield key, _guarded(_names if key == "levels" else _needs, value, where, key, flaws)
        else:
            yield key, _guarded(_setting(Criteria, key), value, where, key, flaws)


def _part(node: yaml.Node, name: str, part: str, flaws: list[str]) -> Iterator[tuple[str, Any]]:
    if not isinstance(node, yaml.MappingNode):
        if node.tag != _NOTHING:
            line = node.start_mark.line + 1
            flaws.append(
                f"{name}, line {line}, {part}: settings are needed below it, indented by two spaces."
            )
        return
    known = {item.name for item in fields(_PARTS[part])}
    for key, value, line in _items(node):
        where = f"{name}, line {line}"
        if key not in known:
            flaws.append(_unknown(where, f"{part}.{key}", {f"{part}.{other}" for other in known}))
        else:
            yield key, _guarded(_setting(_PARTS[part], key), value, where, f"{part}.{key}", flaws)


def _items(node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, int]]:
    for key, value in node.value:
        yield _text(key), value, key.start_mark.line + 1


def _nodes(node: yaml.Node, seen: set[yaml.Node]) -> Iterator[yaml.Node]:
    """A node and all below it, each once."""
    if node in seen:
        return
    seen.add(node)
    yield node
    if isinstance(node, yaml.CollectionNode):
        for part in node.value:
            for inner in part if isinstance(part, tuple) else (part,):
                yield from _nodes(inner, seen)


def _ambiguous(node: yaml.Node, name: str) -> Iterator[str]:
    """Settings that stand in the same place again, and numbers that are read to the base of eight."""
    if isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key, _, line in _items(node):
            if key in first:
                yield f"{name}, line {line}: {key} stands in line {first[key]} already. Delete one of the two."
            first.setdefault(key, line)
    elif node.tag == _NUMBER and _OCTAL.fullmatch(str(node.value)):
        read = yaml.SafeLoader("").construct_document(node)
        yield (
            f"{name}, line {node.start_mark.line + 1}: {node.value} would be read as {read}. "
            "Write it without 0 in front, or in quotes if it is a name."
        )


def _guarded(read: Callable[[Any], Any], node: yaml.Node, where: str, key: str, flaws: list[str]) -> Any:
    try:
        return read(yaml.SafeLoader("").construct_document(node))
    except _Unclear as error:
        flaws += [f"{where}, {key}: {sentence}" for sentence in error.args]
        return None
    except _UNFIT:
        allowed = _ALLOWED.get(key) or (
            "a whole number from 0 to 10" if key.startswith("weights.") else "true or false"
        )
        shown = shorten(_text(node), _LONGEST) or "nothing"
        flaws.append(f"{where}, {key}: {shown} will not do. Write {allowed}.")
        return None


def _setting(part: type, key: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        default = next(item for item in fields(part) if item.name == key).default
        if isinstance(default, bool) and not isinstance(value, bool):
            raise ValueError(key)
        if key == "level_curve":
            value = _curve(value)
        if key == "floor" and isinstance(value, bool):
            raise ValueError(key)
        part(**{key: value})
        return value

    return read


def _curve(value: Any) -> tuple[Any, ...]:
    """Percentages by level gap, from a list or from a map without holes."""
    if isinstance(value, dict):
        if set(value) != set(range(len(value))) or any(isinstance(gap, bool) for gap in value):
            raise ValueError("gaps from 0 on are needed")
        return tuple(value[gap] for gap in range(len(value)))
    return tuple(value)


def _synonyms(value: Any) -> dict[str, str]:
    """Each word to the one that stands for it in the end."""
    if not isinstance(value, dict):
        raise ValueError("words are needed")
    above: dict[str, list[str]] = {}
    for word, others in value.items():
        head = plain(str(word))
        for other in _words([others] if isinstance(others, str) else others):
            if head != other and head not in above.setdefault(other, []):
                above[other].append(head)
    if several := {word: heads for word, heads in above.items() if len(heads) > 1}:
        raise _Unclear(*(
            f'"{word}" stands under {listed(heads, "and")}. Keep it under one of them.'
            for word, heads in several.items()
        ))  # fmt: skip
    return {word: _last(word, above) for word, heads in above.items() if heads}


def _last(word: str, above: dict[str, list[str]]) -> str:
    """What a word leads to, word by word."""
    met: list[str] = []
    while heads := above.get(word):
        if word in met:
            ring = listed([f'"{each}"' for each in met[met.index(word) :]], "and")
            raise _Unclear(f"{ring} stand for each other. Keep one of them as the word for all.")
        met.append(word)
        word = heads[0]
    return word


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or any(isinstance(name, (list, dict)) for name in value):
        raise ValueError("a list is needed")
    return tuple(plain(str(name)) for name in value)


def _names(value: Any) -> tuple[str, ...]:
    names = _words(value)
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise _Unclear(*(f'"{name}" stands twice. Delete one of the two.' for name in dict.fromkeys(twice)))
    return names


def _needs(value: Any) -> tuple[str, ...]:
    if not value:
        raise ValueError("one need at least")
    return _names(value)


def _text(node: yaml.Node) -> str:
    """A key or a value as it is written."""
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    return (node.start_mark.buffer or "")[node.start_mark.pointer : node.end_mark.pointer]


def _unknown(where: str, key: str, known: set[str]) -> str:
    near = get_close_matches(key, known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"Write one of {listed(sorted(known))}."
    return f"{where}: there is no setting {key}. {hint}"
