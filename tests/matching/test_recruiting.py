"""Whom to recruit: exact figures in words, for those who may see people."""

from __future__ import annotations

import csv
import io

import pytest
from django.urls import reverse

from matching.domain import findings
from matching.domain.criteria import change_criteria
from matching.domain.fixed import exclude_pair
from matching.domain.pairs import remember_pair
from matching.models import RunInput
from matching.recruiting import recruiting
from tests.factories import MembershipFactory
from tests.matching.people import World, claim, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    """One mentor; Kim and Lea left over who speak French alone and seek Law, and Ade who speaks English."""
    found = world()
    claim(found.mentor("Dana Whitfield", person={"languages": ["en"]}), "Art")
    claim(found.mentee("Mira Kovac", person={"languages": ["en"]}), "Art")
    for name in ("Kim Li", "Lea Roy"):
        claim(found.mentee(name, person={"languages": ["fr"], "location": "North campus"}), "Law")
    claim(found.mentee("Ade Okafor", person={"languages": ["en"]}), "Law")
    return found


def address(here: World, name: str, number: int) -> str:
    return reverse(name, args=[here.program.slug, here.cohort.slug, number])


def names(people: object) -> list[str]:
    return [row.person.full_name for row in people]  # type: ignore[attr-defined]


def test_kinds_of_mentor_with_what_they_win(here):
    told = recruiting(here.run())
    assert (told.left, told.total) == (3, 3)
    french = next(kind for kind in told.kinds if "Kim Li" in names(kind.people))
    facts = {str(fact.label): fact.value for fact in french.facts}
    assert (facts["Skills"], facts["Languages"], facts["Location"]) == ("Law", "French", "North campus")
    assert (french.mentors * french.places >= 2, french.covered, names(french.people)) == (
        True,
        2,
        ["Kim Li", "Lea Roy"],
    )
    english = next(kind for kind in told.kinds if "Ade Okafor" in names(kind.people))
    assert (english.covered, names(english.people)) == (1, ["Ade Okafor"])


def test_those_who_compete_are_named_by_what_they_have_in_common(here):
    here.mentor("Luc Petit", person={"languages": ["fr"]})
    claim(here.mentee("Max Roy", person={"languages": ["fr"], "location": "South campus"}), "Art")
    here.mentor("Free Mentor", person={"languages": ["de"]})
    here.mentee("Eva Berg", person={"languages": ["en"]})
    told = recruiting(here.run())
    assert sorted((one.competing, one.places, one.common) for one in told.short) == [
        (3, 1, "All of them speak English only; nobody else does."),
        (3, 1, "All of them speak French only; nobody else does."),
    ]


def test_where_all_places_are_short_or_nothing_is_shared_nothing_is_claimed(here):
    assert recruiting(here.run()).short == []


def test_beyond_the_budget_the_page_says_so_and_where_it_can_be_had(here, login, monkeypatch):
    client = login(here.manager)
    said = "What would match more was left out of this run"
    where = f"{address(here, 'matching_run', here.run().number)}?show=unmatched"
    page = client.get(where).content.decode()
    assert (said in page, "One more mentor like this could match Kim: Skills: Law" in page) == (False, True)
    monkeypatch.setattr(findings, "RELIEF_BUDGET", 11)  # four mentees and three mentors come to more
    here.mentor("Free Mentor", person={"languages": ["de"]})
    here.mentor("Other Mentor", person={"languages": ["de"]})
    run = here.run()
    page = client.get(f"{address(here, 'matching_run', run.number)}?show=unmatched")
    html = page.content.decode()
    assert (said in html, "could match Kim" in html, run.numbers["gains"]) == (True, False, False)
    assert html.count(address(here, "matching_recruiting", run.number)) == 2
    assert said not in client.get(address(here, "matching_run", run.number)).content.decode()
    assert recruiting(run).total == 3


