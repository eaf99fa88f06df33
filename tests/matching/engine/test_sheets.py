"""The command line on two spreadsheets: what goes in, what comes out, and what is said of what is wrong."""

from __future__ import annotations

import csv
import os
import random
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from matching.engine import solve, why_not
from matching.engine.__main__ import main
from matching.engine.field import Criteria, Links, People, Rules, build_field
from matching.engine.sheets import report
from matching.engine.sheets.cells import ALIASES
from matching.engine.sheets.example import SAMPLE
from matching.engine.sheets.tables import Flawed, read
from matching.engine.sheets.who import number_of
from tests.core.test_workbooks import changed, locked
from tests.matching.engine.folder import MENTORS, WHO, Folder, workbook
from tests.matching.engine.limits import large

# What comes out


def test_pairs_have_their_fit_and_the_reasons(folder: Folder) -> None:
    lines = folder.run()
    assert folder.table("pairs.csv") == [
        ["mentee", "mentee id", "mentor", "mentor id", "fit", "why", "set by", "skills", "goals", "level", "unit",
         "place", "time zone", "media", "availability", "wish", "mentor wish", "introduction"],
        ["Mira", "m@x.org", "Ines", "i@x.org", "100", "1 of 1 skill wanted (python); 2 levels above", "",
         "71", "", "29", "", "", "", "", "", "", "", ""],
        ["Sam", "s@x.org", "Kofi", "k@x.org", "92", "1 of 1 skill wanted (sql); 3 levels above", "",
         "71", "", "21", "", "", "", "", "", "", "", ""],
    ]  # fmt: skip
    assert folder.table("why.csv") == [["about", "person", "person id", "why", "what would help"]]
    assert lines == [
        "2 mentees; 2 mentors with 2 places.",
        "2 pairs; 2 mentees with a mentor. Fit: lowest 92, median 96 of 100.",
        "Left without a mentor: 0.",
        "Proven: no other set of pairs covers more than 2 mentees or makes more than 2 pairs, and none of these "
        "has a higher total fit.",
        f"Written: {folder.path / 'pairs.csv'} and {folder.path / 'why.csv'}.",
    ]


def put_people_who_hardly_fit(folder: Folder) -> None:
    folder.put(
        "mentees.csv",
        "name,strand,languages,time zone,skills,wishes,exclude\n"
        "Mira,a,en,UTC,python,,\nSam,a,en,UTC,sql,Ines,\nNoor,b,fr,UTC,talks,Ines,\nAda,a,en,UTC+9,sql,,Ines\n",
    )
    folder.put(
        "mentors.csv",
        "name,strand,languages,time zone,skills,capacity\nInes,a,en; fr,UTC,python; sql,1\nKofi,c,en,UTC,sql,1\n",
    )


def test_everybody_left_over_and_every_wish_is_told_with_what_would_help(folder: Folder) -> None:
    put_people_who_hardly_fit(folder)
    rules = folder.put("criteria.yaml", "rules: {max_hours_apart: 3}\nweights: {wish: 0}\n")
    lines = folder.run("--criteria", rules)
    (winner,) = folder.pairs()
    lost = "Sam" if winner[0] == "Mira" else "Mira"
    told = {(row[0], row[1]): row[2:] for row in folder.table("why.csv")[1:]}
    assert told["mentee without a mentor", lost][1:] == [
        "2 mentees, this one among them, can only be served by the same 1 mentor with 1 place in all; every place is "
        "taken by one of them. Of 2 mentors: 1 is in another strand.",
        f"if strands might be mixed; or one more mentor with {'sql' if lost == 'Sam' else 'python'}, speaking en, "
        "of strand a, in time zone UTC+0",
    ]
    assert told["mentee without a mentor", "Noor"][1:] == [
        "The rules allow no mentor. Of 2 mentors: 2 are in another strand; 1 has no language in common.",
        "if strands might be mixed; or one more mentor with talks, speaking fr, of strand b, in time zone UTC+0",
    ]
    assert told["mentee without a mentor", "Ada"][1:] == [
        "The rules allow no mentor. Of 2 mentors: 2 are too many time zones away; 1 is excluded; "
        "1 is in another strand.",
        "one more mentor with sql, speaking en, of strand a, in time zone UTC+9",
    ]
    assert told["mentor without a mentee", "Kofi"][1:] == [
        "The rules, or the minimum fit, leave no mentee. Of 4 mentees: 4 are in another strand; "
        "1 has no language in common; 1 is too many time zones away.",
        "",
    ]
    assert told["first wish not given", "Noor"][1] == "Ines: Not possible: the mentor is in another strand."
    assert lines[2:4] == [
        f"Wishes: {int(winner[0] == 'Sam')} of 2 who wished got a wish; {int(winner[0] == 'Sam')} the first one.",
        "Left without a mentor: 3.",
    ]
    assert "  1 more would be matched if strands might be mixed." in lines
    assert any(line.endswith("would match 1 more (3 in all).") for line in lines)


