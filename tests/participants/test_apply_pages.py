"""The pages of applying: one thing per page, saved at each step, errors that keep what was typed."""

from typing import Any

import pytest
from django.test import Client

from participants.models import Enrollment
from people.models import Person
from tests import factories as make
from tests.participants.world import PAGES, Call, new_call

pytestmark = pytest.mark.django_db
POSTS = {
    "you": {"position": "I run the beam line.", "wants": "Calm"},
    "learn": {
        "sought": ["python"], "goals": ["lead"], "contract": "fixed", "hours": "4", "remote": "no", "sure": "4",
    },
    "mentors": {"wishes_1": "", "wishes_2": "", "wishes_3": ""},
}  # fmt: skip

MENTORS_PAGE = "work"  # of the mentors' form, not of the mentees'


@pytest.fixture
def me(call: Call) -> Person:
    return call.person(full_name="Dana Ruiz", email="dana@example.org")


@pytest.fixture
def web(client: Client, me: Person) -> Client:
    client.force_login(me)
    return client


def begin(web: Client, call: Call, role: str = "mentee") -> Enrollment:
    web.post(call.form(f"{role}/"), {"strand": "pairs"})
    return Enrollment.objects.filter(role=role).latest("pk")


def words(response: Any) -> str:
    return response.content.decode()


def errors(response: Any) -> dict[str, list[str]]:
    return {name: list(found) for name, found in response.context["form"].errors.items()}


class TestWayIn:
    def test_the_whole_way(self, web: Client, call: Call, me: Person) -> None:
        assert "Apply as protégé" in words(web.get(call.form()))
        started = web.get(call.form("mentee/"))
        assert "Set the pace." in words(started)
        assert [one["title"] for one in started.context["pages"]] == [
            "About you",
            "What you want to learn",
            "Mentors you would like",
        ]
        response = web.post(call.form("mentee/"), {"strand": "pairs"})
        assert response.url == call.form("mentee/you/")
        for name, following in (("you", "learn/"), ("learn", "mentors/"), ("mentors", "check-answers/")):
            assert web.get(call.form(f"mentee/{name}/")).status_code == 200
            response = web.post(call.form(f"mentee/{name}/"), POSTS[name])
            assert response.url == call.form(f"mentee/{following}")
        check = web.get(response.url)
        assert check.context["to_do"] == []
        answers = {one.question: one.answer for part in check.context["pages"] for one in part.answers}
        assert answers == {
            "What do you do?": "I run the beam line.", "What else?": "Calm", "Which skills?": "Python",
            "Your goals": "Lead", "Your contract": "Fixed", "Hours a month": "4", "Do you work from home?": "No",
            "How sure are you?": "4 of 5", "Who?": "",
        }  # fmt: skip
        response = web.post(call.form("mentee/check-answers/"))
        assert response.url == call.form("mentee/application-received/")
        assert "Your application has arrived" in words(web.get(response.url))
        mine = Enrollment.objects.get()
        assert (mine.person, mine.state) == (me, "submitted")

    def test_back_leads_to_the_page_before(self, web: Client, call: Call) -> None:
        begin(web, call)
        assert web.get(call.form("mentee/you/")).context["back"] == call.form("mentee/")
        assert web.get(call.form("mentee/learn/")).context["back"] == call.form("mentee/you/")

    def test_what_was_saved_is_there_again(self, web: Client, call: Call) -> None:
        begin(web, call)
        for name, values in POSTS.items():
            web.post(call.form(f"mentee/{name}/"), values)
        form = web.get(call.form("mentee/learn/")).context["form"]
        shown = {
            name: form[name].value() for name in ("sought", "goals", "contract", "hours", "remote", "sure")
        }
        assert shown == {
            "sought": ["python"], "goals": ["lead"], "contract": "fixed", "hours": 4, "remote": "no", "sure": 4,
        }  # fmt: skip

    def test_the_start_page_of_a_draft_lists_what_is_left(self, web: Client, call: Call) -> None:
        begin(web, call)
        web.post(call.form("mentee/you/"), POSTS["you"])
        response = web.get(call.form("mentee/"))
        assert [one["done"] for one in response.context["pages"]] == [True, False, False]
        assert web.post(call.form("mentee/"), {"strand": "pairs"}).url == call.form("mentee/learn/")

    def test_a_change_from_the_check_page_leads_back_there(self, web: Client, call: Call) -> None:
        begin(web, call)
        url = web.get(call.form("mentee/check-answers/")).context["pages"][0].url
        assert url == call.form("mentee/you/") + "?then=check"
        assert web.post(url, POSTS["you"]).url == call.form("mentee/check-answers/")

    def test_what_is_missing_is_said_before_submitting(self, web: Client, call: Call) -> None:
        begin(web, call)
        web.post(call.form("mentee/you/"), POSTS["you"])
        response = web.get(call.form("mentee/check-answers/"))
        assert [one.key for one in response.context["to_do"]] == ["learn", "mentors"]
        assert "Submit the application" not in words(response)
        back = web.post(
            call.form("mentee/check-answers/"), HTTP_REFERER="http://testserver" + call.form("mentee/")
        )
        assert back.url == "http://testserver" + call.form("mentee/")
        assert Enrollment.objects.get().state == "draft"

    def test_submitting_twice(self, web: Client, call: Call) -> None:
        begin(web, call)
        for name, values in POSTS.items():
            web.post(call.form(f"mentee/{name}/"), values)
        for _ in range(2):
            response = web.post(call.form("mentee/check-answers/"))
            assert response.url == call.form("mentee/application-received/")

    def test_in_french(self, web: Client, call: Call) -> None:
        begin(web, call)
        web.cookies["django_language"] = "fr"
        assert "Vous" in words(web.get(call.form("mentee/you/")))
        assert "Rédaction" in words(web.get(call.form("mentee/learn/")))


