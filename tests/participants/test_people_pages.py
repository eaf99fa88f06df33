"""The desk's people: who sees whom, filters in the address, decisions with their consequences, export, import."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from core.audit import record
from core.roles import GRANTS, Permission, Role
from notifications.models import Message
from participants.domain.selection import release_decisions, set_decision
from participants.models import Enrollment
from participants.tables import PeopleTable
from participants.verbs import Verb
from tests import factories as make
from tests.participants.world import Call, new_call, states

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, call: Call) -> Client:
    client.force_login(call.manager)
    return client


def names(response: Any) -> list[str]:
    assert response.status_code == 200
    return [row.record.person.full_name for row in response.context["table"].paginated_rows]


def words(response: Any) -> str:
    return response.content.decode()


class TestWhoSees:
    """Every page by role: 404 outside the program, 403 where the role does not allow it."""

    GETS = ("", "export/", "decisions/", "import/", "import/sample/", "{uid}/")
    POSTS = ("decide/", "places/pairs/offer/", "{uid}/decide/", "{uid}/withdraw/")

    def statuses(self, client: Client, call: Call) -> dict[str, int]:
        row = call.enroll()
        found = {rest: client.get(call.desk(rest.format(uid=row.uid))).status_code for rest in self.GETS}
        data = {"decision": "declined", "uid": row.uid, "confirm": "1"}
        return found | {
            rest: client.post(call.desk(rest.format(uid=row.uid)), data).status_code for rest in self.POSTS
        }

    @pytest.mark.parametrize("role", list(Role))
    def test_by_role(self, client: Client, call: Call, role: Role) -> None:
        client.force_login(call.staff(role))
        sees = 200 if Permission.SEE_PEOPLE in GRANTS[role] else 403
        decides = 200 if Permission.DECIDE_APPLICATIONS in GRANTS[role] else 403
        expected = dict.fromkeys(self.GETS, decides) | {"": sees, "export/": sees, "{uid}/": sees}
        expected |= dict.fromkeys(self.POSTS, 302 if decides == 200 else 403)
        assert self.statuses(client, call) == expected

    def test_the_manager_of_another_program(self, client: Client, call: Call) -> None:
        client.force_login(new_call().manager)
        assert set(self.statuses(client, call).values()) == {404}
        assert states(Enrollment.objects.order_by("pk")) == ["submitted"]

    def test_an_applicant(self, client: Client, call: Call) -> None:
        client.force_login(call.enroll("accepted").person)
        assert set(self.statuses(client, call).values()) == {404}

    def test_strangers_sign_in(self, client: Client, call: Call) -> None:
        assert set(self.statuses(client, call).values()) == {302}
        assert states(Enrollment.objects.order_by("pk")) == ["submitted"]

    def test_an_enrollment_of_another_cohort(self, desk: Client, call: Call) -> None:
        other = make.EnrollmentFactory(cohort__program=call.program)
        assert desk.get(call.desk(f"{other.uid}/")).status_code == 404
        for act in ("decide/", "withdraw/"):
            assert desk.post(call.desk(f"{other.uid}/{act}"), {"decision": "declined"}).status_code == 404


class TestOneOrganization:
    """A role limited to a partner organization reaches that organization's people alone."""

    @pytest.fixture
    def partner(self) -> Any:
        return make.OrganizationFactory(name="Partner")

    @pytest.fixture
    def theirs(self, call: Call, partner: Any) -> Enrollment:
        return call.enroll(person=call.person(full_name="Theirs", organization=partner))

    @pytest.fixture
    def others(self, call: Call) -> Enrollment:
        return call.enroll(person=call.person(full_name="Others"))

    @pytest.fixture
    def limited(
        self, client: Client, call: Call, partner: Any, theirs: Enrollment, others: Enrollment
    ) -> Client:
        call.enroll(person=call.person(full_name="Nobody's", organization=None))
        client.force_login(call.staff(Role.COORDINATOR, organization=partner))
        return client

    def test_sees_its_own(self, limited: Client, call: Call, theirs: Enrollment, others: Enrollment) -> None:
        assert names(limited.get(call.desk())) == ["Theirs"]
        assert limited.get(call.desk(f"{theirs.uid}/")).status_code == 200
        assert limited.get(call.desk(f"{others.uid}/")).status_code == 404
        exported = words(limited.get(call.desk("export/")))
        assert [name for name in ("Theirs", "Others", "Nobody's") if name in exported] == ["Theirs"]

    def test_a_liaison_sees_its_own(self, client: Client, call: Call, limited: Client, partner: Any) -> None:
        client.force_login(call.staff(Role.HR_LIAISON, organization=partner))
        assert names(client.get(call.desk())) == ["Theirs"]
        client.force_login(call.staff(Role.HR_LIAISON, organization=make.OrganizationFactory()))
        assert client.get(call.desk()).context["any"] is False
        client.force_login(call.staff(Role.HR_LIAISON))
        assert names(client.get(call.desk())) == ["Nobody's", "Others", "Theirs"]

    def test_decides_on_its_own(
        self, limited: Client, call: Call, theirs: Enrollment, others: Enrollment
    ) -> None:
        data = {"decision": "declined", "uid": [theirs.uid, others.uid], "confirm": "1"}
        limited.post(call.desk("decide/"), data)
        limited.post(call.desk("decide/"), {"decision": "declined", "all": "1", "confirm": "1"})
        pending = Enrollment.objects.exclude(pending_decision="")
        assert list(pending) == [theirs]
        assert limited.post(call.desk(f"{others.uid}/decide/"), {"decision": "declined"}).status_code == 404

    def test_releases_its_own(
        self, limited: Client, call: Call, theirs: Enrollment, others: Enrollment
    ) -> None:
        set_decision(enrollments=[theirs, others], decision="declined", by=call.manager)
        assert limited.get(call.desk("decisions/")).context["total"] == 1
        limited.post(call.desk("decisions/"), {"letters": "draft"})
        assert states([theirs, others]) == ["declined", "submitted"]

    def test_neither_imports_nor_offers(self, limited: Client, call: Call) -> None:
        call.enroll("waitlisted")
        assert limited.get(call.desk("import/")).status_code == 403
        assert limited.get(call.desk("import/sample/")).status_code == 403
        assert limited.post(call.desk("places/pairs/offer/")).status_code == 403
        assert "import/" not in words(limited.get(call.desk()))


