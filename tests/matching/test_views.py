"""The pages: who comes in, what they show, and that they work without script."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core.roles import Role
from matching.domain.fixed import exclude_pair, lock_pair
from matching.domain.runs import mark_published, request_run
from matching.models import Exclusion, Leftover, Lock, Run, Scheme
from participants.models import Enrollment, Wish
from people.models import Person
from tests.factories import MembershipFactory, OrganizationFactory, RunFactory, StrandFactory
from tests.matching.people import World, claim, wish, world

pytestmark = pytest.mark.django_db


def url(here: World, name: str, *args: Any) -> str:
    return reverse(name, args=[here.program.slug, here.cohort.slug, *args])


def text(response: Any) -> str:
    """The page's words, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def member(here: World, role: Role, **fields: Any) -> Person:
    return MembershipFactory(program=here.program, role=role, **fields).person


@pytest.fixture
def here() -> World:
    """Two pairs, one of them a second wish, and one mentee left over."""
    found = world()
    mira, ade = found.mentee("Mira Kovac", person={"level": 12}), found.mentee("Ade Okafor")
    dana, lena = found.mentor("Dana Whitfield", capacity=1), found.mentor("Lena Ruiz")
    for row in (mira, dana):
        claim(row, "Statistics")
    for row in (ade, lena):
        claim(row, "Negotiation")
    wish(ade, dana, lena)
    found.mentee("Noor Haddad", person={"languages": ["ar"]})
    for row in (mira, ade, dana, lena):
        Person.objects.filter(pk=row.person_id).update(languages=["en"])
    return found


PAGES = ["matching_review", "matching_run", "matching_fixed"]
ACTS = [
    "matching_start",
    "matching_criteria",
    "matching_lock",
    "matching_cancel",
    "matching_allow",
    "matching_exclude",
]


def address(here: World, name: str) -> str:
    first = here.cohort.enrollments.filter(role="mentee").order_by("pk").first()
    second = here.cohort.enrollments.filter(role="mentor").order_by("pk").first()
    more: dict[str, list[Any]] = {
        "matching_run": [1],
        "matching_progress": [1],
        "matching_cancel": [1],
        "matching_allow": [1],
        "matching_exclude": [first.uid, second.uid],
    }
    return url(here, name, *more.get(name, []))


@pytest.mark.parametrize("name", [*PAGES, "matching_progress"])
def test_staff_who_see_people_read_and_others_do_not(here, login, name):
    here.run()
    for role, status in ((Role.HR_LIAISON, 200), (Role.MANAGER, 200), (Role.SPONSOR, 403), (Role.COACH, 403)):
        assert login(member(here, role)).get(address(here, name)).status_code == status, role
    assert login(world().manager).get(address(here, name)).status_code == 404
    assert login(here.cohort.enrollments.first().person).get(address(here, name)).status_code == 404
    partner = member(here, Role.MANAGER, organization=OrganizationFactory())
    assert login(partner).get(address(here, name)).status_code == 403
    answer = Client().get(address(here, name))
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, reverse("account_login"))


@pytest.mark.parametrize("name", ACTS)
def test_only_those_who_may_run_the_matching_act(here, login, name):
    here.run()
    for role in (Role.HR_LIAISON, Role.REVIEWER, Role.SPONSOR):
        assert login(member(here, role)).post(address(here, name)).status_code == 403, role
    partner = member(here, Role.COORDINATOR, organization=OrganizationFactory())
    assert login(partner).post(address(here, name)).status_code == 403
    assert login(world().manager).post(address(here, name)).status_code == 404
    assert not Lock.objects.exists()
    assert Run.objects.count() == 1


def test_locking_on_the_page_of_hand_made_pairs_needs_the_right_too(here, login):
    assert login(member(here, Role.HR_LIAISON)).post(url(here, "matching_fixed")).status_code == 403


def test_a_reader_sees_no_button(here, login):
    run = here.run()
    page = login(member(here, Role.HR_LIAISON)).get(url(here, "matching_run", run.number))
    assert 'name="pair"' not in page.content.decode()
    assert page.context["may_run"] is False


