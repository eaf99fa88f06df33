"""The criteria file: what is unclear in it is named with its line, and nothing is read otherwise than it is meant."""

from __future__ import annotations

import pytest

from matching.engine.sheets.settings import read_settings
from tests.matching.engine.folder import Folder

CURVE = "Write a list of percentages such as [25, 75, 100], or one for each gap from 0 on."
PLAIN = "Write it without 0 in front, or in quotes if it is a name."


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (
            "levels: [2024-99-99]",
            "levels: [2024-99-99] will not do. Write a list of level names, the most junior first.",
        ),
        ("min_fit: !!int abc", "min_fit: abc will not do. Write a whole number from 0 to 100."),
        ("min_fit: !!int ''", "min_fit: nothing will not do. Write a whole number from 0 to 100."),
        ("floor: !!python/name:os.system", "floor: nothing will not do. Write a share from 0 to 1 such as 0.6."),
        ("floor: !!timestamp x", "floor: x will not do. Write a share from 0 to 1 such as 0.6."),
        ("floor: !!bool x", "floor: x will not do. Write a share from 0 to 1 such as 0.6."),
        (
            "synonyms: {{a: b}: c}",
            "synonyms: {{a: b}: c} will not do. Write a skill and the other words for it, such as "
            "python: [py, python3].",
        ),
        ("rules: !!int abc", "rules: settings are needed below it, indented by two spaces."),
        ("needs: []", "needs: [] will not do. Write a list of names."),
    ],
)  # fmt: skip
def test_a_setting_that_is_not_what_it_says_is_named(folder: Folder, text: str, flaw: str) -> None:
    assert folder.flaws("--criteria", folder.put("c.yaml", text)) == [f"c.yaml, line 1, {flaw}"]


def test_a_key_that_is_no_word_is_named(folder: Folder) -> None:
    (flaw,) = folder.flaws("--criteria", folder.put("c.yaml", "? [a, b]\n: 1\n"))
    assert flaw.startswith("c.yaml, line 1: there is no setting [a, b]. Write one of ")
    (flaw,) = folder.flaws("--criteria", folder.put("c.yaml", "[" * 5000))
    assert flaw == "c.yaml: this is no YAML (it cannot be read). Look at the colons and the spaces."


def test_a_setting_that_stands_twice_is_named(folder: Folder) -> None:
    text = "floor: 0.2\nrules:\n  unit: same\n  unit: other\nsynonyms:\n  a: b\n  a: c\nfloor: 0.9\n"
    assert folder.flaws("--criteria", folder.put("c.yaml", text)) == [
        f"c.yaml, line {line}: {key} stands in line {first} already. Delete one of the two."
        for line, key, first in ((8, "floor", 1), (4, "unit", 3), (7, "a", 6))
    ]


@pytest.mark.parametrize("lines", ["  0: 25\n  1: 75\n  2: 100", "  2: 100\n  0: 25\n  1: 75"])
def test_a_level_curve_may_be_told_by_gap(folder: Folder, lines: str) -> None:
    path = folder.put("c.yaml", f"level_curve:\n{lines}\n")
    assert read_settings(path).criteria.level_curve == (25, 75, 100)


@pytest.mark.parametrize(
    "curve", ["{1: 50}", "{0: 50, 2: 75}", "{no: 50}", "{a: 50, 0: 50}", "{}", "{0: 101}"]
)
def test_a_level_curve_with_holes_is_refused(folder: Folder, curve: str) -> None:
    path = folder.put("c.yaml", f"level_curve: {curve}\n")
    assert folder.flaws("--criteria", path) == [f"c.yaml, line 1, level_curve: {curve} will not do. {CURVE}"]


def test_levels_may_have_numbers_for_names(folder: Folder) -> None:
    criteria = folder.put("c.yaml", "levels: [3, 2, 1]\nrules: {min_level_gap: 1}\n")
    folder.put("mentees.csv", "name,level\nMira,3\nSam,1\n")
    folder.put("mentors.csv", "name,level\nInes,1\nKofi,3\n")
    folder.run("--criteria", criteria)
    assert folder.pairs() == [("Mira", "Ines")]
    assert folder.table("why.csv")[1][4] == (
        "if a mentor had to be 0 levels above, not 1; or one more mentor above level 1"
    )
    folder.put("mentors.csv", "name,level\nInes,4\n")
    for name in ("pairs.csv", "why.csv"):
        (folder.path / name).unlink()
    assert folder.flaws("--criteria", criteria) == [
        'mentors.csv, row 2, column B (level): "4" is none of 3, 2 or 1. Write one of these.'
    ]
    criteria.write_text("levels: [junior, senior]\n")
    folder.put("mentees.csv", "name,level\nMira,Junior\n")
    folder.run("--criteria", criteria)
    assert folder.table("pairs.csv")[1][5] == "3 levels above"


def test_synonyms_lead_on_to_the_last_word(folder: Folder) -> None:
    path = folder.put("c.yaml", "synonyms:\n  Python: [py, PYTHON, py]\n  snake: [python]\n  ml: learning\n")
    assert read_settings(path).meaning.synonyms == {"py": "snake", "python": "snake", "learning": "ml"}


def test_words_that_stand_twice_are_told(folder: Folder) -> None:
    text = (
        "synonyms:\n  python: [py, ml]\n  monty: [PY]\n  maths: [ML]\n"
        "levels: [junior, senior, Junior]\nneeds: [a, b, A, a]\n"
    )
    folder.put("mentees.csv", "name\nMira\n")
    folder.put("mentors.csv", "name\nInes\n")
    assert folder.flaws("--criteria", folder.put("c.yaml", text)) == [
        'c.yaml, line 1, synonyms: "py" stands under python and monty. Keep it under one of them.',
        'c.yaml, line 1, synonyms: "ml" stands under python and maths. Keep it under one of them.',
        'c.yaml, line 5, levels: "junior" stands twice. Delete one of the two.',
        'c.yaml, line 6, needs: "a" stands twice. Delete one of the two.',
    ]


def test_words_that_stand_for_each_other_are_told(folder: Folder) -> None:
    text = "synonyms: {a: [x, b], b: [c], c: [a]}\n"
    assert folder.flaws("--criteria", folder.put("c.yaml", text)) == [
        'c.yaml, line 1, synonyms: "a", "c" and "b" stand for each other. Keep one of them as the word for all.'
    ]


def test_numbers_with_a_leading_0_are_refused(folder: Folder) -> None:
    text = "min_fit: 010\nweights:\n  skills: &a 07\n  goals: *a\nlevels:\n  - 01\n  - '02'\nfloor: 0.5\n"
    assert folder.flaws("--criteria", folder.put("c.yaml", text)) == [
        f"c.yaml, line 1: 010 would be read as 8. {PLAIN}",
        f"c.yaml, line 3: 07 would be read as 7. {PLAIN}",
        f"c.yaml, line 6: 01 would be read as 1. {PLAIN}",
    ]