class TestFilter:
    @pytest.fixture
    def people(self, call: Call) -> None:
        physics = make.UnitFactory(name="Physics", path="Physics")
        optics = make.UnitFactory(name="Optics", path="Physics / Optics", parent=physics, top=physics)
        for name, state, role, more in (
            ("Ada Lovelace", "submitted", "mentee", {"unit": optics}),
            ("Boris Ito", "accepted", "mentee", {"unit": physics}),
            ("Chiara Ito", "waitlisted", "mentee", {"email": "cc@example.org"}),
            ("Dana Ruiz", "accepted", "mentor", {"preferred_name": "Dee"}),
        ):
            call.enroll(state, role=role, person=call.person(full_name=name, **more))

    @pytest.mark.parametrize(("query", "expected"), [
        ("", ["Ada Lovelace", "Boris Ito", "Chiara Ito", "Dana Ruiz"]),
        ("role=mentor", ["Dana Ruiz"]), ("state=accepted", ["Boris Ito", "Dana Ruiz"]),
        ("role=mentee&state=accepted", ["Boris Ito"]), ("q=ito", ["Boris Ito", "Chiara Ito"]),
        ("q=ito+chi", ["Chiara Ito"]), ("q=cc@exam", ["Chiara Ito"]), ("q=dee", ["Dana Ruiz"]),
        ("sort=-name", ["Dana Ruiz", "Chiara Ito", "Boris Ito", "Ada Lovelace"]),
        ("sort=state", ["Boris Ito", "Dana Ruiz", "Ada Lovelace", "Chiara Ito"]),
        ("state=nonsense&q=ito", ["Boris Ito", "Chiara Ito"]),
        ("page=99", ["Ada Lovelace", "Boris Ito", "Chiara Ito", "Dana Ruiz"]),
    ])  # fmt: skip
    def test_lives_in_the_address(
        self, desk: Client, call: Call, people: None, query: str, expected: list[str]
    ) -> None:
        assert names(desk.get(call.desk(f"?{query}"))) == expected

    def test_every_order_is_one_order(self) -> None:
        """Rows alike in a column would else move from page to page."""
        assert {
            name: column.order_by[-1] for name, column in PeopleTable.base_columns.items()
        } == dict.fromkeys(PeopleTable.base_columns, "pk")

    def test_by_directorate(self, desk: Client, call: Call, people: None) -> None:
        form = desk.get(call.desk()).context["filter"].form
        choices = list(form.fields["directorate"].choices)[1:]
        assert [label for _, label in choices] == ["Physics"]
        assert names(desk.get(call.desk(f"?directorate={choices[0][0]}"))) == ["Ada Lovelace", "Boris Ito"]

    def test_by_strand_where_there_are_several(self, desk: Client, call: Call, people: None) -> None:
        assert "strand" not in desk.get(call.desk()).context["filter"].form.fields
        other = make.StrandFactory(program=call.program, slug="circles")
        call.enroll(strand=other, person=call.person(full_name="Emil"))
        assert names(desk.get(call.desk("?strand=circles"))) == ["Emil"]
        assert names(desk.get(call.desk("?strand=pairs")))[0] == "Ada Lovelace"

    def test_set_aside_and_late(self, desk: Client, call: Call, people: None) -> None:
        call.offer.places = 9
        call.enroll(pending_decision="declined", person=call.person(full_name="Emil"))
        call.enroll(
            "offered", decided_at=timezone.now() - timedelta(days=9), person=call.person(full_name="Late")
        )
        call.enroll("offered", person=call.person(full_name="In time"))
        assert names(desk.get(call.desk("?pending=any"))) == ["Emil"]
        assert names(desk.get(call.desk("?pending=declined"))) == ["Emil"]
        assert desk.get(call.desk("?pending=accepted")).context["count"] == 0
        assert names(desk.get(call.desk("?late=1"))) == ["Late"]

    def test_nobody_fits_and_nobody_at_all(self, desk: Client, call: Call) -> None:
        assert "Nobody has applied yet" in words(desk.get(call.desk()))
        call.enroll()
        assert "Nobody fits this filter" in words(desk.get(call.desk("?state=left")))

    @pytest.mark.parametrize("rest", ["", "export/", "decisions/"])
    def test_as_many_queries_for_thirty_as_for_one(
        self, desk: Client, call: Call, rest: str, count_queries: Any
    ) -> None:
        mentor = call.mentors(1)[0]

        def add(number: int) -> None:
            for _ in range(number):
                unit = make.UnitFactory(name="Physics")
                row = call.enroll("waitlisted", pending_decision="declined", person=call.person(unit=unit))
                make.participants.Wish.objects.create(enrollment=row, rank=1, mentor=mentor)
                skill = make.participants.Skill.objects.get(slug="python", program=call.program)
                make.participants.SkillClaim.objects.create(enrollment=row, skill=skill, direction="seeks")

        def cost() -> int:
            with count_queries() as counted:
                assert desk.get(call.desk(rest)).status_code == 200
            return len(counted)

        add(1)
        first = cost()
        add(29)
        assert cost() == first