def test_the_first_page_counts_explains_and_offers_a_run(here, login):
    page = login(here.manager).get(url(here, "matching_review"))
    assert "Mentees who wait for a match: 3. Mentors with a free place: 2. Free places: 2." in text(page)
    assert "No run yet" in text(page)
    answer = login(here.manager).post(url(here, "matching_start"), {"objective": "score"})
    run = Run.objects.get()
    assert (answer.status_code, answer.url) == (302, url(here, "matching_run", 1))
    assert (run.objective, run.requested_by) == ("score", here.manager)


def test_a_run_refused_comes_back_as_a_message(login):
    here = world()
    back = f"http://testserver{url(here, 'matching_review')}"
    answer = login(here.manager).post(url(here, "matching_start"), headers={"referer": back})
    assert answer.url == back
    assert "Nobody waits for a match." in text(login(here.manager).get(back))


def test_a_run_under_way_shows_its_stage_and_asks_again(here, login):
    run = request_run(cohort=here.cohort, by=here.manager)
    Run.objects.filter(pk=run.pk).update(state="running", stage="solving", progress=30)
    page = login(here.manager).get(url(here, "matching_run", 1))
    assert "Finding the best pairs" in text(page)
    assert f'hx-get="{url(here, "matching_progress", 1)}"' in page.content.decode()
    part = login(here.manager).get(url(here, "matching_progress", 1))
    assert "30 of 100" in text(part)
    assert "<html" not in part.content.decode()
    answer = login(here.manager).post(url(here, "matching_cancel", 1))
    assert answer.url == url(here, "matching_review")
    assert login(here.manager).get(url(here, "matching_progress", 1)).headers["HX-Refresh"] == "true"
    assert "This run was cancelled." in text(login(here.manager).get(url(here, "matching_run", 1)))


def test_a_failed_run_says_why_and_shows_no_pair(here, login):
    RunFactory(cohort=here.cohort, number=1, state="failed", problem="not_proven", certificate={"ok": False})
    page = text(login(here.manager).get(url(here, "matching_run", 1)))
    assert "The result could not be proven to be the best, so it is not shown." in page


def review(here: World, login: Any, **query: Any) -> Any:
    return login(here.manager).get(url(here, "matching_run", 1), query)


def shown(page: Any) -> list[tuple[str, str]]:
    return [
        (row.proposal.mentee.person.full_name, row.proposal.mentor.person.full_name)
        for row in page.context["rows"]
    ]


BOTH = {("Mira Kovac", "Dana Whitfield"), ("Ade Okafor", "Lena Ruiz")}


def test_the_review_says_what_is_proven_and_that_nobody_knows(here, login):
    here.run()
    page = review(here, login)
    assert (
        "Run 1 is proven optimal: as many as can be are matched, 2 of 3 mentees. Nobody has been told."
        in text(page)
    )
    assert set(shown(page)) == BOTH
    assert [(str(chip.label), chip.count) for chip in page.context["chips"]] == [
        ("All pairs", 2), ("Fit under 50", page.context["chips"][1].count), ("Wish not met", 0),
        ("Locked", 0), ("Unmatched mentees", 1), ("Free mentors", 0),
    ]  # fmt: skip
    assert "second wish" in text(page)


def test_the_chips_show_what_they_count(here, login):
    first = here.run()
    ade, dana = (
        here.cohort.enrollments.get(person__full_name="Ade Okafor"),
        here.cohort.enrollments.get(person__full_name="Dana Whitfield"),
    )
    lock_pair(mentee=ade, mentor=dana, by=here.manager)
    second = here.run()
    page = login(here.manager).get(url(here, "matching_run", second.number), {"show": "changed"})
    assert page.context["chips"][4].label == "New since run 1"
    for chip, code in zip(page.context["chips"][:5], ["", "low", "wish", "locked", "changed"], strict=True):
        listed = login(here.manager).get(url(here, "matching_run", second.number), {"show": code})
        assert len(listed.context["rows"]) == chip.count, code
    locked = login(here.manager).get(url(here, "matching_run", second.number), {"show": "locked"})
    assert shown(locked) == [("Ade Okafor", "Dana Whitfield")]
    assert first.number == 1


