"""Many decisions from one file: problems by row and column, consequences first, all or nothing, undone as one."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.errors import Refused
from core.models import AuditEvent
from core.uploads import Unreadable
from matching.domain.criteria import change_criteria
from matching.domain.decisions import Act
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.lists import Plan, decide_list, plan_list
from matching.domain.pairs import remember_pair
from matching.domain.runs import mark_published
from matching.domain.undo import undo_decisions
from matching.list_sample import sample_rows
from matching.models import Decision, Exclusion, Lock
from participants.domain.imports import FaultyFile
from participants.models import Enrollment
from people.models import Person
from tests.core.test_workbooks import workbook
from tests.factories import CohortFactory, MembershipFactory, StrandFactory
from tests.matching.people import World, claim, pairs, world
from tests.matching.test_fixed import refusal
from tests.matching.test_undo import locks
from tests.matching.test_views import text, url

pytestmark = pytest.mark.django_db

HEADER = "mentor,mentee,act,reason"


def address(name: str) -> str:
    return f"{name.lower()}@list.example.org"


@pytest.fixture
def here() -> World:
    """Ann, Bo and Cy look for somebody; Xe has two places, Yu and Zoe one each."""
    found = world()
    for name in ("Ann", "Bo", "Cy"):
        found.mentee(name, person={"email": address(name)})
    for name, places in (("Xe", 2), ("Yu", 1), ("Zoe", 1)):
        found.mentor(name, capacity=places, person={"email": address(name)})
    return found


def row(here: World, name: str) -> Enrollment:
    return here.cohort.enrollments.select_related("person").get(person__full_name=name)


def listed(*rows: str) -> bytes:
    """Rows like "Xe Ann lock why not"."""
    lines = [HEADER]
    for one in rows:
        mentor, mentee, act, *reason = one.split(" ", 3)
        lines.append(f'{address(mentor)},{address(mentee)},{act},"{" ".join(reason)}"')
    return "\r\n".join(lines).encode()


def problems(here: World, *rows: str) -> list[tuple[int, str, str]]:
    return told(plan_list(cohort=here.cohort, content=listed(*rows)))


def told(plan: Plan) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.message) for one in plan.problems]


def bring(here: World, *rows: str, by: Person | None = None, seen: int | None = None) -> Act:
    act = Act("file", seen=seen)
    decide_list(cohort=here.cohort, content=listed(*rows), by=by or here.manager, act=act)
    return act


def excluded() -> set[tuple[str, str]]:
    return set(Exclusion.objects.values_list("mentee__person__full_name", "mentor__person__full_name"))


class TestDecide:
    def test_every_act_in_one_batch_that_is_undone_as_one(self, here):
        lock_pair(mentee=row(here, "Bo"), mentor=row(here, "Yu"), reason="Friends", by=here.manager)
        exclude_pair(mentee=row(here, "Cy"), mentor=row(here, "Xe"), reason="A house", by=here.manager)
        act = bring(here, "Xe Ann lock", "Yu Bo unlock", "Zoe Bo exclude They fell out, twice", "Xe Cy allow")
        assert Lock.objects.get().reason == ""
        assert (locks(), excluded()) == ({("Ann", "Xe")}, {("Bo", "Zoe")})
        made = Decision.objects.filter(batch=act.batch).order_by("number")
        assert [(one.act, one.kind, one.mentee.person.full_name, one.reason, one.by_id) for one in made] == [
            ("file", "unlock", "Bo", "Friends", here.manager.pk),
            ("file", "exclude", "Bo", "They fell out, twice", here.manager.pk),
            ("file", "allow", "Cy", "A house", here.manager.pk),
            ("file", "lock", "Ann", "", here.manager.pk),
        ]
        verbs = AuditEvent.objects.order_by("-pk").values_list("verb", flat=True)[:4]
        assert sorted(verbs) == ["pair.allowed", "pair.excluded", "pair.locked", "pair.unlocked"]
        undo_decisions(cohort=here.cohort, batch=act.batch, by=here.manager)
        assert (locks(), excluded()) == ({("Bo", "Yu")}, {("Cy", "Xe")})
        assert (Exclusion.objects.get().reason, Lock.objects.get().reason) == ("A house", "Friends")

    def test_a_lock_may_have_a_reason(self, here):
        bring(here, "Xe Ann lock They know each other", "Yu Bo lock")
        assert set(Lock.objects.values_list("mentee__person__full_name", "reason")) == {
            ("Ann", "They know each other"),
            ("Bo", ""),
        }
        assert problems(here, f"Zoe Cy lock {'x' * 301}") == [(2, "reason", "Longer than 300 characters.")]
        assert problems(here, f"Zoe Cy unlock {'x' * 301}") == []  # not kept, so not looked at

    def test_an_exclusion_takes_the_lock_along(self, here):
        lock_pair(mentee=row(here, "Bo"), mentor=row(here, "Yu"), by=here.manager)
        bring(here, "Yu Bo exclude why", "Yu Cy lock")
        assert (locks(), excluded()) == ({("Cy", "Yu")}, {("Bo", "Yu")})

    def test_the_same_file_twice_does_no_harm(self, here):
        rows = ("Xe Ann lock", "Zoe Bo exclude why", "Yu Cy unlock", "Yu Ann allow")
        bring(here, *rows)
        plan = plan_list(cohort=here.cohort, content=listed(*rows))
        assert ([line.is_new for line in plan.lines], plan.problems) == ([False] * 4, [])
        before = Decision.objects.count()
        with refusal("nothing_new"):
            bring(here, *rows)
        assert Decision.objects.count() == before == 2

    def test_one_problem_stops_everything(self, here):
        Person.objects.filter(pk=row(here, "Bo").person_id).update(supervisor=row(here, "Yu").person)
        with pytest.raises(FaultyFile) as faulty:
            bring(here, "Xe Ann lock", "Yu Bo lock", "Zoe Cy exclude why")
        assert [(one.row, one.column) for one in faulty.value.problems] == [(3, "act")]
        assert (locks(), excluded(), Decision.objects.count()) == (set(), set(), 0)

    def test_what_a_colleague_decided_since_is_not_overwritten(self, here):
        other = MembershipFactory(program=here.program, person__full_name="Bo Colleague").person
        exclude_pair(mentee=row(here, "Cy"), mentor=row(here, "Xe"), reason="-", by=other)
        with refusal("decided_since"):
            bring(here, "Yu Ann lock", "Xe Bo lock", seen=0)
        assert locks() == set()
        bring(here, "Yu Ann lock", "Xe Bo lock", seen=1)
        assert locks() == {("Ann", "Yu"), ("Bo", "Xe")}

    def test_thirty_rows_take_as_many_reads_as_one(self, count_queries):
        def reads(number: int) -> int:
            here = world()
            rows = []
            for n in range(number):
                for kind in ("lock", "exclude", "unlock"):
                    here.mentor(f"M{kind}{n}", person={"email": f"m{kind}{n}.{number}@list.example.org"})
                    here.mentee(f"E{kind}{n}", person={"email": f"e{kind}{n}.{number}@list.example.org"})
                    rows.append(f"m{kind}{n}.{number} e{kind}{n}.{number} {kind} why")
            with count_queries() as counted:
                plan = plan_list(cohort=here.cohort, content=listed(*rows))
                bring(here, *rows)
            assert (len(plan.lines), len(plan.new)) == (3 * number, 2 * number)
            return sum(query["sql"].startswith("SELECT") for query in counted.captured_queries)

        assert reads(1) == reads(30)


class TestProblems:
    def test_all_of_them_by_row_and_column(self, here):
        long = "why " * 80
        assert problems(
            here,
            "Nobody Ann lock",
            "Ann Xe lock",
            "Xe Ann marry",
            "Xe Ann exclude",
            f"Xe Bo exclude {long}",
            "Yu Cy exclude a\x00b",
            "Nobody Nobody nothing",
        ) == [
            (2, "mentor", "Nobody with the address “nobody@list.example.org” takes part here as mentor."),
            (3, "mentee", "Nobody with the address “xe@list.example.org” takes part here as mentee."),
            (3, "mentor", "Nobody with the address “ann@list.example.org” takes part here as mentor."),
            (4, "act", "“marry” is not one of: lock, unlock, exclude, allow."),
            (5, "reason", "Say why these two are never to be a pair."),
            (6, "reason", "Longer than 300 characters."),
            (7, "reason", "Contains a character that no text has (NUL)."),
            (8, "act", "“nothing” is not one of: lock, unlock, exclude, allow."),
            (8, "mentee", "Nobody with the address “nobody@list.example.org” takes part here as mentee."),
            (8, "mentor", "Nobody with the address “nobody@list.example.org” takes part here as mentor."),
        ]

    def test_people_of_another_cohort_and_empty_cells(self, here):
        other = world()
        other.mentor("Far", person={"email": address("Far")})
        content = f"{HEADER}\n{address('Far')},,lock,\n,{address('Ann')}\x00,lock,\n".encode()
        assert told(plan_list(cohort=here.cohort, content=content)) == [
            (2, "mentee", "The e-mail address is missing."),
            (2, "mentor", "Nobody with the address “far@list.example.org” takes part here as mentor."),
            (
                3,
                "mentee",
                "Nobody with the address “ann@list.example.org\x00” takes part here as mentee.",
            ),
            (3, "mentor", "The e-mail address is missing."),
        ]

    @pytest.mark.parametrize("again", ["lock", "exclude why", "allow"])
    def test_a_pair_twice(self, here, again):
        assert problems(here, "Xe Ann lock", "Yu Bo lock", f"Xe Ann {again}") == [
            (4, "mentee", "This pair stands in row 2 already.")
        ]

    def test_more_locks_than_places_in_the_order_of_the_file(self, here):
        assert problems(here, "Xe Ann lock", "Yu Bo lock", "Yu Cy lock", "Zoe Ann lock", "Xe Cy lock") == [
            (
                4,
                "mentor",
                "Yu has 1 free place, and this file locks more pairs than that. Take a row out.",
            ),
            (
                5,
                "mentee",
                "Ann has 1 free place, and this file locks more pairs than that. Take a row out.",
            ),
        ]

    def test_who_has_published_pairs_alone_is_not_said_to_be_locked(self, here):
        Enrollment.objects.filter(person__full_name="Yu").update(used=1)
        full = "Yu has no free place left. Their places belong to pairs that are published."
        assert problems(here, "Yu Bo lock") == [(2, "mentor", full)]

    def test_locks_that_stand_take_places_unless_the_file_lifts_them(self, here):
        lock_pair(mentee=row(here, "Ann"), mentor=row(here, "Yu"), by=here.manager)
        full = "Yu has no free place left. Unlock another pair of theirs first."
        assert problems(here, "Yu Bo lock") == [(2, "mentor", full)]
        assert problems(here, "Yu Bo lock", "Yu Ann lock") == [(2, "mentor", full)]
        assert problems(here, "Yu Bo lock", "Yu Ann unlock") == []
        assert problems(here, "Yu Bo lock", "Yu Ann exclude why") == []

    def test_each_broken_rule_by_its_name(self, here):
        ann, bo, cy = (row(here, name) for name in ("Ann", "Bo", "Cy"))
        xe, yu, zoe = (row(here, name) for name in ("Xe", "Yu", "Zoe"))
        Person.objects.filter(pk=ann.person_id).update(supervisor=xe.person)
        exclude_pair(mentee=bo, mentor=yu, reason="-", by=here.manager)
        remember_pair(cy.person_id, zoe.person_id)
        Person.objects.filter(pk=cy.person_id).update(languages=["fr"])
        Person.objects.filter(pk=xe.person_id).update(languages=["en"])
        assert problems(here, "Xe Ann lock", "Yu Bo lock", "Zoe Cy lock", "Xe Cy lock") == [
            (2, "act", "Xe is the direct supervisor of Ann. Such a pair is never made, not even by hand."),
            (
                3,
                "act",
                "Yu and Bo have been excluded as a pair. Such a pair is never made, not even by hand.",
            ),
            (4, "act", "Zoe and Cy have been a pair before. Such a pair is never made, not even by hand."),
            (5, "act", "Xe and Cy have no language in common. Such a pair is never made, not even by hand."),
        ]

    def test_people_who_are_not_accepted(self, here):
        Enrollment.objects.filter(pk=row(here, "Yu").pk).update(state="left")
        assert problems(here, "Yu Ann lock", "Yu Bo exclude why") == [
            (2, "act", "Yu is not accepted in this cohort. Accept the application first.")
        ]

    def test_published_pairs_stay_as_they_are(self, here):
        run = here.run()
        done = run.proposals.select_related("mentee__person", "mentor__person").first()
        mark_published(run=run, proposals=[done], by=here.manager)
        names = f"{done.mentor.person.full_name} {done.mentee.person.full_name}"
        mentor, mentee = names.split()
        message = f"{mentee} and {mentor} are published already, and stay as they are."
        for act in ("lock", "unlock", "exclude why"):
            assert problems(here, f"{names} {act}") == [(2, "act", message)]

    def test_an_exclusion_of_an_earlier_cohort_is_lifted_elsewhere(self, here):
        earlier = CohortFactory(program=here.program, name="Spring 2020")
        mentee = here.join("-", "mentee", cohort=earlier)
        mentor = here.join("-", "mentor", cohort=earlier)
        Enrollment.objects.filter(pk=mentee.pk).update(person=row(here, "Ann").person)
        Enrollment.objects.filter(pk=mentor.pk).update(person=row(here, "Xe").person)
        mentee.refresh_from_db()
        mentor.refresh_from_db()
        exclude_pair(mentee=mentee, mentor=mentor, reason="-", by=here.manager)
        assert problems(here, "Xe Ann allow") == [
            (
                2,
                "act",
                "They were excluded in Spring 2020. Allow them on the page “Decided by hand”.",
            )
        ]

    def test_pairs_and_seats_in_circles_may_stand_in_one_file(self, here):
        circle = StrandFactory(program=here.program, format="circle", size_min=2, size_max=4)
        here.mentor("Host", strand=circle, capacity=4, person={"email": address("Host")})
        here.mentee("Sit", strand=circle, person={"email": address("Sit")})
        apart = "Pairs and circles are matched apart: these two are not in the same kind of strand."
        assert problems(here, "Host Sit lock", "Xe Ann lock", "Host Bo lock") == [
            (4, "act", f"{apart} Choose two people of one strand.")
        ]
        bring(here, "Host Sit lock", "Xe Ann lock")
        assert locks() == {("Sit", "Host"), ("Ann", "Xe")}


class TestFile:
    @pytest.mark.parametrize(("header", "found"), [
        ("mentor,mentee", [(1, "act", "This column is missing.")]),
        ("mentor,mentee,act,why,act", [
            (1, "why", "Unknown column. Known are: mentor, mentee, act, reason."),
            (1, "act", "This column stands twice."),
        ]),
    ])  # fmt: skip
    def test_columns(self, here, header, found):
        assert told(plan_list(cohort=here.cohort, content=f"{header}\nx,y,lock\n".encode())) == found

    @pytest.mark.parametrize("content", [HEADER, f"{HEADER}\n\n , ,\n", f"{HEADER}\nx,y,,\n", ""])
    def test_nothing_to_do(self, here, content):
        found = told(plan_list(cohort=here.cohort, content=content.encode()))
        expected = (
            (0, "act", "No row says what to do.") if content else (1, "mentor", "This column is missing.")
        )
        assert found[0] == expected

    def test_spreadsheets_add_marks_semicolons_capitals_blank_rows_and_cells(self, here):
        content = (
            "\ufeffMentee; Act ;MENTOR\r\n"
            f"ANN@list.example.org; LOCK ;{address('Xe')}\r\n;;;\r\n"
            f"{address('Bo')};Lock;{address('Yu')};;\r\n{address('Cy')};;\r\n{address('Bo')};lock;x;y\r\n"
        )
        plan = plan_list(cohort=here.cohort, content=content.encode())
        assert told(plan) == [(6, "", "The row has more cells than there are columns.")]
        assert [(one.row, one.kind, one.pair[0].person.full_name) for one in plan.lines] == [
            (2, "lock", "Ann"),
            (4, "lock", "Bo"),
        ]
        assert plan.left == 1

    @pytest.mark.parametrize(("content", "code", "at"), [
        (f"{HEADER}\nx,y,lock,é".encode("latin-1"), "not_utf8", 2),
        (f"{HEADER}\nx,y,lock,\"{'a' * 200_000}".encode(), "bad_csv", 2),
    ])  # fmt: skip
    def test_what_cannot_be_read(self, here, content, code, at):
        with pytest.raises(Unreadable) as unreadable:
            plan_list(cohort=here.cohort, content=content)
        assert (unreadable.value.code, unreadable.value.row) == (code, at)


class TestSample:
    def test_pairs_of_the_newest_run_with_what_is_decided(self, here):
        claim(row(here, "Ann"), "Art")
        claim(row(here, "Xe"), "Art")
        lock_pair(mentee=row(here, "Bo"), mentor=row(here, "Yu"), reason="Friends", by=here.manager)
        run = here.run()
        exclude_pair(mentee=row(here, "Cy"), mentor=row(here, "Xe"), reason="A house", by=here.manager)
        mark_published(
            run=run, proposals=run.proposals.filter(mentee__person__full_name="Ann"), by=here.manager
        )
        fits = dict(run.proposals.values_list("mentee__person__full_name", "score"))
        (cy,) = [mentor for mentee, mentor in pairs(run) if mentee == "Cy"]
        expected = [
            ["mentor", "mentee", "act", "reason", "mentor_name", "mentee_name", "fit", "now"],
            [address("Yu"), address("Bo"), "", "Friends", "Yu", "Bo", fits["Bo"], "locked"],
            [address(cy), address("Cy"), "", "", cy, "Cy", fits["Cy"], ""],
        ]
        never = [address("Xe"), address("Cy"), "", "A house", "Xe", "Cy", "", "excluded"]
        if cy == "Xe":
            expected[2][3], expected[2][7] = "A house", "excluded"
        else:
            expected.insert(2, never)
        assert sample_rows(here.cohort) == expected

    def test_an_example_where_nothing_is_decided_yet(self, here):
        assert [line[:3] for line in sample_rows(here.cohort)[1:]] == [
            ["mentor@example.org", "mentee@example.org", "lock"]
        ]

    def test_no_spreadsheet_runs_it_and_it_can_be_brought_back(self, here, login):
        mentee = here.mentee('=HYPERLINK("x")', person={"email": "+a|b@list.example.org"})
        mentor = here.mentor("@Mentor", person={"email": "-dash@list.example.org"})
        lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
        answer = login(here.manager).get(url(here, "matching_list_sample"))
        assert answer["Content-Disposition"] == (
            f'attachment; filename="{here.program.slug}-{here.cohort.slug}-decisions.csv"'
        )
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows[1] == [
            "'-dash@list.example.org", "'+a\\|b@list.example.org", "", "", "'@Mentor", "'=HYPERLINK(\"x\")", "",
            "locked",
        ]  # fmt: skip
        rows[1][2] = "unlock"
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        decide_list(cohort=here.cohort, content=out.getvalue().encode(), by=here.manager, act=Act("file"))
        assert not Lock.objects.exists()

    def test_reads_do_not_grow(self, here, count_queries):
        def reads() -> int:
            with count_queries() as counted:
                sample_rows(here.cohort)
            return len(counted)

        here.run()
        few = reads()
        for number in range(30):
            here.mentee(f"E{number}")
            here.mentor(f"M{number}")
        here.run()
        assert (reads(), len(sample_rows(here.cohort))) == (few, 34)


def send(client: Any, here: World, content: bytes, name: str = "list.csv") -> Any:
    return client.post(url(here, "matching_list"), {"file": SimpleUploadedFile(name, content)})


def carried(page: Any) -> dict[str, str]:
    """What a browser would send of the preview's form."""
    form = page.content.decode().partition('<textarea name="content" hidden>\n')[2]
    content, _end, rest = form.partition("</textarea>")
    fields = dict(re.findall(r'name="(file_name|seen)" value="([^"]*)"', rest))
    return {name: html.unescape(value) for name, value in {"content": content, **fields}.items()}