class TestDecide:
    def test_consequences_first(self, desk: Client, call: Call) -> None:
        rows = [call.enroll() for _ in range(3)]
        done = call.enroll("accepted")
        mentor = call.enroll(role="mentor")
        data = {"decision": "accepted", "uid": [row.uid for row in (*rows, done, mentor)]}
        response = desk.post(call.desk("decide/"), data)
        assert len(response.context["able"]) == 4
        assert set(response.context["able"]) == {*rows, mentor}
        assert response.context["unable"] == [done]
        assert response.context["roles"] == [("protégés", 3), ("mentor", 1)]
        (strand,) = response.context["strands"]
        assert (strand["row"].used, strand["after"], response.context["too_many"]) == (1, -2, 2)
        assert "That is 2 people more than there are places." in words(response)
        assert not Enrollment.objects.exclude(pending_decision="").exists()

    def test_then_set_aside_and_back_to_the_same_list(self, desk: Client, call: Call) -> None:
        row, other = call.enroll(), call.enroll()
        data = {"decision": "waitlisted", "uid": row.uid, "query": "role=mentee", "confirm": "1"}
        assert desk.post(call.desk("decide/"), data).url == call.desk("?role=mentee")
        assert list(Enrollment.objects.filter(pending_decision="waitlisted")) == [row]
        assert states([row, other]) == ["submitted", "submitted"]

    def test_everybody_of_the_filter(self, desk: Client, call: Call) -> None:
        chosen = [call.enroll() for _ in range(60)]
        call.enroll(role="mentor")
        data = {"decision": "declined", "all": "1", "query": "role=mentee&state=submitted"}
        assert set(desk.post(call.desk("decide/"), data).context["able"]) == set(chosen)

    def test_taken_back(self, desk: Client, call: Call) -> None:
        row, plain = call.enroll(pending_decision="accepted"), call.enroll()
        response = desk.post(call.desk("decide/"), {"decision": "", "uid": [row.uid, plain.uid]})
        assert (response.context["able"], response.context["unable"]) == ([row], [plain])
        desk.post(call.desk("decide/"), {"decision": "", "uid": row.uid, "confirm": "1"})
        assert not Enrollment.objects.exclude(pending_decision="").exists()

    @pytest.mark.parametrize("uid", [[], ["nonsense"], ["0193a1a5-0000-7000-8000-000000000000"]])
    def test_nobody_chosen(self, desk: Client, call: Call, uid: list[str]) -> None:
        call.enroll()
        response = desk.post(call.desk("decide/"), {"decision": "declined", "uid": uid}, follow=True)
        assert "Nobody is chosen" in words(response)

    def test_no_such_decision(self, desk: Client, call: Call) -> None:
        data = {"decision": "offered", "uid": call.enroll().uid, "confirm": "1"}
        assert desk.post(call.desk("decide/"), data).status_code == 404

    def test_one_person_with_a_note(self, desk: Client, call: Call) -> None:
        row = call.enroll()
        data = {"decision": "declined", "note": "Next year."}
        assert desk.post(call.desk(f"{row.uid}/decide/"), data).url == call.desk(f"{row.uid}/")
        row.refresh_from_db()
        assert (row.pending_decision, row.decision_note) == ("declined", "Next year.")
        desk.post(call.desk(f"{row.uid}/decide/"), {"decision": "none", "note": "Next year."})
        row.refresh_from_db()
        assert (row.pending_decision, row.decision_note) == ("", "Next year.")

    def test_one_who_is_decided_already(self, desk: Client, call: Call) -> None:
        row = call.enroll("declined")
        url = call.desk(f"{row.uid}/")
        response = desk.post(
            f"{url}decide/", {"decision": "accepted"}, HTTP_REFERER=f"http://testserver{url}", follow=True
        )
        assert "is not waiting for this decision" in words(response)

    def test_withdrawn_on_behalf(self, desk: Client, call: Call) -> None:
        row, waiting = call.enroll("accepted"), call.enroll("waitlisted")
        desk.post(call.desk(f"{row.uid}/withdraw/"))
        assert states([row, waiting]) == ["withdrawn", "offered"]