class TestErrors:
    def test_keep_what_was_typed_and_link_to_the_field(self, web: Client, call: Call) -> None:
        begin(web, call)
        response = web.post(call.form("mentee/you/"), {"position": "word " * 21, "wants": "Calm"})
        assert list(errors(response)) == ["position"]
        text = words(response)
        assert '<a href="#id_position">' in text
        assert "<title>Error: About you" in text
        assert 'value="Calm"' in text
        assert Enrollment.objects.get().pages_done == []

    def test_save_for_later_asks_for_nothing(self, web: Client, call: Call) -> None:
        begin(web, call)
        response = web.post(call.form("mentee/you/"), {"position": "", "wants": "Half", "later": "1"})
        assert response.url == "/me/applications/"
        mine = Enrollment.objects.get()
        assert (mine.answers["wants"], mine.pages_done) == ("Half", [])

    def test_but_not_for_what_cannot_be_kept(self, web: Client, call: Call) -> None:
        begin(web, call)
        response = web.post(call.form("mentee/you/"), {"position": "word " * 21, "later": "1"})
        assert list(errors(response)) == ["position"]

    def test_the_supervisor_as_mentor_is_said_beside_the_wish(
        self, web: Client, call: Call, me: Person
    ) -> None:
        me.supervisor = boss = call.mentors(1)[0]
        me.save()
        begin(web, call)
        response = web.post(call.form("mentee/mentors/"), {"wishes_1": str(boss.uid)})
        assert list(errors(response)) == ["wishes_1"]
        assert errors(response)["wishes_1"][0].startswith(f"{boss.full_name} is your supervisor.")
        assert response.context["form"]["wishes_1"].value() == str(boss.uid)

    def test_who_can_be_wished_for(self, web: Client, call: Call, me: Person) -> None:
        mentor = call.enroll(
            "submitted", role="mentor", person=call.person(full_name="Ada", job_title="Group leader")
        ).person
        call.enroll("draft", role="mentor")
        call.enroll("accepted", role="mentee")
        call.enroll("accepted", role="mentor", person=me)
        new_call().enroll("accepted", role="mentor")
        begin(web, call)
        field = web.get(call.form("mentee/mentors/")).context["form"].fields["wishes_1"]
        assert field.choices == [("", "Nobody"), (str(mentor.uid), "Ada, Group leader")]

    def test_a_strand_must_be_chosen_among_several(self, web: Client, call: Call) -> None:
        make.OfferFactory(cohort=call.cohort)
        response = web.post(call.form("mentee/"), {})
        assert list(errors(response)) == ["strand"]
        assert Enrollment.objects.count() == 0

    def test_no_strand_is_open(self, web: Client, call: Call) -> None:
        call.strand.contract_types = ["permanent"]
        call.strand.save()
        assert "Not open to you" in words(web.get(call.form("mentee/")))
        assert "Not open to you" not in words(web.get(call.form("mentor/")))


class TestClosed:
    @pytest.mark.parametrize("state", ["selecting", "matching", "running", "closed"])
    def test_after_the_call(self, web: Client, call: Call, state: str) -> None:
        begin(web, call)
        call.cohort.state = state
        call.cohort.save()
        for url in ("", "mentee/"):
            assert "is over" in words(web.get(call.form(url)))
        assert web.post(call.form("mentee/you/"), POSTS["you"]).url == call.form("mentee/")
        assert Enrollment.objects.get().position_summary == ""

    def test_before_its_first_day(self, web: Client, call: Call) -> None:
        call.cohort.call_opens_on = call.cohort.call_closes_on
        call.cohort.save()
        assert "You can apply from" in words(web.get(call.form()))

    def test_a_draft_cohort_does_not_exist(self, web: Client, call: Call) -> None:
        call.cohort.state = "draft"
        call.cohort.save()
        assert [web.get(call.form(url)).status_code for url in ("", "mentee/", "mentee/you/")] == [404] * 3

    @pytest.mark.parametrize("rest", ["coach/", "mentee/nothing/", f"mentee/{MENTORS_PAGE}/"])
    def test_what_does_not_exist(self, web: Client, call: Call, rest: str) -> None:
        begin(web, call)
        assert web.get(call.form(rest)).status_code == 404

    def test_a_page_before_starting(self, web: Client, call: Call) -> None:
        for rest in ("you/", "check-answers/", "application-received/"):
            assert web.get(call.form(f"mentee/{rest}")).url == call.form("mentee/")
        assert Enrollment.objects.count() == 0

    def test_a_submitted_one_shows_its_answers(self, web: Client, call: Call, me: Person) -> None:
        mine = call.enroll("submitted", person=me)
        for rest in ("", "check-answers/"):
            assert web.get(call.form(f"mentee/{rest}")).url == f"/me/applications/{mine.uid}/"
        assert web.get(call.form("mentee/you/")).url == call.form("mentee/")

    def test_strangers_sign_in_first(self, client: Client, call: Call) -> None:
        for rest in ("", "mentee/", "mentee/you/", "mentee/check-answers/", "mentee/application-received/"):
            assert client.get(call.form(rest)).url.startswith("/accounts/login/?next=/apply/")


