"""From accepted people to pairs who know of each other."""

from __future__ import annotations

import time

from agreements.models import Mentorship
from config.celery import app
from matching.models import Exclusion, Run
from notifications.models import Message
from tests.harness.browser import Window
from tests.journeys.story import MANAGER, MENTEES, MENTORS, NAMES, Story, address, wait_until

QUEUE = "celery"


def manager_runs_the_matching_and_sees_how_far_it_is(story: Story) -> None:
    """The worker is held back until the progress has been seen."""
    window = story.at(MANAGER)
    window.open(story.desk("matching/"))
    app.control.cancel_consumer(QUEUE, reply=True, limit=1, timeout=10)
    window.press("Run matching")
    assert window.path == story.desk("matching/1/")
    assert window.page.locator("progress").get_attribute("max") == "100"
    assert "You may leave this page; the run goes on" in window.text()
    if not story.script:
        window.follow("Reload to see how far it is")
        assert window.page.locator("progress").count() == 1
    app.control.add_consumer(QUEUE, reply=True, limit=1, timeout=10)
    _wait_for_review(story, window)
    assert len(pairs_of(1)) == 5


def _wait_for_review(story: Story, window: Window) -> None:
    """With script the page comes by itself; without, one reloads it."""
    heading = window.page.get_by_role("heading", name="Review the proposed pairs")
    if story.script:
        heading.wait_for()
    else:
        wait_until(lambda: heading.count() or (time.sleep(0.3), window.page.reload(), heading.count())[-1])


def pairs_of(number: int) -> dict[str, str]:
    """Mentor by mentee of a run."""
    rows = Run.objects.get(number=number).proposals.values_list(
        "mentee__person__full_name", "mentor__person__full_name"
    )
    return dict(rows)


def manager_locks_one_pair_excludes_one_and_runs_again(story: Story) -> None:
    window = story.at(MANAGER)
    before = pairs_of(1)
    assert before[NAMES["mira"]] == NAMES["vera"], "her wish, and what she seeks"
    _row(window, "mira").get_by_role("button", name="Lock").first.click()
    window.page.locator("tr", has_text=NAMES["mira"]).get_by_text("Locked").wait_for()
    mentee = next(who for who in MENTEES if who != "mira" and before[NAMES[who]] != NAMES["vera"])
    _open_pair(window, story, mentee)
    window.click(window.page.locator("#pair a", has_text="Never pair these two"))
    window.press("Exclude the pair")
    assert "Fill in “Reason”" in window.text()
    window.fill(reason="Worked against each other.")
    window.press("Exclude the pair")
    assert Exclusion.objects.get().reason == "Worked against each other."
    assert "1 pair can no longer be made" in window.text()
    window.open(story.desk("matching/"))
    window.press("Run matching")
    _wait_for_review(story, window)
    after = pairs_of(2)
    assert after[NAMES["mira"]] == NAMES["vera"]
    assert after.get(NAMES[mentee]) != before[NAMES[mentee]]
    assert len(after) == 5


def _row(window: Window, mentee: str) -> object:
    return window.page.locator("tr", has_text=NAMES[mentee])


def _open_pair(window: Window, story: Story, mentee: str) -> None:
    """With script the pair opens beside the list; without, on a page of its own."""
    window.page.locator("tr", has_text=NAMES[mentee]).locator("a.opens").click()
    window.page.locator("#pair").get_by_role("heading", name="Why this pair").wait_for()
    assert window.page.locator("#pair .why li").count() > 0


def manager_publishes_and_nobody_is_told(story: Story) -> None:
    before = story.subjects(*MENTORS, *MENTEES)
    window = story.at(MANAGER)
    window.follow("Publish…")
    assert window.page.locator("[name=chosen]:checked").count() == 5
    assert Mentorship.objects.count() == 0
    window.press("Publish the chosen pairs…")
    assert Mentorship.objects.count() == 0
    window.press("Publish 5 pairs")
    assert [Mentorship.objects.count(), story.cohort.state] == [5, "running"]
    assert Message.objects.filter(kind="matched", state="draft").count() == 10
    time.sleep(1)
    assert story.subjects(*MENTORS, *MENTEES) == before


def manager_edits_one_draft_drops_one_and_sends_the_rest(story: Story) -> None:
    window = story.at(MANAGER)
    window.open(story.desk("mail/?state=draft"))
    _open_mail(window, "mira")
    assert NAMES["vera"] in window.page.frame_locator("iframe").locator("body").inner_text()
    window.follow("Edit")
    window.fill(subject="Good news from the program")
    window.press("Save")
    assert window.heading() == "Good news from the program"
    window.open(story.desk("mail/?state=draft"))
    _open_mail(window, "tim")
    window.follow("Drop")
    window.press("Yes, drop")
    window.open(story.desk("mail/"))
    window.follow("Send all 9")
    window.press("Yes, send")
    assert story.mail("mira", "Good news from the program")
    assert story.mail("vera", "You are matched: meet")
    for who in ("noa", "sam", "lea"):
        assert story.mail(who, "You are matched: meet")
    assert not [subject for subject in story.subjects("tim") if "matched" in subject]


def _open_mail(window: Window, who: str) -> None:
    row = window.page.locator("tr", has_text=address(who))
    window.click(row.get_by_role("link", name="You are matched"))