class TestRelease:
    def test_shows_then_tells(self, desk: Client, call: Call) -> None:
        rows = [
            call.enroll(pending_decision="accepted"),
            call.enroll(role="mentor", pending_decision="declined"),
        ]
        response = desk.get(call.desk("decisions/"))
        counts = {
            one["label"]: [count for _, count, _ in one["roles"]] for one in response.context["decisions"]
        }
        assert counts == {"Accepted": [1, 0], "On the waiting list": [0, 0], "Not accepted": [0, 1]}
        response = desk.post(call.desk("decisions/"), {"letters": "draft"}, follow=True)
        assert "1 accepted, 0 on the waiting list, 1 not accepted" in words(response)
        assert states(rows) == ["accepted", "declined"]
        assert set(Message.objects.values_list("state", flat=True)) == {"draft"}

    def test_letters_at_once(self, desk: Client, call: Call) -> None:
        call.enroll(pending_decision="declined")
        desk.post(call.desk("decisions/"), {"letters": "send"})
        assert Message.objects.get().state == "pending"

    def test_how_the_letters_go_must_be_said(self, desk: Client, call: Call) -> None:
        row = call.enroll(pending_decision="declined")
        assert desk.post(call.desk("decisions/"), {}).status_code == 200
        assert states([row]) == ["submitted"]

    def test_too_few_places_is_said_before_and_after(self, desk: Client, call: Call) -> None:
        rows = [call.enroll(pending_decision="accepted") for _ in range(3)]
        assert "Too few places" in words(desk.get(call.desk("decisions/")))
        response = desk.post(
            call.desk("decisions/"),
            {"letters": "draft"},
            HTTP_REFERER=f"http://testserver{call.desk()}",
            follow=True,
        )
        assert "There are too few places: 2 left, 3 needed." in words(response)
        assert states(rows) == ["submitted"] * 3

    def test_offer_free_places(self, desk: Client, call: Call) -> None:
        rows = [call.enroll("waitlisted") for _ in range(3)]
        call.enroll(pending_decision="accepted")
        assert "Offer 1 place" in words(desk.get(call.desk("decisions/")))
        desk.post(call.desk("places/pairs/offer/"))
        assert sorted(states(rows)) == ["offered", "waitlisted", "waitlisted"]
        assert desk.post(call.desk("places/nowhere/offer/")).status_code == 404