class TestMine:
    @pytest.mark.parametrize(("state", "acts"), [
        ("draft", ["write", "withdraw"]), ("submitted", ["reopen", "withdraw"]), ("waitlisted", ["withdraw"]),
        ("offered", ["accept", "withdraw"]), ("accepted", ["withdraw"]), ("declined", []), ("lapsed", []),
        ("withdrawn", ["write"]), ("completed", []), ("left", []),
    ])  # fmt: skip
    def test_says_where_it_stands_and_what_can_be_done(
        self, web: Client, call: Call, me: Person, state: str, acts: list[str]
    ) -> None:
        call.enroll(state, person=me)
        (row,) = web.get("/me/applications/").context["rows"]
        assert [name for name in ("write", "reopen", "accept", "withdraw") if row[f"can_{name}"]] == acts

    def test_never_a_decision_that_is_not_released(self, web: Client, call: Call, me: Person) -> None:
        mine = call.enroll("submitted", person=me, pending_decision="declined", decision_note="Weak.")
        for url in ("/me/applications/", f"/me/applications/{mine.uid}/"):
            text = words(web.get(url))
            assert "Submitted" in text
            assert [word for word in ("Not accepted", "Weak.", "not released") if word in text] == []

    def test_take_back(self, web: Client, call: Call, me: Person) -> None:
        mine = call.enroll("submitted", person=me)
        assert web.post(f"/me/applications/{mine.uid}/reopen/").url == call.form("mentee/")
        assert Enrollment.objects.get().state == "draft"

    def test_withdraw_and_apply_again(self, web: Client, call: Call, me: Person) -> None:
        mine = call.enroll("submitted", person=me)
        assert web.post(f"/me/applications/{mine.uid}/withdraw/").url == "/me/applications/"
        assert Enrollment.objects.get().state == "withdrawn"
        assert web.post(call.form("mentee/"), {"strand": "pairs"}).url == call.form("mentee/you/")
        assert Enrollment.objects.get().state == "draft"

    def test_accept_an_offer(self, web: Client, call: Call, me: Person) -> None:
        mine = call.enroll("offered", person=me)
        assert "Accept the place" in words(web.get("/me/applications/"))
        web.post(f"/me/applications/{mine.uid}/accept/")
        assert Enrollment.objects.get().state == "accepted"

    def test_answers_as_they_were_handed_in(self, web: Client, call: Call, me: Person) -> None:
        mine = call.enroll("accepted", person=me, position_summary="I run it.")
        response = web.get(f"/me/applications/{mine.uid}/")
        assert response.context["pages"][0].answers[0].answer == "I run it."

    @pytest.mark.parametrize("act", ["", "reopen/", "withdraw/", "accept/"])
    def test_of_somebody_else(self, web: Client, call: Call, me: Person, act: str) -> None:
        call.enroll("submitted", person=me, role="mentor")
        theirs = call.enroll("offered" if act == "accept/" else "submitted")
        url = f"/me/applications/{theirs.uid}/{act}"
        assert (web.post(url) if act else web.get(url)).status_code == 404
        theirs.refresh_from_db()
        assert theirs.state in ("offered", "submitted")

    @pytest.mark.parametrize("act", ["reopen/", "withdraw/", "accept/"])
    def test_acts_want_a_post(self, web: Client, call: Call, me: Person, act: str) -> None:
        mine = call.enroll("offered", person=me)
        assert web.get(f"/me/applications/{mine.uid}/{act}").status_code == 405

    def test_nothing_yet(self, web: Client, call: Call) -> None:
        response = web.get("/me/applications/")
        assert "You have not applied anywhere yet" in words(response)
        assert 'href="/me/applications/"' not in words(web.get(call.form()))

    def test_as_many_queries_for_thirty_as_for_one(self, web: Client, me: Person, count_queries: Any) -> None:
        def cost() -> int:
            with count_queries() as counted:
                assert web.get("/me/applications/").status_code == 200
            return len(counted)

        new_call().enroll("waitlisted", person=me)
        first = cost()
        for _ in range(29):
            new_call().enroll("offered", person=me)
        assert cost() == first


def test_the_world_is_what_the_pages_post() -> None:
    assert list(POSTS) == list(PAGES)
