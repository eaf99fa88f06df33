"""Both sides say what they think before a pair is published."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEvent
from matching.deadlines import answer_rows
from matching.domain.answers import answer_pair, ask_sides, to_ask
from matching.domain.asked_mails import keep_true
from matching.domain.fixed import allow_pair, exclude_pair
from matching.domain.introductions import confirm_introduction
from matching.models import Exclusion, Lock, Run, SideAnswer
from matching.queries import answers_of, questions, said
from matching.summary import lede
from notifications.models import Message
from notifications.queries import open_for
from participants.models import Enrollment
from people.models import Person
from programs.models import Cohort
from tests.factories import IntroductionFactory, MembershipFactory, StrandFactory
from tests.matching.people import World, claim, pairs, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> World:
    """Mira and Ade with Dana and Lena, in a cohort that asks both sides."""
    return asking()


def asking() -> World:
    found = world()
    Cohort.objects.update(answer_days=7)
    found.cohort.refresh_from_db()
    for names, skill in ((("Mira Kovac", "Dana Whitfield"), "Law"), (("Ade Okafor", "Lena Ruiz"), "Art")):
        claim(found.mentee(names[0]), skill)
        claim(found.mentor(names[1]), skill)
    return found


def soon() -> date:
    return timezone.now().date() + timedelta(days=8)


def ask(here: World, run: Run | None = None) -> Run:
    run = run or here.run()
    ask_sides(run=run, due_on=soon(), by=here.manager)
    return run


def question(name: str, run: Run | None = None) -> SideAnswer:
    rows = questions().filter(enrollment__person__full_name=name)
    return (rows.filter(proposal__run=run) if run else rows).latest("pk")


def say(name: str, answer: str, word: str = "") -> SideAnswer:
    row = question(name)
    return answer_pair(question=row, answer=answer, word=word, by=row.enrollment.person)


def refused(code: str, call: object, **arguments: object) -> None:
    before = (SideAnswer.objects.count(), Message.objects.count(), Exclusion.objects.count())
    with pytest.raises(Refused) as refusal:
        call(**arguments)  # type: ignore[operator]
    after = (SideAnswer.objects.count(), Message.objects.count(), Exclusion.objects.count())
    assert (refusal.value.code, after) == (code, before)


def test_both_sides_of_each_pair_are_asked_and_the_mails_are_drafts(here):
    run = here.run()
    assert ask_sides(run=run, due_on=soon(), by=here.manager) == 4
    assert SideAnswer.objects.count() == 4
    mails = Message.objects.filter(kind="pair_proposed")
    assert set(mails.values_list("state", "batch")) == {("draft", f"ask-{run.pk}")}
    to_mira = mails.get(recipient__full_name="Mira Kovac")
    assert to_mira.subject == "What do you think of Dana Whitfield?"
    assert "Dana offers what you seek: Law." in to_mira.body
    assert "Lena" not in to_mira.body
    assert f"/me/pairs/{question('Mira Kovac').uid}/" in to_mira.body
    event = AuditEvent.objects.get(verb="sides.asked")
    assert event.data == {"pairs": 2, "people": 4, "due_on": soon().isoformat()}


def test_a_mentor_of_two_gets_one_mail_about_both(here):
    Enrollment.objects.filter(person__full_name="Lena Ruiz").update(state="left")
    Enrollment.objects.filter(person__full_name="Dana Whitfield").update(capacity=2)
    assert ask_sides(run=here.run(), due_on=soon(), by=here.manager) == 3
    mail = Message.objects.get(kind="pair_proposed", recipient__full_name="Dana Whitfield")
    assert (mail.subject, mail.body.count("/me/pairs/")) == ("What do you think of these 2 people?", 2)


def test_who_cannot_be_asked(here):
    run = here.run()
    today = {"run": run, "due_on": timezone.now().date(), "by": here.manager}
    refused("past_day", ask_sides, **today)
    newer = here.run(objective="score")
    refused("not_newest", ask_sides, run=run, due_on=soon(), by=here.manager)
    ask_sides(run=newer, due_on=soon(), by=here.manager)
    refused("nobody_to_ask", ask_sides, run=newer, due_on=soon(), by=here.manager)
    Cohort.objects.update(answer_days=0)
    refused("not_asked_here", ask_sides, run=newer, due_on=soon(), by=here.manager)


def test_a_pair_that_can_no_longer_be_made_is_not_asked_about(here):
    run = here.run()
    row = run.proposals.get(mentee__person__full_name="Mira Kovac")
    exclude_pair(mentee=row.mentee, mentor=row.mentor, reason="-", by=here.manager)
    assert ask_sides(run=run, due_on=soon(), by=here.manager) == 2
    assert set(SideAnswer.objects.values_list("enrollment__person__full_name", flat=True)) == {
        "Ade Okafor",
        "Lena Ruiz",
    }


def test_a_pair_that_a_rule_forbids_by_now_is_not_asked_about(here):
    run = here.run()
    other = StrandFactory(program=here.program)
    Enrollment.objects.filter(person__full_name="Lena Ruiz").update(strand=other)
    assert ask_sides(run=run, due_on=soon(), by=here.manager) == 2
    assert set(SideAnswer.objects.values_list("enrollment__person__full_name", flat=True)) == {
        "Mira Kovac",
        "Dana Whitfield",
    }


def test_a_no_keeps_the_two_apart_and_closes_the_question_to_the_other(here):
    ask(here)
    said = say("Mira Kovac", "no", "We share an office")
    exclusion = Exclusion.objects.get()
    assert (exclusion.mentee.person.full_name, exclusion.mentor.person.full_name, exclusion.reason) == (
        "Mira Kovac",
        "Dana Whitfield",
        "Mira Kovac said no: We share an office",
    )
    assert (said.answer, question("Dana Whitfield").closed_at is None) == ("no", False)
    assert question("Ade Okafor").closed_at is None
    refused("said_no", say, name="Mira Kovac", answer="yes")
    refused("closed", say, name="Dana Whitfield", answer="yes")
    assert ("Mira Kovac", "Dana Whitfield") not in pairs(here.run())


def test_a_no_is_told_to_the_desk_in_the_readers_language(here, login):
    ask(here)
    say("Mira Kovac", "no", "We share an office")
    client = login(here.manager)
    client.cookies["django_language"] = "fr"
    shown = client.get(reverse("matching_fixed", args=[here.program.slug, here.cohort.slug]))
    assert [why.replace("\xa0", " ") for _row, why in shown.context["exclusions"]] == [
        "Mira Kovac a dit non : We share an office"
    ]


def test_a_yes_may_become_a_no_while_the_question_is_open(here):
    ask(here)
    say("Mira Kovac", "yes")
    assert say("Mira Kovac", "no").answer == "no"
    assert Exclusion.objects.get().reason == "Mira Kovac said no"


def test_what_both_said_yes_to_is_kept_by_every_run_and_not_asked_again(here, login):
    run = ask(here)
    say("Mira Kovac", "yes")
    assert not Lock.objects.exists()
    say("Dana Whitfield", "yes")
    lock = Lock.objects.get()
    assert (lock.mentee.person.full_name, lock.mentor.person.full_name) == ("Mira Kovac", "Dana Whitfield")
    page = login(here.manager).get(reverse("matching_fixed", args=[here.program.slug, here.cohort.slug]))
    assert [row.is_agreed for row in page.context["locks"]] == [True]
    assert page.content.decode().count("both agreed") == 2  # of the lock, and of the decision
    say("Ade Okafor", "no")
    here.mentor("Third One")
    again = here.run()
    assert ask_sides(run=again, due_on=soon(), by=here.manager) == 2  # Ade and the third
    assert (question("Mira Kovac").proposal.run, question("Mira Kovac").is_open) == (run, True)


def test_both_saying_yes_does_not_lock_a_pair_that_a_rule_forbids_by_now(here):
    ask(here)
    say("Mira Kovac", "yes")
    mira = Enrollment.objects.get(person__full_name="Mira Kovac")
    Person.objects.filter(pk=mira.person_id).update(
        supervisor=Enrollment.objects.get(person__full_name="Dana Whitfield").person
    )
    assert say("Dana Whitfield", "yes").answer == "yes"
    assert not Lock.objects.exists()


def parted(here: World) -> Run:
    """A newer run, in which a third mentor is with Mira."""
    Person.objects.filter(full_name="Mira Kovac").update(
        supervisor=Person.objects.get(full_name="Dana Whitfield").pk
    )
    here.mentor("Third One")
    run = here.run()
    assert pairs(run) == {("Mira Kovac", "Third One"), ("Ade Okafor", "Lena Ruiz")}
    return run


def owed() -> set[str]:
    """Who has an open question among their next steps."""
    people = {row[1] for row in answer_rows() if row[8] is None}
    return set(Person.objects.filter(pk__in=people).values_list("full_name", flat=True))


def test_what_was_asked_holds_for_a_newer_run_and_ends_with_a_pair_it_does_not_propose(here, login):
    first = ask(here)
    say("Lena Ruiz", "yes")
    assert owed() == {"Mira Kovac", "Dana Whitfield", "Ade Okafor"}
    mail = Message.objects.get(recipient__full_name="Mira Kovac")
    second = parted(here)
    assert owed() == {"Ade Okafor"}
    assert (answers_of(first), answers_of(second)) == (
        {"asked": 4, "answered": 1, "wait": 3, "back": 0},
        {"asked": 2, "answered": 1, "wait": 1, "back": 0},
    )
    ade = second.proposals.get(mentee__person__full_name="Ade Okafor")
    assert {role: row.answer for role, row in said(second)[ade.pk].items()} == {"mentee": "", "mentor": "yes"}
    assert [row.answer for row in ade.answers.order_by("enrollment__role")] == ["", "yes"]
    refused("closed", say, name="Mira Kovac", answer="yes")
    assert (keep_true(mail), mail.state) == (False, "draft")
    mira = login(question("Mira Kovac").enrollment.person).get(page("Mira Kovac"))
    assert (mira.context["is_open"], "No answer is needed any more" in mira.content.decode()) == (False, True)
    say("Ade Okafor", "yes")
    assert Lock.objects.get().mentee.person.full_name == "Ade Okafor"


def test_a_newer_run_that_proposes_the_two_again_opens_the_question_again(here):
    ask(here)
    parted(here)
    Person.objects.update(supervisor=None)
    Enrollment.objects.filter(person__full_name="Third One").update(state="left")
    assert pairs(here.run()) == {("Mira Kovac", "Dana Whitfield"), ("Ade Okafor", "Lena Ruiz")}
    assert owed() == {"Mira Kovac", "Dana Whitfield", "Ade Okafor", "Lena Ruiz"}
    assert say("Mira Kovac", "yes").answer == "yes"


def test_asking_on_a_newer_run_asks_only_about_new_pairs_and_gives_up_those_it_does_not_propose(here):
    first = ask(here)
    mails = Message.objects.filter(kind="pair_proposed")
    mails.filter(recipient__full_name="Dana Whitfield").update(state="sent")
    second = parted(here)
    assert [row.mentee.person.full_name for row in to_ask(second)] == ["Mira Kovac"]
    assert ask_sides(run=second, due_on=soon(), by=here.manager) == 2
    batches = {first.pk: "first", second.pk: "second"}
    assert {
        (mail.recipient.full_name, batches[int(mail.batch.removeprefix("ask-"))], mail.state)
        for mail in mails.select_related("recipient")
    } == {
        ("Mira Kovac", "first", "dropped"),
        ("Dana Whitfield", "first", "sent"),
        ("Ade Okafor", "first", "draft"),
        ("Lena Ruiz", "first", "draft"),
        ("Mira Kovac", "second", "draft"),
        ("Third One", "second", "draft"),
    }
    assert question("Dana Whitfield").closed_at is not None
    assert owed() == {"Mira Kovac", "Third One", "Ade Okafor", "Lena Ruiz"}
    refused("nobody_to_ask", ask_sides, run=second, due_on=soon(), by=here.manager)


def test_two_who_were_introduced_and_confirmed_are_not_asked_and_count_as_a_yes_of_both(here):
    ade, lena = (Enrollment.objects.get(person__full_name=name) for name in ("Ade Okafor", "Lena Ruiz"))
    row = IntroductionFactory(mentee=ade, mentor=lena, state="agreed")
    confirm_introduction(introduction=row, by=here.manager)
    run = here.run()
    assert said(run) == {}
    assert ask_sides(run=run, due_on=soon(), by=here.manager) == 2
    pair = run.proposals.get(mentee=ade)
    assert {role: row.answer for role, row in said(run)[pair.pk].items()} == {
        "mentee": "yes",
        "mentor": "yes",
    }
    assert owed() == {"Mira Kovac", "Dana Whitfield"}


def test_a_no_that_the_manager_lifted_can_be_asked_anew_and_the_yes_stands(here):
    ask(here)
    say("Dana Whitfield", "yes")
    say("Mira Kovac", "no")
    allow_pair(exclusion=Exclusion.objects.get(), by=here.manager)
    again = here.run()
    assert ask_sides(run=again, due_on=soon(), by=here.manager) == 1
    assert (question("Mira Kovac").answer, question("Dana Whitfield").answer) == ("", "yes")
    assert answers_of(again) == {"asked": 4, "answered": 1, "wait": 3, "back": 0}
    say("Mira Kovac", "yes")
    assert Lock.objects.get().mentee.person.full_name == "Mira Kovac"


def test_the_question_is_owed_until_it_is_answered_or_closed(here):
    ask(here)
    assert owed() == {"Mira Kovac", "Dana Whitfield", "Ade Okafor", "Lena Ruiz"}
    say("Mira Kovac", "no")
    assert owed() == {"Ade Okafor", "Lena Ruiz"}
    done = [row[1] for row in answer_rows() if row[8] is not None]
    assert done == [question("Mira Kovac").enrollment.person_id]
    Enrollment.objects.filter(person__full_name="Ade Okafor").update(state="left")
    assert owed() == {"Lena Ruiz"}


def test_a_mail_whose_question_was_closed_meanwhile_is_not_sent(here):
    ask(here)
    mail = Message.objects.get(recipient__full_name="Dana Whitfield")
    assert keep_true(mail)
    say("Mira Kovac", "no")
    assert not keep_true(mail)
    assert keep_true(Message.objects.get(recipient__full_name="Ade Okafor"))


@pytest.mark.django_db(transaction=True)
def test_two_who_say_yes_at_once_make_one_lock():
    here = asking()
    ask(here)
    barrier = Barrier(2)

    def answer(name: str) -> None:
        row = question(name)
        barrier.wait()
        try:
            answer_pair(question=row, answer="yes", by=row.enrollment.person)
        finally:
            connection.close()

    threads = [Thread(target=answer, args=[name]) for name in ("Mira Kovac", "Dana Whitfield")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Lock.objects.count() == 1


@pytest.mark.parametrize(
    "wrong", [{"answer": "yes"}, {"word": "x"}, {"answered_at": timezone.now()}], ids=["when", "word", "what"]
)
def test_the_database_refuses_half_an_answer(here, wrong):
    ask(here)
    with pytest.raises(IntegrityError), transaction.atomic():
        SideAnswer.objects.filter(pk=question("Mira Kovac").pk).update(**wrong)


def page(name: str) -> str:
    return reverse("answer_pair", args=[question(name).uid])


def test_each_answers_on_their_own_page(here, login):
    ask(here)
    mira = question("Mira Kovac").enrollment.person
    client: Client = login(mira)
    shown = client.get(page("Mira Kovac"))
    assert shown.context["reasons"] == ["Dana offers what you seek: Law."]
    assert client.get(page("Dana Whitfield")).status_code == 404
    empty = client.post(page("Mira Kovac"), {"word": "Hm"})
    assert empty.context["form"].errors["answer"] == ["Choose an answer to “Your answer”"]
    assert "Hm" in empty.content.decode()
    no = {"answer": "no", "word": "Too near", "sure": "1"}
    assert client.post(page("Mira Kovac"), no).status_code == 302
    assert "You said no" in client.get(page("Mira Kovac")).content.decode()
    dana = login(question("Dana Whitfield").enrollment.person).get(page("Dana Whitfield")).content.decode()
    assert "No answer is needed any more" in dana
    assert "Too near" not in dana
    assert "said no" not in dana


def test_a_no_is_asked_about_before_it_is_final(here, login):
    ask(here)
    client, url = login(question("Mira Kovac").enrollment.person), page("Mira Kovac")
    no = {"answer": "no", "word": "Too near"}
    sure = client.post(url, no).content.decode()
    assert "A no is final: you cannot change it afterwards." in sure
    assert "For the program’s staff you add: “Too near”" in sure
    assert question("Mira Kovac").answer == ""
    back = client.post(url, {**no, "again": "1"})
    assert (back.context["to_confirm"], back.context["form"]["word"].value()) == (False, "Too near")
    assert question("Mira Kovac").answer == ""
    done = client.post(url, {**no, "sure": "1"}, follow=True).content.decode()
    assert ("You said no" in done, question("Mira Kovac").word) == (True, "Too near")


@pytest.mark.parametrize(
    ("days", "before", "after"),
    [
        (0, "Please answer by the end of", "Until"),
        (-1, "it still counts until the program decides.", "You can still change your answer until"),
    ],
)
def test_the_page_says_by_when_and_what_holds_afterwards(here, login, days, before, after):
    ask(here)
    SideAnswer.objects.update(due_on=timezone.now().date() + timedelta(days=days))
    row = question("Mira Kovac")
    client, url = login(row.enrollment.person), reverse("answer_pair", args=[row.uid])
    shown = client.get(url).content.decode()
    assert (before in shown, after in shown) == (True, False)
    shown = client.post(url, {"answer": "yes"}, follow=True).content.decode()
    assert (before in shown, after in shown) == (False, True)
    nothing_settled = "Nothing is settled yet."
    assert nothing_settled in shown
    assert (
        nothing_settled not in client.post(url, {"answer": "no", "sure": "1"}, follow=True).content.decode()
    )


def test_the_review_says_how_many_have_answered(here, login):
    run = ask(here)
    say("Mira Kovac", "yes")
    url = reverse("matching_run", args=[here.program.slug, here.cohort.slug, run.number])
    shown = login(here.manager).get(url)
    assert shown.context["lede"].endswith("Both sides have been asked; answers so far: 1 of 4.")
    late = here.mentee("Late Comer")
    here.mentor("Third Mentor")
    newer = here.run()
    assert newer.proposals.filter(mentee=late).exists()
    assert lede(newer, here.program).endswith(
        "Both sides have been asked, but for 1 pair; answers so far: 1 of 4."
    )


def test_the_opened_pair_says_what_both_said(here, login):
    run = ask(here)
    say("Mira Kovac", "yes", "Gladly")
    pair = question("Mira Kovac").proposal
    url = reverse("matching_run", args=[here.program.slug, here.cohort.slug, run.number])
    page = login(here.manager).get(f"{url}?pair={pair.uid}").content.decode()
    assert ("Mira said yes. “Gladly”" in page, "Dana has not answered." in page) == (True, True)
    assert ("Ade said" in page, "Ade has not answered." in page) == (False, False)


def test_the_desk_asks(here, login):
    run = here.run()
    url = reverse("matching_ask", args=[here.program.slug, here.cohort.slug, run.number])
    client = login(here.manager)
    assert client.get(url).context["pairs"] == 2
    late = client.post(url, {"due_on": timezone.now().date().isoformat()})
    assert late.context["form"].errors == {
        "due_on": ["Choose a day after today: people need time to answer."]
    }
    assert client.post(url, {"due_on": soon().isoformat()}).status_code == 302
    assert SideAnswer.objects.count() == 4
    asked = client.get(url).content.decode()
    assert ("Asked, and not answered yet" in asked, "There is nobody left to ask" in asked) == (True, False)
    for name, answer in (("Mira Kovac", "no"), ("Ade Okafor", "yes"), ("Lena Ruiz", "yes")):
        say(name, answer)
    asked = client.get(url).content.decode()
    assert ("Asked, and not answered yet" in asked, "There is nobody left to ask" in asked) == (False, True)
    Cohort.objects.update(answer_days=0)
    assert "Not in this cohort" in client.get(url).content.decode()
    assert (
        login(MembershipFactory(program=here.program, role="hr_liaison").person).get(url).status_code == 403
    )


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_the_question_is_among_the_next_steps_at_once_wherever_one_is(here, zone):
    """It is the evening before in Los Angeles and the next day in Auckland, whatever the cohort's own zone is."""
    Person.objects.update(timezone=zone)
    Cohort.objects.update(timezone="Europe/Paris")
    run = here.run()
    with time_machine.travel(datetime(2027, 3, 2, 0, 17, tzinfo=UTC), tick=False):
        ask_sides(run=run, due_on=date(2027, 3, 9), by=here.manager)
        owed = open_for(question("Mira Kovac").enrollment.person)
    assert [row.kind for row in owed] == ["answer_pair"]
