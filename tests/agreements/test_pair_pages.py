"""The pages of a pair: who comes in, what is kept, what is seen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils.translation import override
from pypdf import PdfReader

from agreements.domain.agreements import new_version
from agreements.domain.endings import end_without_fault
from agreements.domain.meetings import log_meeting
from agreements.domain.plans import add_activity, save_plan, share_plan
from agreements.forms import AgreementForm
from agreements.models import Activity, Agreement, HelpRequest, Meeting, Mentorship
from agreements.queries import plans_visible_to
from agreements.terms import in_words
from core.roles import Role
from people.models import Person
from programs.labels import words
from tests.agreements.helpers import TERMS, circle_with, current, signed, team, written
from tests.agreements.test_plans import TEXTS
from tests.factories import ActionPlanFactory, MemberFactory, MembershipFactory

pytestmark = pytest.mark.django_db
POSTED = {name: value for name, value in TERMS.items() if name != "needs_nda"} | {"needs_nda": "no"}
READ_ONLY = ["", "agreement/", "agreement/print/", "agreement/pdf/", "plan/", "meetings/", "help/", "end/"]


def pair() -> tuple[Mentorship, Person, Person]:
    mentorship, mentor, mentee, _supervisor = team()
    ActionPlanFactory(mentorship=mentorship, mentee=mentee)
    return mentorship, mentor, mentee


def address(mentorship: Mentorship, page: str = "") -> str:
    return f"/m/{mentorship.uid}/{page}"


@pytest.mark.parametrize("page", [*READ_ONLY, "agreement/edit/"])
def test_both_members_come_in_and_nobody_else_does(client: Client, page: str) -> None:
    mentorship, mentor, mentee = pair()
    other, other_mentor, _ = pair()
    program = mentorship.cohort.program
    outsiders = [
        other_mentor,  # right role, another mentorship
        MembershipFactory(program=program).person,  # the program's manager has own pages
        MembershipFactory(program=program, role=Role.HR_LIAISON).person,
        Person.objects.get(reports=mentee),
    ]
    assert client.get(address(mentorship, page)).status_code == 302
    for person in outsiders:
        client.force_login(person)
        assert client.get(address(mentorship, page)).status_code == 404
    for person in (mentor, mentee):
        client.force_login(person)
        assert client.get(address(mentorship, page)).status_code == 200
    client.force_login(other_mentor)
    assert client.get(address(other, page)).status_code == 200


def test_the_plan_of_the_mentee_is_not_for_the_mentor_to_write(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    activity = add_activity(plan=mentorship.plans.get(), by=mentee, kind="need", text="CANARY-ACT")
    save_plan(plan=mentorship.plans.get(), by=mentee, edit_version=1, texts=TEXTS | {"needs": "CANARY-PLAN"})
    client.force_login(mentor)
    assert "CANARY" not in client.get(address(mentorship, "plan/")).content.decode()
    assert client.get(address(mentorship, "plan/edit/")).status_code == 404
    assert client.post(address(mentorship, "plan/share/")).status_code == 404
    assert client.get(address(mentorship, f"plan/{activity.uid}/")).status_code == 404
    assert client.post(address(mentorship, f"plan/{activity.uid}/move/"), {"to": "done"}).status_code == 404
    given = {"text": "Mine", "kind": "need", "due_on": ""}
    assert client.post(address(mentorship, "plan/"), given).status_code == 404
    assert list(Activity.objects.values_list("text", "state")) == [("CANARY-ACT", "planned")]
    share_plan(plan=mentorship.plans.get(), by=mentee)
    seen = client.get(address(mentorship, "plan/")).content.decode()
    assert ("CANARY-ACT" in seen, "CANARY-PLAN" in seen) == (True, True)
    client.force_login(mentee)
    assert client.get(address(mentorship, "plan/edit/")).status_code == 200


def test_writing_and_signing_by_the_pages(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    client.force_login(mentee)
    client.post(address(mentorship, "agreement/edit/"), POSTED | {"edit_version": 1})
    assert {name: getattr(current(mentorship), name) for name in TERMS} == TERMS
    for person in (mentee, mentor):
        client.force_login(person)
        page = client.get(address(mentorship, "agreement/"))
        version = page.context["form"]["edit_version"].value()
        given = {"typed_name": person.full_name, "edit_version": version}
        assert client.post(address(mentorship, "agreement/"), given).status_code == 302
    assert current(mentorship).state == "signing"
    assert client.get(address(mentorship, "agreement/edit/")).status_code == 302  # nothing to write any more
    client.post(address(mentorship, "agreement/change/"))
    assert (current(mentorship).state, current(mentorship).version) == ("draft", 2)


def test_a_draft_can_be_saved_with_gaps_and_says_what_is_missing(client: Client) -> None:
    mentorship, mentor, _mentee = pair()
    client.force_login(mentor)
    given = {"edit_version": 1, "term_months": 12, "meetings_per_month": 2, "focus": "Only this"}
    assert client.post(address(mentorship, "agreement/edit/"), given).status_code == 302
    page = client.get(address(mentorship, "agreement/"))
    assert len(page.context["gaps"]) == 7
    assert page.context["signs_now"] is False
    refused = client.post(
        address(mentorship, "agreement/"), {"typed_name": mentor.full_name, "edit_version": 2}
    )
    assert "Still to be agreed on" in refused.content.decode()
    assert current(mentorship).state == "draft"


def test_when_both_write_at_once_neither_text_is_lost(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    written(mentorship, mentor, focus="What the mentor wrote")
    client.force_login(mentee)
    mine = POSTED | {"focus": "What the mentee wrote", "edit_version": 1}
    page = client.post(address(mentorship, "agreement/edit/"), mine)
    text = page.content.decode()
    assert (page.status_code, current(mentorship).focus) == (409, "What the mentor wrote")
    assert page.context["differences"] == [
        {"label": "Focus", "theirs": "What the mentor wrote", "mine": "What the mentee wrote"}
    ]
    assert page.context["form"]["focus"].value() == "What the mentee wrote"
    assert text.count("What the mentor wrote") == 1
    again = mine | {"edit_version": page.context["form"]["edit_version"].value()}
    assert client.post(address(mentorship, "agreement/edit/"), again).status_code == 302
    assert current(mentorship).focus == "What the mentee wrote"


def test_the_plan_has_the_same_guard(client: Client) -> None:
    mentorship, _mentor, mentee = pair()
    save_plan(
        plan=mentorship.plans.get(), by=mentee, edit_version=1, texts=TEXTS | {"needs": "In another tab"}
    )
    client.force_login(mentee)
    mine = TEXTS | {"needs": "In this tab", "edit_version": 1}
    page = client.post(address(mentorship, "plan/edit/"), mine)
    assert (page.status_code, page.context["form"]["needs"].value()) == (409, "In this tab")
    assert "In another tab" in page.content.decode()
    client.post(
        address(mentorship, "plan/edit/"),
        mine | {"edit_version": page.context["form"]["edit_version"].value()},
    )
    assert mentorship.plans.get().needs == "In this tab"


def test_an_activity_is_changed_and_a_shared_plan_taken_back(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    plan = mentorship.plans.get()
    activity = add_activity(plan=plan, by=mentee, kind="need", text="Read")
    save_plan(plan=plan, by=mentee, edit_version=1, texts=TEXTS)
    share_plan(plan=plan, by=mentee)
    client.force_login(mentee)
    page = address(mentorship, f"plan/{activity.uid}/")
    empty = client.post(page, {"kind": "need", "text": ""})
    assert (empty.status_code, list(empty.context["form"].errors)) == (200, ["text"])
    given = {"kind": "strength", "text": "Write a talk", "due_on": "2027-03-01"}
    assert client.post(page, given).url == address(mentorship, "plan/")
    activity.refresh_from_db()
    assert (activity.kind, activity.text, activity.due_on) == ("strength", "Write a talk", date(2027, 3, 1))
    assert list(plans_visible_to(mentor)) == [plan]
    back = client.post(address(mentorship, "plan/share/"), {"back": "1"}, follow=True)
    assert [str(message) for message in back.context["messages"]] == ["Only you see your plan again."]
    assert list(plans_visible_to(mentor)) == []


def test_whoever_logged_a_meeting_puts_it_right(client: Client) -> None:
    mentorship, mentor, _mentee = pair()
    day = mentorship.starts_on
    meeting = log_meeting(mentorship=mentorship, by=mentor, held_on=day, minutes=60, medium="video")
    client.force_login(mentor)
    page = address(mentorship, f"meetings/{meeting.uid}/")
    given = {"held_on": str(day + timedelta(days=1)), "minutes": 45, "medium": "phone", "note": "Short"}
    wrong = client.post(page, given | {"held_on": str(day - timedelta(days=1))})
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (200, ["held_on"])
    assert wrong.context["form"]["note"].value() == "Short"
    assert client.post(page, given).url == address(mentorship, "meetings/")
    meeting.refresh_from_db()
    assert (meeting.held_on, meeting.minutes, meeting.medium, meeting.note) == (
        day + timedelta(days=1),
        45,
        "phone",
        "Short",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"hours_per_month": 41}, "hours_per_month"),
        ({"term_months": 0}, "term_months"),
        ({"meetings_per_month": 32}, "meetings_per_month"),
        ({"reply_days": 0}, "reply_days"),
        ({"who_contacts": "nobody"}, "who_contacts"),
        ({"media": ["smoke"]}, "media"),
        ({"needs_nda": "perhaps"}, "needs_nda"),
        ({"focus": "x" * 2001}, "focus"),
    ],
)
def test_bounds_hold_on_the_server(changes: dict[str, Any], field: str) -> None:
    mentorship, *_ = pair()
    form = AgreementForm(POSTED | changes | {"edit_version": 1}, instance=current(mentorship))
    assert list(form.errors) == [field]


def test_extra_fields_change_nothing(client: Client) -> None:
    mentorship, mentor, _mentee = pair()
    client.force_login(mentor)
    sneaked = {
        "edit_version": 1,
        "state": "in_force",
        "version": 9,
        "due_on": "2030-01-01",
        "text_digest": "f" * 64,
    }
    client.post(address(mentorship, "agreement/edit/"), POSTED | sneaked)
    agreement = current(mentorship)
    assert (agreement.state, agreement.version, agreement.text_digest) == ("draft", 1, "")
    assert agreement.due_on == mentorship.starts_on + timedelta(days=30)


def test_a_wrong_name_is_said_beside_the_field_and_kept(client: Client) -> None:
    mentorship, mentor, _mentee = pair()
    draft = written(mentorship, mentor)
    client.force_login(mentor)
    given = {"typed_name": "Somebody Else", "edit_version": draft.edit_version}
    page = client.post(address(mentorship, "agreement/"), given)
    assert list(page.context["form"].errors) == ["typed_name"]
    assert page.context["form"]["typed_name"].value() == "Somebody Else"
    assert page.content.decode().count("<title>Error:") == 1


def text_of(pdf: bytes) -> str:
    pages = PdfReader(BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_pdf_says_what_was_agreed(client: Client, language: str) -> None:
    mentorship, mentor, mentee = pair()
    odd = 'Lead #emph[x] *bold* $y$ "quoted" \\ <b> & Zoë'
    agreement = signed(mentorship, mentor, mentee, focus=odd)
    client.force_login(mentor)
    client.cookies["django_language"] = language
    answer = client.get(address(mentorship, "agreement/pdf/"))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    text = text_of(answer.content)
    with override(language):
        terms = in_words(agreement, words(mentorship.cohort.program))
    parts = [part for term in terms for part in (term.label, term.value)]
    reader = PdfReader(BytesIO(answer.content))
    parts += [agreement.text_digest, mentor.full_name, mentee.full_name, f"Page 1 / {len(reader.pages)}"]
    assert [part for part in parts if part not in text] == []
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"].value is True  # tagged, for screen readers
    assert reader.trailer["/Root"]["/Lang"].split("-")[0] == language
    assert "1" in reader.xmp_metadata.rdf_root.toxml().split("pdfuaid:part>")[1]


def test_old_versions_stay_readable_and_unknown_ones_are_not_found(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    new_version(agreement=signed(mentorship, mentor, focus="Old words"), by=mentee)
    written(mentorship, mentee, focus="New words")
    client.force_login(mentee)
    pages = {
        n: client.get(address(mentorship, f"agreement/?version={n}")) for n in ("1", "2", "3", "x", "99999")
    }
    assert {n: page.status_code for n, page in pages.items()} == {
        "1": 200,
        "2": 200,
        "3": 404,
        "x": 404,
        "99999": 404,
    }
    assert ("Old words" in pages["1"].content.decode(), "New words" in pages["1"].content.decode()) == (
        True,
        False,
    )
    assert pages["1"].context["signs_now"] is False


@time_machine.travel(datetime(2026, 11, 10, 12, tzinfo=UTC))
def test_a_meeting_is_logged_in_one_post(client: Client) -> None:
    mentorship, _mentor, mentee, _supervisor = team(starts_on=date(2026, 9, 1), ends_on=date(2027, 9, 1))
    client.force_login(mentee)
    page = client.get(address(mentorship, "meetings/"))
    assert page.context["form"]["held_on"].value() == date(2026, 11, 10)
    given = {"held_on": "2026-11-09", "minutes": "45", "medium": "phone", "note": ""}
    assert client.post(address(mentorship, "meetings/"), given).status_code == 302
    again = client.get(address(mentorship, "meetings/")).context["form"]
    assert (again["minutes"].value(), again["medium"].value()) == (45, "phone")  # as last time
    late = client.post(address(mentorship, "meetings/"), given | {"held_on": "2026-11-11", "note": "Kept"})
    assert list(late.context["form"].errors) == ["held_on"]
    assert late.context["form"]["note"].value() == "Kept"
    assert Meeting.objects.count() == 1


def test_the_meeting_of_the_other_side_can_be_read_and_not_changed(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    meeting = log_meeting(
        mentorship=mentorship, by=mentee, held_on=mentorship.starts_on, minutes=30, medium="video", note="N"
    )
    page = address(mentorship, f"meetings/{meeting.uid}/")
    client.force_login(mentor)
    assert "N" in client.get(address(mentorship, "meetings/")).content.decode()
    assert (client.get(page).status_code, client.post(f"{page}delete/").status_code) == (403, 403)
    client.force_login(mentee)
    assert client.get(page).status_code == 200
    assert client.post(f"{page}delete/").status_code == 302
    assert Meeting.objects.count() == 0


@pytest.mark.parametrize("page", ["agreement/change/", "plan/share/"])
def test_acts_are_posts(client: Client, page: str) -> None:
    mentorship, _mentor, mentee = pair()
    client.force_login(mentee)
    assert client.get(address(mentorship, page)).status_code == 405


def test_after_the_end_everything_reads_and_nothing_writes(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    written(mentorship, mentor)
    end_without_fault(mentorship=mentorship, by=mentor)
    client.force_login(mentee)
    for page in ("", "agreement/", "agreement/pdf/", "plan/", "meetings/"):
        assert client.get(address(mentorship, page)).status_code == 200
    mine = client.get("/m/").content.decode()
    assert "Ended" in mine
    before = Agreement.objects.values().get()
    client.post(address(mentorship, "agreement/edit/"), POSTED | {"edit_version": 2, "focus": "Later"})
    client.post(
        address(mentorship, "meetings/"),
        {"held_on": str(mentorship.starts_on), "minutes": 30, "medium": "video"},
    )
    client.post(address(mentorship, "help/"), {"wish": "advice"})
    assert (Agreement.objects.values().get(), Meeting.objects.count(), HelpRequest.objects.count()) == (
        before,
        0,
        0,
    )


def test_ending_and_asking_by_the_pages(client: Client) -> None:
    mentorship, _mentor, mentee = pair()
    client.force_login(mentee)
    assert client.post(address(mentorship, "help/"), {"wish": "advice", "words": "Please"}).status_code == 302
    twice = client.post(address(mentorship, "help/"), {"wish": "advice", "words": "Kept"})
    assert twice.context["form"]["words"].value() == "Kept"
    assert "Please" not in client.get(address(mentorship)).content.decode()
    client.get(address(mentorship, "end/"))
    assert Mentorship.objects.get().state == "forming"
    assert client.post(address(mentorship, "end/")).status_code == 302
    assert Mentorship.objects.get().state == "ended"


def test_my_mentorships_costs_the_same_for_one_and_for_ten(client: Client, count_queries: Any) -> None:
    _first, mentor, _mentee = pair()
    client.force_login(mentor)
    spent = []
    for more in (0, 9):
        for _ in range(more):
            other, *_ = pair()
            other.members.filter(side="mentor").update(person=mentor)
        client.get("/m/")
        with count_queries() as counted:
            page = client.get("/m/")
        assert len(page.context["open"]) == more + 1
        spent.append(len(counted))
    assert spent[0] == spent[1]


@pytest.mark.parametrize("page", ["agreement/", "plan/", "meetings/", ""])
def test_a_page_costs_the_same_with_thirty_rows(client: Client, page: str, count_queries: Any) -> None:
    mentorship, _mentor, mentee = pair()
    client.force_login(mentee)
    spent = []
    for more in (1, 29):
        for _ in range(more):
            log_meeting(
                mentorship=mentorship, by=mentee, held_on=mentorship.starts_on, minutes=30, medium="video"
            )
            add_activity(plan=mentorship.plans.get(), by=mentee, kind="need", text="Read")
        client.get(address(mentorship, page))
        with count_queries() as counted:
            client.get(address(mentorship, page))
        spent.append(len(counted))
    assert spent[0] == spent[1]


def test_a_circle_is_titled_by_its_hosts_for_everybody(client: Client) -> None:
    circle = circle_with("Rhea Host")
    for name in ("Cem", "Dee"):
        MemberFactory(mentorship=circle, person__full_name=name)
    rhea, ana = (circle.members.get(person__full_name=name).person for name in ("Rhea Host", "Ana"))
    for person in (rhea, ana):
        client.force_login(person)
        page = client.get(address(circle))
        assert (page.context["heading"], page.context["crumb"]) == ("Circle of Rhea Host",) * 2
        assert "<h1>Circle of Rhea Host</h1>" in page.content.decode()
    assert page.context["partner_names"] == "Rhea Host and 3 others"
    client.force_login(rhea)
    assert client.get(address(circle, "meetings/")).context["partner_names"] == "your circle"


def test_a_pair_is_titled_by_the_other(client: Client) -> None:
    mentorship, mentor, mentee = pair()
    client.force_login(mentee)
    page = client.get(address(mentorship))
    assert (page.context["heading"], page.context["crumb"]) == (f"You and {mentor.name}", mentor.name)
