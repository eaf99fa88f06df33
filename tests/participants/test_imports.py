"""Applications from a file: every problem by row and column, all or nothing, the same file twice."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.errors import Refused
from core.models import AuditEvent
from notifications.models import Message
from participants.domain.import_checks import MAX_BYTES, read_rows
from participants.domain.import_sample import sample_rows
from participants.domain.imports import FaultyFile, import_applications, plan_import
from participants.models import Enrollment, SkillClaim, Wish
from tests import factories as make
from tests.participants.world import Call, new_call

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana(call: Call) -> Any:
    return call.person(email="dana@example.org", full_name="Dana")


@pytest.fixture
def maya(call: Call) -> Any:
    return call.person(email="maya@example.org", full_name="Maya")


def mentee(**more: str) -> dict[str, str]:
    return {"email": "dana@example.org", "role": "mentee", "position": "Runs it", "sought": "python", **more}


def mentor(**more: str) -> dict[str, str]:
    return {
        "email": "maya@example.org",
        "role": "mentor",
        "position": "Leads it",
        "offered": "budget:3; Python",
        "capacity": "2",
        **more,
    }


def bring(call: Call, *rows: dict[str, str]) -> tuple[int, int, int]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    filled = [{name: row.get(name, "") for name in names} for row in rows]
    done = import_applications(cohort=call.cohort, rows=filled, by=call.manager)
    return done.new, done.changed, done.decided


def problems(call: Call, *rows: dict[str, str]) -> list[tuple[int, str, str]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    filled = [{name: row.get(name, "") for name in names} for row in rows]
    found = plan_import(cohort=call.cohort, rows=filled).problems
    return [(problem.row, problem.column, problem.message) for problem in found]


class TestBringIn:
    def test_every_kind_of_answer(self, call: Call, dana: Any, maya: Any) -> None:
        row = mentee(
            wants="Calm", sought="python:3; Rédaction", goals="lead; Grow", contract="Fixed", hours="4",
            remote="no", sure="5", wishes="maya@example.org",
        )  # fmt: skip
        assert bring(call, mentor(), row) == (2, 0, 0)
        mine = Enrollment.objects.get(person=dana)
        assert (mine.state, mine.strand, mine.submitted_at is not None) == ("submitted", call.strand, True)
        assert (mine.position_summary, mine.goals, mine.hours_per_month) == ("Runs it", ["lead", "grow"], 4)
        assert mine.answers == {"wants": "Calm", "contract": "fixed", "remote": False, "sure": 5}
        assert sorted(mine.claims.values_list("skill__slug", "direction", "level")) == [
            ("python", "seeks", 3),
            ("writing", "seeks", 2),
        ]
        assert list(mine.wishes.values_list("rank", "mentor")) == [(1, maya.pk)]
        assert mine.pages_done == ["you", "learn", "mentors"]
        hers = Enrollment.objects.get(person=maya)
        assert (hers.role, hers.capacity) == ("mentor", 2)
        assert sorted(hers.claims.values_list("skill__slug", "level")) == [("budget", 3), ("python", 2)]

    def test_no_mail_goes_out_and_the_trail_says_who(self, call: Call, dana: Any) -> None:
        bring(call, mentee())
        assert Message.objects.count() == 0
        events = AuditEvent.objects.order_by("pk").values_list("verb", "actor_id", "target_kind")
        assert list(events) == [
            ("cohort.applications_imported", call.manager.pk, "programs.cohort"),
            ("enrollment.imported", call.manager.pk, "participants.enrollment"),
        ]

    def test_after_the_call_too(self, call: Call, dana: Any) -> None:
        call.cohort.state = "matching"
        call.cohort.save()
        assert bring(call, mentee()) == (1, 0, 0)

    def test_the_same_file_twice(self, call: Call, dana: Any, maya: Any) -> None:
        rows = [mentor(state="accepted"), mentee(wishes="maya@example.org")]
        assert bring(call, *rows) == (2, 0, 0)
        before = list(Enrollment.objects.order_by("pk").values())
        assert bring(call, *rows) == (0, 1, 1)
        assert list(Enrollment.objects.order_by("pk").values()) == before
        assert (SkillClaim.objects.count(), Wish.objects.count()) == (3, 1)

    @pytest.mark.parametrize("state", ["draft", "submitted"])
    def test_writes_anew_what_is_not_decided(self, call: Call, dana: Any, state: str) -> None:
        mine = call.enroll(state, person=dana, position_summary="Old", answers={"wants": "Old"})
        assert bring(call, mentee(wants="New")) == (0, 1, 0)
        again = Enrollment.objects.get()
        assert (again.pk, again.uid, again.state) == (mine.pk, mine.uid, "submitted")
        assert (again.position_summary, again.answers["wants"]) == ("Runs it", "New")

    def test_keeps_when_it_was_submitted_and_what_is_set_aside(self, call: Call, dana: Any) -> None:
        mine = call.enroll("submitted", person=dana, pending_decision="waitlisted")
        bring(call, mentee(state="draft"))
        again = Enrollment.objects.get()
        assert (again.state, again.submitted_at) == ("submitted", mine.submitted_at)
        assert again.pending_decision == "waitlisted"

    @pytest.mark.parametrize("state", ["accepted", "waitlisted", "declined", "offered", "withdrawn"])
    def test_leaves_alone_what_is_decided(self, call: Call, dana: Any, state: str) -> None:
        call.enroll(state, person=dana, position_summary="Old")
        assert bring(call, mentee()) == (0, 0, 1)
        again = Enrollment.objects.get()
        assert (again.state, again.position_summary, again.claims.count()) == (state, "Old", 0)

    def test_people_already_chosen_take_places(self, call: Call, dana: Any, maya: Any) -> None:
        assert bring(call, mentee(state="accepted"), mentor(state="accepted")) == (2, 0, 0)
        assert call.used() == 1
        mine = Enrollment.objects.get(person=dana)
        assert (mine.state, mine.decided_at is not None) == ("accepted", True)

    def test_but_not_more_than_there_are(self, dana: Any, call: Call) -> None:
        call.offer.places = 0
        call.offer.save()
        with pytest.raises(Refused) as refused:
            bring(call, mentee(state="accepted"))
        assert (refused.value.code, Enrollment.objects.count()) == ("no_places", 0)

    def test_chosen_and_drafted_people_may_lack_answers(self, call: Call, dana: Any, maya: Any) -> None:
        bring(
            call,
            {"email": "dana@example.org", "role": "mentee", "state": "draft"},
            mentor(state="accepted", position=""),
        )
        assert Enrollment.objects.get(person=dana).pages_done == ["mentors"]
        assert Enrollment.objects.get(person=maya).pages_done == []

    def test_remembers_who_was_left_out(self, call: Call, dana: Any, maya: Any) -> None:
        earlier = make.CohortFactory(
            program=call.program, call_opens_on=call.cohort.call_opens_on.replace(year=2020)
        )
        make.EnrollmentFactory(person=dana, cohort=earlier, state="waitlisted")
        make.EnrollmentFactory(person=maya, cohort=earlier, state="waitlisted")
        bring(call, mentee(), mentor())
        assert Enrollment.objects.get(person=dana, cohort=call.cohort).left_out_before is True
        assert Enrollment.objects.get(person=maya, cohort=call.cohort).left_out_before is False

    def test_a_thousand_rows_cost_as_many_queries_as_thirty(self, call: Call, count_queries: Any) -> None:
        def rows(start: int, number: int) -> list[dict[str, str]]:
            people = [f"p{start + i}@example.org" for i in range(number)]
            make.people.Person.objects.bulk_create(make.PersonFactory.build(email=email) for email in people)
            mentors = [mentor(email=email) for email in people[: number // 3]]
            mentees = [
                mentee(email=email, wishes="; ".join(people[i % 5 : i % 5 + 3]))
                for i, email in enumerate(people[number // 3 :])
            ]
            return mentors + mentees

        few = rows(0, 30)
        with count_queries() as counted:
            bring(call, *few)
        small = len(counted)
        many = rows(1000, 1000)
        with count_queries() as counted:
            assert bring(call, *many) == (1000, 0, 0)
        assert len(counted) == small


class TestProblems:
    def test_an_address_that_is_no_text_is_nobodys(self, call: Call, dana: Any) -> None:
        (found,) = problems(call, mentee(email="da\0na@example.org"))
        assert found[:2] == (2, "email")
        ((row, column, _message),) = problems(call, mentee(wishes="ma\0ya@example.org"))
        assert (row, column) == (2, "wishes")

    def test_all_of_them_by_row_and_column(self, call: Call, dana: Any, maya: Any) -> None:
        found = problems(
            call,
            mentee(email="nobody@example.org"),
            mentee(role="boss"),
            mentee(state="maybe", hours="99", sure="x"),
            mentor(capacity="many", offered="budget:9"),
            mentee(contract="other", goals="lead; fly", sought="chess"),
            mentee(email="maya@example.org", position="word " * 21, remote="perhaps"),
        )
        assert found == [
            (2, "email", "Nobody with the address “nobody@example.org” is known. Bring in people first."),
            (3, "role", "“boss” is not one of: mentor, mentee."),
            (4, "state", "“maybe” is not one of: draft, submitted, accepted."),
            (4, "hours", "Ensure this value is less than or equal to 20."),
            (4, "sure", "Select a valid choice. x is not one of the available choices."),
            (5, "offered", "The level “9” is not 1, 2 or 3."),
            (5, "capacity", "Enter a whole number."),
            (6, "email", "“dana@example.org” stands twice in this role."),
            (6, "sought", "Select a valid choice. chess is not one of the available choices."),
            (6, "goals", "Select a valid choice. fly is not one of the available choices."),
            (6, "contract", "Select a valid choice. other is not one of the available choices."),
            (7, "position", "This has 21 words. Shorten it to 20 or fewer."),
            (7, "remote", "Select a valid choice. perhaps is not one of the available choices."),
        ]

    def test_required_answers(self, call: Call, dana: Any) -> None:
        assert problems(call, mentee(position="", sought="")) == [
            (2, "position", "An answer is required."),
            (2, "sought", "An answer is required."),
        ]

    def test_an_answer_to_the_other_roles_question(self, call: Call, dana: Any) -> None:
        assert problems(call, mentee(capacity="2")) == [
            (2, "capacity", "This is not asked of this role. Leave it empty.")
        ]

    def test_columns(self, call: Call, dana: Any) -> None:
        assert problems(call, {"mail": "dana@example.org", "role": "mentee"}) == [
            (1, "email", "This column is missing."),
            (1, "mail", "This column is not known. Its name must be that of a question."),
        ]
        assert problems(call, mentee(color="red", hours="99")) == [
            (1, "color", "This column is not known. Its name must be that of a question."),
            (2, "hours", "Ensure this value is less than or equal to 20."),
        ]

    def test_strands(self, call: Call, dana: Any, maya: Any) -> None:
        make.OfferFactory(
            cohort=call.cohort,
            strand=make.StrandFactory(program=call.program, slug="fixed", contract_types=["fixed"]),
        )
        make.StrandFactory(program=call.program, slug="unoffered")
        assert problems(
            call,
            mentee(strand="fixed"),
            mentor(strand=""),
            mentor(email="dana@example.org", strand="unoffered"),
        ) == [
            (2, "strand", "The strand “fixed” is not for this person’s type of contract."),
            (3, "strand", "“” is not one of: pairs, fixed."),
            (4, "strand", "“unoffered” is not one of: pairs, fixed."),
        ]
        assert problems(call, mentee(strand=""), mentor(strand="fixed")) == []

    @pytest.mark.parametrize(("wishes", "message"), [
        ("who@example.org", "“who@example.org” is no mentor in this cohort or file."),
        ("dana@example.org", "“dana@example.org” is no mentor in this cohort or file."),
        ("boss@example.org", "“boss@example.org” is the applicant’s supervisor."),
        ("maya@example.org; maya@example.org", "“maya@example.org” stands here twice."),
        ("m0@example.org;m1@example.org;m2@example.org;m3@example.org",
         "“m3@example.org” is one too many: three at most."),
    ])  # fmt: skip
    def test_wishes(self, call: Call, dana: Any, maya: Any, wishes: str, message: str) -> None:
        dana.supervisor = call.enroll(
            "accepted", role="mentor", person=call.person(email="boss@example.org")
        ).person
        dana.save()
        for number in range(4):
            call.enroll("submitted", role="mentor", person=call.person(email=f"m{number}@example.org"))
        assert problems(call, mentor(), mentee(wishes=wishes)) == [(3, "wishes", message)]

    def test_oneself_as_mentor(self, call: Call, dana: Any) -> None:
        assert problems(call, mentor(email="dana@example.org"), mentee(wishes="dana@example.org")) == [
            (3, "wishes", "“dana@example.org” is the applicant.")
        ]

    @pytest.mark.parametrize("state", ["closing", "closed"])
    def test_a_cohort_that_ends(self, call: Call, dana: Any, state: str) -> None:
        call.cohort.state = state
        assert problems(call, mentee()) == [(0, "", "This cohort is closing: nobody can join it any more.")]

    def test_one_problem_stops_everything(self, call: Call, dana: Any) -> None:
        with pytest.raises(FaultyFile) as faulty:
            bring(call, mentee(), mentor(email="nobody@example.org"))
        assert [(p.row, p.column) for p in faulty.value.problems] == [(3, "email")]
        assert (Enrollment.objects.count(), AuditEvent.objects.count()) == (0, 0)


class TestFile:
    @pytest.mark.parametrize("text", [
        "email,role\ndana@example.org,mentee\n",
        "\ufeffEmail ; ROLE\r\n dana@example.org;mentee \r\n",
    ])  # fmt: skip
    def test_commas_semicolons_and_what_spreadsheets_add(self, text: str) -> None:
        assert read_rows(text.encode()) == [{"email": "dana@example.org", "role": "mentee"}]

    @pytest.mark.parametrize(("content", "code"), [
        (b"", "no_rows"), (b"email,role\n", "no_rows"), ("é".encode("latin-1"), "not_utf8"),
        (b"a" * (MAX_BYTES + 1), "too_big"), (b'email\n"' + b"a" * 200_000, "bad_csv"),
    ])  # fmt: skip
    def test_what_cannot_be_read(self, content: bytes, code: str) -> None:
        with pytest.raises(Refused) as refused:
            read_rows(content)
        assert refused.value.code == code

    def test_blank_rows_are_counted_and_passed_over(self, call: Call, dana: Any) -> None:
        rows = read_rows(
            b"email,role,position,sought\n\n , ,,\ndana@example.org,mentee,x,python\nwho,mentee\n"
        )
        plan = plan_import(cohort=call.cohort, rows=rows)
        assert [row.row for row in plan.applicants] == [4]
        assert [(p.row, p.column) for p in plan.problems] == [(5, "email")]

    def test_a_row_that_is_too_long(self, call: Call, dana: Any) -> None:
        rows = read_rows(b"email,role,position,sought\ndana@example.org,mentee,x,python,more\n")
        found = plan_import(cohort=call.cohort, rows=rows).problems
        assert [(p.row, p.column, p.message) for p in found] == [
            (2, "", "The row has more cells than there are columns.")
        ]

    def test_the_sample_can_be_brought_in(self, call: Call) -> None:
        for role in ("mentor", "mentee"):
            call.person(email=f"{role}@example.org")
        out = io.StringIO()
        csv.writer(out).writerows(sample_rows(call.cohort))
        assert plan_import(cohort=call.cohort, rows=read_rows(out.getvalue().encode())).problems == []


class TestCommand:
    def write(self, path: Path, *rows: dict[str, str]) -> str:
        with path.open("w", newline="") as handle:
            writer = csv.DictWriter(handle, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        return str(path)

    def run(self, *words: str) -> str:
        out = io.StringIO()
        call_command("import_applications", *words, stdout=out, stderr=out)
        return out.getvalue().strip()

    def test_brings_in(self, call: Call, dana: Any, tmp_path: Path, capfd: Any) -> None:
        file = self.write(tmp_path / "a.csv", mentee())
        address = f"{call.program.slug}/{call.cohort.slug}"
        assert (
            self.run(address, file, "--check") == "1 new, 0 changed, 0 decided already. Nothing was changed."
        )
        assert Enrollment.objects.count() == 0
        assert (
            self.run(address, file, "--by", call.manager.email)
            == "1 new, 0 changed, 0 decided already and left alone."
        )
        assert "100%" in capfd.readouterr().err
        assert AuditEvent.objects.filter(actor_id=call.manager.pk).count() == 2
        assert self.run(call.cohort.slug, file) == "0 new, 1 changed, 0 decided already and left alone."

    def test_says_every_problem(self, call: Call, dana: Any, tmp_path: Path) -> None:
        file = self.write(tmp_path / "a.csv", mentee(hours="99"))
        out = io.StringIO()
        with pytest.raises(CommandError, match=r"1 problem\. Nothing was changed\."):
            call_command("import_applications", call.cohort.slug, file, stderr=out)
        assert out.getvalue().strip() == "row 2, hours: Ensure this value is less than or equal to 20."
        assert Enrollment.objects.count() == 0

    def test_which_cohort(self, call: Call, dana: Any, tmp_path: Path) -> None:
        file = self.write(tmp_path / "a.csv", mentee())
        new_call(slug=call.cohort.slug)
        with pytest.raises(CommandError, match="say program/"):
            self.run(call.cohort.slug, file)
        with pytest.raises(CommandError, match="no cohort nowhere"):
            self.run("nowhere", file)

    def test_no_file_and_no_person(self, call: Call, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="cannot be read"):
            self.run(call.cohort.slug, str(tmp_path / "none.csv"))
        with pytest.raises(CommandError, match="Nobody with the address"):
            self.run(call.cohort.slug, str(tmp_path / "none.csv"), "--by", "who@example.org")