def test_a_wish_that_no_pair_meets_is_found(here, login):
    mira = here.cohort.enrollments.get(person__full_name="Mira Kovac")
    wish(mira, here.cohort.enrollments.get(person__full_name="Lena Ruiz"))
    here.run()
    proposals = {row.mentee.person.full_name for row in Run.objects.get().proposals.all()}
    missed = {mentee for mentee, _mentor in shown(review(here, login, show="wish"))}
    met = {
        row.mentee.person.full_name
        for row in Run.objects.get().proposals.all()
        if row.mentee.wishes.filter(mentor=row.mentor.person).exists()
    }
    assert missed == {"Mira Kovac", "Ade Okafor"} & proposals - met


def test_search_and_order(here, login):
    here.run()
    assert shown(review(here, login, q="ruiz")) == [("Ade Okafor", "Lena Ruiz")]
    assert shown(review(here, login, q="nobody")) == []
    assert [pair[0] for pair in shown(review(here, login, sort="mentee"))] == ["Ade Okafor", "Mira Kovac"]
    assert [pair[1] for pair in shown(review(here, login, sort="mentor"))] == ["Dana Whitfield", "Lena Ruiz"]
    low, high = (shown(review(here, login, sort=sort)) for sort in ("low", "high"))
    assert low == high[::-1]


@pytest.mark.parametrize(
    "query", [{"show": "x"}, {"sort": "x"}, {"page": "99"}, {"pair": "x"}, {"pair": "0" * 32}]
)
def test_an_address_that_was_cut_still_shows_the_pairs(here, login, query):
    here.run()
    page = review(here, login, **query)
    assert (page.status_code, len(page.context["rows"])) == (200, 2)


def test_an_opened_pair_says_why_and_what_the_two_wrote(here, login):
    run = here.run()
    row = run.proposals.get(mentee__person__full_name="Ade Okafor")
    type(row.mentee).objects.filter(pk=row.mentee_id).update(career_goals="To lead a group.")
    page = text(review(here, login, pair=str(row.uid)))
    assert "Ade and Lena" in page
    assert "Lena offers Negotiation , the skill that Ade seeks." in page
    assert "To lead a group." in page
    assert "1. Dana Whitfield It would cost" in page
    assert "2. Lena Ruiz Met" in page
    assert "Mira Kovac would go from Dana Whitfield to Lena Ruiz." in page


def test_a_pair_of_another_run_is_not_opened(here, login):
    here.run()
    other = world()
    other.mentee()
    other.mentor()
    page = review(here, login, pair=str(other.run().proposals.get().uid))
    assert page.context["pair"] is None


def test_those_left_over_are_listed_with_reasons(here, login):
    here.run()
    page = review(here, login, show="unmatched")
    assert "Noor Haddad" in text(page)
    assert "2 people fall out by the rule “a language in common”." in text(page)
    assert "Noor Haddad" not in text(review(here, login, show="unmatched", q="mira"))
    assert "Nobody is left over" in text(review(here, login, show="free"))


def test_who_has_a_match_and_wants_another_is_not_counted_as_unmatched(login):
    here = world()
    here.mentee("Mira", capacity=2, used=1)
    here.mentee("Noor")
    here.mentor("Dana", strand=StrandFactory(program=here.program))  # whom no rule lets them have
    run = here.run()
    client = login(here.manager)
    page = client.get(url(here, "matching_run", run.number))
    chips = {str(chip.label): chip.count for chip in page.context["chips"]}
    assert (chips["Unmatched mentees"], chips["Want another match"]) == (1, 1)
    for show, names in (("unmatched", ["Noor"]), ("another", ["Mira"])):
        listed = client.get(url(here, "matching_run", run.number), {"show": show})
        assert [row.leftover.enrollment.person.full_name for row in listed.context["left"]] == names
    assert "Has a match already" in text(listed)
    assert "1 of them has a match and wants another." in text(client.get(url(here, "matching_review")))
    told = text(client.get(url(here, "matching_recruiting", run.number)))
    assert "2 of the mentees have no match in run 1. This would change it. 1 of them has a match" in told


