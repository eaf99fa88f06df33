"""A late joiner takes a free place in a circle: who may, what it makes, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse

from agreements.domain.endings import end_without_fault
from agreements.domain.joining import join_circle
from agreements.domain.publishing import publish_run
from agreements.models import ActionPlan, Member, Mentorship
from agreements.queries import free_places
from core.errors import Refused
from core.models import AuditEvent
from matching.models import Exclusion, PastPair
from notifications.models import Message
from participants.models import Enrollment
from tests.factories import MembershipFactory, StrandFactory
from tests.matching.people import World, claim, world
from tests.matching.test_views import text

pytestmark = pytest.mark.django_db


@dataclass
class Meeting:
    """A circle of three around one host who takes four, and somebody who comes late."""

    here: World
    circle: Mentorship
    host: Enrollment
    late: Enrollment


@pytest.fixture
def meeting() -> Meeting:
    here = world()
    strand = StrandFactory(program=here.program, format="circle", size_min=2, size_max=5)
    host = here.mentor("Hanna Host", strand=strand, capacity=4)
    for name in ("Ana", "Ben", "Cleo"):
        here.mentee(name, strand=strand)
    (circle,) = publish_run(run=here.run(), by=here.manager)
    Message.objects.all().delete()
    return Meeting(here, circle, host, here.mentee("Lee Late", strand=strand, availability=["mon-am"]))


def join(meeting: Meeting, **change: Any) -> Member:
    fields = {"mentorship": meeting.circle, "enrollment": meeting.late, "by": meeting.here.manager}
    return join_circle(**{**fields, **change})


def test_a_late_joiner_is_a_member_like_the_others(meeting: Meeting) -> None:
    member = join(meeting)
    assert (member.mentorship, member.side, member.person) == (meeting.circle, "mentee", meeting.late.person)
    assert member.pair_key == f"{meeting.host.pk}:{meeting.late.pk}"
    used = dict(Enrollment.objects.values_list("person__full_name", "used"))
    assert (used["Hanna Host"], used["Lee Late"], used["Ana"]) == (4, 1, 1)
    assert ActionPlan.objects.filter(mentorship=meeting.circle, mentee=meeting.late.person).count() == 1
    assert PastPair.objects.count() == 4
    assert AuditEvent.objects.filter(verb="mentorship.member_joined").count() == 1
    mails = {mail.recipient.full_name: mail for mail in Message.objects.select_related("recipient")}
    assert set(mails) == {"Hanna Host", "Lee Late"}
    assert {mail.state for mail in mails.values()} == {Message.State.DRAFT}
    assert "Hanna Host" in mails["Lee Late"].body
    end_without_fault(mentorship=meeting.circle, by=meeting.late.person)
    assert Enrollment.objects.get(pk=meeting.host.pk).used == 3


def test_a_full_circle_takes_nobody(meeting: Meeting) -> None:
    join(meeting)
    assert free_places(meeting.circle) == 0
    one_more = meeting.here.mentee("One More", strand=meeting.circle.strand)
    with pytest.raises(Refused) as refused:
        join(meeting, enrollment=one_more)
    assert refused.value.code == "full"


@pytest.mark.parametrize("code", ["ended", "not_a_circle", "not_accepted", "no_place", "rule_exclusion"])
def test_who_may_not_join(meeting: Meeting, code: str) -> None:
    change: dict[str, Any] = {}
    if code == "ended":
        end_without_fault(mentorship=meeting.circle, by=meeting.here.manager)
    elif code == "not_a_circle":
        meeting.here.mentee("Solo")
        meeting.here.mentor("Mentor")
        change["mentorship"] = next(
            made
            for made in publish_run(run=meeting.here.run(), by=meeting.here.manager)
            if made != meeting.circle
        )
    elif code == "not_accepted":
        Enrollment.objects.filter(pk=meeting.late.pk).update(state="waitlisted")
    elif code == "no_place":
        Enrollment.objects.filter(pk=meeting.late.pk).update(used=1)
    else:
        Exclusion.objects.create(
            cohort=meeting.here.cohort,
            mentee=meeting.late,
            mentor=meeting.host,
            reason="They share an office.",
        )
    before = Member.objects.count()
    with pytest.raises(Refused) as refused:
        join(meeting, **change)
    assert refused.value.code == code
    assert (Member.objects.count(), Message.objects.filter(dedupe_key__startswith="joined").count()) == (
        before,
        0,
    )


def test_somebody_of_another_strand_does_not_fit(meeting: Meeting) -> None:
    with pytest.raises(Refused) as refused:
        join(meeting, enrollment=meeting.here.mentee("Solo"))
    assert refused.value.code == "not_accepted"


def test_the_desk_adds_somebody(meeting: Meeting, login: Any) -> None:
    here, circle = meeting.here, meeting.circle
    args = [here.program.slug, here.cohort.slug, circle.uid]
    shown, page = reverse("staff_mentorship", args=args), reverse("circle_join", args=args)
    desk = login(here.manager)
    assert "Add somebody: 1 place is free" in text(desk.get(shown))
    offered = text(desk.get(page))
    assert "Lee Late (Monday morning)" in offered
    assert "Ana (" not in offered
    nobody = desk.post(page, {"enrollment": ""})
    assert (nobody.status_code, Member.objects.filter(person=meeting.late.person).exists()) == (200, False)
    Exclusion.objects.create(cohort=here.cohort, mentee=meeting.late, mentor=meeting.host, reason="No.")
    assert "not even by hand" in text(desk.post(page, {"enrollment": str(meeting.late.uid)}))
    Exclusion.objects.all().delete()
    assert desk.post(page, {"enrollment": str(meeting.late.uid)}).url == shown
    assert Member.objects.filter(mentorship=circle, person=meeting.late.person).exists()
    assert "Nobody can be added The circle is full." in text(desk.get(page))
    assert "Add somebody" not in text(desk.get(shown))


def test_where_nobody_waits_a_circle_with_places_is_not_called_full(meeting: Meeting, login: Any) -> None:
    here = meeting.here
    Enrollment.objects.filter(pk=meeting.late.pk).update(state="withdrawn")
    args = [here.program.slug, here.cohort.slug, meeting.circle.uid]
    page = text(login(here.manager).get(reverse("circle_join", args=args)))
    assert "This circle has 1 free place." in page
    assert "Nobody can be added Nobody in this strand waits for a circle." in page


def meets(meeting: Meeting, *times: str) -> None:
    """When the host is free; the members said nothing."""
    Enrollment.objects.filter(pk=meeting.host.pk).update(availability=list(times))


def test_somebody_who_is_never_free_when_the_circle_is_joins_on_purpose_alone(meeting: Meeting) -> None:
    meets(meeting, "thu-pm")
    with pytest.raises(Refused) as refused:
        join(meeting)
    assert (refused.value.code, refused.value.message) == (
        "no_common_time",
        "Lee Late is never free when the circle is (Thursday afternoon).",
    )
    assert not Member.objects.filter(person=meeting.late.person).exists()
    join(meeting, anyway=True)
    assert Member.objects.filter(person=meeting.late.person).exists()
    assert "When everybody" not in Message.objects.get(recipient=meeting.late.person).body


@pytest.mark.parametrize(
    ("circle", "late"), [(["mon-am", "thu-pm"], ["mon-am"]), ([], ["mon-am"]), (["mon-am"], [])]
)
def test_where_times_speak_for_it_or_nobody_said_any_no_tick_is_asked_for(
    meeting: Meeting, circle: list[str], late: list[str]
) -> None:
    meets(meeting, *circle)
    Enrollment.objects.filter(pk=meeting.late.pk).update(availability=late)
    join(meeting)
    told = "When everybody in the circle is free: Monday morning." if len(circle) > 1 else ""
    for mail in Message.objects.all():
        assert ("When everybody in the circle is free" in mail.body) == bool(told)
        assert told in mail.body


def test_the_page_says_when_the_circle_is_free_and_who_can_come(meeting: Meeting, login: Any) -> None:
    here, circle, desk = meeting.here, meeting.circle, login(meeting.here.manager)
    args = [here.program.slug, here.cohort.slug, circle.uid]
    shown, page = reverse("staff_mentorship", args=args), reverse("circle_join", args=args)
    assert "no time of its own" in text(desk.get(page))
    meets(meeting, "thu-pm")
    here.mentee("Zoe Can", strand=circle.strand, availability=["thu-pm", "fri-am"])
    here.mentee("Nina None", strand=circle.strand)
    Enrollment.objects.filter(person__full_name="Ana").update(availability=["mon-am", "thu-pm"])
    offered = text(desk.get(page))
    assert "When the circle is free Thursday afternoon" in offered
    assert (
        "Choose somebody Zoe Can (Thursday afternoon, Friday morning): can come "
        "Nina None: said no times Lee Late (Monday morning): cannot come then"
    ) in offered
    assert "Add them even if they are never free when the circle is" in offered
    late = {"enrollment": str(meeting.late.uid)}
    refused = desk.post(page, late)
    assert "Lee Late is never free when the circle is (Thursday afternoon)." in text(refused)
    assert "When everybody is free Thursday afternoon" in text(desk.get(shown))
    assert desk.post(page, late | {"anyway": "on"}).url == shown
    assert "When everybody is free No time that all of them named." in text(desk.get(shown))


def test_nobody_is_asked_to_tick_where_everybody_can_come(meeting: Meeting, login: Any) -> None:
    meets(meeting, "mon-am")
    args = [meeting.here.program.slug, meeting.here.cohort.slug, meeting.circle.uid]
    assert "Add them even if" not in text(login(meeting.here.manager).get(reverse("circle_join", args=args)))


def test_the_pages_of_a_late_joiner_and_the_host_say_why_too(meeting: Meeting, login: Any) -> None:
    claim(meeting.late, "Law")
    claim(meeting.host, "Law")
    join(meeting)
    for person, why in (
        (meeting.late.person, "Hanna offers what you seek: Law."),
        (meeting.host.person, "You offer what Lee seeks: Law."),
    ):
        page = login(person).get(reverse("mentorship", args=[meeting.circle.uid]))
        assert page.context["why"] == [why]


def test_the_mails_say_why_the_late_joiner_fits(meeting: Meeting) -> None:
    claim(meeting.late, "Law")
    claim(meeting.host, "Law")
    join(meeting)
    mails = {mail.recipient.full_name: mail.body for mail in Message.objects.select_related("recipient")}
    assert "Why we think you fit:\n\n- Hanna offers what you seek: Law." in mails["Lee Late"]
    assert "Why we think you fit:\n\n- You offer what Lee seeks: Law." in mails["Hanna Host"]


@pytest.fixture
def untold() -> Meeting:
    """A circle of two in which everybody is free at two times, none of whom has read of it."""
    here = world()
    strand = StrandFactory(program=here.program, format="circle", size_min=2, size_max=5)
    free = {"strand": strand, "availability": ["fri-am", "mon-am"]}
    host = here.mentor("Hugo Host", capacity=4, **free)
    claim(host, "Law")
    for name in ("Dora", "Emil"):
        claim(here.mentee(name, **free), "Law")
    (circle,) = publish_run(run=here.run(), by=here.manager)
    return Meeting(here, circle, host, here.mentee("Lena Later", strand=strand, availability=["mon-am"]))


def mails(circle: Mentorship) -> dict[str, list[str]]:
    """Subject and text of what waits, by reader."""
    rows = (
        Message.objects.filter(about_id=circle.pk, state="draft").select_related("recipient").order_by("pk")
    )
    found: dict[str, list[str]] = {}
    for mail in rows:
        found.setdefault(mail.recipient.full_name, []).append(f"{mail.subject}\n{mail.body}")
    return found


def test_what_was_not_sent_yet_tells_of_the_circle_as_it_is_by_now(untold: Meeting) -> None:
    claim(untold.late, "Law")
    free = "When everybody in the circle is free: "
    before = mails(untold.circle)
    assert all(f"{free}Monday morning, Friday morning." in "".join(texts) for texts in before.values())
    join(untold)
    told = mails(untold.circle)
    assert {name: len(texts) for name, texts in told.items()} == {
        "Hugo Host": 1, "Dora": 1, "Emil": 1, "Lena Later": 1,
    }  # fmt: skip
    assert all(f"{free}Monday morning." in text for (text,) in told.values())
    assert told["Hugo Host"][0].startswith("Your circle: meet 3 people\n")
    assert "You offer what Lena seeks: Law." in told["Hugo Host"][0]
    assert "- Hugo offers what you seek: Law." in told["Dora"][0]
    end_without_fault(mentorship=untold.circle, by=untold.late.person)
    assert mails(untold.circle) == before
    assert not Message.objects.filter(kind="member_left").exists()


def test_a_host_who_knows_of_the_others_is_told_of_the_late_joiner_alone(untold: Meeting) -> None:
    Message.objects.filter(recipient=untold.host.person).update(state="sent")
    join(untold)
    (text,) = mails(untold.circle)["Hugo Host"]
    assert text.startswith("Your circle: meet Lena Later\n")
    dora = Enrollment.objects.get(person__full_name="Dora").person
    end_without_fault(mentorship=untold.circle, by=dora)
    assert mails(untold.circle)["Hugo Host"] == [text]
    end_without_fault(mentorship=untold.circle, by=untold.late.person)
    assert set(mails(untold.circle)) == {"Emil"}
    told = Message.objects.filter(kind="member_left").values_list("subject", "recipient__full_name")
    assert list(told) == [("Dora has left your circle", "Hugo Host")]


def test_who_only_follows_is_not_offered_it(meeting: Meeting, login: Any) -> None:
    here = meeting.here
    args = [here.program.slug, here.cohort.slug, meeting.circle.uid]
    liaison = MembershipFactory(program=here.program, role="hr_liaison").person
    assert "Add somebody" not in text(login(liaison).get(reverse("staff_mentorship", args=args)))
    assert login(liaison).get(reverse("circle_join", args=args)).status_code == 403
