"""Who is who on two sheets: nobody is paired with themselves, their supervisor or the partner of before unseen."""

from __future__ import annotations

import pytest

from tests.matching.engine.folder import Folder

EMAIL = "Write the email."


def put(folder: Folder, mentees: str, mentors: str) -> None:
    folder.put("mentees.csv", mentees)
    folder.put("mentors.csv", mentors)


# One person on both sheets


@pytest.mark.parametrize(
    ("mentees", "mentors"),
    [
        ("id,name,email\n7,Ada,ada@x.org\n", "name,email\nAda,ADA@x.org\n"),
        ("id,name,email\n7,Ada,ada@x.org\n", "id,name\n7,Ada\n"),
        ("name,email\nAda,ada@x.org\n", "name,email,id\nAda Lovelace,ada@x.org,7\n"),
        ("id,name\nada@x.org,Ada\n", "email\nada@x.org\n"),
        ("email\nada@x.org\n", "id,name\nada@x.org,Ada\n"),
        ("id,name,email\n7,Ada,a@x.org\n", "id,name,email\n7,ada,other@x.org\n"),
        ("name\nJosé\n", "name\nJOSE\u0301\n"),
    ],
)
def test_nobody_is_paired_with_themselves(folder: Folder, mentees: str, mentors: str) -> None:
    put(folder, mentees, mentors)
    lines = folder.run()
    assert folder.pairs() == []
    assert lines[0] == "1 mentee; 1 mentor with 1 place."
    assert folder.table("why.csv")[1][3] == "The rules allow no mentor. Of 1 mentor: 1 is the same person."


def test_who_is_known_by_the_name_alone_is_told(folder: Folder) -> None:
    put(folder, "id,name\n7,Ada\n8,Bea\n", "name,email\nada,ada@x.org\nCleo,c@x.org\n")
    assert folder.run()[0] == "mentors.csv: on both sheets by the name alone: ada."
    assert ("Ada", "ada") not in folder.pairs()


@pytest.mark.parametrize(
    ("mentees", "mentors"),
    [
        ("id,name\n7,Ada\n", "id,name\n8,Ada\n"),
        ("name,email\nAda,a@x.org\n", "name,email\nAda,b@x.org\n"),
        ("id,name,email\n7,Ada,a@x.org\n8,Ada,b@x.org\n", "name,email\nAda,c@x.org\n"),
        ("name,email\nAda,a@x.org\nBea,b@x.org\n", "name,email\nAda,b@x.org\n"),
        ("name,email\nAda,a@x.org\n", "name,email\nAda,a@x.org\nAda,\n"),
    ],
)
def test_one_name_may_be_of_two_people_who_say_more(folder: Folder, mentees: str, mentors: str) -> None:
    put(folder, mentees, mentors)
    folder.run()
    assert folder.pairs()[0] == ("Ada", "Ada")


@pytest.mark.parametrize(
    ("mentees", "mentors", "flaws"),
    [
        (
            "name,email\nAda,a@x.org\nAda,b@x.org\n",
            "name\nAda\n",
            [
                'mentors.csv, row 2, column A (name): "Ada" may be the same person as on mentees.csv, row 2, 3, or '
                "may not. Write the email or id on both sheets."
            ],
        ),
        (
            "name\nAda\n",
            "name,email\nAda,a@x.org\nAda,b@x.org\n",
            [
                f'mentors.csv, row {row}, column A (name): "Ada" may be the same person as on mentees.csv, row 2, '
                "or may not. Write the email or id on both sheets."
                for row in (2, 3)
            ],
        ),
        (
            "id,email\n7,a@x.org\n",
            "id,email\n8,a@x.org\n",
            [
                "mentors.csv, row 2, column A (id): the email is that of a@x.org in mentees.csv, row 2, whose id is "
                '"7", not "8". Give each person one id and one email on both sheets.'
            ],
        ),
        (
            "id,name\n1,Ada\n2,Bea\n",
            "id,name\n1,Cleo\n3,Bea\n",
            [
                "mentors.csv, row 2, column A (id): this is also Ada in mentees.csv, row 2, but the name here is "
                '"Cleo". Give each person their own id, or write the name the same way on both sheets.'
            ],
        ),
        (
            "id,email\n7,\n,a@x.org\n",
            "id,email\n7,a@x.org\n",
            [
                "mentors.csv, row 2: by id and email this is more than one person of mentees.csv: rows 2, 3. "
                "Delete one of the rows, or put the ids and emails right."
            ],
        ),
        (
            "id,email\n7,a@x.org\n",
            "id,email\n7,\n,a@x.org\n",
            [
                "mentors.csv, row 3: by id, email and name this is the same person as row 2. "
                "Delete one of the rows, or put the ids and emails right."
            ],
        ),
    ],
)
def test_sheets_that_contradict_each_other_on_a_person_are_refused(
    folder: Folder, mentees: str, mentors: str, flaws: list[str]
) -> None:
    put(folder, mentees, mentors)
    assert folder.flaws() == flaws