def test_whoever_is_left_over_can_be_paired_with_a_wish_by_hand(login):
    found = world()
    for name in ("First", "Second"):
        claim(found.mentee(name), "Statistics")
    dana = found.mentor("Dana")
    claim(dana, "Statistics")
    wish(late := found.mentee("Late"), dana)
    run = found.run(objective="score")
    assert run.leftovers.filter(enrollment=late).exists()
    page = review(found, login, show="unmatched").content.decode()
    link = f"{url(found, 'matching_decide', 1)}?act=assign&amp;pair={late.uid}:{dana.uid}&amp;next="
    assert ("Pair with wish 1…" in page, link in page) == (True, True)
    lock_pair(mentee=run.proposals.get().mentee, mentor=dana, by=found.manager)  # the only place is held
    assert "Pair with wish 1…" not in review(found, login, show="unmatched").content.decode()


def many(number: int) -> World:
    found = world()
    for index in range(number):
        mentee, mentor = found.mentee(f"Mentee {index}"), found.mentor(f"Mentor {index}")
        claim(mentee, "Statistics")
        wish(mentee, mentor)
        found.mentee(f"Left {index}")
    found.run()
    return found


@pytest.mark.parametrize("query", [{}, {"show": "unmatched"}, {"pair": "first"}])
def test_the_review_takes_the_same_queries_for_one_and_for_thirty(login, count_queries, query):
    def queries(number: int) -> int:
        found = many(number)
        uid = str(Run.objects.get(cohort=found.cohort).proposals.order_by("pk").first().uid)
        client = login(found.manager)
        asked = {**query, "pair": uid} if "pair" in query else query
        client.get(url(found, "matching_run", 1), asked)
        with count_queries() as counted:
            client.get(url(found, "matching_run", 1), asked)
        return len(counted)

    assert queries(2) == queries(30)


def test_the_list_of_runs_takes_the_same_queries_for_one_and_for_thirty(login, count_queries):
    def queries(number: int) -> int:
        found = world()
        for index in range(number):
            RunFactory(cohort=found.cohort, number=index + 1, state="cancelled", requested_by=found.manager)
        client = login(found.manager)
        with count_queries() as counted:
            client.get(url(found, "matching_review"))
        return len(counted)

    assert queries(1) == queries(30)


def test_pairs_are_paged(login):
    found = many(30)
    page = login(found.manager).get(url(found, "matching_run", 1), {"page": 2})
    assert len(page.context["rows"]) == 5


def two(row: Any) -> str:
    return f"{row.mentee.uid}:{row.mentor.uid}"


def test_one_button_locks_and_unlocks_a_pair(here, login):
    row = here.run().proposals.order_by("pk").first()
    back = url(here, "matching_run", 1) + "?show=low"
    answer = login(here.manager).post(url(here, "matching_lock"), {"lock": two(row), "next": back})
    assert answer.url == back
    assert Lock.objects.get().mentee_id == row.mentee_id
    assert "Locked: every run keeps this pair." in text(login(here.manager).get(back))
    login(here.manager).post(url(here, "matching_lock"), {"unlock": two(row)})
    assert not Lock.objects.exists()


def test_those_selected_are_locked_together_and_one_refused_stops_no_other(here, login):
    run = here.run()
    first, second = run.proposals.order_by("pk")
    Person.objects.filter(pk=first.mentee.person_id).update(supervisor=first.mentor.person_id)
    data = {"pair": [two(first), two(second)], "op": "lock", "next": url(here, "matching_review")}
    login(here.manager).post(url(here, "matching_lock"), data)
    assert Lock.objects.get().mentee_id == second.mentee_id
    page = text(login(here.manager).get(url(here, "matching_review")))
    name = first.mentee.person.full_name
    assert f"{first.mentor.person.full_name} is the direct supervisor of {name}." in page
    login(here.manager).post(url(here, "matching_lock"), {**data, "op": "unlock"})
    assert not Lock.objects.exists()


@pytest.mark.parametrize("value", ["", "x", "x:y", "a:b:c"])
def test_a_lock_of_nothing_says_so(here, login, value):
    login(here.manager).post(url(here, "matching_lock"), {"lock": value})
    assert "No pair was selected." in text(login(here.manager).get(url(here, "matching_review")))


