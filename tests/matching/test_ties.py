"""Parting two who know that they are a pair is asked about; what changes nothing says so and is not undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.errors import Refused
from matching.domain.answers import answer_pair
from matching.domain.decisions import Act
from matching.domain.fixed import exclude_pair, lock_pair, unlock_pair
from matching.domain.introductions import confirm_introduction
from matching.models import Decision, Exclusion, Lock, SideAnswer
from matching.ties import ties
from tests.factories import IntroductionFactory, MembershipFactory, ProposalFactory, RunFactory
from tests.matching.people import World, claim, world
from tests.matching.test_views import text, url

pytestmark = pytest.mark.django_db

TOLD = "Greta Berg and Dana Whitfield were told on"
TELL = "No mail tells them that this no longer holds: tell them yourself."


@pytest.fixture
def here() -> World:
    """Greta with Dana, whose introduction is confirmed; Ade with Lena."""
    found = world()
    for names in (("Greta Berg", "Dana Whitfield"), ("Ade Okafor", "Lena Ruiz")):
        for row in (found.mentee(names[0]), found.mentor(names[1])):
            claim(row, "Law")
    row = IntroductionFactory(
        mentee=one(found, "Greta Berg"), mentor=one(found, "Dana Whitfield"), state="agreed"
    )
    confirm_introduction(introduction=row, by=found.manager)
    return found


def one(here: World, name: str) -> Any:
    return here.cohort.enrollments.select_related("person").get(person__full_name=name)


def couple(here: World, confirmed: bool = True) -> Any:
    names = ("Greta Berg", "Dana Whitfield") if confirmed else ("Ade Okafor", "Lena Ruiz")
    return tuple(one(here, name) for name in names)


def named(here: World, confirmed: bool = True) -> str:
    mentee, mentor = couple(here, confirmed)
    return f"{mentee.uid}:{mentor.uid}"


def exclude_url(here: World, confirmed: bool = True) -> str:
    return url(here, "matching_exclude", *(row.uid for row in couple(here, confirmed)))


class TestPartingThem:
    def test_the_page_of_an_exclusion_says_what_they_know(self, here, login):
        page = text(login(here.manager).get(exclude_url(here)))
        assert (TOLD in page, "They are locked: excluding them lifts the lock." in page) == (True, True)
        assert TELL in page
        other = text(login(here.manager).get(exclude_url(here, confirmed=False)))
        assert ("Before you part them" in other, TELL in other) == (False, False)

    def test_a_lock_alone_is_said_without_more(self, here, login):
        mentee, mentor = couple(here, confirmed=False)
        lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
        page = text(login(here.manager).get(exclude_url(here, confirmed=False)))
        assert ("They are locked: excluding them lifts the lock." in page, TELL in page) == (True, False)

    @pytest.mark.parametrize("how", ["unlock", "selected"])
    def test_unlocking_asks_first(self, here, login, how):
        client, where = login(here.manager), url(here, "matching_lock")
        sent = {"unlock": named(here)} if how == "unlock" else {"op": "unlock", "pair": named(here)}
        asked = client.post(where, {**sent, "seen": "1"})
        assert (TOLD in text(asked), Lock.objects.count()) == (True, 1)
        done = client.post(asked.context["action"], dict(asked.context["values"]), follow=True)
        assert ("The pair is no longer locked." in text(done), Lock.objects.count()) == (True, 0)

    def test_unlocking_others_does_not(self, here, login):
        mentee, mentor = couple(here, confirmed=False)
        lock_pair(mentee=mentee, mentor=mentor, by=here.manager)
        login(here.manager).post(url(here, "matching_lock"), {"unlock": named(here, confirmed=False)})
        assert not Lock.objects.filter(mentee=mentee).exists()

    def test_taking_the_lock_back_asks_first(self, here, login):
        client, batch = login(here.manager), str(Decision.objects.get().batch)
        asked = client.post(url(here, "matching_undo"), {"batch": batch, "seen": "1"})
        assert (TOLD in text(asked), Lock.objects.count()) == (True, 1)
        client.post(asked.context["action"], dict(asked.context["values"]))
        assert Lock.objects.count() == 0

    def test_a_swap_and_a_file_that_part_them_say_so(self, here, login):
        number, client = here.run().number, login(here.manager)
        pairs = [named(here), named(here, confirmed=False)]
        page = client.get(url(here, "matching_decide", number), {"act": "swap", "pair": pairs})
        assert (TOLD in text(page), TELL in text(page)) == (True, True)
        mentee, mentor = couple(here)
        lines = ["mentor,mentee,act,reason", f"{mentor.person.email},{mentee.person.email},exclude,why"]
        file = SimpleUploadedFile("list.csv", "\n".join(lines).encode())
        page = client.post(url(here, "matching_list"), {"file": file})
        assert (TOLD in text(page), TELL in text(page)) == (True, True)

    def test_a_yes_of_both_counts_as_well(self, here, count_queries):
        pair = couple(here, confirmed=False)
        proposal = ProposalFactory(run=RunFactory(cohort=here.cohort), mentee=pair[0], mentor=pair[1])
        for row in pair:
            assert [two for two, _words in ties([pair])] == []
            SideAnswer.objects.create(
                proposal=proposal,
                enrollment=row,
                due_on="2030-01-01",
                answer="yes",
                answered_at=row.created_at,
            )
        with count_queries() as counted:
            found = ties([pair, couple(here)])
        assert found[0] == (
            pair, "Ade Okafor and Lena Ruiz were asked about each other, and both said yes."
        )  # fmt: skip
        assert (len(found), len(counted)) == (2, 4)  # two of them read the people here

    def test_the_introduction_says_that_they_are_excluded(self, here, login):
        mentee, mentor = couple(here)
        exclude_pair(mentee=mentee, mentor=mentor, reason="-", by=here.manager)
        page = login(here.manager).get(url(here, "matching_introductions"))
        ((_row, kind, label, note),) = page.context["decided"]
        assert (kind, str(label)) == ("late", "Excluded since")
        assert note == "Both were told that they are a pair. To lock it again, lift the exclusion first."
        Exclusion.objects.all().delete()
        page = login(here.manager).get(url(here, "matching_introductions"))
        assert str(page.context["decided"][0][2]) == "No longer locked"


class TestNothingNew:
    def test_excluding_twice_says_so_and_keeps_what_was_typed(self, here, login):
        mentee, mentor = couple(here, confirmed=False)
        exclude_pair(mentee=mentee, mentor=mentor, reason="First", by=here.manager)
        client = login(here.manager)
        page = client.post(exclude_url(here, confirmed=False), {"reason": "Second"})
        assert page.context["form"].errors["__all__"] == [
            "Ade Okafor and Lena Ruiz are excluded already, so nothing has changed. "
            "To give another reason, allow them first."
        ]
        assert (page.context["form"]["reason"].value(), "Undo" in text(page)) == ("Second", False)
        assert Exclusion.objects.get().reason == "First"

    def test_the_page_of_an_exclusion_that_stands_says_so_and_why(self, here, login):
        mentee, mentor = couple(here, confirmed=False)
        exclude_pair(mentee=mentee, mentor=mentor, reason="A <house>", by=here.manager)
        page = text(login(here.manager).get(exclude_url(here, confirmed=False)))
        assert ("The two are excluded already." in page, "will not be proposed" in page) == (True, False)
        assert ("The reason: A &lt;house&gt;" in page, "Exclude the pair" in page) == (True, False)

    def test_a_reason_typed_while_somebody_else_decided_is_kept_and_can_be_sent_again(self, here, login):
        mentee, mentor = couple(here, confirmed=False)
        client, where = login(here.manager), exclude_url(here, confirmed=False)
        seen = client.get(where).context["form"]["seen"].value()
        other = MembershipFactory(program=here.program, person__full_name="Bo Colleague").person
        lock_pair(mentee=mentee, mentor=mentor, by=other)
        page = client.post(where, {"reason": "A house", "seen": seen})
        form = page.context["form"]
        assert form.errors["__all__"] == [
            "Somebody else has decided in the meantime, so nothing was changed. "
            "Bo Colleague locked Ade Okafor with Lena Ruiz. "
            "This page shows how it stands now. Decide again if you still want it."
        ]
        assert (form["reason"].value(), Exclusion.objects.count()) == ("A house", 0)
        assert "They are locked: excluding them lifts the lock." in text(page)
        client.post(where, {"reason": "A house", "seen": form["seen"].value()})
        assert Exclusion.objects.get().reason == "A house"

    @pytest.mark.parametrize("run", [False, True])
    def test_assigning_a_locked_pair_says_so_and_keeps_what_was_chosen(self, here, login, run):
        if run:
            here.run()
        mentee, mentor = couple(here)
        chosen = {"mentee": str(mentee.uid), "mentor": str(mentor.uid), "reason": "They asked"}
        page = login(here.manager).post(url(here, "matching_fixed"), chosen)
        assert page.context["form"].errors["__all__"] == [
            "Greta Berg and Dana Whitfield are locked already, so nothing has changed. "
            "To give another reason, unlock them first."
        ]
        assert page.context["form"]["mentee"].value() == str(mentee.uid)

    @pytest.mark.parametrize("send", ["get", "post"])
    def test_an_old_page_of_consequences_says_so(self, here, login, send):
        number = here.run().number
        client, where = login(here.manager), url(here, "matching_decide", number)
        page = getattr(client, send)(where, {"act": "assign", "pair": named(here), "reason": "x"})
        assert page.context["refused"].code == "locked_already"

    def test_locking_from_an_old_list_says_so_without_an_undo(self, here, login):
        sent = {"lock": named(here), "next": url(here, "matching_fixed")}
        page = text(login(here.manager).post(url(here, "matching_lock"), sent, follow=True))
        assert "Nothing has changed: this was locked already." in page
        assert "Locked: every run keeps this pair." not in page

    def test_an_act_that_changed_something_is_known_by_its_decisions(self, here):
        mentee, mentor = couple(here)
        act = Act("unlock")
        unlock_pair(mentee=mentee, mentor=mentor, by=here.manager, act=act)
        assert Decision.objects.filter(batch=act.batch).count() == 1


class TestANoOfTheirOwn:
    """Both said yes, then Ade no: the manager lifts that only when sure, and nothing is locked again."""

    NO = "Ade Okafor said no to Lena Ruiz on"

    @pytest.fixture
    def said(self, here) -> World:
        mentee, mentor = couple(here, confirmed=False)
        proposal = ProposalFactory(run=RunFactory(cohort=here.cohort), mentee=mentee, mentor=mentor)
        asked = [
            SideAnswer.objects.create(proposal=proposal, enrollment=row, due_on="2030-01-01")
            for row in (mentee, mentor)
        ]
        for row, answer in (*((row, "yes") for row in asked), (asked[0], "no")):
            answer_pair(question=row, answer=answer, by=row.enrollment.person)
        return here

    def test_the_decisions_say_whose_no_it_was(self, said, login):
        page = login(said.manager).get(url(said, "matching_fixed"))
        assert page.context["decisions"][0].lines == [
            "Ade Okafor and Lena Ruiz excluded: Ade Okafor said no",
            "Ade Okafor and Lena Ruiz unlocked",
        ]
        with pytest.raises(Refused) as refused:
            lock_pair(
                mentee=one(said, "Ade Okafor"),
                mentor=one(said, "Dana Whitfield"),
                by=said.manager,
                act=Act("lock", seen=0),
            )
        assert "Ade Okafor and Lena Ruiz excluded: Ade Okafor said no." in str(refused.value.message)

    def test_taking_it_back_asks_first_and_locks_nothing(self, said, login):
        client, mentee = login(said.manager), one(said, "Ade Okafor")
        of_two = Decision.objects.filter(mentee=mentee)
        batch = str(of_two.get(kind="exclude").batch)
        asked = client.post(url(said, "matching_undo"), {"batch": batch, "seen": "99"})
        assert (self.NO in text(asked), Exclusion.objects.count()) == (True, 1)
        done = client.post(asked.context["action"], dict(asked.context["values"]), follow=True)
        assert "1 decision is undone." in text(done)
        assert (Exclusion.objects.count(), Lock.objects.filter(mentee=mentee).count()) == (0, 0)
        assert list(of_two.order_by("number").values_list("kind", "undone_by")) == [
            ("lock", said.manager.pk),
            ("unlock", said.manager.pk),
            ("exclude", said.manager.pk),
            ("allow", None),
        ]

    def test_lifting_it_asks_first(self, said, login):
        client, where = login(said.manager), url(said, "matching_allow", Exclusion.objects.get().pk)
        asked = client.post(where, {"seen": "99"})
        assert (self.NO in text(asked), Exclusion.objects.count()) == (True, 1)
        client.post(asked.context["action"], dict(asked.context["values"]))
        assert Exclusion.objects.count() == 0

    def test_a_file_that_lifts_it_says_so(self, said, login):
        mentee, mentor = couple(said, confirmed=False)
        lines = ["mentor,mentee,act,reason", f"{mentor.person.email},{mentee.person.email},allow,"]
        file = SimpleUploadedFile("list.csv", "\n".join(lines).encode())
        page = login(said.manager).post(url(said, "matching_list"), {"file": file})
        assert (self.NO in text(page), TELL in text(page)) == (True, False)

    def test_other_exclusions_are_lifted_at_once(self, here, login):
        mentee, mentor = couple(here, confirmed=False)
        row = exclude_pair(mentee=mentee, mentor=mentor, reason="-", by=here.manager)
        login(here.manager).post(url(here, "matching_allow", row.pk))
        assert Exclusion.objects.count() == 0