@pytest.mark.parametrize(
    ("mentees", "flaws"),
    [
        (
            "name\nSam\nsam\n",
            ['column A (name): "sam" stands in row 2 already. Delete one of the rows, or tell the two apart by an '
             "email or id."],
        ),
        (
            "id,email\n1,s@x.org\n2,S@x.org\n",
            ['column B (email): "S@x.org" stands in row 2 already. Delete one of the rows, or tell the two apart by an '
             "email or id."],
        ),
        (
            "id,name\n7,Ada\n,7\n",
            ['column B (name): "7" stands in row 2 already. Delete one of the rows, or tell the two apart by an email '
             "or id."],
        ),
    ],
)  # fmt: skip
def test_two_rows_of_one_person_are_refused(folder: Folder, mentees: str, flaws: list[str]) -> None:
    folder.put("mentees.csv", mentees)
    assert folder.flaws() == [f"mentees.csv, row 3, {flaw}" for flaw in flaws]


def test_rows_that_name_nobody_are_refused(folder: Folder) -> None:
    folder.put("mentees.csv", "name,unit\n,a\n,b\n")
    nobody = "nobody is named. Write a name, or delete the row."
    assert folder.flaws() == [f"mentees.csv, row {row}: {nobody}" for row in (2, 3)]
    folder.put("mentees.csv", "unit,level\na,1\nb,2\n")
    (flaw,) = folder.flaws()
    assert flaw.startswith("mentees.csv, row 1: nothing says who is who.")


# Supervisors


@pytest.mark.parametrize(
    ("mentees", "mentors"),
    [
        ("name,supervisor\nAda,Boss\nBoss,\n", "name,email\nBoss,boss@x.org\n"),
        ("name,id,supervisor\nAda,1,Boss\nBoss,2,\n", "name,email\nBoss,boss@x.org\n"),
        ("name,supervisor\nAda,Boss <boss@x.org>\n", "name,email\nBoss,boss@x.org\nBoss,other@x.org\n"),
        ('name,supervisor\nAda,"""Boss"" <boss@x.org>"\n', "name\nBoss\n"),
        ("name,supervisor\nAda,The Boss <boss@x.org>\n", "email\nBOSS@x.org\n"),
        ("id,name,supervisor\n1,Ada,\n", "name,email,supervisor\nBoss,b@x.org,\nAda,a@x.org,Boss\n"),
    ],
)
def test_the_supervisor_is_never_the_mentor(folder: Folder, mentees: str, mentors: str) -> None:
    put(folder, mentees, mentors)
    folder.run()
    rules = {row[1]: row[3] for row in folder.table("why.csv")[1:] if row[0] == "mentee without a mentor"}
    told = rules.get("Ada", "")
    assert [pair for pair in folder.pairs() if pair[0] == "Ada"] == [("Ada", "Boss")] * ("other" in mentors)
    if told:
        assert "1 is the supervisor" in told
    else:
        assert folder.table("pairs.csv")[1][3] == "other@x.org"