def test_the_cost_of_a_wish_is_that_of_the_engine(folder: Folder) -> None:
    folder.put("mentees.csv", "name,skills,wishes\nMira,python,Kofi\nSam,sql; python,Kofi\n")
    folder.put("mentors.csv", "name,skills\nInes,python\nKofi,sql; python\n")
    criteria = folder.put("criteria.yaml", "weights: {wish: 1}\n")
    folder.run("--criteria", criteria)
    assert folder.pairs() == [("Mira", "Ines"), ("Sam", "Kofi")]
    people = [number_of(name) for name in ("mira", "sam")], [number_of(name) for name in ("ines", "kofi")]
    field = build_field(
        People(person=people[0], limit=[1, 1], skills=[[0], [1, 0]]),
        People(person=people[1], limit=[1, 1], skills=[[0], [1, 0]]),
        Criteria.from_dict({"weights": {"wish": 1}}),
        Links(wishes=[(people[0][0], people[1][1], 1), (people[0][1], people[1][1], 1)]),
    )
    problem = field.problem()
    lost = why_not(problem, solve(problem), 0, 1).score * 100 / int(field.attainable[0])
    assert folder.table("why.csv")[1:] == [
        ["first wish not given", "Mira", "Mira", f"Kofi: Would cost {lost:.1f} points of fit less in all. "
         "Sam would get Ines.", ""]
    ]  # fmt: skip


