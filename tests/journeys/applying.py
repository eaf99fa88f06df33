"""From the open call to everybody told whether they take part."""

from __future__ import annotations

from typing import Any

from participants.domain.applications import save_page, start_application, submit_application
from participants.models import Enrollment
from programs.models import Cohort
from tests.harness.browser import Window
from tests.journeys.story import MANAGER, MENTEES, MENTORS, NAMES, Story, person

FORM = "/apply/lakeside/pilot/"
SKILLS = {
    "vera": ["leadership", "delegation"], "omar": ["budget", "contracts"], "june": ["writing", "public-speaking"],
    "ivo": ["engineering", "quality"], "mira": ["leadership", "delegation"], "noa": ["budget"], "sam": ["writing"],
    "lea": ["engineering"], "tim": ["quality"],
}  # fmt: skip


def mentor_applies(story: Story) -> None:
    """In one go, from the public page."""
    window = story.at("vera")
    window.open("/p/lakeside/pilot/")
    window.click(window.page.locator(f"a[href='{FORM}']").first)
    window.follow("Apply as mentor")
    window.press("Start now")
    window.press("Save and continue")
    assert window.page.locator("[role=alert]").inner_text().splitlines()[-1] == "Answer “What do you do now?”"
    assert window.page.title().startswith("Error:")
    window.fill(position_summary="I head the field division.", experience="Two rotations abroad.")
    window.press("Save and continue")
    window.tick("skills_offered", *SKILLS["vera"])
    window.press("Save and continue")
    window.fill(hours_per_month=5, capacity=2)
    window.tick("media", "video")
    window.press("Save and continue")
    _check_and_submit(window, "I head the field division.")
    assert story.mail("vera", "We have your application")


def mentee_applies_in_two_sittings(story: Story) -> None:
    """Stops in the middle of a page, comes back in another browser, and goes on where it was."""
    window = story.at("mira")
    window.open(f"{FORM}mentee/")
    window.press("Start now")
    window.fill(position_summary="I design culverts.")
    window.press("Save and continue")
    window.fill(strengths="I finish things.")
    window.press("Save and come back later")
    assert window.path == "/me/applications/"
    again = story.windows["mira"] = story.stranger().sign_in(person("mira"))
    again.open(f"{FORM}mentee/")
    assert [line.split("\n")[-1] for line in again.page.locator(".leaf-line").all_inner_texts()] == [
        "Done", "To do", "To do", "To do", "To do"
    ]  # fmt: skip
    again.press("Go on")
    assert again.path == f"{FORM}mentee/learn/"
    assert again.page.locator("[name=strengths]").input_value() == "I finish things."
    again.tick("skills_sought", *SKILLS["mira"])
    again.press("Save and continue")
    again.fill(career_goals="Lead a team.")
    again.press("Save and continue")
    again.fill(hours_per_month=4)
    again.tick("media", "video")
    again.press("Save and continue")
    wish = again.page.locator("[name=wishes_1] option", has_text=NAMES["vera"])
    again.page.locator("[name=wishes_1]").select_option(value=wish.get_attribute("value"))
    again.press("Save and continue")
    assert NAMES["vera"] in again.text()
    _check_and_submit(again, "I design culverts.")
    assert story.mail("mira", "We have your application")


def _check_and_submit(window: Window, said: str) -> None:
    assert window.heading() == "Check your answers"
    assert said in window.text()
    window.press("Submit the application")
    assert window.heading() == "Your application has arrived"


def the_others_apply(story: Story) -> None:
    """By the verbs that the pages call; one draft is never handed in."""
    for who in [*MENTORS, *MENTEES]:
        if who not in ("vera", "mira"):
            role = "mentor" if who in MENTORS else "mentee"
            submit_application(enrollment=written(story.cohort, who, role), by=person(who))
    written(story.cohort, "ruth", "mentee")
    assert Enrollment.objects.filter(state="submitted").count() == 9


def written(cohort: Cohort, who: str, role: str) -> Enrollment:
    """An application with every page done."""
    me = person(who)
    strand = cohort.program.strands.get()
    mine = start_application(person=me, cohort=cohort, role=role, strand=strand, by=me)
    for page, values in _answers(who, role).items():
        mine = save_page(enrollment=mine, page=page, values=values, by=me)
    return mine


def _answers(who: str, role: str) -> dict[str, dict[str, Any]]:
    claims = dict.fromkeys(SKILLS.get(who, ["leadership"]), 2)
    work = {"position_summary": f"I am {NAMES[who]}.", "experience": ""}
    time = {"hours_per_month": 4, "media": ["video"], "availability": []}
    if role == "mentor":
        offer = {"skills_offered": claims, "strengths": "", "goals": [], "own_goals": ""}
        return {"work": work, "offer": offer, "time": time | {"capacity": 2}}
    return {
        "work": work,
        "learn": {"skills_sought": claims, "strengths": "", "own_goals": ""},
        "goals": {"career_goals": "Grow.", "goals": [], "expectations": ""},
        "time": time,
        "wishes": {"wishes": []},
    }


def manager_selects(story: Story) -> None:
    """Closes the call, sets decisions aside, releases them with the letters as drafts, and sends those."""
    window = story.at(MANAGER)
    window.open(story.desk())
    _move(window, story, "close-call", "Close the call")
    window.open(story.desk("people/?state=submitted"))
    assert "9 people" in window.text()
    window.page.locator("[name=all]").check()
    window.press("Accept")
    assert window.heading() == "Accepted: 9 people"
    window.press("Save the decision")
    story.at("mira").open("/me/applications/")
    assert "Accepted" not in story.at("mira").text(), "nobody learns of a decision that is not released"
    window.open(story.desk("people/"))
    window.follow("Look at them and release")
    window.tick("letters", "draft")
    window.press("Release 9 decisions")
    assert set(Enrollment.objects.exclude(state="draft").values_list("state", flat=True)) == {"accepted"}
    assert story.subjects("mira", "vera") == ["We have your application: Lakeside Mentoring"] * 2


def manager_sends_the_letters(story: Story) -> None:
    window = story.at(MANAGER)
    window.open(story.desk("mail/"))
    window.follow("Send all 9")
    assert window.heading() == "Send 9 mails?"
    window.press("Yes, send")
    for who in [*MENTORS, *MENTEES]:
        assert story.mail(who, "You are in: Lakeside Mentoring")


def manager_starts_matching(story: Story) -> None:
    window = story.at(MANAGER)
    window.open(story.desk())
    window.follow("Start matching")
    window.press("Start matching")
    assert story.cohort.state == "matching"


def _move(window: Window, story: Story, key: str, verb: str) -> None:
    """A move that the desk keeps in its menu."""
    menu = window.page.locator("details[data-menu]", has=window.page.locator(f"a[href$='/move/{key}/']"))
    menu.locator("summary").click()
    window.follow(verb, within=menu)
    window.press(verb)
