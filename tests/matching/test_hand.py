"""Deciding by hand on the pages: consequences first, undo in the message, nothing overwritten unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from core.roles import Role
from matching.decision_words import acts_told
from matching.domain.consequences import consequences
from matching.domain.criteria import change_criteria
from matching.domain.fixed import allow_pair, exclude_pair, lock_pair, unlock_pair
from matching.domain.pairs import remember_pair
from matching.domain.undo import Wanted, undo_decisions
from matching.models import Decision, Exclusion, Lock
from matching.queries import decisions_since, recent_decisions
from people.models import Person
from tests.factories import MembershipFactory
from tests.matching.people import World, claim, pairs, wish, world
from tests.matching.test_undo import locks
from tests.matching.test_views import text, two, url

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    """Mira fits Dana, Ade fits Lena; one mentee more than places."""
    found = world()
    for mentee, mentor, skill in (("Mira", "Dana", "Statistics"), ("Ade", "Lena", "Negotiation")):
        claim(found.mentee(mentee), skill)
        claim(found.mentor(mentor), skill)
    claim(found.mentee("Zoe"), "Welding")
    return found


def row(here: World, name: str) -> Any:
    return here.cohort.enrollments.get(person__full_name=name)


def pair(here: World, mentee: str, mentor: str) -> str:
    return f"{row(here, mentee).uid}:{row(here, mentor).uid}"


def decide_url(here: World, act: str, *named: str, number: int = 1) -> str:
    query = "&".join(f"pair={value}" for value in named)
    return f"{url(here, 'matching_decide', number)}?act={act}&{query}"


BOTH = {("Mira", "Dana"), ("Ade", "Lena")}


def test_an_assignment_shows_who_would_change_before_anything_does(here, login):
    assert pairs(here.run()) == BOTH
    page = login(here.manager).get(decide_url(here, "assign", pair(here, "Zoe", "Dana")))
    found = {move.mentee.person.full_name: move for move in page.context["outcome"].moves}
    assert {name: (move.kind, move.by_hand) for name, move in found.items()} == {
        "Mira": ("out", False),
        "Zoe": ("into", True),
    }
    assert "Dana" in text(page)
    assert "1 would be left out" in text(page).replace("  ", " ")
    assert (Lock.objects.count(), Decision.objects.count()) == (0, 0)


def test_what_was_shown_is_what_the_next_run_does(here, login):
    here.run()
    address = decide_url(here, "assign", pair(here, "Zoe", "Dana"))
    page = login(here.manager).get(address)
    expected = {
        (move.mentee.person.full_name, partner.enrollment.person.full_name)
        for move in page.context["outcome"].moves
        for partner in move.after
    }
    answer = login(here.manager).post(
        address.partition("?")[0],
        {"act": "assign", "pair": pair(here, "Zoe", "Dana"), "seen": "0", "reason": "Promised"},
    )
    assert answer.url == url(here, "matching_review")
    assert Lock.objects.get().reason == "Promised"
    assert locks() == {("Zoe", "Dana")}
    assert pairs(here.run()) == {("Ade", "Lena")} | expected


def test_an_assignment_that_breaks_a_rule_is_refused_by_its_name_before_and_after(here, login):
    here.run()
    address = decide_url(here, "assign", pair(here, "Zoe", "Dana"))
    Person.objects.filter(pk=row(here, "Zoe").person_id).update(supervisor=row(here, "Dana").person)
    for answer in (
        login(here.manager).get(address),
        login(here.manager).post(
            address.partition("?")[0], {"act": "assign", "pair": pair(here, "Zoe", "Dana")}
        ),
    ):
        assert "Dana is the direct supervisor of Zoe." in text(answer)
        assert 'type="submit"' not in answer.content.decode().partition("<main")[2].partition("</main")[0]
    assert not Lock.objects.exists()


def test_with_too_many_people_a_pair_is_locked_without_waiting_for_what_it_leads_to(here, login, monkeypatch):
    here.run()
    monkeypatch.setattr("matching.domain.consequences.MOST_PAIRS", 0)
    address = decide_url(here, "assign", pair(here, "Zoe", "Dana"))
    page = login(here.manager).get(address)
    assert (page.context["outcome"], page.context["refused"]) == (None, None)
    assert "a page cannot wait until it is worked out what this leads to." in text(page)
    form = {"act": "assign", "pair": pair(here, "Zoe", "Dana"), "seen": str(page.context["seen"])}
    assert login(here.manager).post(address.partition("?")[0], form).status_code == 302
    assert locks() == {("Zoe", "Dana")}


def test_where_somebody_else_was_faster_what_was_typed_stays_and_one_more_press_does_it(here, login):
    here.run()
    client = login(here.manager)
    form = {"act": "assign", "pair": pair(here, "Zoe", "Dana"), "seen": "0", "reason": "Promised in May"}
    other = MembershipFactory(program=here.program, person__full_name="Jo Other").person
    exclude_pair(mentee=row(here, "Ade"), mentor=row(here, "Dana"), reason="-", by=other)
    page = client.post(url(here, "matching_decide", 1), form)
    assert (page.status_code, page.context["faster"].code, page.context["refused"]) == (
        200,
        "decided_since",
        None,
    )
    assert "Somebody else was faster" in text(page)
    assert page.context["form"]["reason"].value() == "Promised in May"
    assert not Lock.objects.exists()
    again = form | {"seen": str(page.context["seen"])}
    assert client.post(url(here, "matching_decide", 1), again).status_code == 302
    assert locks() == {("Zoe", "Dana")}


def test_two_selected_pairs_are_swapped_with_the_consequences_first(here, login):
    run = here.run()
    chosen = [two(proposal) for proposal in run.proposals.all()]
    back = url(here, "matching_run", 1)
    answer = login(here.manager).post(
        url(here, "matching_lock"), {"pair": chosen, "op": "swap", "next": back}
    )
    page = login(here.manager).get(answer.url)
    assert page.context["outcome"].counts == {"out": 0, "into": 0, "moved": 2}
    assert page.context["back"] == back
    assert not Lock.objects.exists()
    form = {"act": "swap", "pair": chosen, "seen": str(page.context["seen"]), "next": back}
    assert login(here.manager).post(url(here, "matching_decide", 1), form).url == back
    assert locks() == {("Mira", "Lena"), ("Ade", "Dana")}


@pytest.mark.parametrize("chosen", [0, 1, 3])
def test_a_swap_takes_two_pairs(here, login, chosen):
    here.mentor("Third")
    run = here.run()
    ticked = [two(proposal) for proposal in run.proposals.all()[:chosen]]
    data = {"pair": ticked, "op": "swap", "next": url(here, "matching_run", 1)}
    page = login(here.manager).post(url(here, "matching_lock"), data, follow=True)
    assert "Select two pairs to swap their mentors." in text(page)
    boxes = re.findall(r'name="pair" value="([^"]+)" checked', page.content.decode())
    assert (sorted(boxes), page.context["here"]) == (sorted(ticked), url(here, "matching_run", 1))


@pytest.mark.parametrize("query", ["act=assign", "act=swap&pair=a:b", "act=x&pair=a:b", ""])
def test_an_act_that_names_nobody_asks_to_choose(here, login, query):
    here.run()
    page = login(here.manager).get(f"{url(here, 'matching_decide', 1)}?{query}")
    assert "Choose the people first." in text(page)
    assert page.context["outcome"] is None


def test_people_of_another_cohort_are_not_assigned_here(here, login):
    here.run()
    other = world()
    named = f"{other.mentee().uid}:{other.mentor().uid}"
    address = decide_url(here, "assign", named)
    assert "Choose the people first." in text(login(here.manager).get(address))
    login(here.manager).post(address.partition("?")[0], {"act": "assign", "pair": named})
    assert not Lock.objects.exists()


def test_the_message_after_an_act_takes_it_back(here, login):
    here.run()
    back = url(here, "matching_run", 1)
    client = login(here.manager)
    named = pair(here, "Zoe", "Lena")
    client.post(url(here, "matching_lock"), {"lock": named, "next": back, "seen": "0"})
    page = client.get(back)
    batch = Decision.objects.get().batch
    assert f'form="undo" name="batch" value="{batch}"' in page.content.decode()
    assert '<form id="undo"' in page.content.decode()
    assert "1 decision since this run: run again to apply it." in text(page)
    answer = client.post(url(here, "matching_undo"), {"batch": batch, "next": back, "seen": "1"})
    assert (answer.url, Lock.objects.count()) == (back, 0)
    page = client.get(back)
    assert "1 decision is undone." in text(page)
    assert "since this run" not in text(page)


@pytest.mark.parametrize(
    ("act", "mentee", "mentor", "counts"),
    [
        ("lock", "Mira", "Dana", 0),  # the run has this pair anyway
        ("lock", "Zoe", "Dana", 1),
        ("exclude", "Mira", "Dana", 1),
        ("exclude", "Zoe", "Dana", 0),
    ],
)
def test_only_what_may_change_the_run_counts_as_decided_since(here, act, mentee, mentor, counts):
    run = here.run()
    two = {"mentee": row(here, mentee), "mentor": row(here, mentor), "by": here.manager}
    if act == "lock":
        lock_pair(**two)
    else:
        exclude_pair(**two, reason="A house")
    assert decisions_since(run) == counts
    undo_decisions(cohort=here.cohort, batch=Decision.objects.first().batch, by=here.manager)
    assert decisions_since(run) == 0


@pytest.mark.parametrize(("lifted", "counts"), [("unlock", 1), ("allow", 1)])
def test_what_binds_no_longer_counts_as_decided_since(here, lifted, counts):
    two = {"mentee": row(here, "Zoe"), "mentor": row(here, "Dana"), "by": here.manager}
    if lifted == "unlock":
        lock_pair(**two)
        run = here.run()
        unlock_pair(**two)
    else:
        exclusion = exclude_pair(**two, reason="A house")
        run = here.run()
        allow_pair(exclusion=exclusion, by=here.manager)
    assert decisions_since(run) == counts


def test_undo_is_not_offered_where_the_locked_pair_is_published(here):
    for mentee, mentor in (("Mira", "Dana"), ("Ade", "Lena")):
        lock_pair(mentee=row(here, mentee), mentor=row(here, mentor), by=here.manager)
    run = here.run()
    run.proposals.filter(mentee=row(here, "Mira")).update(published_at=timezone.now())
    offered = {told.lines[0]: told.can_undo for told in acts_told(recent_decisions(here.cohort))}
    assert offered == {"Mira locked with Dana": False, "Ade locked with Lena": True}


@pytest.mark.parametrize(
    ("locked", "offered"),
    [
        (None, {"Lena": True}),
        (("Ade", "Lena"), {"Lena": False}),  # no place of Lena's is left
        (("Mira", "Dana"), {"Lena": False}),  # nor one of Mira's
    ],
)
def test_another_mentor_is_offered_only_where_no_lock_takes_the_places(here, login, locked, offered):
    if locked:
        lock_pair(mentee=row(here, locked[0]), mentor=row(here, locked[1]), by=here.manager)
    opened = here.run().proposals.get(mentee=row(here, "Mira"))
    page = login(here.manager).get(url(here, "matching_run", 1), {"pair": str(opened.uid)})
    found = {item.name: item.can_pair for item in page.context["pair"].next_mentors}
    assert found == offered
    named = f"act=assign&amp;pair={pair(here, 'Mira', 'Lena')}"
    assert (named in page.content.decode()) is offered["Lena"]


def test_a_lock_taken_back_after_the_run_counts_as_a_decision_since(here, login):
    lock_pair(mentee=row(here, "Zoe"), mentor=row(here, "Dana"), by=here.manager)
    here.run()
    client = login(here.manager)
    assert client.get(url(here, "matching_run", 1)).context["since"] == 0
    client.post(url(here, "matching_undo"), {"batch": Decision.objects.get().batch})
    assert client.get(url(here, "matching_run", 1)).context["since"] == 1


def test_an_act_on_an_old_page_is_refused_and_says_what_happened(here, login):
    proposal = here.run().proposals.get(mentee__person__full_name="Mira")
    other = MembershipFactory(program=here.program, person__full_name="Bo Colleague").person
    back = f"http://testserver{url(here, 'matching_run', 1)}"
    exclude_pair(mentee=proposal.mentee, mentor=row(here, "Lena"), reason="-", by=other)
    client = login(here.manager)
    client.post(url(here, "matching_lock"), {"lock": two(proposal), "seen": "0"}, headers={"referer": back})
    page = text(client.get(back))
    assert "Somebody else has decided in the meantime, so nothing was changed." in page
    assert "Bo Colleague excluded Mira with Lena." in page
    assert not Lock.objects.exists()


def test_the_last_decisions_are_listed_with_who_undid_them(here, login):
    lock_pair(mentee=row(here, "Zoe"), mentor=row(here, "Dana"), by=here.manager)
    exclude_pair(mentee=row(here, "Zoe"), mentor=row(here, "Dana"), reason="-", by=here.manager)
    page = login(here.manager).get(url(here, "matching_fixed"))
    assert [(told.label, told.lines, told.can_undo) for told in page.context["decisions"]] == [
        ("Exclude", ["Zoe and Dana excluded", "Zoe and Dana unlocked"], True),
        ("Lock", ["Zoe locked with Dana"], True),
    ]
    batch = page.context["decisions"][0].first.batch
    login(here.manager).post(url(here, "matching_undo"), {"batch": batch})
    page = login(here.manager).get(url(here, "matching_fixed"))
    assert [told.can_undo for told in page.context["decisions"]] == [False, False, True]
    assert "undone by Ana Manager" in text(page)
    assert not Exclusion.objects.exists()


def test_readers_see_the_decisions_and_no_undo(here, login):
    lock_pair(mentee=row(here, "Zoe"), mentor=row(here, "Dana"), by=here.manager)
    reader = MembershipFactory(program=here.program, role=Role.HR_LIAISON).person
    page = login(reader).get(url(here, "matching_fixed"))
    assert "Zoe locked with Dana" in text(page)
    assert 'form="undo"' not in page.content.decode()


@pytest.mark.parametrize("batch", ["", "x", "0" * 32])
def test_an_undo_of_nothing_says_so(here, login, batch):
    back = f"http://testserver{url(here, 'matching_fixed')}"
    client = login(here.manager)
    client.post(url(here, "matching_undo"), {"batch": batch}, headers={"referer": back})
    assert "This has been undone already." in text(client.get(back))


def test_a_pair_chosen_by_hand_shows_its_consequences_while_a_run_is_under_review(here, login):
    here.run()
    data = {"mentee": row(here, "Zoe").uid, "mentor": row(here, "Dana").uid}
    answer = login(here.manager).post(url(here, "matching_fixed"), data)
    assert answer.url.startswith(url(here, "matching_decide", 1))
    assert not Lock.objects.exists()


def test_a_pair_chosen_by_hand_needs_both(here, login):
    page = login(here.manager).post(url(here, "matching_fixed"), {"mentee": "", "mentor": ""})
    assert page.context["form"].errors == {
        "mentee": ["Choose an answer to “Mentee”"],
        "mentor": ["Choose an answer to “Mentor”"],
    }


def test_consequences_of_an_exclusion_say_who_takes_the_place(here):
    run = here.run()
    found = consequences(run=run, wanted=Wanted(exclude=[((row(here, "Mira"), row(here, "Dana")), "-")]))
    assert {move.mentee.person.full_name for move in found.moves} >= {"Mira"}
    assert found.costs_people == 0
    label = {str(figure.label): (figure.before, figure.after) for figure in found.figures}
    assert label["People matched"] == ("2 of 3", "2 of 3")
    assert not Exclusion.objects.exists()


def test_decisions_made_since_the_run_are_said_to_have_their_part(here, login):
    run = here.run()
    pair = f"{row(here, 'Mira').uid}:{row(here, 'Lena').uid}"
    page = f"{url(here, 'matching_decide', run.number)}?act=assign&pair={pair}"
    said = "1 decision made since run 1 has its part in this."
    assert said not in text(login(here.manager).get(page))
    exclude_pair(mentee=row(here, "Ade"), mentor=row(here, "Lena"), reason="-", by=here.manager)
    assert said in text(login(here.manager).get(page))


def test_wishes_met_stand_beside_each_other(here):
    wish(row(here, "Mira"), row(here, "Dana"))
    run = here.run()
    wanted = Wanted(lock=[(row(here, "Zoe"), row(here, "Dana"))])
    labels = {str(figure.label): figure for figure in consequences(run=run, wanted=wanted).figures}
    figure = labels["Wishes met"]
    assert (figure.before, figure.after, figure.change, figure.trend) == ("1", "0", "−1", "worse")


def test_a_lock_says_why_on_the_review_and_on_the_page_of_decisions(here, login):
    proposal = here.run().proposals.get(mentee__person__full_name="Mira")
    client = login(here.manager)
    opened = f"{url(here, 'matching_run', 1)}?pair={proposal.uid}"
    assert client.get(opened).content.decode().count('name="reason"') == 1
    client.post(
        url(here, "matching_lock"), {"lock": two(proposal), "seen": "0", "reason": "They know each other"}
    )
    page = client.get(opened)
    assert "Why it is locked: They know each other" in text(page)
    assert 'name="reason"' not in page.content.decode()
    listed = client.get(url(here, "matching_fixed"))
    assert [lock.reason for lock in listed.context["locks"]] == ["They know each other"]
    assert text(listed).count("They know each other") == 1


def test_the_reason_is_asked_for_once_where_consequences_come_first(here, login):
    client = login(here.manager)
    assert list(client.get(url(here, "matching_fixed")).context["form"].fields) == [
        "mentee",
        "mentor",
        "reason",
    ]
    here.run()
    assert list(client.get(url(here, "matching_fixed")).context["form"].fields) == ["mentee", "mentor"]
    address = decide_url(here, "assign", pair(here, "Zoe", "Dana"))
    assert client.get(address).content.decode().count('name="reason"') == 1


@pytest.mark.parametrize("since", [False, True])
def test_only_a_wish_that_can_be_met_is_offered_to_those_left_over(login, since):
    here = world()
    dana = here.mentor("Dana")
    claim(dana, "Statistics")
    claim(here.mentee("Ade"), "Statistics")
    for name in ("Mira", "Zoe"):
        wish(here.mentee(name), dana)
    weights = {"wish": 0, "skills": 10}
    change_criteria(cohort=here.cohort, criteria={"weights": weights}, version=0, by=here.manager)
    if not since:
        remember_pair(row(here, "Mira").person_id, dana.person_id)
    here.run()
    if since:
        exclude_pair(mentee=row(here, "Mira"), mentor=dana, reason="-", by=here.manager)
    page = login(here.manager).get(url(here, "matching_run", 1), {"show": "unmatched"})
    offered = {one.leftover.enrollment.person.name: one.wishes[0][1] for one in page.context["left"]}
    assert offered == {"Mira": None, "Zoe": dana}
    assert page.content.decode().count("Pair with wish 1…") == 1


def test_what_cancels_out_since_the_run_is_not_counted(here):
    run = here.run()
    two = {"mentee": row(here, "Zoe"), "mentor": row(here, "Dana"), "by": here.manager}
    lock_pair(**two)
    unlock_pair(**two)
    assert decisions_since(run) == 0
    lock_pair(**two)
    exclusion = exclude_pair(**two, reason="A house")  # lifts the lock; the run has not this pair
    assert decisions_since(run) == 0
    allow_pair(exclusion=exclusion, by=here.manager)
    lock_pair(**two)
    assert decisions_since(run) == 1


def test_an_exclusion_that_lifts_a_lock_of_before_is_one_decision(here):
    two = {"mentee": row(here, "Mira"), "mentor": row(here, "Dana"), "by": here.manager}
    lock_pair(**two)
    run = here.run()
    exclude_pair(**two, reason="A house")
    assert decisions_since(run) == 1


def test_a_lock_of_somebody_who_has_left_is_marked_and_not_counted(here, login):
    for mentee, mentor in (("Mira", "Dana"), ("Ade", "Lena")):
        lock_pair(mentee=row(here, mentee), mentor=row(here, mentor), by=here.manager)
    here.cohort.enrollments.filter(person__full_name="Dana").update(state="left")
    client = login(here.manager)
    assert client.get(url(here, "matching_review")).context["locks"] == 1
    page = client.get(url(here, "matching_fixed"))
    assert {lock.mentee.person.full_name: lock.stands for lock in page.context["locks"]} == {
        "Mira": False,
        "Ade": True,
    }
    assert page.content.decode().count("Does not count") == 1


def test_a_lock_of_somebody_who_has_left_takes_no_place(here, login):
    lock_pair(mentee=row(here, "Mira"), mentor=row(here, "Dana"), by=here.manager)
    here.cohort.enrollments.filter(person__full_name="Mira").update(state="left")
    opened = here.run().proposals.get(mentee=row(here, "Ade"))
    page = login(here.manager).get(url(here, "matching_run", 1), {"pair": str(opened.uid)})
    assert {item.name: item.can_pair for item in page.context["pair"].next_mentors} == {"Dana": True}
    lock_pair(mentee=row(here, "Zoe"), mentor=row(here, "Dana"), by=here.manager)
    assert locks() == {("Mira", "Dana"), ("Zoe", "Dana")}