class TestEnrollment:
    def test_everything_about_one(self, desk: Client, call: Call) -> None:
        row = call.enroll(
            position_summary="I run it.", person=call.person(full_name="Dana", job_title="Scientist")
        )
        record(Verb.SUBMITTED, by=row.person, target=row, program_id=call.program.pk)
        set_decision(enrollments=[row], decision="accepted", note="Strong.", by=call.manager)
        release_decisions(cohort=call.cohort, by=call.manager)
        response = desk.get(call.desk(f"{row.uid}/"))
        assert response.context["pages"][0].answers[0].answer == "I run it."
        history = [(str(event.what), event.detail) for event in response.context["history"]]
        manager = call.manager.full_name
        assert history == [
            ("Accepted", manager),
            ("Decided, not released yet: Accepted", manager),
            ("Application submitted", "Dana"),
        ]
        assert [(mail.subject, kind) for mail, kind in response.context["mails"]] == [
            ("You are in: Meridian", "wait")
        ]
        (mail,) = Message.objects.all()
        assert f"/mail/{mail.uid}/" in words(response)
        assert desk.get(f"/desk/{call.program.slug}/{call.cohort.slug}/mail/{mail.uid}/").status_code == 200
        assert [word for word in ("Strong.", "Scientist") if word in words(response)] == [
            "Strong.",
            "Scientist",
        ]

    def test_a_draft_is_the_applicants_own(self, desk: Client, call: Call) -> None:
        row = call.enroll("draft", position_summary="Unfinished thought", answers={"wants": "Secret"})
        for text in (words(desk.get(call.desk(f"{row.uid}/"))), words(desk.get(call.desk("export/")))):
            assert [word for word in ("Unfinished thought", "Secret") if word in text] == []

    def test_those_who_only_look_get_no_buttons(self, client: Client, call: Call) -> None:
        row = call.enroll()
        client.force_login(call.staff(Role.REVIEWER))
        for url in (call.desk(), call.desk(f"{row.uid}/")):
            text = words(client.get(url))
            assert [word for word in ("decide/", "withdraw/", 'type="checkbox"') if word in text] == []

    def test_other_roles_and_cohorts_of_the_program(self, desk: Client, call: Call) -> None:
        row = call.enroll()
        make.EnrollmentFactory(person=row.person, cohort__program=call.program, cohort__name="Last year")
        make.EnrollmentFactory(person=row.person, cohort__name="Elsewhere")
        others = desk.get(call.desk(f"{row.uid}/")).context["others"]
        assert [one["cohort"].name for one in others] == ["Last year"]


class TestExport:
    def test_the_filtered_people_with_answers_in_words(self, desk: Client, call: Call) -> None:
        mentor = call.person(full_name="Maya")
        call.enroll("accepted", role="mentor", person=mentor, capacity=2, position_summary="Leads")
        row = call.enroll(
            person=call.person(full_name="=Dana", email="dana@example.org"),
            position_summary="Runs, it",
            goals=["lead"],
            answers={"remote": False, "wants": "+1"},
        )
        make.participants.Wish.objects.create(enrollment=row, rank=1, mentor=mentor)
        response = desk.get(call.desk("export/?role=mentee"))
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        (found,) = csv.DictReader(io.StringIO(words(response).removeprefix("\ufeff")))
        kept = (
            "Name",
            "E-mail",
            "Role",
            "State",
            "What do you do?",
            "Your goals",
            "Do you work from home?",
            "Who?",
            "What else?",
        )
        assert [found[name] for name in kept] == [
            "'=Dana", "dana@example.org", "Protégé", "Submitted", "Runs, it", "Lead", "No", "1. Maya", "'+1",
        ]  # fmt: skip