def test_where_exact_answers_would_take_too_long_the_facts_are_told(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One question costs the four eligible pairs; the first is still answered."""
    monkeypatch.setattr(report, "BUDGET", 4)
    folder.put(
        "mentees.csv", "name,wishes,exclude\nMira,Ines,\nSam,Ines,\nAda,Ines,\nNoor,,Ines\nUma,Ines,\n"
    )
    folder.put("mentors.csv", "name\nInes\n")
    folder.run()
    told = [(row[0], row[3]) for row in folder.table("why.csv")[1:]]
    exact = "2 mentees, this one among them, can only be served by the same 1 mentor with 1 place in all; every place "
    facts = "1 mentor would be possible; their places are all taken by others."
    left = [why for about, why in told if about == "mentee without a mentor"]
    assert left[0] == f"{exact}is taken by one of them."
    assert sorted(left[1:]) == [facts, facts, "The rules allow no mentor. Of 1 mentor: 1 is excluded."]
    cost = "Ines: Possible, but others fit better on the whole. With so many people not every cost is worked out."
    assert [why for about, why in told if about == "first wish not given"] == [cost] * 3


def test_wishes_of_mentors_are_told_too(folder: Folder) -> None:
    folder.put("mentees.csv", "name,languages\nMira,en\nSam,fr\n")
    folder.put("mentors.csv", "name,languages,wishes\nInes,en,Mira; Sam\n")
    folder.run()
    assert folder.table("why.csv")[2] == [
        "second wish not given", "Ines", "Ines", "Sam: Not possible: the mentor has no language in common.", ""
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter(folder: Folder, seed: int) -> None:
    sheets = {name: (SAMPLE / name).read_text().splitlines() for name in ("mentees.csv", "mentors.csv")}
    found = []
    for dice in (None, random.Random(seed)):
        for name, (heading, *rows) in sheets.items():
            folder.put(name, "\n".join([heading, *(dice.sample(rows, len(rows)) if dice else rows)]))
        folder.run("--criteria", SAMPLE / "criteria.yaml")
        found.append(sorted(folder.table("pairs.csv")[1:]))
    assert found[0] == found[1] != []


def test_a_workbook_goes_in_and_out(folder: Folder) -> None:
    workbook(folder.path / "mentees.xlsx", [["Name", "Level"], ["Mira", 3], [None, None], ["Sam", 4.0]])
    workbook(folder.path / "mentors.xlsx", [["Name", "Level", "Capacity"], ["=Ines", 5, 2]])
    folder.put("mentors.csv", "name,level,capacity\n'=Ines,5,2\n")
    out = folder.path / "pairs.xlsx"
    folder.run("--out", out, mentees="mentees.xlsx")
    sheet = load_workbook(out).active
    assert [[cell.value for cell in row[:5]] for row in sheet] == [
        ["mentee", "mentee id", "mentor", "mentor id", "fit"],
        ["Mira", "Mira", "'=Ines", "'=Ines", 100],
        ["Sam", "Sam", "'=Ines", "'=Ines", 75],
    ]
    assert sheet.freeze_panes == "A2"
    assert [sheet["A1"].font.bold, sheet["C2"].data_type] == [True, "s"]
    assert 8 <= sheet.column_dimensions["A"].width < sheet.column_dimensions["F"].width <= 62


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_acts_as_a_formula_and_what_is_written_can_be_read_again(folder: Folder, start: str) -> None:
    name = f"{start}cmd|x"
    folder.put("mentees.csv", f'name,level\n"{name}",1\n')
    folder.put("mentors.csv", "name,level\nInes,2\n")
    folder.run()
    written = folder.table("pairs.csv")[1][0]
    assert written == (f"'{name}" if start.strip() else "cmd|x")
    folder.run("--locks", (folder.path / "pairs.csv").rename(folder.path / "locks.csv"))
    assert folder.table("pairs.csv")[1][6] == "lock"


# What goes in


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_sheets_of_any_spreadsheet_are_read(folder: Folder, separator: str, encoding: str) -> None:
    rows = [["Full name", "E-mail", "Career_Level"], ["José Müller", "j@x.org", "3"], ["", "", ""]]
    text = "\r\n".join(separator.join(row) for row in rows)
    folder.put("mentees.csv", text, encoding)
    folder.run()
    assert [row[:4] for row in folder.table("pairs.csv", separator)] == [
        ["mentee", "mentee id", "mentor", "mentor id"],
        ["José Müller", "j@x.org", "Ines", "i@x.org"],
    ]


def test_own_columns_are_left_alone_with_a_note(folder: Folder) -> None:
    folder.put("mentees.csv", "name,Shoe size,Comment\nMira,38,hello\n")
    assert folder.run()[0] == "mentees.csv: columns not used: Shoe size and Comment."


def test_every_bad_cell_is_named_at_once(folder: Folder) -> None:
    folder.put(
        "mentees.csv",
        "name,email,level,time zone,skills,mentors wanted,wishes,left out before,needs,exclude\n"
        "Mira,mira,senior,Europe/Pariss,python:x,0,Nobody,maybe,cooking,\n"
        ",,3,UTC,,1,,,,\n"
        "Sam,s@x.org,3,UTC+15,,two,,,career,Ghost\n"
        "Sam,s@x.org,3,,,1,,,,\n",
    )
    folder.put("mentors.csv", "name,email,capacity\nInes,i@x.org,-1\nInes,o@x.org,1\n")
    assert folder.flaws() == [
        'mentees.csv, row 2, column B (email): "mira" is no email address. Write one such as mira@example.org.',
        'mentees.csv, row 2, column C (level): "senior" is not a whole number from 0 to 1000. Write the level as a '
        "number, higher for more senior, or name your levels under levels: in the criteria file.",
        'mentees.csv, row 2, column D (time zone): "Europe/Pariss" is no time zone. Write one such as Europe/Paris, '
        "or an offset such as UTC+1.",
        'mentees.csv, row 2, column E (skills): "python:x" ends in no level from 1 to 9. Write a skill as python, or '
        "with a level as python:3.",
        'mentees.csv, row 2, column F (mentors wanted): "0" is not a whole number from 1 to 100. Write one, such as 2.',
        'mentees.csv, row 2, column H (left out before): "maybe" is neither yes nor no. Write yes or no.',
        'mentees.csv, row 2, column I (needs): "cooking" is none of career, technical or belonging. '
        "Write one of these.",
        "mentees.csv, row 3: nobody is named. Write a name, or delete the row.",
        'mentees.csv, row 4, column D (time zone): "UTC+15" is no time zone. Write one such as Europe/Paris, or an '
        "offset such as UTC+1.",
        'mentees.csv, row 4, column F (mentors wanted): "two" is not a whole number from 1 to 100. '
        "Write one, such as 2.",
        'mentees.csv, row 5, column B (email): "s@x.org" stands in row 4 already. Delete one of the rows, or tell the '
        "two apart by an email or id.",
        'mentors.csv, row 2, column C (capacity): "-1" is not a whole number from 0 to 100. Write one, such as 2.',
    ]


def test_every_name_that_nobody_has_is_named_at_once(folder: Folder) -> None:
    folder.put("mentees.csv", "name,wishes,exclude\nMira,Nobody,\nSam,,Ghost\n")
    locks = folder.put("locks.csv", "mentee,mentor\nSam,Nobody\n")
    assert folder.flaws("--locks", locks) == [
        'locks.csv, row 2, column B (mentor): nobody on the mentors sheet answers to "Nobody".',
        'mentees.csv, row 2, column B (wishes): nobody called "Nobody" is on the mentors. '
        "Write the name or email as it stands there, or delete it.",
        'mentees.csv, row 3, column C (exclude): nobody called "Ghost" is on either sheet. '
        "Write the name or email as it stands there, or delete it.",
    ]


@pytest.mark.parametrize(
    ("text", "meets"), [("en fr", True), ("EN; fr", True), ("fr,en", True), ("enfr", False)]
)
def test_languages_are_words_or_codes(folder: Folder, text: str, meets: bool) -> None:
    folder.put("mentees.csv", f'name,languages\nMira,"{text}"\n')
    folder.put("mentors.csv", "name,languages\nInes,fr\n")
    folder.run()
    assert folder.pairs() == [("Mira", "Ines")] * meets


STRANGE = st.sampled_from(
    "||a|A; b|1|²|-1|9999999999|x:2;y|a:0|:|;|a@b|yes|UTC+1|UTC+99|Europe|../etc|p0|p1;p2|=1+1|\x00|é|\n|1e5".split(
        "|"
    )
)
EVERY = ",".join([*ALIASES, "capacity"]).replace("_", " ").split(",")


@given(
    cells=st.lists(
        st.tuples(
            st.sampled_from("mentees mentors".split()), st.integers(1, 3), st.sampled_from(EVERY), STRANGE
        ),
        max_size=8,
    )
)
def test_whatever_stands_in_a_cell_is_matched_or_named(cells: list[tuple[str, int, str, str]]) -> None:
    with TemporaryDirectory() as name:
        for side in ("mentees", "mentors"):
            rows = [
                EVERY,
                *(
                    [f"p{number}{side}" if column == "name" else "" for column in EVERY]
                    for number in range(3)
                ),
            ]
            for _, row, column, text in (cell for cell in cells if cell[0] == side):
                rows[row] = [
                    text if title == column else old for title, old in zip(EVERY, rows[row], strict=True)
                ]
            with Path(name, f"{side}.csv").open("w", newline="") as file:
                csv.writer(file).writerows(rows)
        paths = [str(Path(name, file)) for file in ("mentees.csv", "mentors.csv", "p.xlsx", "w.csv")]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()) as errors:
            code = main([*paths[:2], "--out", paths[2], "--why", paths[3]])
        assert code == (2 if errors.getvalue() else 0)
        assert Path(paths[2]).exists() == Path(paths[3]).exists() == (code == 0)


def test_a_name_that_two_share_needs_the_email(folder: Folder) -> None:
    folder.put("mentees.csv", "name,wishes\nMira,Ines\n")
    folder.put("mentors.csv", "name,email\nInes,a@x.org\nInes,b@x.org\n")
    assert folder.flaws() == [
        'mentees.csv, row 2, column B (wishes): 2 people are called "Ines". Write the email.'
    ]
    folder.put("mentees.csv", "name,wishes\nMira,B@x.org\n")
    folder.run()
    assert folder.table("pairs.csv")[1][3] == "b@x.org"


@pytest.mark.parametrize(
    ("mentees", "flaw"),
    [
        ("", "mentees.csv: the first row is empty. Write the names of the columns there."),
        ("name\n", "mentees.csv: nobody stands below the heading."),
        ("level\n", f"mentees.csv, row 1: {WHO}"),
        (
            "name,team,unit\nMira,a,b\n",
            'mentees.csv, row 1, column C (unit): means the same as "team". Keep one of the two columns.',
        ),
        (
            "name,unit\nMira,a,b\n",
            'mentees.csv, row 2: 3 cells under 2 columns; "b" has no heading. '
            'Put text that holds "," in quotes.',
        ),
    ],
)
def test_a_sheet_that_is_no_table_is_refused(folder: Folder, mentees: str, flaw: str) -> None:
    folder.put("mentees.csv", mentees)
    assert folder.flaws() == [flaw]


def test_files_that_are_not_there_or_of_another_kind_are_named(folder: Folder) -> None:
    folder.put("mentors.xlsx", "no workbook")
    folder.put("mentees.pdf", "x")
    assert folder.flaws(mentees="none.csv", mentors="mentors.xlsx") == [
        f"{folder.path / 'none.csv'}: cannot be read (no such file or directory).",
        "mentors.xlsx: this is no Excel workbook that can be read. Save it as .csv or .xlsx.",
    ]
    assert folder.flaws("--out", folder.path / "no" / "p.doc", mentees="mentees.pdf") == [
        "p.doc: results are written to files ending in .csv, .tsv, .txt or .xlsx.",
        f"{folder.path / 'no' / 'p.doc'}: the folder {folder.path / 'no'} is not there.",
        "mentees.pdf: files ending in .pdf are not read. Save it as .csv or .xlsx.",
    ]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("rules: {same_strand: 3}", "line 1, rules.same_strand: 3 will not do. Write true or false."),
        (
            "\nrules:\n  max_hours_apart: 30",
            "line 3, rules.max_hours_apart: 30 will not do. Write a whole number from 0 to 12, or nothing.",
        ),
        (
            "weights:\n  skills: ten",
            "line 2, weights.skills: ten will not do. Write a whole number from 0 to 10.",
        ),
        ("weights:\n  skils: 3", "line 2: there is no setting weights.skils. Did you mean weights.skills?"),
        ("min_fit: 101", "line 1, min_fit: 101 will not do. Write a whole number from 0 to 100."),
        ("floor: true", "line 1, floor: true will not do. Write a share from 0 to 1 such as 0.6."),
        (
            "level_curve: 5",
            "line 1, level_curve: 5 will not do. Write a list of percentages such as [25, 75, 100], or one for each "
            "gap from 0 on.",
        ),
        ("unit_wanted:", "line 1, unit_wanted: nothing will not do. Write same or other."),
        ("weights: 3", "line 1, weights: settings are needed below it, indented by two spaces."),
        (
            "synonyms: [py]",
            "line 1, synonyms: [py] will not do. Write a skill and the other words for it, such as "
            "python: [py, python3].",
        ),
        (
            "levels: high",
            "line 1, levels: high will not do. Write a list of level names, the most junior first.",
        ),
        ("- rules", "line 1: settings are needed, such as rules: and weights:."),
        (
            "zebra: 1",
            "line 1: there is no setting zebra. Write one of floor, left_out_first, level_curve, levels, min_fit, "
            "needs, rules, synonyms, unit_wanted or weights.",
        ),
    ],
)
def test_each_wrong_setting_is_named_with_its_line(folder: Folder, text: str, flaw: str) -> None:
    criteria = folder.put("c.yaml", text)
    name = "c.yaml, "
    assert folder.flaws("--criteria", criteria) == [name + flaw]


def test_a_criteria_file_that_is_no_yaml_is_refused(folder: Folder) -> None:
    (flaw,) = folder.flaws("--criteria", folder.put("c.yaml", "rules:\n  a: [1\nb: 2"))
    assert flaw.startswith("c.yaml, line 3: this is no YAML (")
    assert folder.flaws("--criteria", folder.path / "none.yaml") == [
        f"{folder.path / 'none.yaml'}: cannot be read (no such file or directory)."
    ]
    folder.run("--criteria", folder.put("c.yaml", "# nothing set\n"))


def test_synonyms_levels_and_needs_have_the_programs_own_words(folder: Folder) -> None:
    folder.put("mentees.csv", "name,level,skills,needs\nMira,Junior,PY; ml,growth\n")
    folder.put("mentors.csv", "name,level,skills,needs\nInes,lead,Python3:2; machine  learning,growth\n")
    criteria = folder.put(
        "c.yaml",
        "synonyms:\n  python: [py, python3]\n  machine learning: ML\nlevels: [junior, senior, lead]\nneeds: [growth]\n",
    )
    folder.run("--criteria", criteria)
    assert folder.table("pairs.csv")[1][5] == (
        "2 of 2 skills wanted (python, machine learning); 2 levels above"
    )


def test_the_chain_of_command_is_followed_over_both_sheets(folder: Folder) -> None:
    """Mira reports to Ines, who reports to Kofi, who reports to Ines: a ring."""
    folder.put("mentees.csv", "name,supervisor\nMira,Ines\n")
    folder.put("mentors.csv", "name,supervisor\nInes,Kofi\nKofi,Ines\n")
    folder.run()
    assert folder.pairs() == [("Mira", "Kofi")]
    folder.run("--criteria", folder.put("c.yaml", "rules: {chain_levels: 2}"))
    assert folder.pairs() == []
    assert folder.table("why.csv")[1][3:] == [
        "The rules allow no mentor. Of 2 mentors: 1 is the supervisor; 1 is up the chain of command.",
        "if only the direct supervisor were barred; or one more mentor of any kind",
    ]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("UTC", 0), ("utc+1", 60), ("-5", -300), ("GMT-03:30", -210), ("+0545", 345), ("−2", -120),
     ("Asia/Kolkata", 330), ("America/Phoenix", -420)],
)  # fmt: skip
def test_time_zones_are_names_or_offsets(folder: Folder, text: str, minutes: int) -> None:
    folder.put("mentees.csv", f"name,time zone\nMira,{text}\n")
    sign, rest = ("-" if minutes < 0 else "+"), abs(minutes)
    folder.put("mentors.csv", f"name,time zone\nInes,UTC{sign}{rest // 60:02}:{rest % 60:02}\n")
    folder.run()
    assert folder.table("pairs.csv")[1][5] == "same time of day"


# Options


def test_locks_stand_and_are_refused_where_they_break_a_rule_or_are_too_many(folder: Folder) -> None:
    locks = folder.put("locks.csv", "mentee id,mentor id\nm@x.org,k@x.org\n")
    folder.run("--locks", locks)
    assert folder.pairs() == [("Mira", "Kofi"), ("Sam", "Ines")]
    assert [row[6] for row in folder.table("pairs.csv")[1:]] == ["lock", ""]
    for name in ("pairs.csv", "why.csv"):
        (folder.path / name).unlink()
    folder.put("mentors.csv", MENTORS.replace("k@x.org,a", "k@x.org,b"))
    folder.put("locks.csv", "mentee,mentor\nMira,Kofi\nMira,Ines\nSam,Ines\n")
    assert folder.flaws("--locks", locks) == [
        "locks.csv: Mira cannot be locked with Kofi, who is in another strand. Delete the lock.",
        "locks.csv: Mira wants 1 but has 2 locks.",
        "locks.csv: Ines takes 1 but has 2 locks.",
    ]
    folder.put("locks.csv", "who,whom\nMira,Kofi\n")
    assert folder.flaws("--locks", locks) == ["locks.csv, row 1: the columns mentee and mentor are needed."]


def test_pairs_of_before_are_not_made_again_and_those_of_the_last_run_are_kept(folder: Folder) -> None:
    folder.put("mentees.csv", "name\nMira\nSam\n")
    folder.put("mentors.csv", "name\nInes\nKofi\n")
    folder.run()
    first = folder.pairs()
    other = [(first[0][0], first[1][1]), (first[1][0], first[0][1])]
    past = folder.put(
        "past.csv", "mentee,mentor\n" + "".join(f"{a},{b}\n" for a, b in [*first, ("Gone", "Away")])
    )
    folder.run("--past", past)
    assert folder.pairs() == other
    folder.run("--keep", folder.put("last.csv", "mentee,mentor\n" + "".join(f"{a},{b}\n" for a, b in other)))
    assert folder.pairs() == other
    assert [row[6] for row in folder.table("pairs.csv")[1:]] == ["kept", "kept"]


def test_the_objective_and_the_minimum_are_options(folder: Folder) -> None:
    folder.put("mentees.csv", "name,skills,exclude\nMira,python,Kofi\nSam,sql,\n")
    folder.put("mentors.csv", "name,skills\nInes,sql\nKofi,talks\n")
    folder.run()
    assert folder.pairs() == [("Mira", "Ines"), ("Sam", "Kofi")]
    lines = folder.run("--objective", "score")
    assert folder.pairs() == [("Sam", "Ines")]
    assert "Proven: no other set of pairs has a higher total fit." in lines
    folder.run("--min-score", "50")
    assert folder.pairs() == [("Sam", "Ines")]
    folder.run("--min-score", "best")
    assert folder.pairs() == [("Mira", "Ines"), ("Sam", "Kofi")]


@pytest.mark.parametrize("options", [(), ("--min-score", "best"), ("--objective", "score")])
def test_a_field_too_large_to_be_held_gives_the_same(folder: Folder, options: tuple[str, ...]) -> None:
    for name in ("mentees.csv", "mentors.csv"):
        folder.put(name, (SAMPLE / name).read_text())
    told = folder.run(*options), folder.table("pairs.csv"), folder.table("why.csv")
    assert len(told[2]) > 3
    with large():
        assert (folder.run(*options), folder.table("pairs.csv"), folder.table("why.csv")) == told


def test_the_best_minimum_is_the_highest_fit_that_leaves_as_many(folder: Folder) -> None:
    folder.put("mentees.csv", "name,skills,goals\nMira,python;sql,lead;write\nSam,sql,\n")
    folder.put("mentors.csv", "name,skills,goals\nInes,python;sql,lead\nKofi,sql,write\n")
    folder.run("--min-score", "best")
    best = min(int(row[4]) for row in folder.table("pairs.csv")[1:])
    folder.run("--min-score", str(best))
    assert len(folder.pairs()) == 2
    folder.run("--min-score", str(best + 1))
    assert len(folder.pairs()) < 2


@pytest.mark.parametrize("arguments", [[], ["a.csv"], ["a.csv", "b.csv", "--min-score", "101"]])
def test_a_command_that_is_not_understood_ends_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_the_example_runs_in_a_process_without_django(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}

    def run(*arguments: str) -> list[str]:
        command = [sys.executable, "-m", "matching.engine", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.splitlines()

    command = run("--example", str(tmp_path / "new"))[1].split()
    assert command[:3] == ["python", "-m", "matching.engine"]
    lines = run(*command[3:])
    assert lines[:2] == [
        "6 mentees; 4 mentors with 5 places.",
        "4 pairs; 4 mentees with a mentor. Fit: lowest 36, median 66.5 of 100.",
    ]
    probe = "import sys, matching.engine.__main__; print('django' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_the_example_is_not_written_over_anything(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--example", str(folder.path)]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"{folder.path / 'mentees.csv'}: is there already. Choose an empty folder.",
        f"{folder.path / 'mentors.csv'}: is there already. Choose an empty folder.",
        "Nothing was written: 2 things have to be put right.",
    ]


def test_the_sample_criteria_are_the_defaults_but_for_two_rules() -> None:
    from matching.engine.sheets.settings import read_settings

    expected = Criteria(rules=Rules(min_level_gap=1, max_hours_apart=3))
    assert read_settings(SAMPLE / "criteria.yaml").criteria == expected


def test_a_damaged_workbook_is_refused_and_left_closed(tmp_path: Path) -> None:
    """Closed at once, not when whoever looks at the error has done with it."""
    with ZipFile(tmp_path / "mentors.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(Flawed) as held:
        read(tmp_path / "mentors.xlsx")
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert held.value.flaws == [
        "mentors.xlsx: this is no Excel workbook that can be read. Save it as .csv or .xlsx."
    ]


def test_a_workbook_whose_sheet_is_broken_or_that_has_a_password_is_refused(tmp_path: Path) -> None:
    workbook(tmp_path / "good.xlsx", [["name"], ["Mira"]])
    good = (tmp_path / "good.xlsx").read_bytes()
    assert read(tmp_path / "good.xlsx").rows == [(2, ["Mira"])]
    for bad in (locked(good), changed(good, "xl/worksheets/sheet1.xml", b"<worksheet")):
        (tmp_path / "bad.xlsx").write_bytes(bad)
        with pytest.raises(Flawed) as held:
            read(tmp_path / "bad.xlsx")
        assert held.value.flaws == [
            "bad.xlsx: this is no Excel workbook that can be read. Save it as .csv or .xlsx."
        ]
