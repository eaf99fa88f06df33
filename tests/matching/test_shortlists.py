"""Shortlists: who gets one, that they are spread, and that making them twice does no harm."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from core.errors import Refused
from core.models import AuditEvent
from matching.domain.shortlists import SIZE, make_shortlists, request_shortlists
from matching.models import Lock, ShortlistRound
from notifications.models import Message
from participants.deadlines import rank_rows
from participants.domain.shortlists import rank_shortlist
from participants.mails import still_to_rank
from participants.models import Shortlist, Suggestion
from programs.models import Cohort
from tests import factories as make
from tests.matching.test_introductions import cohort, enroll, manager

pytestmark = pytest.mark.django_db


def made(where: Cohort) -> int:
    return make_shortlists(request_shortlists(cohort=where, by=manager(where)).pk)


@pytest.fixture
def where(db: None) -> Cohort:
    return cohort(shortlists=True, introductions=False)


def fill(where: Cohort, mentees: int, mentors: int, **fields: Any) -> None:
    for _ in range(mentees):
        enroll(where)
    for _ in range(mentors):
        enroll(where, "mentor", **{"listed": True, **fields})


def test_each_mentee_gets_five_and_each_mentor_a_fair_share(where: Cohort) -> None:
    fill(where, 12, 10)
    assert made(where) == 12
    of_mentees = Counter(Suggestion.objects.values_list("shortlist__enrollment", flat=True))
    of_mentors = Counter(Suggestion.objects.values_list("mentor", flat=True))
    assert set(of_mentees.values()) == {SIZE}
    assert (len(of_mentors), set(of_mentors.values())) == (10, {6})


def test_a_popular_mentor_is_not_on_every_list(where: Cohort) -> None:
    fill(where, 10, 20)
    star = enroll(where, "mentor", listed=True)
    for mentee in where.enrollments.filter(role="mentee"):
        mentee.wishes.create(rank=1, mentor=star.person)
    made(where)
    assert Suggestion.objects.filter(mentor=star).count() == 3  # ceil(10 * 5 / 21)


def test_hard_rules_hold(where: Cohort) -> None:
    boss = enroll(where, "mentor", listed=True)
    fill(where, 0, 3)
    mine = enroll(where, person__supervisor=boss.person)
    made(where)
    assert boss.pk not in mine.shortlist.suggestions.values_list("mentor", flat=True)
    assert mine.shortlist.suggestions.count() == 3


def test_only_mentors_who_agreed_to_be_found_and_have_a_place(where: Cohort) -> None:
    fill(where, 1, 2)
    fill(where, 0, 1, listed=False)
    fill(where, 0, 1, used=1)
    promised = enroll(where, "mentor", listed=True)
    make.IntroductionFactory(mentee=enroll(where), mentor=promised, state="agreed")
    made(where)
    shown = set(Suggestion.objects.values_list("mentor__listed", "mentor__used"))
    assert shown == {(True, 0)}
    assert not Suggestion.objects.filter(mentor=promised).exists()
    assert Shortlist.objects.count() == 1  # who has promised a place needs none


def test_a_ranked_list_and_a_locked_pair_are_left_alone(where: Cohort) -> None:
    fill(where, 2, 4)
    made(where)
    ranked, other = Shortlist.objects.order_by("pk")
    kept, gone = list(ranked.suggestions.order_by("pk")), list(other.suggestions.all())
    Shortlist.objects.filter(pk=ranked.pk).update(ranked_at=ranked.created_at)
    Lock.objects.create(cohort=where, mentee=enroll(where), mentor=enroll(where, "mentor"))
    assert made(where) == 1
    assert set(Shortlist.objects.values_list("enrollment", flat=True)) == {
        ranked.enrollment_id,
        other.enrollment_id,
    }
    assert list(ranked.suggestions.order_by("pk")) == kept
    assert not Suggestion.objects.filter(pk__in=[row.pk for row in gone]).exists()


def test_a_list_made_anew_keeps_its_address_and_only_its_newest_mail_waits(where: Cohort) -> None:
    fill(where, 2, 3)
    made(where)
    one, sent = Shortlist.objects.order_by("pk")
    mails = Message.objects.filter(kind="shortlist_ready").order_by("pk")
    mails.filter(recipient=sent.enrollment.person).update(state="sent")
    fill(where, 0, 2)
    Shortlist.objects.update(due_on=one.due_on - timedelta(days=5))
    assert made(where) == 2
    assert list(Shortlist.objects.order_by("pk").values_list("uid", "due_on")) == [
        (one.uid, one.due_on), (sent.uid, one.due_on),
    ]  # fmt: skip
    assert one.suggestions.count() == 5
    states = [
        list(mails.filter(recipient=row.enrollment.person).values_list("state", flat=True))
        for row in (one, sent)
    ]
    assert states == [["dropped", "draft"], ["sent", "draft"]]
    assert all(
        f"/me/shortlist/{one.uid}/" in mail.body for mail in mails.filter(recipient=one.enrollment.person)
    )
    dropped = AuditEvent.objects.get(verb="mail.dropped")
    assert dropped.actor_id == ShortlistRound.objects.get().requested_by_id


def test_the_mails_wait_as_drafts_and_lead_to_the_list(where: Cohort) -> None:
    fill(where, 2, 3)
    made(where)
    mails = Message.objects.filter(kind="shortlist_ready")
    assert set(mails.values_list("state", flat=True)) == {"draft"}
    assert {mail.recipient for mail in mails} == {
        row.person for row in where.enrollments.filter(role="mentee")
    }
    one = Shortlist.objects.first()
    assert one is not None
    assert f"/me/shortlist/{one.uid}/" in mails.get(recipient=one.enrollment.person).body


def test_the_same_task_twice(where: Cohort) -> None:
    fill(where, 2, 3)
    asked = request_shortlists(cohort=where, by=manager(where))
    assert (make_shortlists(asked.pk), make_shortlists(asked.pk)) == (2, 0)
    assert (Shortlist.objects.count(), Message.objects.count()) == (2, 2)
    assert AuditEvent.objects.filter(verb="shortlists.made").count() == 1


@pytest.mark.parametrize(
    ("fields", "code", "said"),
    [
        (
            {"shortlists": False},
            "no_shortlists",
            "Shortlists are switched off in this cohort. A manager can switch them on in the settings of the cohort.",
        ),
        (
            {"state": "running"},
            "pairs_made",
            "Shortlists are made until the first pairs of a cohort are published, and here they are. ",
        ),
    ],
)
def test_not_where_the_cohort_has_none(
    client: Client, where: Cohort, fields: dict[str, Any], code: str, said: str
) -> None:
    fill(where, 1, 1)
    Cohort.objects.update(**fields)
    where.refresh_from_db()
    with pytest.raises(Refused) as refused:
        request_shortlists(cohort=where, by=manager(where))
    assert (refused.value.code, f"{refused.value.message} {refused.value.hint}") == (code, said)
    assert offered(client, where) == (False, True)


def offered(client: Client, where: Cohort) -> tuple[bool, bool]:
    """Whether the page has the button, and whether it says why not."""
    client.force_login(manager(where))
    page = client.get(f"/desk/{where.program.slug}/{where.slug}/matching/shortlists/")
    return "Make the shortlists" in page.content.decode(), page.context["refused"] is not None


@pytest.mark.parametrize(("mentees", "mentors", "code"), [(0, 1, "no_mentees"), (1, 0, "no_mentors")])
def test_not_without_both_sides(client: Client, where: Cohort, mentees: int, mentors: int, code: str) -> None:
    fill(where, mentees, mentors)
    with pytest.raises(Refused) as refused:
        request_shortlists(cohort=where, by=manager(where))
    assert (refused.value.code, ShortlistRound.objects.count()) == (code, 0)
    assert offered(client, where) == (False, True)


def test_the_page_offers_what_can_be_done(client: Client, where: Cohort) -> None:
    fill(where, 1, 1)
    assert offered(client, where) == (True, False)


def test_whoever_is_confirmed_meanwhile_has_nothing_to_rank(client: Client, where: Cohort) -> None:
    fill(where, 2, 3)
    made(where)
    mine, other = Shortlist.objects.order_by("pk")
    mail = Message.objects.get(about_id=mine.pk)
    assert (still_to_rank(mail), {row[3] for row in rank_rows()}) == (True, {mine.pk, other.pk})
    make.IntroductionFactory(mentee=mine.enrollment, mentor=enroll(where, "mentor"), state="confirmed")
    assert (still_to_rank(mail), {row[3] for row in rank_rows()}) == (False, {other.pk})
    client.force_login(mine.enrollment.person)
    page = client.get(f"/me/shortlist/{mine.uid}/")
    assert (page.context["is_open"], page.context["why_closed"]) == (
        False,
        "You have your pair already, so there is nothing to rank.",
    )
    with pytest.raises(Refused) as refused:
        rank_shortlist(shortlist=mine, ranks={}, by=mine.enrollment.person)
    assert refused.value.code == "settled"


def test_the_page_asks_and_tells(client: Client, where: Cohort) -> None:
    fill(where, 2, 3)
    client.force_login(manager(where))
    url = f"/desk/{where.program.slug}/{where.slug}/matching/shortlists/"
    assert "No shortlist has been made yet." in client.get(url).content.decode()
    assert "are being made" in client.post(url, follow=True).content.decode()
    make_shortlists(ShortlistRound.objects.get().pk)
    page = client.get(url).content.decode()
    assert "2 shortlists are out, 0 ranked." in page
    assert "0 of 2 ranked" in client.get(url.removesuffix("shortlists/")).content.decode()


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [
        (
            "en",
            "1 mentee who is accepted has not ranked one. 1 mentor who has a free place agreed to be shown.",
            "2 mentees who are accepted have not ranked one. 2 mentors who have a free place agreed to be shown.",
        ),
        (
            "fr",
            "1 mentoré n’a pas de liste classée. 1 mentor ayant une place libre accepte d’être visible.",
            "2 mentorés n’ont pas de liste classée. 2 mentors ayant une place libre acceptent d’être visibles.",
        ),
    ],
)
def test_the_page_counts_one_and_many(
    client: Client, where: Cohort, language: str, one: str, many: str
) -> None:
    client.force_login(manager(where))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    for words in (one, many):
        fill(where, 1, 1)
        page = client.get(f"/desk/{where.program.slug}/{where.slug}/matching/shortlists/").content.decode()
        assert words in page
