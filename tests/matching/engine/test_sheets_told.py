"""What is told of a run is true: what is proven, what a wish would cost, whose objective leaves somebody out."""

from __future__ import annotations

import pytest

from tests.matching.engine.folder import Folder

NO_OTHER = "no other set of pairs covers more than"


def proof(folder: Folder, *options: object) -> str:
    (line,) = [line for line in folder.run(*options) if line.startswith("Proven: ")]
    return line


def costs(folder: Folder) -> list[str]:
    return [row[3] for row in folder.table("why.csv")[1:] if row[0] == "first wish not given"]


# The proof


def test_the_proof_names_what_comes_before_the_fit(folder: Folder) -> None:
    folder.put("mentees.csv", "name,level,left out\nMira,3,yes\nSam,1,no\n")
    folder.put("mentors.csv", "name,level\nInes,3\n")
    first = (
        f"Proven: {NO_OTHER} 1 mentee or makes more than 1 pair, and none that serves those left out before"
    )
    assert proof(folder) == f"{first} as well has a higher total fit."
    assert folder.pairs() == [("Mira", "Ines")]
    folder.put(
        "mentees.csv",
        "name,left out,unit,needs,mentors wanted\nMira,yes,a,career;technical,2\nSam,no,b,career,1\n",
    )
    criteria = folder.put("c.yaml", "floor: 0.5\n")
    assert (
        proof(folder, "--criteria", criteria)
        == f"{first}, the floors and the needs as well has a higher total fit."
    )
    criteria.write_text("floor: 0.5\nleft_out_first: false\n")
    assert proof(folder, "--criteria", criteria) == (
        f"Proven: {NO_OTHER} 1 mentee or makes more than 1 pair, and none that serves the floors and the needs as well "
        "has a higher total fit."
    )


def test_the_proof_names_what_keeps_pairs_from_being_made(folder: Folder) -> None:
    locks = folder.put("locks.csv", "mentee,mentor\nMira,Kofi\n")
    assert proof(folder, "--locks", locks, "--min-score", "50") == (
        f"Proven: with the locks and the minimum fit {NO_OTHER} 1 mentee or makes more than 1 pair, and none of these "
        "has a higher total fit."
    )
    assert proof(folder, "--min-score", "1", "--objective", "score") == (
        "Proven: no other set of pairs has a higher total fit."
    )
    assert proof(folder, "--min-score", "50", "--objective", "score") == (
        "Proven: with the minimum fit no other set of pairs has a higher total fit."
    )


# The cost of a wish


@pytest.mark.parametrize(
    ("before", "more"),
    [
        ("", " and 1 pair fewer"),
        ("yes", ", 1 pair fewer and somebody who was left out before going without again"),
    ],
)
def test_somebody_left_out_before_is_told_only_where_there_is_one(
    folder: Folder, before: str, more: str
) -> None:
    folder.put("mentees.csv", f"name,languages,wishes,left out\nMira,fr;en,Ines,\nSam,en,,{before}\n")
    folder.put("mentors.csv", "name,languages\nInes,en\nKofi,fr\n")
    folder.run()
    assert costs(folder) == [f"Ines: Would cost 1 mentee more without a mentor{more}. Sam would get nobody."]


def test_a_need_and_a_kept_pair_are_a_cost(folder: Folder) -> None:
    criteria = folder.put("c.yaml", "weights: {wish: 0}\n")
    folder.put("mentees.csv", "name,needs,mentors wanted,wishes\nMira,career;technical,2,Zoe\n")
    folder.put("mentors.csv", "name,needs\nInes,career\nKofi,technical\nZoe,career\n")
    locks = folder.put("pairs_before.csv", "mentee,mentor\nMira,Ines\n")
    folder.run("--criteria", criteria, "--locks", locks)
    assert costs(folder) == ["Zoe: Would cost 1 need fewer served."]
    folder.put("mentees.csv", "name,wishes\nMira,Zoe\n")
    folder.put("mentors.csv", "name\nInes\nZoe\n")
    folder.run("--criteria", criteria, "--keep", locks)
    assert costs(folder) == ["Zoe: Would cost 1 pair fewer kept from the last run."]


def test_there_are_no_points_for_a_mentee_who_states_nothing(folder: Folder) -> None:
    """Mira asks for Ines, who alone shares the goal of Sam."""
    criteria = folder.put("c.yaml", "weights: {wish: 1, goals: 10}\n")
    folder.put("mentees.csv", "name,goals,wishes\nMira,,Ines\nSam,lead,\n")
    folder.put("mentors.csv", "name,goals\nInes,lead\nKofi,\n")
    folder.run("--criteria", criteria)
    assert costs(folder) == ["Ines: Would cost some of the total fit. Sam would get Kofi."]
    folder.put("mentees.csv", "name,goals,wishes\nMira,,Ines\n")
    folder.run("--criteria", criteria)
    heading, row = folder.table("pairs.csv")
    assert (row[4:6], row[heading.index("wish")]) == (["100", "first wish of the mentee"], "")


def test_shares_sum_to_a_fit_that_wishes_lift_to_the_most(folder: Folder) -> None:
    folder.put("mentees.csv", "name,level,wishes\nMira,3,Ines\n")
    folder.put("mentors.csv", "name,level\nInes,4\n")
    folder.run()
    heading, row = folder.table("pairs.csv")
    assert [row[heading.index(name)] for name in ("fit", "level", "wish")] == ["100", "27", "73"]


# Who is left


def test_a_mentor_who_is_not_needed_is_told_no_more_than_that(folder: Folder) -> None:
    folder.put("mentees.csv", "name\nMira\nSam\n")
    folder.put("mentors.csv", "name,languages\nInes,\nKofi,\nZoe,\n")
    folder.run()
    assert folder.table("why.csv")[1][3] == "2 mentees would be possible, but are placed with others."
    folder.put("mentees.csv", "name\nMira\n")
    folder.run()
    assert folder.table("why.csv")[1][3] == "1 mentee would be possible, but is placed with others."


def test_whom_the_objective_leaves_out_is_told_so_and_helped_alike(folder: Folder) -> None:
    folder.put("mentees.csv", "name,level,mentors wanted\nMira,5,2\nSam,1,1\nNoor,1,1\n")
    folder.put("mentors.csv", "name,level,exclude\nInes,6,\nKofi,6,Sam; Noor\n")
    lines = folder.run("--objective", "score")
    assert lines[2:6] == [
        "Left without a mentor: 2.",
        "Proven: no other set of pairs has a higher total fit.",
        "  1 of them by the objective (the best total fit), not by a lack of places: --objective people matches as "
        "many as can be. What follows would come on top.",
        "  1 more mentor of any kind would match 1 more (1 in all).",
    ]
    why = (
        "The objective (the best total fit), not a lack of places, is the reason: there is a way, but the total fit of "
        "all pairs would fall. Of 2 mentors: 1 is excluded."
    )
    assert [row[3:] for row in folder.table("why.csv")[1:]] == [[why, "one more mentor of any kind"]] * 2
