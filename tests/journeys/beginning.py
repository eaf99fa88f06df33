"""From an empty installation to an open call."""

from __future__ import annotations

import re
from datetime import date, timedelta

from core.dates import today_in
from people.domain.accounts import make_operator
from people.models import Person
from tests.journeys.story import (
    MANAGER,
    NAMES,
    OFFICE,
    OPERATOR,
    PASSWORD,
    Story,
    address,
    people_csv,
    person,
    wait_until,
    words_of,
)


def today() -> date:
    """Where the office is."""
    return today_in("Europe/Paris")


def operator_signs_in_by_code(story: Story) -> None:
    make_operator(email=address(OPERATOR), full_name=NAMES[OPERATOR])
    window = story.windows[OPERATOR] = story.stranger()
    window.open("/people/imports/")
    assert window.path == "/accounts/login/"
    window.follow("Mail me a code")
    window.fill(email=address(OPERATOR))
    window.press("Mail me a code")
    found = re.search(
        r"^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$", words_of(story.mail(OPERATOR, "")), re.MULTILINE
    )
    assert found, words_of(story.mail(OPERATOR, ""))
    window.fill(code="WRONG1")
    window.press("Continue")
    assert window.path == "/accounts/login/code/confirm/"
    window.fill(code=found.group(1))
    window.press("Continue")
    assert window.path == "/people/imports/"


def operator_brings_in_the_people(story: Story) -> None:
    window = story.at(OPERATOR)
    _upload(story, people_csv(level="eight"))
    _wait_for(story, "The file has problems. Nothing was changed.")
    assert Person.objects.count() == 1
    window.follow("Upload another file")
    _upload(story, people_csv())
    _wait_for(story, "New people")
    assert [window.page.locator(".figure-num").all_inner_texts(), OFFICE in window.text()] == [
        ["11", "0", "0"],
        True,
    ]
    assert Person.objects.count() == 1, "a preview changes nothing"
    window.press("Apply 11 rows")
    _wait_for(story, "The file is applied.")
    assert Person.objects.count() == 12


def _upload(story: Story, content: bytes) -> None:
    window = story.at(OPERATOR)
    file = {"name": "people.csv", "mimeType": "text/csv", "buffer": content}
    window.page.locator("input[type=file]").set_input_files(file)
    window.press("Upload and check")


def _wait_for(story: Story, words: str) -> None:
    """With script the page looks by itself; without, one follows its link."""
    window = story.at(OPERATOR)
    if story.script:
        window.page.get_by_text(words).wait_for()
        return

    def there() -> bool:
        if words in window.text():
            return True
        window.follow("Look again")
        return False

    wait_until(there)


def operator_makes_the_program(story: Story) -> None:
    window = story.at(OPERATOR)
    window.open("/desk/")
    window.follow("Choose a kind")
    window.click("a[href='/desk/new/field_office/']")
    window.press("Make the program")
    assert "Fill in “Name”" in window.text()
    window.fill(name="Lakeside Mentoring", slug="lakeside")
    window.page.locator("[name=owner]").select_option(label=OFFICE)
    window.page.locator("[name=timezone]").select_option("Europe/Paris")
    window.press("Make the program")
    assert window.path == "/desk/lakeside/" or window.path == "/desk/"
    membership = story.program.memberships.filter(person=person(OPERATOR))
    assert membership.exists(), "who makes a program manages it"
    window.open("/desk/lakeside/people/")
    window.fill(email=address(MANAGER))
    window.page.locator("[name=role]").select_option("manager")
    window.press("Add")
    assert f"{NAMES[MANAGER]} is added." in window.page.locator("body").inner_text()


def manager_signs_in_by_password(story: Story) -> None:
    ruth = person(MANAGER)
    ruth.set_password(PASSWORD)
    ruth.save()
    window = story.windows[MANAGER] = story.stranger()
    window.open("/accounts/login/?next=/desk/")
    window.fill(login=address(MANAGER), password="not this one at all")
    window.press("Sign in")
    assert window.path == "/accounts/login/"
    window.fill(login=address(MANAGER), password=PASSWORD)
    window.press("Sign in")
    assert window.path == "/desk/"


def manager_makes_the_cohort(story: Story) -> None:
    window = story.at(MANAGER)
    window.open("/desk/lakeside/new/")
    dates = {"call_opens_on": today(), "call_closes_on": today() + timedelta(days=20), "starts_on": today()}
    window.fill(name="Pilot", slug="pilot", ends_on=today() - timedelta(days=1), **dates)
    window.press("Continue")
    assert "Mentorships must end after they start." in window.text()
    assert window.page.locator("[name=name]").input_value() == "Pilot"
    window.fill(ends_on=today() + timedelta(days=364))
    window.press("Continue")
    window.page.locator("[name^=places_]").fill("5")
    window.press("Continue")
    assert window.page.locator("[name=agreement_days]").input_value() == "30"
    window.fill(agreement_days=28)
    window.press("Continue")
    assert window.heading() == "Check and make the cohort"
    window.press("Make the cohort")
    assert window.path == story.desk()
    assert [story.cohort.state, story.cohort.agreement_days, story.cohort.supervisor_signs] == [
        "draft",
        28,
        True,
    ]


def manager_opens_the_call(story: Story) -> None:
    stranger = story.stranger()
    assert stranger.open("/p/lakeside/pilot/") == 404, "nobody sees a cohort before its call"
    window = story.at(MANAGER)
    window.open(story.desk())
    window.follow("Open the call")
    assert story.cohort.state == "draft"
    window.press("Open the call")
    assert story.cohort.state == "call_open"
    assert stranger.open("/p/lakeside/pilot/") == 200