def test_a_pair_of_another_cohort_is_not_locked_here(here, login):
    other = world()
    mentee, mentor = other.mentee(), other.mentor()
    login(here.manager).post(url(here, "matching_lock"), {"lock": f"{mentee.uid}:{mentor.uid}"})
    assert not Lock.objects.exists()


@pytest.mark.parametrize(
    "next_url", ["https://elsewhere.example.org/", "//elsewhere.example.org", "javascript:x"]
)
def test_the_way_back_never_leads_elsewhere(here, login, next_url):
    answer = login(here.manager).post(url(here, "matching_lock"), {"next": next_url})
    assert answer.url == url(here, "matching_review")


def test_excluding_asks_for_a_reason_and_keeps_the_way_back(here, login):
    row = here.run().proposals.order_by("pk").first()
    page = url(here, "matching_exclude", row.mentee.uid, row.mentor.uid)
    back = url(here, "matching_run", 1)
    asked = login(here.manager).post(page, {"reason": " "})
    assert (asked.status_code, Exclusion.objects.count()) == (200, 0)
    assert "Error:" in text(asked)
    answer = login(here.manager).post(f"{page}?next={back}", {"reason": "They share a house"})
    assert (answer.url, Exclusion.objects.get().reason) == (back, "They share a house")
    found = text(login(here.manager).get(back))
    assert "1 pair can no longer be made" in found
    assert "No longer possible" in found
    assert "They share a house" in text(login(here.manager).get(url(here, "matching_fixed")))


def test_excluding_people_of_another_cohort_is_not_found(here, login):
    other = world()
    page = url(here, "matching_exclude", other.mentee().uid, other.mentor().uid)
    assert login(here.manager).post(page, {"reason": "-"}).status_code == 404


def test_an_exclusion_is_lifted_on_its_page(here, login):
    mentee, mentor = here.mentee("A"), here.mentor("B")
    exclusion = exclude_pair(mentee=mentee, mentor=mentor, reason="-", by=here.manager)
    other = world()
    assert login(other.manager).post(url(other, "matching_allow", exclusion.pk)).status_code == 404
    login(here.manager).post(url(here, "matching_allow", exclusion.pk))
    assert not Exclusion.objects.exists()


def test_any_two_are_locked_by_hand_or_refused_beside_the_form(here, login):
    mentee, mentor = here.mentee("Chosen"), here.mentor("Partner")
    data = {"mentee": mentee.uid, "mentor": mentor.uid}
    Person.objects.filter(pk=mentee.person_id).update(supervisor=mentor.person)
    page = login(here.manager).post(url(here, "matching_fixed"), data)
    assert "Partner is the direct supervisor of Chosen." in text(page)
    Person.objects.filter(pk=mentee.person_id).update(supervisor=None)
    assert login(here.manager).post(url(here, "matching_fixed"), data).status_code == 302
    assert Lock.objects.get().mentor_id == mentor.pk


def test_criteria_are_changed_and_no_update_is_lost(here, login):
    page = url(here, "matching_criteria")
    form = login(here.manager).get(page).context["form"]
    data = {
        name: value for name, value in form.initial.items() if value not in (None, "") and value is not False
    }
    first = login(here.manager).post(page, {**data, "weight_wish": 9})
    assert first.url == url(here, "matching_review")
    assert Scheme.objects.get().criteria["weights"]["wish"] == 9
    late = login(here.manager).post(page, {**data, "weight_wish": 2})
    assert "Somebody else has changed the criteria in the meantime." in text(late)
    assert Scheme.objects.get().criteria["weights"]["wish"] == 9
    again = {**data, "weight_wish": 2, "version": late.context["form"]["version"].value()}
    assert login(here.manager).post(page, again).status_code == 302
    assert Scheme.objects.get().criteria["weights"]["wish"] == 2
    wrong = login(here.manager).post(page, {**again, "weight_skills": 11})
    assert (wrong.status_code, "weight_skills" in wrong.context["form"].errors) == (200, True)


def test_changed_criteria_and_newer_runs_are_said(here, login):
    here.run()
    Scheme.objects.create(cohort=here.cohort, criteria={"weights": {"wish": 1}})
    assert "The criteria have changed since." in text(review(here, login))
    here.run()
    assert "There is a newer one: run 2 ." in text(review(here, login))


