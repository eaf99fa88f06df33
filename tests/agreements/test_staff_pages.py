"""The desk: progress for those whose role shows it, acts for those who manage, notes for nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import zeal
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from agreements.domain.approval import supervisor_decide
from agreements.domain.help import ask_for_help
from agreements.domain.meetings import log_meeting
from agreements.domain.plans import add_activity, save_plan, share_plan
from agreements.models import Meeting, Mentorship, Signature
from agreements.panels import health
from core.roles import Role
from matching.models import Proposal, Run, SideAnswer
from notifications.models import EmailLink, Message
from participants.models import Enrollment
from people.models import Organization, Person
from programs.models import Cohort
from tests.agreements.helpers import current, link_of, signed, team
from tests.agreements.test_plans import TEXTS
from tests.factories import (
    ActionPlanFactory,
    CohortFactory,
    EnrollmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ProposalFactory,
    RunFactory,
    StrandFactory,
    pair,
)

pytestmark = pytest.mark.django_db
CANARIES = ["CANARY-NOTE", "CANARY-PLAN", "CANARY-ACTIVITY"]


def staff(cohort: Cohort, role: str = Role.MANAGER, organization: Organization | None = None) -> Person:
    return MembershipFactory(program=cohort.program, role=role, organization=organization).person


def desk(cohort: Cohort, page: str = "") -> str:
    return f"/desk/{cohort.program.slug}/{cohort.slug}/mentorships/{page}"


def busy(**fields: Any) -> tuple[Mentorship, Person, Person]:
    """With a plan and a meeting whose words must never show."""
    mentorship, mentor, mentee, _supervisor = team(**fields)
    plan = ActionPlanFactory(mentorship=mentorship, mentee=mentee)
    save_plan(plan=plan, by=mentee, edit_version=1, texts=TEXTS | {"needs": "CANARY-PLAN"})
    add_activity(plan=plan, by=mentee, kind="need", text="CANARY-ACTIVITY")
    share_plan(plan=plan, by=mentee)
    log_meeting(
        mentorship=mentorship,
        by=mentor,
        held_on=mentorship.starts_on,
        minutes=30,
        medium="video",
        note="CANARY-NOTE",
    )
    return mentorship, mentor, mentee


def shown(page: Any) -> set[Any]:
    return {row.record.pk for row in page.context["table"].page}


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("manager", 200),
        ("coordinator", 200),
        ("hr_liaison", 200),
        ("sponsor", 403),
        ("committee", 403),
        ("coach", 403),
    ],
)
def test_who_sees_the_list_and_one_mentorship(client: Client, role: str, expected: int) -> None:
    mentorship, mentor, _mentee = busy()
    elsewhere, *_ = busy()
    person = staff(mentorship.cohort, role)
    client.force_login(person)
    one = desk(mentorship.cohort, f"{mentorship.uid}/")
    pages = [client.get(desk(mentorship.cohort)), client.get(one)]
    assert [page.status_code for page in pages] == [expected, expected]
    assert [word for page in pages for word in CANARIES if word in page.content.decode()] == []
    assert client.get(desk(elsewhere.cohort)).status_code == 404
    assert client.get(desk(elsewhere.cohort, f"{elsewhere.uid}/")).status_code == 404
    assert client.get(desk(mentorship.cohort, f"{elsewhere.uid}/")).status_code in {404, 403}
    client.force_login(mentor)
    assert client.get(one).status_code == 404


ACTS = ["remind/", "{uid}/link/", "{uid}/end/"]


@pytest.mark.parametrize("act", ACTS)
def test_only_managers_act(client: Client, act: str) -> None:
    mentorship, mentor, mentee = busy()
    signed(mentorship, mentor, mentee)
    elsewhere, *_ = busy()
    links = EmailLink.objects.count()
    for person, expected in (
        (staff(mentorship.cohort, Role.HR_LIAISON), 403),
        (staff(mentorship.cohort, Role.SPONSOR), 403),
        (staff(elsewhere.cohort), 404),
        (mentor, 404),
    ):
        client.force_login(person)
        url = desk(mentorship.cohort, act.format(uid=mentorship.uid))
        assert client.post(url, {"chosen": [str(mentorship.uid)]}).status_code == expected
    assert (EmailLink.objects.count(), Mentorship.objects.get(pk=mentorship.pk).state) == (links, "forming")
    client.force_login(staff(mentorship.cohort))
    assert client.post(url, {"chosen": [str(mentorship.uid)]}).status_code == 302
    assert (EmailLink.objects.count() > links) or Mentorship.objects.get(pk=mentorship.pk).state == "ended"


@pytest.mark.parametrize("page", ["agreement/", "agreement/pdf/"])
def test_the_agreement_itself_is_for_managers(client: Client, page: str) -> None:
    mentorship, _mentor, _mentee = busy()
    for role, expected in ((Role.MANAGER, 200), (Role.HR_LIAISON, 403)):
        client.force_login(staff(mentorship.cohort, role))
        assert client.get(desk(mentorship.cohort, f"{mentorship.uid}/{page}")).status_code == expected


def test_a_liaison_of_one_organization_sees_its_people_alone(client: Client) -> None:
    mentorship, _mentor, mentee = busy()
    other, *_ = busy(cohort=mentorship.cohort)
    home = OrganizationFactory()
    Person.objects.filter(pk=mentee.pk).update(organization=home)
    client.force_login(staff(mentorship.cohort, Role.HR_LIAISON, home))
    assert shown(client.get(desk(mentorship.cohort))) == {mentorship.pk}
    assert client.get(desk(mentorship.cohort, f"{mentorship.uid}/")).status_code == 200
    assert client.get(desk(mentorship.cohort, f"{other.uid}/")).status_code == 404


def everything() -> tuple[Cohort, dict[str, Mentorship]]:
    """One mentorship for each place where an agreement can stand."""
    cohort = CohortFactory(state="running")
    found: dict[str, Mentorship] = {}
    for name in ("draft", "signed_mentor", "signed_mentee", "waiting_supervisor", "in_force"):
        mentorship, mentor, mentee, supervisor = team(cohort=cohort)
        signers = {"draft": (), "signed_mentor": (mentor,), "signed_mentee": (mentee,)}.get(
            name, (mentor, mentee)
        )
        if signers:
            signed(mentorship, *signers)
        if name == "in_force":
            agreement = current(mentorship)
            link = link_of(agreement)
            supervisor_decide(
                agreement=agreement,
                link=link,
                decision="approve",
                typed_name=supervisor.full_name,
                note="",
                address=None,
            )
        found[name] = mentorship
    return cohort, found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"draft", "signed_mentor", "signed_mentee", "waiting_supervisor", "in_force"}),
        ("agreement=draft", {"draft"}),
        ("agreement=signed_one", {"signed_mentor", "signed_mentee"}),
        ("agreement=waiting_supervisor", {"waiting_supervisor"}),
        ("agreement=in_force", {"in_force"}),
        ("agreement=open", {"draft", "signed_mentor", "signed_mentee", "waiting_supervisor"}),
        ("state=ended", set()),
        ("late=1", set()),
        ("silent=1", set()),
        ("help=1", set()),
        ("agreement=nonsense", {"draft", "signed_mentor", "signed_mentee", "waiting_supervisor", "in_force"}),
    ],
)
def test_filters_live_in_the_address(client: Client, query: str, expected: set[str]) -> None:
    cohort, found = everything()
    client.force_login(staff(cohort))
    page = client.get(f"{desk(cohort)}?{query}")
    assert shown(page) == {found[name].pk for name in expected}


def test_late_silent_help_and_names(client: Client) -> None:
    cohort, found = everything()
    past = timezone.now() - timedelta(days=40)
    silent = found["draft"]
    Mentorship.objects.update(created_at=past)
    Signature.objects.filter(agreement__mentorship=found["signed_mentor"]).update(at=past)
    found["draft"].agreements.update(due_on=date(2020, 1, 1))
    found["in_force"].agreements.update(due_on=date(2020, 1, 1))  # in force: not late any more
    mentor = found["in_force"].members.get(side="mentor").person
    ask_for_help(mentorship=found["in_force"], by=mentor, wish="advice")
    client.force_login(staff(cohort))

    def hits(query: str) -> set[Any]:
        return shown(client.get(f"{desk(cohort)}?{query}"))

    assert hits("late=1") == {silent.pk}
    assert hits("silent=1") == {silent.pk, found["signed_mentor"].pk}
    assert hits("help=1") == {found["in_force"].pk}
    assert hits(f"q={mentor.full_name}") == {found["in_force"].pk} or len(mentor.full_name) < 9


def test_the_panel_counts_what_the_list_shows(client: Client) -> None:
    cohort, _found = everything()
    team()  # another cohort
    client.force_login(staff(cohort))
    built = health(cohort)
    assert [(str(part.label), part.value) for part in built["agreement_parts"]] == [
        ("In force", 1),
        ("Waits for the supervisor", 1),
        ("Signed by one side", 2),
        ("Not signed", 1),
    ]
    for part in built["agreement_parts"]:
        assert len(shown(client.get(part.url))) == part.value


def test_a_cohort_whose_mentorships_have_all_ended_still_leads_to_them(client: Client) -> None:
    mentorship, _mentor, _mentee, _supervisor = team()
    cohort = mentorship.cohort
    client.force_login(staff(cohort))
    assert health(cohort)["ended"]["count"] == 0
    Mentorship.objects.update(state="ended", ending="completed", ended_on=date(2027, 1, 1))
    ended = health(cohort)["ended"]
    assert (ended["count"], shown(client.get(ended["url"]))) == (1, {mentorship.pk})
    assert "See those that have ended" in client.get(desk(cohort)).content.decode()


def test_the_list_and_the_panel_cost_the_same_for_one_and_for_thirty(
    client: Client, count_queries: Any
) -> None:
    first, _mentor, _mentee = busy()
    cohort = first.cohort
    client.force_login(staff(cohort))
    spent = []
    for more in (0, 29):
        for _ in range(more):
            busy(cohort=cohort)
        client.get(desk(cohort))
        with count_queries() as counted:
            page = client.get(desk(cohort))
            health(cohort)
        assert len(shown(page)) == more + 1
        spent.append(len(counted))
    assert spent[0] == spent[1]


def test_reminding_many_reaches_those_who_are_waited_for(client: Client) -> None:
    cohort, found = everything()
    client.force_login(staff(cohort))
    Message.objects.all().delete()
    chosen = [str(mentorship.uid) for mentorship in found.values()]
    with zeal.zeal_ignore():  # each agreement is locked and reminded of by itself
        answer = client.post(
            desk(cohort, "remind/"), {"chosen": [*chosen, "nonsense"], "query": "agreement=open"}
        )
    assert answer.url == f"{desk(cohort)}?agreement=open"
    assert [mail.about_id for mail in Message.objects.all()] == [current(found["waiting_supervisor"]).pk]


def test_taking_the_link_back(client: Client) -> None:
    cohort, found = everything()
    client.force_login(staff(cohort))
    row = found["waiting_supervisor"]
    client.post(desk(cohort, f"{row.uid}/link/"), {"revoke": "1"})
    assert link_of(current(row)).revoked_at is not None
    assert "No link is open" in client.get(desk(cohort, f"{row.uid}/")).content.decode()


def test_help_is_seen_by_managers_and_marked(client: Client) -> None:
    mentorship, mentor, mentee = busy()
    asked = ask_for_help(mentorship=mentorship, by=mentee, wish="advice", words="CANARY-HELP")
    one = desk(mentorship.cohort, f"{mentorship.uid}/")
    client.force_login(staff(mentorship.cohort, Role.HR_LIAISON))
    assert "CANARY-HELP" not in client.get(one).content.decode()
    assert client.post(f"{one}help/{asked.uid}/").status_code == 403
    client.force_login(mentor)
    assert "CANARY-HELP" not in client.get(f"/m/{mentorship.uid}/").content.decode()
    client.force_login(staff(mentorship.cohort))
    assert "CANARY-HELP" in client.get(one).content.decode()
    assert client.post(f"{one}help/{asked.uid}/").status_code == 302
    asked.refresh_from_db()
    assert asked.handled_at is not None


def test_ending_by_the_manager(client: Client) -> None:
    mentorship, *_ = busy()
    client.force_login(staff(mentorship.cohort))
    page = desk(mentorship.cohort, f"{mentorship.uid}/end/")
    assert client.get(page).status_code == 200
    assert Mentorship.objects.get().state == "forming"
    assert client.post(page).status_code == 302
    assert Mentorship.objects.get().state == "ended"


def publishable(pairs: int = 2) -> tuple[Run, str]:
    run = RunFactory(cohort=CohortFactory(state="matching"), certificate={"ok": True}, number=3)
    strand = StrandFactory(program=run.cohort.program)
    for _ in range(pairs):
        pair = {
            role: EnrollmentFactory(cohort=run.cohort, strand=strand, role=role)
            for role in ("mentee", "mentor")
        }
        ProposalFactory(run=run, **pair)
    return run, f"/desk/{run.cohort.program.slug}/{run.cohort.slug}/matching/3/publish/"


def publish(client: Client, url: str, **given: Any) -> Any:
    """Choose and, where somebody is named, be sure."""
    named = client.post(url, given)
    return client.post(url, {"sure": named.context["sure"]}) if named.status_code == 200 else named


def ticked(page: Any) -> list[str]:
    """What a browser would send of the boxes as they come."""
    boxes = re.findall(
        r'<input type="checkbox" name="chosen" value="([^"]+)"( checked)?', page.content.decode()
    )
    return [uid for uid, checked in boxes if checked]


def test_of_many_pairs_the_three_ticked_after_a_refusal_alone_are_published(client: Client) -> None:
    run, url = publishable(pairs=21)
    client.force_login(staff(run.cohort))
    assert len(ticked(client.get(url))) == 21
    refused = client.post(url, {}, HTTP_REFERER=f"http://testserver{url}")  # as a browser sends it
    assert (refused.status_code, ticked(refused)) == (409, [])
    assert "No pair is chosen." in refused.content.decode()
    assert 'data-check-all="chosen" checked' not in refused.content.decode()
    three = {str(uid) for uid in run.proposals.order_by("pk").values_list("uid", flat=True)[4:7]}
    named = client.post(url, {"chosen": [*ticked(refused), *three]})
    shown = named.content.decode()
    assert "Publish 3 pairs?" in shown
    assert set(named.context["sure"].split()) == three
    for row in run.proposals.select_related("mentee__person"):
        assert (row.mentee.person.full_name in shown) == (str(row.uid) in three)
    assert Mentorship.objects.count() == 0
    back = client.post(url, {"sure": named.context["sure"], "back": "1"})
    assert (back.status_code, set(ticked(back)), Mentorship.objects.count()) == (200, three, 0)
    assert client.post(url, {"sure": named.context["sure"]}).url == desk(run.cohort)
    assert {str(row.proposal.uid) for row in Mentorship.objects.select_related("proposal")} == three
    assert sorted(ticked(client.get(url))) == sorted(
        str(uid) for uid in run.proposals.filter(published_at=None).values_list("uid", flat=True)
    )


def test_a_pair_that_cannot_be_made_any_more_keeps_the_ticks_of_the_others(client: Client) -> None:
    run, url = publishable(pairs=3)
    client.force_login(staff(run.cohort))
    first, second, _third = run.proposals.order_by("pk")
    named = client.post(url, {"chosen": [str(first.uid), str(second.uid)]})
    Enrollment.objects.filter(pk=first.mentee_id).update(state="withdrawn")
    refused = client.post(url, {"sure": named.context["sure"]})
    assert (refused.status_code, Mentorship.objects.count()) == (409, 0)
    assert first.mentee.person.full_name in refused.context["refused"].message
    assert ticked(refused) == [str(second.uid)]


def test_publishing_shows_first_and_acts_on_post(client: Client) -> None:
    run, url = publishable()
    manager = staff(run.cohort)
    other = MembershipFactory().person
    for person, expected in ((staff(run.cohort, Role.HR_LIAISON), 403), (other, 404)):
        client.force_login(person)
        assert (client.get(url).status_code, client.post(url).status_code) == (expected, expected)
    client.force_login(manager)
    assert client.get(url).context["possible"] == 2
    assert Mentorship.objects.count() == 0
    chosen = run.proposals.order_by("pk").first()
    named = client.post(url, {"chosen": [str(chosen.uid)]})
    assert (named.status_code, Mentorship.objects.count()) == (200, 0)
    assert client.post(url, {"sure": named.context["sure"]}).url == desk(run.cohort)
    assert Mentorship.objects.get().proposal == chosen
    again = client.post(url, {"sure": named.context["sure"]})
    assert (again.status_code, Mentorship.objects.count()) == (409, 1)
    rest = client.get(url)
    assert (rest.context["is_published"], rest.context["published"], rest.context["possible"]) == (
        False,
        1,
        1,
    )
    assert "1 pair of this run is published." in rest.content.decode()
    other = run.proposals.get(published_at=None)
    assert client.post(url, {"sure": str(other.uid)}).url == desk(run.cohort)
    assert client.get(url).context["is_published"] is True


def test_all_that_the_filter_shows_are_published_at_once_and_no_other(client: Client) -> None:
    run, url = publishable()
    client.force_login(staff(run.cohort))
    one = run.proposals.order_by("pk").first()
    Person.objects.filter(pk=one.mentee.person_id).update(full_name="Kim Li")
    assert client.get(f"{url}?q=kim").context["possible"] == 1
    assert publish(client, f"{url}?q=kim", which="all").status_code == 302
    assert Mentorship.objects.get().proposal == one


def ask(proposal: Proposal, *said: str) -> None:
    for row, answer in zip((proposal.mentee, proposal.mentor), said, strict=True):
        SideAnswer.objects.create(
            proposal=proposal,
            enrollment=row,
            due_on=date(2030, 1, 1),
            answer=answer,
            answered_at=timezone.now() if answer else None,
        )


def test_pairs_can_be_narrowed_to_those_that_both_agreed_to(client: Client) -> None:
    run, url = publishable()
    client.force_login(staff(run.cohort))
    assert client.get(url).context["asked"] is False
    one, other = run.proposals.order_by("pk")
    ask(one, "yes", "yes")
    ask(other, "", "")
    for said, expected in (("both", [one]), ("open", [other]), ("", [one, other])):
        rows = client.get(f"{url}?said={said}").context["rows"]
        assert sorted((row.proposal for row, _ticked, _said in rows), key=lambda pair: pair.pk) == expected, (
            said
        )
    assert publish(client, f"{url}?said=both", which="all").status_code == 302
    assert Mentorship.objects.get().proposal == one


@pytest.mark.parametrize(
    ("said", "ticked"),
    [
        ([], (True, True)),
        ([("yes", "yes")], (True, False)),
        ([("yes", "")], (False, False)),
        ([("yes", "yes"), ("", "")], (True, False)),
        ([("yes", "yes"), ("yes", "yes")], (True, True)),
    ],
)
def test_where_both_sides_were_asked_only_what_both_agreed_to_is_ticked(
    client: Client, said: list[tuple[str, str]], ticked: tuple[bool, bool]
) -> None:
    run, url = publishable()
    client.force_login(staff(run.cohort))
    pairs = list(run.proposals.order_by("pk"))
    for proposal, answers in zip(pairs, said, strict=False):
        ask(proposal, *answers)
    page = client.get(url)
    rows = {row.proposal: is_ticked for row, is_ticked, _said in page.context["rows"]}
    assert rows == dict(zip(pairs, ticked, strict=True))
    told = "to which both sides said yes" in page.content.decode()
    assert told == (bool(said) and any(ticked))
    assert page.content.decode().count(' checked aria-label="') == sum(ticked) == page.context["possible"]
    done = publish(client, url, which="all")
    assert (done.status_code, Mentorship.objects.count()) == (302 if any(ticked) else 409, sum(ticked))
    if not all(ticked):  # the manager may still tick it
        rest = [str(row.uid) for row in run.proposals.filter(published_at=None)]
        publish(client, url, chosen=rest)
        assert Mentorship.objects.count() == 2


def test_a_pair_of_whom_one_last_said_no_is_told_before_it_is_published(client: Client) -> None:
    run, url = publishable()
    client.force_login(staff(run.cohort))
    for proposal, answers in zip(run.proposals.order_by("pk"), (("yes", "no"), ("yes", "")), strict=True):
        ask(proposal, *answers)
    no = SideAnswer.objects.select_related("proposal__mentee__person", "enrollment__person").get(answer="no")
    told = client.post(url, {"chosen": [str(row.uid) for row in run.proposals.all()]}).context["noes"]
    day = date_format(timezone.localtime(no.answered_at), "DATE_FORMAT")
    names = (no.enrollment.person.name, no.proposal.mentee.person.name)
    assert told == ["{} said no to {} on {}, and was told that a no is final.".format(*names, day)]


def test_the_page_to_publish_costs_the_same_for_few_and_many(client: Client, count_queries: Any) -> None:
    run, url = publishable()
    client.force_login(staff(run.cohort))
    counted = []
    for more in (0, 29):
        for _ in range(more):
            ProposalFactory(run=run)
        with count_queries() as queries:
            assert len(client.get(url).context["rows"]) == 2 + more
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_publishing_nothing_is_refused(client: Client) -> None:
    run, url = publishable()
    client.force_login(staff(run.cohort))
    assert (client.post(url).status_code, Mentorship.objects.count()) == (409, 0)


def test_the_meeting_page_of_staff_never_reads_the_note(client: Client, count_queries: Any) -> None:
    mentorship, *_ = busy()
    client.force_login(staff(mentorship.cohort))
    with count_queries() as counted:
        client.get(desk(mentorship.cohort, f"{mentorship.uid}/"))
    assert [query["sql"] for query in counted if '"agreements_meeting"."note"' in query["sql"]] == []
    assert Meeting.objects.get().note == "CANARY-NOTE"


@pytest.mark.parametrize(("role", "told"), [("manager", True), ("sponsor", False), ("committee", False)])
def test_that_somebody_asks_for_help_is_told_to_those_who_help(
    login: Callable[..., Client], role: str, told: bool
) -> None:
    mentorship, _mentor, mentee = pair(state="active")
    ask_for_help(mentorship=mentorship, by=mentee, wish="advice", words="How?")
    cohort = mentorship.cohort
    client = login(MembershipFactory(program=cohort.program, role=role).person)
    page = client.get(reverse("cohort_desk", args=[cohort.program.slug, cohort.slug])).content.decode()
    assert ("Ask for help" in page, "Silent for 21 days" in page) == (told, True)