def test_a_supervisor_whom_a_name_does_not_tell_is_refused(folder: Folder) -> None:
    put(folder, "name,supervisor\nAda,Jo Smith\n", "name,email\nJo Smith,jo1@x.org\nJo Smith,jo2@x.org\n")
    flaw = f'mentees.csv, row 2, column B (supervisor): 2 people are called "Jo Smith". {EMAIL}'
    assert folder.flaws() == [flaw]


def test_two_supervisors_of_one_person_are_refused_if_one_takes_part(folder: Folder) -> None:
    put(
        folder,
        "name,supervisor\nAda,Boss\nBea,Someone\n",
        "name,supervisor\nBoss,\nAda,Someone\nBea,Another\n",
    )
    assert folder.flaws() == [
        'mentors.csv, row 3, column B (supervisor): "Someone" here, but "Boss" in mentees.csv, row 2, column B '
        "(supervisor). Write the same supervisor on both sheets."
    ]


def test_supervisors_of_whom_the_sheets_know_nothing_are_told(folder: Folder) -> None:
    rows = "".join(f"P{number},Boss {number}\n" for number in range(7))
    put(folder, f"name,supervisor\n{rows}Q,Ines <ines@x.org>\n", "name,email\nInes,i@x.org\n")
    assert folder.run()[0] == (
        "Supervisors on neither sheet, so that no rule follows from them: "
        "Boss 0, Boss 1, Boss 2, Boss 3, Boss 4 and 3 more."
    )


# Sheets of pairs


def test_pairs_of_the_past_hold_for_people_of_one_name_and_for_sides_that_changed(folder: Folder) -> None:
    put(folder, "name\nAda\n", "name,email\nJo Smith,jo1@x.org\nJo Smith,jo2@x.org\n")
    past = folder.put("past.csv", "mentee,mentor\nAda,Jo Smith\n")
    shared = f'past.csv, row 2, column B (mentor): 2 people are called "Jo Smith". {EMAIL}'
    assert folder.flaws("--past", past) == [shared]
    assert folder.flaws("--keep", past) == [shared]
    folder.put("past.csv", "mentee,mentor\nAda,Jo Smith <jo1@x.org>\n")
    folder.run("--past", past)
    assert folder.table("pairs.csv")[1][3] == "jo2@x.org"
    folder.put("past.csv", "mentee,mentor\njo1@x.org,Ada\nJO2@x.org,ada\n")
    folder.run("--past", past)
    assert folder.pairs() == []


@pytest.mark.parametrize("option", ["--past", "--keep"])
def test_rows_of_pairs_that_are_not_recognised_are_counted_and_named(folder: Folder, option: str) -> None:
    past = folder.put("past.csv", "mentee,mentor\nMira,Ines\nMirra,Ines\nSam,Gone\n")
    assert folder.run(option, past)[0] == (
        'past.csv: 2 of 3 rows are not recognised and left alone: row 3 (nobody called "Mirra"), '
        'row 4 (nobody called "Gone").'
    )
    assert set(folder.pairs()) == (
        {("Mira", "Kofi"), ("Sam", "Ines")} if option == "--past" else {("Mira", "Ines"), ("Sam", "Kofi")}
    )
    folder.put("past.csv", "mentee,mentor\nMira,Ines\nSam,\n")
    assert folder.run(option, past)[0] == (
        'past.csv: 1 of 2 rows is not recognised and left alone: row 3 (nobody called "").'
    )


def test_a_name_stands_in_where_the_id_of_a_pair_is_empty(folder: Folder) -> None:
    locks = folder.put("locks.csv", "mentee,mentee id,mentor,mentor id\nMira,m@x.org,Kofi,\n")
    folder.run("--locks", locks)
    assert folder.pairs() == [("Mira", "Kofi"), ("Sam", "Ines")]


def test_a_column_of_a_sheet_of_pairs_that_stands_twice_is_refused(folder: Folder) -> None:
    locks = folder.put("locks.csv", "mentee,mentor,Mentor\nMira,Kofi,Ines\n")
    assert folder.flaws("--locks", locks) == [
        "locks.csv, row 1, column C (Mentor): stands twice. Keep one of the two columns."
    ]
