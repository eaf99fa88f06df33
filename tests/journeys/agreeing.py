"""From the first mail to an agreement that the supervisor has approved, a plan, and meetings."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader

from agreements.models import ActionPlan, Agreement, Meeting, Mentorship
from notifications.models import EmailLink
from tests.harness.browser import Window
from tests.journeys.story import NAMES, SUPERVISOR, Story, links_in, person

FOCUS = "Leading a first team through a redesign"


def pair_of(who: str) -> Mentorship:
    """The mentorship of a mentee."""
    return Mentorship.objects.get(members__person=person(who), members__side="mentee")


def agreement_of(who: str) -> Agreement:
    """The latest version of a mentee's agreement."""
    return pair_of(who).agreements.latest("version")


def page_of(who: str, rest: str = "") -> str:
    """An address of a mentee's mentorship."""
    return f"/m/{pair_of(who).uid}/{rest}"


def mentee_writes_the_agreement_and_signs(story: Story) -> None:
    window = story.at("mira")
    link = next(link for link in links_in(story.mail("mira", "Good news")) if "/m/" in link)
    window.open(link)
    assert NAMES["vera"] in window.heading()
    window.open("/")
    window.follow(f"Sign your mentoring agreement with {NAMES['vera']}")
    assert "Still to be agreed on" in window.text()
    window.follow("Write")
    window.fill(focus=FOCUS, intended_result="Ready for a lead position", hours_per_month=0, reply_days=2)
    window.press("Save")
    assert window.page.locator("[name=focus]").input_value() == FOCUS, "an error loses no text"
    window.fill(hours_per_month=4, boundaries="No calls after six.")
    window.tick("who_contacts", "mentee")
    window.tick("media", "video", "in_person")
    window.tick("needs_nda", "no")
    window.press("Save")
    assert "Ready to be signed" in window.text()
    _sign(window, "Somebody Else")
    assert agreement_of("mira").signatures.count() == 0
    _sign(window, NAMES["mira"])
    assert agreement_of("mira").state == "signing"


def _sign(window: Window, name: str) -> None:
    window.fill(typed_name=name)
    window.press("Sign")


def mentor_signs_too(story: Story) -> None:
    window = story.at("vera")
    link = next(link for link in links_in(story.mail("vera", f"{NAMES['mira']} has signed")) if "/m/" in link)
    window.open(link)
    assert FOCUS in window.text()
    _sign(window, NAMES["vera"])
    assert NAMES[SUPERVISOR] in window.text(), "who is still to sign"
    assert agreement_of("mira").state == "signing"


def supervisor_approves_from_the_mail(story: Story) -> None:
    """Without an account. Opening the link decides nothing, however often, nor does an empty answer."""
    link = _approval_link(story)
    window = story.stranger()
    for _visit in range(3):
        window.open(link)
        assert window.path == "/l/", "the address no longer holds the secret"
        window.page.wait_for_timeout(500)
    assert FOCUS in window.text()
    assert _answered() == 0
    window.fill(typed_name=NAMES[SUPERVISOR])
    window.press("Send my answer")
    assert "Choose one of the two answers." in window.text()
    assert window.page.locator("[name=typed_name]").input_value() == NAMES[SUPERVISOR]
    window.tick("decision", "approve")
    window.fill(typed_name="")
    window.press("Send my answer")
    assert "Type your full name" in window.text()
    assert window.page.locator("[name=decision][value=approve]").is_checked()
    assert _answered() == 0
    window.fill(typed_name=NAMES[SUPERVISOR])
    window.press("Send my answer")
    assert window.heading() == "You have approved this agreement"
    assert [agreement_of("mira").state, _answered()] == ["in_force", 1]


def _approval_link(story: Story) -> str:
    mail = story.mail(SUPERVISOR, f"Please approve: the mentoring agreement of {NAMES['mira']}")
    return next(link for link in links_in(mail) if "/l/" in link)


def _answered() -> int:
    return EmailLink.objects.filter(recipient=person(SUPERVISOR)).exclude(used_at=None).count()


def everybody_gets_a_receipt(story: Story) -> None:
    for who in ("mira", "vera", SUPERVISOR):
        assert story.mail(who, f"In force: the mentoring agreement of {NAMES['mira']}")
    again = story.stranger()
    again.open(_approval_link(story))
    assert again.heading() == "You have approved this agreement"
    assert again.page.get_by_role("button", name="Send my answer").count() == 0


def the_agreement_on_paper(story: Story) -> None:
    window = story.at("mira")
    window.open(page_of("mira", "agreement/"))
    window.follow("Print")
    paper = window.text()
    for words in (FOCUS, NAMES["mira"], NAMES["vera"], NAMES[SUPERVISOR], agreement_of("mira").text_digest):
        assert words in paper
    answer = window.context.request.get(f"{window.base}{page_of('mira', 'agreement/pdf/')}")
    assert [answer.status, answer.headers["content-type"]] == [200, "application/pdf"]
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.body())).pages).split())
    for words in (FOCUS, "No calls after six.", NAMES["vera"], NAMES[SUPERVISOR]):
        assert words in text, text


def mentee_writes_a_plan_and_shares_it(story: Story) -> None:
    window, mentor = story.at("mira"), story.at("vera")
    window.open(page_of("mira", "plan/"))
    window.follow("Write")
    window.fill(short_term_goals="Lead the culvert team.")
    window.press("Save")
    window.fill(text="Sit in on a budget round")
    window.press("Add")
    assert "Choose an answer" in window.text()
    assert window.page.locator("[name=text]").input_value() == "Sit in on a budget round"
    window.tick("kind", "need")
    window.fill(due_on=pair_of("mira").ends_on)
    window.press("Add")
    mentor.open(page_of("mira", "plan/"))
    assert "Lead the culvert team." not in mentor.text()
    window.press(f"Share with {NAMES['vera']}")
    assert ActionPlan.objects.get(mentorship=pair_of("mira")).state == "shared"
    mentor.open(page_of("mira", "plan/"))
    assert "Lead the culvert team." in mentor.text()
    assert "Sit in on a budget round" in mentor.text()


def both_log_meetings(story: Story) -> None:
    mentor, mentee = story.at("vera"), story.at("mira")
    mentor.open(page_of("mira", "meetings/"))
    mentor.fill(minutes=45, note="Talked about delegation.")
    mentor.tick("medium", "video")
    mentor.press("Log it")
    mentee.open(page_of("mira", "meetings/"))
    assert "Talked about delegation." in mentee.text()
    mentee.fill(held_on="2001-01-01", note="A note that must not be lost")
    mentee.tick("medium", "phone")
    mentee.press("Log it")
    assert mentee.page.locator("[name=note]").input_value() == "A note that must not be lost"
    mentee.fill(held_on=pair_of("mira").starts_on)
    mentee.press("Log it")
    assert Meeting.objects.filter(mentorship=pair_of("mira")).count() == 2
    assert "2 of 2 this month" in mentee.text()
