"""What the program does while pairs work: reminders, a survey, and figures that lead to people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta

from evaluations.models import Survey
from notifications.domain.reminders import queue_reminders
from notifications.models import Message
from tests.harness.browser import Window
from tests.journeys.agreeing import agreement_of, pair_of
from tests.journeys.beginning import today
from tests.journeys.story import MANAGER, MENTEES, MENTORS, Story, person, wait_until


def time_moves_on_and_reminders_go_out_once(story: Story) -> None:
    """On the first working day after the agreements were due, whoever has not signed hears of it; once."""
    day = agreement_of("noa").due_on + timedelta(days=1)
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    noon = datetime.combine(day, time(11), UTC)
    assert queue_reminders(now=noon) > 0
    assert queue_reminders(now=noon) == 0
    late = [who for who in [*MENTORS, *MENTEES] if _owes_a_signature(who)]
    assert sorted(late) == sorted(
        [*set(MENTEES) - {"mira"}, *{_mentor_of(who) for who in MENTEES if who != "mira"}]
    )
    wait_until(
        lambda: (
            not Message.objects.filter(
                kind="reminder", state__in=["pending", "claimed", "data_started"]
            ).exists()
        )
    )
    reminded = Message.objects.filter(
        kind="reminder", state="sent", body__contains="Sign your mentoring agreement"
    )
    assert sorted(reminded.values_list("recipient__email", flat=True)) == sorted(
        f"{who}@example.org" for who in late
    )


def _mentor_of(mentee: str) -> str:
    email = pair_of(mentee).members.get(side="mentor").person.email
    return email.partition("@")[0]


def _owes_a_signature(who: str) -> bool:
    return person(who).member_of.exclude(mentorship__agreements__state="in_force").exists()


def manager_makes_a_survey(story: Story) -> None:
    window = story.at(MANAGER)
    window.open(story.desk("surveys/"))
    window.click(window.page.get_by_role("link", name="New survey").first)
    window.press("Continue")
    assert "Choose an answer to “Questions”" in window.text()
    window.page.get_by_label("How is it going?").check()
    window.tick("audience", "everyone")
    window.fill(opens_on=today(), closes_on=today() + timedelta(days=14))
    window.press("Continue")
    assert f"{_asked()} people will be asked by e-mail." in window.text()
    window.press("Open the survey")
    assert Survey.objects.get().state == "open"


def _asked() -> int:
    return len(MENTEES) + len({_mentor_of(who) for who in MENTEES})


def people_answer(story: Story) -> None:
    """Two by their own hands, the rest by the verb behind the page."""
    from evaluations.domain.surveys import answer_survey

    for number, invitation in enumerate(Survey.objects.get().invitations.order_by("person__email")):
        who = invitation.person.email.partition("@")[0]
        if who in ("mira", "vera"):
            _answer_by_hand(story, who)
        else:
            answers = {"going": 4 + number % 2, "meetings": "as_agreed", "better": "More time"}
            answer_survey(invitation=invitation, answers=answers)


def _answer_by_hand(story: Story, who: str) -> None:
    mail = story.mail(who, "How is it going?")
    window = story.at(who)
    part = mail.get_body(("plain",))
    assert part is not None
    found = re.search(r"https?://\S+/s/[0-9a-f-]+/", str(part.get_content()))
    assert found
    window.open(found.group(0))
    window.fill(better="Fewer forms")
    window.press("Send my answers")
    assert window.page.locator("[name=better]").input_value() == "Fewer forms"
    window.tick("going", "5")
    window.tick("meetings", "as_agreed")
    window.press("Send my answers")
    assert window.heading() == "Thank you for your answers"


def manager_sees_no_figure_under_five(story: Story) -> None:
    window = story.at(MANAGER)
    window.open(story.desk("surveys/"))
    window.follow("How is it going?")
    assert "Fewer forms" not in window.text()
    assert window.page.locator("table").count() == 0, "nothing is shown while the survey is open"
    window.page.locator("details.confirm summary", has_text="Close it now").click()
    window.click("details.confirm[open] button")
    shown = window.text()
    assert "How many gave each answer is hidden: some are fewer than five." in shown
    assert "Comments are shown from ten on." in shown
    assert "Groups are not shown apart" in shown
    assert "Fewer forms" not in shown
    counts = [int(text) for text in window.page.locator("td.num").all_inner_texts() if text.isdecimal()]
    assert counts
    assert min(counts) >= 5


def figures_lead_to_the_people_behind_them(story: Story) -> None:
    """Each figure of the desk that is a link opens a list of as many as it says."""
    window = story.at(MANAGER)
    window.open(story.desk())
    figures = _figures(window)
    assert len(figures) > 8, figures
    assert {url.partition("?")[2].partition("=")[0] for _label, _number, url in figures} >= SAID
    wrong = []
    for label, number, url in figures:
        status = window.open(url)
        listed = _listed(window)
        if status != 200 or listed != number:
            wrong.append(f"{label}: {number}, but {listed} at {url} ({status})")
    assert wrong == []


SAID = {"agreement", "plan", "meetings", "silent", "help", "role", "among"}
# A link that holds its number, or stands beside it in a legend or before a bar.
FIGURES = r"""() => [...document.querySelectorAll('main a[href]')].map(link => {
    const beside = link.closest('.legend li')?.querySelector('b')
        || link.closest('.bars li')?.querySelector('.bars-text');
    const label = link.textContent.trim().replace(/\s+/g, ' ');
    return [label, ((beside || link).textContent.match(/\d+/) || [])[0], link.getAttribute('href')];
}).filter(([, number, url]) => number && url.includes('?'))"""


def _figures(window: Window) -> list[tuple[str, int, str]]:
    """(label, number, address) of every linked figure."""
    return [(label, int(number), url) for label, number, url in window.page.evaluate(FIGURES)]


def _listed(window: Window) -> int:
    found = re.search(r"(\d+) (people|person|mentorships?)\b", window.page.locator("#results").inner_text())
    return int(found.group(1)) if found else 0