class TestPages:
    @pytest.fixture
    def fitting(self, here):
        for mentee, mentor in (("Ann", "Xe"), ("Bo", "Yu"), ("Cy", "Zoe")):
            claim(row(here, mentee), f"Skill {mentee}")
            claim(row(here, mentor), f"Skill {mentee}")
        here.run()
        return here

    def test_the_consequences_are_shown_and_then_come_true(self, fitting, login):
        client = login(fitting.manager)
        page = send(client, fitting, listed("Yu Cy lock", "Zoe Bo exclude <They> share a house, they say"))
        found = {move.mentee.person.full_name: move for move in page.context["outcome"].moves}
        assert {name: (move.kind, move.by_hand) for name, move in found.items()} == {
            "Bo": ("moved", False),
            "Cy": ("moved", True),
        }
        words = text(page)
        assert "&lt;They&gt; share a house, they say" in words
        assert "Apply all 2 decisions" in words
        assert not Decision.objects.exists()
        answer = client.post(url(fitting, "matching_list"), carried(page))
        assert answer.url == url(fitting, "matching_fixed")
        after = client.get(answer.url)
        assert "2 rows of the file are decided. Run again to apply it." in text(after)
        batch = Decision.objects.first().batch
        assert f'form="undo" name="batch" value="{batch}"' in after.content.decode()
        assert {one.enrollment.person.full_name for one in found["Bo"].after} == {"Xe"}
        assert pairs(fitting.run()) == {("Ann", "Xe"), ("Bo", "Xe"), ("Cy", "Yu")}
        client.post(url(fitting, "matching_undo"), {"batch": batch})
        assert (locks(), excluded()) == (set(), set())

    def test_decided_and_undone_are_counted_alike(self, fitting, login):
        """Excluding a locked pair unlocks it as well: that is one decision."""
        client = login(fitting.manager)
        lock_pair(mentee=row(fitting, "Cy"), mentor=row(fitting, "Zoe"), by=fitting.manager)
        page = send(client, fitting, listed("Yu Cy lock", "Zoe Cy exclude x"))
        page = client.post(url(fitting, "matching_list"), carried(page), follow=True)
        assert "2 rows of the file are decided." in text(page)
        batch = Decision.objects.filter(act="file").first().batch
        page = client.post(url(fitting, "matching_undo"), {"batch": batch}, follow=True)
        assert "2 decisions are undone." in text(page)

    def test_consequences_of_allowing_again(self, fitting, login):
        exclude_pair(mentee=row(fitting, "Cy"), mentor=row(fitting, "Zoe"), reason="-", by=fitting.manager)
        run = fitting.run()
        assert ("Cy", "Zoe") not in pairs(run)
        page = send(login(fitting.manager), fitting, listed("Zoe Cy allow", "Zoe Bo exclude x"))
        moved = {
            move.mentee.person.full_name: [one.enrollment.person.full_name for one in move.after]
            for move in page.context["outcome"].moves
        }
        assert moved["Cy"] == ["Zoe"]
        login(fitting.manager).post(url(fitting, "matching_list"), carried(page))
        assert excluded() == {("Bo", "Zoe")}
        assert ("Cy", "Zoe") in pairs(fitting.run())

    def test_problems_leave_nothing_to_apply(self, fitting, login):
        page = send(login(fitting.manager), fitting, listed("Yu Cy lock", "Yu Bo marry"), "mine.csv")
        assert "1 problem in mine.csv" in text(page)
        assert [(one.row, one.column) for one in page.context["problems"]] == [(3, "act")]
        assert (page.context["outcome"], b"<textarea" in page.content) == (None, False)

    def test_a_refusal_keeps_the_file_and_shows_how_it_stands_now(self, fitting, login):
        client = login(fitting.manager)
        page = send(client, fitting, listed("Yu Cy lock"))
        other = MembershipFactory(program=fitting.program, person__full_name="Bo Colleague").person
        exclude_pair(mentee=row(fitting, "Cy"), mentor=row(fitting, "Zoe"), reason="-", by=other)
        again = client.post(url(fitting, "matching_list"), carried(page))
        assert "Bo Colleague excluded Cy with Zoe." in text(again)
        assert not Lock.objects.exists()
        assert (carried(page)["seen"], carried(again)) == ("0", {**carried(page), "seen": "1"})
        client.post(url(fitting, "matching_list"), carried(again))
        assert locks() == {("Cy", "Yu")}

    def test_what_has_become_impossible_is_told_by_row(self, fitting, login):
        client = login(fitting.manager)
        page = send(client, fitting, listed("Yu Cy lock"))
        lock_pair(mentee=row(fitting, "Bo"), mentor=row(fitting, "Yu"), by=fitting.manager)
        again = client.post(url(fitting, "matching_list"), carried(page))
        assert told(again.context["plan"]) == [
            (2, "mentor", "Yu has no free place left. Unlock another pair of theirs first.")
        ]
        assert locks() == {("Bo", "Yu")}

    def test_without_a_run_the_next_one_follows(self, here, login):
        page = send(login(here.manager), here, listed("Yu Cy lock"))
        assert "No run is under review. The next one follows these decisions." in text(page)
        login(here.manager).post(url(here, "matching_list"), carried(page))
        assert ("Cy", "Yu") in pairs(here.run())

    def test_a_run_under_stricter_rules_cannot_be_compared_with(self, fitting, login):
        change_criteria(
            cohort=fitting.cohort,
            criteria={"rules": {"shared_language": True}},
            version=0,
            by=fitting.manager,
        )
        Person.objects.filter(pk=row(fitting, "Cy").person_id).update(languages=["fr"])
        Person.objects.filter(pk=row(fitting, "Yu").person_id).update(languages=["en"])
        run = fitting.run()
        change_criteria(
            cohort=fitting.cohort,
            criteria={"rules": {"shared_language": False}},
            version=1,
            by=fitting.manager,
        )
        client = login(fitting.manager)
        page = send(client, fitting, listed("Yu Cy lock"))
        assert f"What it makes of run {run.number} cannot be told" in text(page)
        client.post(url(fitting, "matching_list"), carried(page))
        assert locks() == {("Cy", "Yu")}

    def test_rows_that_change_nothing_are_counted(self, here, login):
        lock_pair(mentee=row(here, "Ann"), mentor=row(here, "Xe"), by=here.manager)
        rows = listed("Yu Cy lock", "Xe Ann lock", "Zoe Bo exclude why").replace(b"exclude", b"")
        page = send(login(here.manager), here, rows)
        assert [line.row for line in page.context["lines"]] == [2]
        assert "1 row of the file stands so already. 1 row names no act: this pair is left as it is." in text(
            page
        )

    def test_nothing_new_says_so(self, here, login):
        page = send(login(here.manager), here, listed("Yu Cy unlock"))
        assert "Nothing would change" in text(page)
        assert b"<textarea" not in page.content

    @pytest.mark.parametrize(("content", "message"), [
        (b"x" * (5 * 1024 * 1024 + 1), "This file is larger than 5 MB. Split it and bring in the parts."),
        ("é".encode("latin-1"), "The file is not UTF-8. Save it as “CSV UTF-8” and try again."),
        (b"", "The submitted file is empty."),
    ])  # fmt: skip
    def test_files_that_are_refused(self, here, login, content, message):
        page = send(login(here.manager), here, content)
        assert page.context["form"].errors["file"] == [message]

    def test_a_workbook_is_read_as_the_same_list(self, here, login):
        rows = list(csv.reader(io.StringIO(listed("Xe Ann lock They know each other").decode())))
        client = login(here.manager)
        page = send(client, here, workbook(*rows))
        assert [(line.row, line.kind, line.reason) for line in page.context["lines"]] == [
            (2, "lock", "They know each other")
        ]
        client.post(url(here, "matching_list"), {"content": page.context["content"], "seen": "0"})
        assert (locks(), Lock.objects.get().reason) == ({("Ann", "Xe")}, "They know each other")

    def test_the_way_there(self, fitting, login):
        client, link = login(fitting.manager), f'href="{url(fitting, "matching_list")}"'
        for page in (url(fitting, "matching_run", 1), url(fitting, "matching_fixed")):
            assert client.get(page).content.decode().count(link) == 1
        reader = MembershipFactory(program=fitting.program, role="hr_liaison").person
        assert link not in login(reader).get(url(fitting, "matching_fixed")).content.decode()


def test_a_refusal_by_the_domain_leaves_no_trace(here, monkeypatch):
    def refuse(*_args: Any, **_more: Any) -> None:
        raise Refused("late", "Too late")

    monkeypatch.setattr("matching.domain.undo._all_locked", refuse)
    with refusal("late"):
        bring(here, "Zoe Bo exclude why", "Xe Ann lock")
    assert (excluded(), Decision.objects.count(), AuditEvent.objects.count()) == (set(), 0, 0)