def test_a_run_published_in_part_says_how_much_of_it(here, login):
    run = here.run()
    first, *others = run.proposals.order_by("pk")
    mark_published(run=run, proposals=[first], by=here.manager)
    page = text(review(here, login))
    assert f"Published so far: 1 of {1 + len(others)} pairs, the first on" in page
    assert ("Published in part" in page, "The published pairs" in page) == (True, False)
    mark_published(run=run, proposals=others, by=here.manager)
    page = text(review(here, login))
    assert ("Published so far" in page, "The published pairs" in page) == (False, True)


def test_a_published_run_is_for_reading_only(here, login):
    run = here.run()
    mark_published(run=run, proposals=run.proposals.all(), by=here.manager)
    page = review(here, login)
    assert "Published on" in text(page)
    assert "Nobody has been told." not in text(page)
    assert 'name="pair"' not in page.content.decode()


def test_while_decisions_wait_for_a_run_running_again_comes_before_publishing(here, login):
    run = here.run()
    publish = f'<a class="btn btn-{{}}" href="{url(here, "publish_run", 1)}">'
    assert publish.format("sea") in review(here, login).content.decode()
    row = run.proposals.first()
    exclude_pair(mentee=row.mentee, mentor=row.mentor, reason="-", by=here.manager)
    assert publish.format("line") in review(here, login).content.decode()


def test_the_way_to_publishing_is_open_while_a_pair_is_left(here, login):
    run = here.run()
    publish = url(here, "publish_run", 1)
    assert f'href="{publish}"' in review(here, login).content.decode()
    first, second = run.proposals.order_by("pk")
    Enrollment.objects.filter(pk=first.mentor_id).update(state="left")
    page = review(here, login)
    assert "1 pair can no longer be made" in text(page)
    assert f'href="{publish}"' in page.content.decode()
    mark_published(run=run, proposals=[second], by=here.manager)
    assert "Publish more…" in text(review(here, login))
    mark_published(run=run, proposals=[first], by=here.manager)
    assert f'href="{publish}"' not in review(here, login).content.decode()


def order_of(page: Any) -> list[str]:
    return [value for value, _label in page.context["filter"].fields["sort"].choices]


def test_those_left_over_are_ordered_by_name_or_by_cause(here, login):
    run = here.run()
    for name, cause in (("Ann", "not_needed"), ("Bea", "minimum"), ("Cy", "not_needed")):
        reasons = {"reason": cause, "eligible": 2, "rules": []}
        Leftover.objects.create(run=run, enrollment=here.mentee(name), reasons=reasons)

    def names(**query: str) -> list[str]:
        page = review(here, login, show="unmatched", **query)
        assert order_of(page) == ["name", "cause"]
        return [row.leftover.enrollment.person.full_name for row in page.context["left"]]

    assert names() == ["Ann", "Bea", "Cy", "Noor Haddad"]
    assert names(sort="high") == names(sort="name") == names()
    assert names(sort="cause") == ["Bea", "Noor Haddad", "Ann", "Cy"]
    assert order_of(review(here, login)) == ["low", "high", "mentee", "mentor"]


@pytest.mark.parametrize(
    ("query", "clear"),
    [
        ({"q": "mira"}, ["?"]),
        ({"q": "mira", "show": "wish"}, ["?show=wish"]),
        ({"q": "mira", "show": "unmatched", "sort": "cause"}, ["?show=unmatched"]),
        ({"show": "wish"}, []),
    ],
)
def test_clearing_the_filters_keeps_the_chip(here, login, query, clear):
    here.run()
    page = review(here, login, **query).content.decode()
    span = page.partition('id="review-clear">')[2].partition("</span>")[0]
    assert re.findall(r'href="([^"]*)"', span) == clear


def test_wishes_are_not_counted_where_nobody_wished(here, login):
    Wish.objects.all().delete()
    run = here.run()
    page = login(here.manager).get(url(here, "matching_run", run.number))
    told = {one.label: one.text for _kind, row in page.context["figures"] for one in row}
    assert told["Wishes met"] == "nobody wished"
    listed = login(here.manager).get(url(here, "matching_review"))
    assert [words for words in ("nobody wished", "0 of 0") if words in text(listed)] == ["nobody wished"]