class TestImport:
    def upload(self, desk: Client, call: Call, text: str) -> Any:
        return desk.post(call.desk("import/"), {"file": SimpleUploadedFile("a.csv", text.encode())})

    def test_preview_then_confirm(self, desk: Client, call: Call) -> None:
        dana = call.person(email="dana@example.org")
        text = '\ufeffemail,role,position,sought\ndana@example.org,mentee,"Two\nlines, and <b>",python\n'
        response = self.upload(desk, call, text)
        plan = response.context["plan"]
        assert (plan.new, plan.changed, plan.decided, plan.problems) == (1, 0, 0, [])
        assert Enrollment.objects.count() == 0
        response = desk.post(call.desk("import/"), {"content": response.context["content"]})
        assert response.url == call.desk()
        mine = Enrollment.objects.get()
        assert (mine.person, mine.position_summary) == (dana, "Two\nlines, and <b>")

    def test_problems_by_row_and_column(self, desk: Client, call: Call) -> None:
        call.person(email="dana@example.org")
        response = self.upload(desk, call, "email,role,position,hours\ndana@example.org,mentee,x,99\n")
        assert [(p.row, p.column) for p in response.context["problems"]] == [(2, "sought"), (2, "hours")]
        assert "Bring them in" not in words(response)

    def test_a_file_that_went_bad_meanwhile_is_told_by_row(self, desk: Client, call: Call) -> None:
        data = {"content": "email,role\nwho@example.org,mentee\n", "file_name": "mine.csv"}
        response = desk.post(call.desk("import/"), data)
        assert "1 problem in mine.csv" in words(response)
        assert [(p.row, p.column) for p in response.context["problems"]] == [(2, "email")]
        assert Enrollment.objects.count() == 0

    def test_a_refusal_keeps_the_file(self, desk: Client, call: Call) -> None:
        call.person(email="dana@example.org")
        content = "email,role,state\r\ndana@example.org,mentee,accepted\r\n"
        call.offer.places = 0
        call.offer.save()
        response = desk.post(call.desk("import/"), {"content": content, "file_name": "mine.csv"})
        assert response.context["refused"].code == "no_places"
        assert str(response.context["refused"].message) in words(response)
        assert (response.context["content"], response.context["file_name"]) == (content, "mine.csv")
        assert Enrollment.objects.count() == 0
        call.offer.places = 1
        call.offer.save()
        desk.post(call.desk("import/"), {"content": response.context["content"]})
        assert Enrollment.objects.get().state == "accepted"

    @pytest.mark.parametrize(("content", "message"), [
        (b"email,role\n",
         "The file has no rows. The first row names the columns; one row for each person and role follows."),
        (b"", "The submitted file is empty."),
        (b"x" * (5 * 1024 * 1024 + 1), "This file is larger than 5 MB. Split it and bring in the parts."),
        ("é".encode("latin-1"), "The file is not UTF-8. Save it as “CSV UTF-8” and try again."),
    ])  # fmt: skip
    def test_what_is_no_file(self, desk: Client, call: Call, content: bytes, message: str) -> None:
        response = desk.post(call.desk("import/"), {"file": SimpleUploadedFile("a.csv", content)})
        assert list(response.context["form"].errors["file"]) == [message]

    def test_the_sample(self, desk: Client, call: Call) -> None:
        rows = list(
            csv.reader(io.StringIO(words(desk.get(call.desk("import/sample/"))).removeprefix("\ufeff")))
        )
        assert rows[0] == [
            "email", "role", "strand", "state", "position", "offered", "capacity", "needs", "listed", "wants",
            "sought", "goals", "contract", "hours", "remote", "sure", "wishes",
        ]  # fmt: skip
        assert [row[:4] for row in rows[1:]] == [
            ["mentor@example.org", "mentor", "pairs", "submitted"],
            ["mentee@example.org", "mentee", "pairs", "submitted"],
        ]
