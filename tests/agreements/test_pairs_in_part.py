"""A run of which only some pairs are published: what the first publishing ends, and what goes on for the others."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from agreements.domain.publishing import publish_run
from agreements.publishable import Ends, first_ends
from core.dates import today_in
from core.errors import Refused
from matching.domain.answers import answer_pair, ask_sides
from matching.domain.fixed import exclude_pair, lock_pair
from matching.models import Outlook, Proposal, Run, SideAnswer
from matching.panels import matched
from notifications.domain.outbox import send_drafts
from notifications.models import Message
from participants.domain.shortlists import rank_shortlist
from participants.models import Enrollment, Shortlist, Suggestion
from people.models import Person
from tests.factories import IntroductionFactory, MessageFactory, ShortlistFactory
from tests.matching.people import World, claim, pairs, world
from tests.matching.test_views import text

pytestmark = pytest.mark.django_db
NAMES = (("Mira", "Dana", "Law"), ("Ade", "Lena", "Art"), ("Noa", "Ruth", "Ink"))


@pytest.fixture
def here() -> World:
    return world()


def proposed(here: World) -> Run:
    """Three pairs of one skill each."""
    for mentee, mentor, skill in NAMES:
        claim(here.mentee(mentee), skill)
        claim(here.mentor(mentor), skill)
    return here.run()


def pair(run: Run, name: str) -> Proposal:
    return run.proposals.get(mentee__person__full_name=name)


def publishes(run: Run, name: str, here: World) -> None:
    publish_run(run=run, by=here.manager, proposals=[pair(run, name)])
    run.refresh_from_db()
    here.cohort.refresh_from_db()


def page(run: Run, name: str = "matching_run") -> str:
    return reverse(name, args=[run.cohort.program.slug, run.cohort.slug, run.number])


def listed(here: World, name: str, *mentors: str) -> Shortlist:
    """A shortlist of somebody."""
    mine = ShortlistFactory(enrollment=Enrollment.objects.get(person__full_name=name))
    for mentor in mentors:
        Suggestion.objects.create(shortlist=mine, mentor=Enrollment.objects.get(person__full_name=mentor))
    return mine


def test_the_first_publishing_says_what_it_ends_before_it_happens(here, login):
    here.cohort.introductions = True
    here.cohort.save()
    run = proposed(here)
    mira = pair(run, "Mira")
    IntroductionFactory(mentee=mira.mentee, mentor=mira.mentor, state="agreed")  # confirmed by publishing
    for state, mentor in (("agreed", "Lena"), ("asked", "Ruth"), ("withdrawn", "Dana")):
        other = Enrollment.objects.get(person__full_name=mentor)
        IntroductionFactory(mentee=pair(run, "Noa").mentee, mentor=other, state=state)
    mine = listed(here, "Ade", "Lena")
    MessageFactory(kind="shortlist_ready", state="draft", about_id=mine.pk)
    assert first_ends(run, [mira]) == Ends(
        undecided=1, requests=1, has_directory=True, lists=1, drafts=1, rest=2
    )
    named = login(here.manager).post(page(run, "publish_run"), {"chosen": [str(mira.uid)]})
    shown = text(named)
    for told in (
        "What ends with the first publishing",
        "1 introduction to which both said yes waits for your decision and ends undecided.",
        "1 open request to be a pair ends by itself. Nobody is written to.",
        "The directory of mentors closes:",
        "1 shortlist closes: it can no longer be ranked. 1 mail about it that you have not sent is dropped.",
        f"2 other proposals of run {run.number} stay under review:",
    ):
        assert told in shown
    place = reverse("matching_introductions", args=[here.program.slug, here.cohort.slug])
    assert f'<a href="{place}">Decide on them first</a>' in named.content.decode()
    publishes(run, "Mira", here)
    assert list(here.cohort.introductions_asked.values_list("state", flat=True).order_by("pk")) == [
        "confirmed", "closed", "closed", "withdrawn",
    ]  # fmt: skip
    again = login(here.manager).post(page(run, "publish_run"), {"chosen": [str(pair(run, "Ade").uid)]})
    assert "What ends" not in text(again)


def test_publishing_says_whose_questions_close_and_which_mails_are_dropped(here, login):
    here.cohort.answer_days = 7
    here.cohort.save()
    run = proposed(here)
    due_on = today_in(here.cohort.timezone) + timedelta(days=3)
    assert ask_sides(run=run, due_on=due_on, by=here.manager) == 6
    sent = Message.objects.get(kind="pair_proposed", recipient=pair(run, "Mira").mentee.person)
    send_drafts(messages=[sent], by=here.manager)
    Message.objects.filter(pk=sent.pk).update(state="sent")
    ade = pair(run, "Ade")
    dana = SideAnswer.objects.get(enrollment=pair(run, "Mira").mentor)
    answer_pair(question=dana, answer="yes", by=dana.enrollment.person)
    chosen = {"chosen": [str(pair(run, "Mira").uid), str(ade.uid)]}
    shown = login(here.manager).post(page(run, "publish_run"), chosen)
    told = {"people": 3, "mails": 2}
    assert shown.context["questions"] == told
    assert (
        "3 people have not said yet whether they want this: the questions close. "
        "2 mails that ask and that you have not sent are dropped."
    ) in text(shown)
    waiting = Message.objects.filter(kind="pair_proposed", state="draft").count()
    publish_run(run=run, by=here.manager, proposals=[pair(run, "Mira"), ade])
    left = Message.objects.filter(kind="pair_proposed", state="draft").count()
    assert (waiting - left, left) == (2, 2)


def test_what_goes_on_is_what_can_still_be_published(here):
    run = proposed(here)
    noa = pair(run, "Noa")
    exclude_pair(mentee=noa.mentee, mentor=noa.mentor, reason="No", by=here.manager)
    assert first_ends(run, [pair(run, "Mira")]).rest == 1


def test_the_overview_leads_to_the_pairs_that_are_not_published(here, login):
    run = proposed(here)
    assert matched(here.cohort)["rest"] is None
    publishes(run, "Mira", here)
    desk = reverse("cohort_desk", args=[here.program.slug, here.cohort.slug])
    shown = login(here.manager).get(desk)
    told = f"2 pairs of run {run.number} are not published yet"
    assert f'<a href="{page(run)}">{told}</a>' in shown.content.decode()
    assert "Published in part, first on" in text(shown)
    Enrollment.objects.filter(person__full_name="Ade").update(state="withdrawn")
    assert matched(here.cohort)["rest"] == {"pairs": 1, "circles": 0}
    publishes(run, "Noa", here)
    assert matched(here.cohort)["rest"] == {"pairs": 0, "circles": 0}
    assert "not published yet" not in text(login(here.manager).get(desk))


def acts(shown: Any, name: str) -> set[str]:
    """What the review offers for a pair."""
    row = next(row for row in re.split(r"<tr id=", shown.content.decode())[1:] if name in row)
    return set(re.findall(r'name="(lock|unlock|pair)"|(data-exclude)', row.split("</tr>")[0]))


def test_the_overview_counts_no_pair_that_a_rule_forbids_by_now(here, login, monkeypatch):
    run = proposed(here)
    publishes(run, "Mira", here)
    noa = pair(run, "Noa")
    Person.objects.filter(pk=noa.mentee.person_id).update(languages=["ar"])
    Person.objects.filter(pk=noa.mentor.person_id).update(languages=["en"])
    offered = login(here.manager).get(page(run, "publish_run")).context["possible"]
    assert (offered, matched(here.cohort)["rest"]) == (1, {"pairs": 1, "circles": 0})
    monkeypatch.setattr("matching.standing.MOST_CHECKED", 1)
    assert matched(here.cohort)["rest"] == {"pairs": 2, "circles": 0}


def test_those_who_wait_can_be_locked_and_excluded_and_run_again(here, login):
    run = proposed(here)
    publishes(run, "Mira", here)
    shown = login(here.manager).get(page(run))
    every = {("lock", ""), ("pair", ""), ("", "data-exclude")}
    assert (acts(shown, "Mira"), acts(shown, "Ade"), acts(shown, "Noa")) == (set(), every, every)
    assert ("Run again" in text(shown), "Swap mentors" in text(shown)) == (True, False)
    ade, noa = pair(run, "Ade"), pair(run, "Noa")
    for row, offered in ((ade, True), (pair(run, "Mira"), False)):
        assert ("Lock this pair" in text(login(here.manager).get(f"{page(run)}?pair={row.uid}"))) is offered
    lock_pair(mentee=ade.mentee, mentor=ade.mentor, by=here.manager)
    exclude_pair(mentee=noa.mentee, mentor=noa.mentor, reason="No", by=here.manager)
    assert "1 decision since this run" in text(login(here.manager).get(page(run)))
    assert pairs(here.run()) == {("Ade", "Lena")}


def test_whoever_waits_reads_that_a_ranking_still_counts_and_it_does(here, login):
    here.cohort.shortlists = True
    here.cohort.save()
    run = proposed(here)
    mine, matched_one = listed(here, "Ade", "Ruth", "Lena"), listed(here, "Mira", "Dana")
    ruth = mine.suggestions.get(mentor__person__full_name="Ruth")
    rank_shortlist(shortlist=mine, ranks={ruth.pk: 1}, by=mine.enrollment.person)
    publishes(run, "Mira", here)
    mine.refresh_from_db()
    why = (
        "The first pairs of this round are published, so wishes can no longer be changed. "
        "Those that you gave before still count when more pairs are made."
    )
    shown = text(login(mine.enrollment.person).get(reverse("my_shortlist", args=[mine.uid])))
    assert (why in shown, "Give your first three a rank" in shown) == (True, False)
    with pytest.raises(Refused, match="The first pairs of this round are published"):
        rank_shortlist(shortlist=mine, ranks={}, by=mine.enrollment.person)
    over = text(login(matched_one.enrollment.person).get(reverse("my_shortlist", args=[matched_one.uid])))
    assert "The matching of this round is over: wishes change nothing now." in over
    again = here.run()
    (wish,) = Outlook.objects.get(run=again, enrollment=mine.enrollment_id).wishes
    assert wish["mentor"] == ruth.mentor.person_id


def test_an_opened_pair_says_why_it_can_no_longer_be_made_and_offers_no_lock(here, login):
    run = proposed(here)
    ade = pair(run, "Ade")
    Enrollment.objects.filter(pk=ade.mentor_id).update(used=1)
    opened = text(login(here.manager).get(f"{page(run)}?pair={ade.uid}"))
    assert "No longer possible Lena has no free place left." in opened
    assert ("Lock this pair" in opened, "Never pair these two" in opened) == (False, True)


def test_of_very_many_pairs_what_the_database_sees_is_counted(here, login, monkeypatch):
    run = proposed(here)
    Enrollment.objects.filter(pk=pair(run, "Ade").mentor_id).update(used=1)
    noa = pair(run, "Noa")
    Person.objects.filter(pk=noa.mentee.person_id).update(languages=["ar"])
    Person.objects.filter(pk=noa.mentor.person_id).update(languages=["en"])

    def told() -> tuple[int, int]:
        shown = login(here.manager).get(page(run))
        return shown.context["stale"], sum(bool(row.stuck) for row in shown.context["rows"])

    assert told() == (2, 2)
    monkeypatch.setattr("matching.views.run.MOST_CHECKED", 2)
    assert told() == (1, 2)


def test_only_the_newest_run_offers_to_ask_both_sides(here, login):
    here.cohort.answer_days = 7
    here.cohort.save()
    run = proposed(here)
    assert "Ask both sides" in text(login(here.manager).get(page(run)))
    here.mentee("Zoe")
    newer = here.run()
    assert "Ask both sides" not in text(login(here.manager).get(page(run)))
    assert "Ask both sides" in text(login(here.manager).get(page(newer)))