def test_a_rule_that_would_win_somebody_and_none_that_would_not(here):
    assert recruiting(here.run()).rules == []  # Dana's one place is taken whatever the languages are
    here.mentor("Free Mentor", person={"languages": ["de"]})
    (rule,) = recruiting(here.run()).rules
    assert (rule.text, rule.covered) == ("Ask for no language in common", 1)
    assert names(rule.people) == ["Ade Okafor", "Kim Li", "Lea Roy"]


def test_rules_with_a_figure_are_told_with_it(here):
    here.mentor("Near Level", person={"languages": ["fr"], "level": 4})
    for name in ("Kim Li", "Lea Roy"):
        person = here.cohort.enrollments.get(person__full_name=name).person
        person.level = 3
        person.save()
    change_criteria(cohort=here.cohort, criteria={"rules": {"min_level_gap": 2}}, version=0, by=here.manager)
    texts = [rule.text for rule in recruiting(here.run()).rules]
    assert "Ask for a mentor 1 career level above, not 2" in texts


def test_nobody_is_told_to_pair_whom_a_no_or_a_pair_of_before_keeps_apart():
    here = world()
    ade, kim, dana = here.mentee("Ade"), here.mentee("Kim"), here.mentor("Dana", capacity=3)
    exclude_pair(mentee=ade, mentor=dana, reason="-", by=here.manager)
    remember_pair(kim.person_id, dana.person_id)
    here.mentee("Mira", person={"languages": ["fr"]})
    dana.person.languages = ["en"]
    dana.person.save()
    change_criteria(
        cohort=here.cohort, criteria={"rules": {"shared_language": True}}, version=0, by=here.manager
    )
    here.mentee("Zoe", person={"languages": ["en"]})
    told = recruiting(here.run())
    assert (told.left, [rule.text for rule in told.rules]) == (3, ["Ask for no language in common"])


def test_the_page_and_the_file(here, login):
    run = here.run()
    client = login(here.manager)
    page = client.get(address(here, "matching_recruiting", run.number)).content.decode()
    assert "3 of the mentees have no match in run 1." in page
    assert "would match 2 more" in page
    answer = client.get(address(here, "matching_recruiting_export", run.number))
    rows = list(csv.reader(io.StringIO(answer.content.decode().removeprefix("\ufeff"))))
    assert rows[0] == ["Mentors", "Places each", "Matched more", "Like this", "Who"]
    assert "Skills: Law" in rows[1][3]
    assert {name for row in rows[1:] for name in row[4].split("; ")} == {"Kim Li", "Lea Roy", "Ade Okafor"}
    assert (
        login(MembershipFactory(program=here.program, role="sponsor").person)
        .get(address(here, "matching_recruiting", run.number))
        .status_code
        == 403
    )


def test_the_way_in_is_beside_those_left_over(here, login):
    run = here.run()
    page = login(here.manager).get(f"{address(here, 'matching_run', run.number)}?show=unmatched")
    assert address(here, "matching_recruiting", run.number) in page.content.decode()


def test_nobody_left_over_and_inputs_no_longer_kept_are_said(here, login):
    run = here.run()
    client = login(here.manager)
    RunInput.objects.filter(pk=run.pk).delete()
    page = client.get(address(here, "matching_recruiting", run.number)).content.decode()
    assert "What this run rested on is no longer kept" in page
    assert client.get(address(here, "matching_recruiting_export", run.number)).status_code == 409
    here.cohort.enrollments.exclude(person__full_name__in=["Mira Kovac", "Dana Whitfield"]).update(
        state="left"
    )
    page = client.get(address(here, "matching_recruiting", here.run().number)).content.decode()
    assert ("Nobody is left over" in page, "have no match in run" in page) == (True, False)


def test_as_many_queries_for_one_as_for_thirty_left_over(here, login, count_queries):
    client, counted = login(here.manager), []
    for more in (0, 30):
        for number in range(more):
            here.mentee(f"More {number}", person={"languages": ["fr"]})
        url = address(here, "matching_recruiting", here.run().number)
        client.get(url)
        with count_queries() as queries:
            client.get(url)
        counted.append(len(queries))
    assert counted[0] == counted[1]
