"""Every page of the thread: who opens it, and in which states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from notifications.domain.links import token_of
from notifications.domain.preferences import switch_off_token
from notifications.models import Message
from people.models import Person
from programs.models import Cohort
from tests.harness.browser import Window
from tests.journeys.story import MANAGER, OPERATOR, SUPERVISOR, person
from tests.journeys.world import World, open_link

Act = Callable[[Window], None]


@dataclass(frozen=True)
class Shown:
    """A page in one state: `act` brings it there after it is opened."""

    who: Person | None
    path: str
    act: Act | None = None
    status: int = 200


def wrong(button: str) -> Act:
    """Empty the form that has this button, and send it: the page comes back and says what is missing."""

    def act(window: Window) -> None:
        form = window.page.locator(
            "main form[method=post]", has=window.page.get_by_role("button", name=button, exact=True)
        )
        form.last.evaluate(
            """form => {
                for (const one of form.querySelectorAll('input:not([type=hidden]), textarea, select')) {
                    if (one.type === 'checkbox' || one.type === 'radio') one.checked = false;
                    else if (one.type !== 'file') one.value = '';
                }
            }"""
        )
        window.click(form.last.get_by_role("button", name=button, exact=True))
        window.page.locator("[role=alert]").first.wait_for()

    return act


def strangers(world: World) -> dict[str, Shown]:
    """The public pages and the way in."""
    return {
        "front": Shown(None, "/"),
        "program": Shown(None, "/p/lakeside/"),
        "open call": Shown(None, "/p/lakeside/call/"),
        "cohort under way": Shown(None, "/p/lakeside/running/"),
        "not found": Shown(None, "/p/nowhere/", status=404),
        "sign in": Shown(None, "/accounts/login/"),
        "sign in, error": Shown(None, "/accounts/login/", wrong("Sign in")),
        "code": Shown(None, "/accounts/login/code/"),
        "code, error": Shown(None, "/accounts/login/code/", wrong("Mail me a code")),
        "password reset": Shown(None, "/accounts/password/reset/"),
        "unknown link": Shown(None, "/l/", status=404),
        "switch mails off": Shown(None, f"/me/mail/off/{switch_off_token(person('mira'), 'reminder')}/"),
    }


def supervisors(world: World) -> dict[str, Shown]:
    """What is behind the link in the supervisor's mail."""
    link = _link(world, "waiting")
    return {
        "to decide": Shown(None, link),
        "to decide, error": Shown(None, link, wrong("Send my answer")),
        "approved": Shown(None, _link(world, "in force")),
        "sent back": Shown(None, _link(world, "returned")),
        "signed in": Shown(person(SUPERVISOR), world.pair("waiting", "approval/")),
    }


def accounts(world: World) -> dict[str, Shown]:
    """What everybody can do with their account."""
    ruth = person(MANAGER)
    names = ("email", "password/set", "2fa", "2fa/totp/activate", "logout")
    return {name: Shown(ruth, f"/accounts/{name}/") for name in names}


def _link(world: World, pair: str) -> str:
    return f"/l/{token_of(open_link(world.pairs[pair]))}/"


def applicants(world: World) -> dict[str, Shown]:
    """Applying."""
    mira, new, form = person("mira"), Person.objects.get(email="new@example.org"), "/apply/lakeside/call/"
    page = f"{form}mentee/"
    return {
        "role": Shown(new, form),
        "start": Shown(new, page),
        "pages to do": Shown(mira, page),
        "page, full": Shown(mira, f"{page}work/"),
        "page, error": Shown(mira, f"{page}work/", wrong("Save and continue")),
        "skills, error": Shown(mira, f"{page}learn/", wrong("Save and continue")),
        "time": Shown(mira, f"{page}time/"),
        "wishes": Shown(mira, f"{page}wishes/"),
        "check, incomplete": Shown(mira, f"{page}check-answers/"),
        "received": Shown(person("tim"), f"{page}application-received/"),
        "no applications": Shown(new, "/me/applications/"),
        "applications": Shown(mira, "/me/applications/"),
        "application": Shown(person("tim"), f"/me/applications/{world.uids['applied']}/"),
        "what matters": Shown(person("tim"), f"/me/applications/{world.uids['applied']}/what-matters/"),
        "what matters, error": Shown(
            person("tim"), f"/me/applications/{world.uids['applied']}/what-matters/", wrong("Save")
        ),
        "closed call": Shown(new, "/apply/lakeside/running/"),
    }


def finding(world: World) -> dict[str, Shown]:
    """Before the matching: the directory, introductions, a shortlist, and what the desk makes of them."""
    ruth, tim, june = person(MANAGER), person("tim"), person("june")
    new = Person.objects.get(email="new@example.org")
    directory, mine = "/mentors/lakeside/call/", "/me/introductions/"
    desk = world.desk("call", "matching/introductions/")
    change = f"{desk}{world.uids['introduction of noa']}/change/"
    approach = f"{mine}as/{world.uids['asks']}/"
    return {
        "no directory": Shown(new, "/mentors/"),
        "directory": Shown(tim, directory),
        "directory, none fits": Shown(tim, f"{directory}?q=nobody"),
        "mentor": Shown(tim, f"{directory}{world.uids['shown']}/"),
        "no introductions": Shown(new, mine),
        "introductions": Shown(tim, mine),
        "to answer": Shown(june, f"{mine}{world.uids['asked']}/"),
        "a word": Shown(person("vera"), f"{mine}{world.uids['introduction of lea']}/"),
        "approach": Shown(june, approach),
        "approach, error": Shown(june, approach, wrong("Send the request")),
        "shortlist": Shown(tim, f"/me/shortlist/{world.uids['shortlist']}/"),
        "shortlist, error": Shown(tim, f"/me/shortlist/{world.uids['shortlist']}/", _same_rank),
        "desk, nothing to decide": Shown(ruth, world.desk("review", "matching/introductions/")),
        "desk, to decide": Shown(ruth, desk),
        "change": Shown(ruth, change),
        "change, error": Shown(ruth, change, wrong("Send the word")),
        "shortlists": Shown(ruth, world.desk("call", "matching/shortlists/")),
    }


def _same_rank(window: Window) -> None:
    for choice in window.page.locator("main select").all():
        choice.select_option("1")
    window.press("Save my ranking")
    window.page.locator("[role=alert]").first.wait_for()


def pairs(world: World) -> dict[str, Shown]:
    """The pages of mentor and mentee."""
    begun, running = world.pairs["begun"], world.pairs["in force"]
    new = Person.objects.get(email="new@example.org")
    at, do = world.pair("begun"), world.pair("in force")
    plan, edit = wrong("Add"), wrong("Save")
    return {
        "no steps": Shown(new, "/"),
        "next steps": Shown(running.mentee, "/"),
        "mail settings": Shown(running.mentee, "/me/mail/"),
        "details": Shown(running.mentee, "/me/"),
        "no mentorships": Shown(new, "/m/"),
        "mentorships": Shown(running.mentor, "/m/"),
        "mentorship, begun": Shown(begun.mentee, at),
        "mentorship": Shown(running.mentee, do),
        "mentorship, ended": Shown(world.pairs["ended"].mentee, world.pair("ended")),
        **_signing(world),
        "no plan yet": Shown(begun.mentor, f"{at}plan/"),
        "plan, empty": Shown(begun.mentee, f"{at}plan/"),
        "plan": Shown(running.mentee, f"{do}plan/"),
        "plan, error": Shown(running.mentee, f"{do}plan/", plan),
        "plan edit": Shown(running.mentee, f"{do}plan/edit/"),
        "activity, error": Shown(running.mentee, f"{do}plan/{world.uids['activity']}/", edit),
        "no meetings": Shown(begun.mentee, f"{at}meetings/"),
        "meetings": Shown(running.mentee, f"{do}meetings/"),
        "meetings, error": Shown(running.mentee, f"{do}meetings/", wrong("Log it")),
        "meeting": Shown(world.uids["meeting_by"], f"{do}meetings/{world.uids['meeting']}/"),
        "ask for help": Shown(begun.mentee, f"{at}help/"),
        "end": Shown(begun.mentee, f"{at}end/"),
        "survey": Shown(running.mentee, f"/s/{world.uids['invitation']}/"),
        "survey, error": Shown(running.mentee, f"/s/{world.uids['invitation']}/", wrong("Send my answers")),
        "survey, answered": Shown(running.mentee, f"/s/{world.uids['answered']}/"),
    }


def _signing(world: World) -> dict[str, Shown]:
    begun, running = world.pairs["begun"], world.pairs["in force"]
    at, do, edit = world.pair("begun"), world.pair("in force"), wrong("Save")
    return {
        "agreement, empty": Shown(begun.mentee, f"{at}agreement/"),
        "agreement, written": Shown(begun.mentee, f"{at}agreement/edit/"),
        "to sign": Shown(world.pairs["ready"].mentee, world.pair("ready", "agreement/")),
        "to sign, error": Shown(
            world.pairs["ready"].mentee, world.pair("ready", "agreement/"), wrong("Sign")
        ),
        "signed": Shown(world.pairs["waiting"].mentee, world.pair("waiting", "agreement/")),
        "agreement edit, error": Shown(begun.mentee, f"{at}agreement/edit/", edit),
        "sent back": Shown(world.pairs["returned"].mentee, world.pair("returned", "agreement/")),
        "in force": Shown(running.mentee, f"{do}agreement/"),
        "print": Shown(running.mentee, f"{do}agreement/print/"),
    }


def desk(world: World) -> dict[str, Shown]:
    """Programs, cohorts and their people."""
    ruth, new = person(MANAGER), Person.objects.get(email="new@example.org")
    call = world.desk("call")
    shown = {
        "desk, nobody's": Shown(new, "/desk/"),
        "desk": Shown(ruth, "/desk/"),
        "kinds": Shown(ruth, "/desk/new/"),
        "new program": Shown(ruth, "/desk/new/field_office/"),
        "new program, error": Shown(ruth, "/desk/new/field_office/", wrong("Make the program")),
        "program, empty": Shown(ruth, "/desk/idle/"),
        "program": Shown(ruth, "/desk/lakeside/"),
        "program people": Shown(ruth, "/desk/lakeside/people/"),
        "program people, error": Shown(ruth, "/desk/lakeside/people/", wrong("Add")),
        "program settings": Shown(ruth, "/desk/lakeside/settings/"),
        "program settings, error": Shown(ruth, "/desk/lakeside/settings/", wrong("Save")),
        "words": Shown(ruth, "/desk/lakeside/words/"),
        "new cohort": Shown(ruth, "/desk/lakeside/new/"),
        "new cohort, error": Shown(ruth, "/desk/lakeside/new/", wrong("Continue")),
        "new cohort, places": Shown(ruth, "/desk/lakeside/new/", _on),
        "new cohort, places, error": Shown(ruth, "/desk/lakeside/new/places/", wrong("Continue")),
        "new cohort, policy": Shown(ruth, "/desk/lakeside/new/places/", _places),
        "new cohort, check": Shown(ruth, "/desk/lakeside/new/policy/", _on),
        **_cohort(world),
        "forbidden": Shown(person("mira"), call, status=404),
    }
    for cohort in ("empty", "call", "review", "running"):
        shown[f"overview, {cohort}"] = Shown(ruth, world.desk(cohort))
    return shown


def _cohort(world: World) -> dict[str, Shown]:
    ruth, call = person(MANAGER), world.desk("call")
    return {
        "cohort settings": Shown(ruth, world.desk("call", "settings/")),
        "cohort settings, error": Shown(ruth, world.desk("call", "settings/"), wrong("Save")),
        "move": Shown(ruth, world.desk("empty", "move/open-call/")),
        "people, empty": Shown(ruth, world.desk("empty", "people/")),
        "people": Shown(ruth, f"{call}people/"),
        "people, none fits": Shown(ruth, f"{call}people/?q=nobody"),
        "application": Shown(ruth, f"{call}people/{world.uids['applied']}/"),
        "application, error": Shown(
            ruth, f"{call}people/{world.uids['applied']}/", wrong("Save the decision")
        ),
        "enrollment": Shown(ruth, f"{call}people/{world.uids['decided']}/"),
        "decide": Shown(ruth, f"{call}people/?state=submitted", _choose_all),
        "release": Shown(ruth, f"{call}people/decisions/"),
        "nothing to release": Shown(ruth, world.desk("empty", "people/decisions/")),
        "import": Shown(ruth, f"{call}people/import/"),
        "import, error": Shown(ruth, f"{call}people/import/", wrong("Check the file")),
    }


def _on(window: Window) -> None:
    window.press("Continue")


def _places(window: Window) -> None:
    window.page.locator("[name^=places_]").fill("5")
    _on(window)


def _choose_all(window: Window) -> None:
    window.page.locator("[name=all]").check()
    window.press("Accept")


def sure_to_publish(window: Window) -> None:
    """Those ticked are named before anything happens."""
    window.press("Publish the chosen pairs…")


def publishing(world: World) -> dict[str, Shown]:
    """Both sides are asked about a pair, and pairs are published."""
    ruth, review = person(MANAGER), world.desk("review", "matching/")
    run, question = f"{review}{world.uids['run']}/", f"/me/pairs/{world.uids['question']}/"
    return {
        "recruiting": Shown(ruth, f"{run}recruiting/"),
        "ask both": Shown(ruth, f"{run}ask/"),
        "ask both, error": Shown(ruth, f"{run}ask/", wrong("Write the mails")),
        "answer": Shown(world.asked, question),
        "answer, error": Shown(world.asked, question, wrong("Send my answer")),
        "publish": Shown(ruth, f"{run}publish/"),
        "publish, error": Shown(ruth, f"{run}publish/", wrong("Publish the chosen pairs…")),
        "publish, named first": Shown(ruth, f"{run}publish/", sure_to_publish),
        "publish, not yet": Shown(ruth, f"{review}9/publish/"),
    }


def _by_hand(world: World, run: str) -> dict[str, Shown]:
    """What stands beside the review."""
    ruth, two = person(MANAGER), f"{world.uids['mentee']}:{world.uids['mentor']}"
    listing = world.desk("review", "matching/by-hand/list/")
    return {
        "pictures": Shown(ruth, f"{run}pictures/"),
        "pictures, levels": Shown(ruth, f"{run}pictures/?by=level"),
        "compare": Shown(ruth, f"{run}compare/{world.uids['run']}/"),
        "why not": Shown(ruth, f"{run}?pair={world.uids['proposal']}&who=a&ask={world.uids['other']}"),
        "pair by hand": Shown(ruth, f"{run}decide/?act=assign&pair={two}"),
        "pair by hand, refused": Shown(ruth, f"{run}decide/?act=assign&pair=x"),
        "list": Shown(ruth, listing),
        "list, error": Shown(ruth, listing, wrong("Check the file")),
        "list, good": Shown(ruth, listing, _with_list("exclude,They share a house")),
        "list, nothing new": Shown(ruth, listing, _with_list("unlock,")),
        "list, problems": Shown(ruth, listing, _with_list("exclude,")),
    }


def _with_list(decision: str) -> Act:
    """Bring a list that decides this about the first pair of the sample."""

    def act(window: Window) -> None:
        answer = window.page.request.get(window.page.url + "sample/")
        header, pair = answer.text().splitlines()[:2]
        mentor, mentee = pair.split(",")[:2]
        lines = ["mentor,mentee,act,reason", f"{mentor},{mentee},{decision}"]
        assert header.lstrip("\ufeff").startswith(lines[0])
        file = {"name": "list.csv", "mimeType": "text/csv", "buffer": "\n".join(lines).encode()}
        window.page.locator("[type=file]").set_input_files(file)  # type: ignore[arg-type]
        window.press("Check the file")

    return act


def matching(world: World) -> dict[str, Shown]:
    """Runs and their review, and the mentorships that come of them."""
    ruth, review = person(MANAGER), world.desk("review", "matching/")
    run = f"{review}{world.uids['run']}/"
    exclude = f"{review}exclude/{world.uids['mentee']}/{world.uids['mentor']}/"
    waiting = world.pairs["waiting"].mentorship.uid
    return {
        "matching, empty": Shown(ruth, world.desk("call", "matching/")),
        "matching": Shown(ruth, review),
        "progress": Shown(ruth, world.desk("bare", "matching/1/")),
        "cancelled": Shown(ruth, world.desk("bare", "matching/2/")),
        "failed": Shown(ruth, f"{review}9/"),
        "review": Shown(ruth, run),
        "review, a pair": Shown(ruth, f"{run}?pair={world.uids['proposal']}"),
        "review, left over": Shown(ruth, f"{run}?show=unmatched"),
        "review, free": Shown(ruth, f"{run}?show=free"),
        "review, none fits": Shown(ruth, f"{run}?q=nobody"),
        "by hand, empty": Shown(ruth, world.desk("call", "matching/by-hand/")),
        "by hand": Shown(ruth, f"{review}by-hand/"),
        "by hand, error": Shown(ruth, f"{review}by-hand/", wrong("Lock the pair")),
        **_by_hand(world, run),
        "exclude": Shown(ruth, exclude),
        "exclude, error": Shown(ruth, exclude, wrong("Exclude the pair")),
        "mentorships, empty": Shown(ruth, world.desk("call", "mentorships/")),
        "mentorships": Shown(ruth, world.desk("running", "mentorships/")),
        "mentorships, none fits": Shown(ruth, world.desk("running", "mentorships/?q=nobody")),
        "mentorship": Shown(ruth, world.desk("running", f"mentorships/{waiting}/")),
        "mentorship's agreement": Shown(ruth, world.desk("running", f"mentorships/{waiting}/agreement/")),
        "mentorship's end": Shown(ruth, world.desk("running", f"mentorships/{waiting}/end/")),
        "asks for help": Shown(
            ruth, world.desk("running", f"mentorships/{world.pairs['in force'].mentorship.uid}/")
        ),
    }


def circles(world: World) -> dict[str, Shown]:
    """Circles under review, and one that meets and takes in somebody."""
    ruth = person(MANAGER)
    shown = {name: Shown(ruth, path) for name, path in world.circles.items()}
    join = world.circles["circle, join"]
    return {**shown, "circle, join, error": Shown(ruth, join, wrong("Add to the circle"))}


def criteria(world: World) -> dict[str, Shown]:
    """What a good pair is, and what other criteria would lead to."""
    ruth, review = person(MANAGER), world.desk("review", "matching/")
    return {
        "criteria": Shown(ruth, f"{review}criteria/"),
        "criteria, a set": Shown(ruth, f"{review}criteria/?preset=fairness"),
        "criteria, error": Shown(ruth, f"{review}criteria/", wrong("Save")),
        "what if, empty": Shown(ruth, world.desk("call", "matching/what-if/")),
        "what if": Shown(ruth, f"{review}what-if/?weight_skills=0&weight_goals=10&min_level_gap=2"),
        "what if, error": Shown(ruth, f"{review}what-if/?min_fit=101"),
    }


def mail_and_surveys(world: World) -> dict[str, Shown]:
    """The desk's outbox and its surveys; what operators do."""
    ruth, olive, mail = person(MANAGER), person(OPERATOR), world.desk("running", "mail/")
    surveys = world.desk("running", "surveys/")
    draft = f"{mail}{world.uids['mail']}/"
    kind = "kind=matched&batch=" + _batch(world.cohorts["running"])
    return {
        "mail, empty": Shown(ruth, world.desk("empty", "mail/")),
        "mail": Shown(ruth, mail),
        "mail, none fits": Shown(ruth, f"{mail}?q=nobody"),
        "draft": Shown(ruth, draft),
        "draft as its reader sees it": Shown(ruth, f"{draft}html/", _out_of_the_sandbox),
        "draft edit": Shown(ruth, f"{draft}edit/"),
        "draft edit, error": Shown(ruth, f"{draft}edit/", wrong("Save")),
        "failed": Shown(ruth, f"{mail}{world.uids['failed']}/"),
        "uncertain": Shown(ruth, f"{mail}{world.uids['uncertain']}/"),
        "send": Shown(ruth, f"{mail}send/?{kind}"),
        "drop": Shown(ruth, f"{mail}drop/?{kind}"),
        "nothing to send": Shown(ruth, f"{mail}send/"),
        "surveys, empty": Shown(ruth, world.desk("empty", "surveys/")),
        "surveys": Shown(ruth, surveys),
        "new survey": Shown(ruth, f"{surveys}new/"),
        "new survey, error": Shown(ruth, f"{surveys}new/", wrong("Continue")),
        **{
            f"survey, {state}": Shown(ruth, f"{surveys}{world.uids[f'survey {state}']}/")
            for state in ("draft", "open", "closed")
        },
        "imports": Shown(olive, "/people/imports/"),
        "imports, error": Shown(olive, "/people/imports/", wrong("Upload and check")),
        "import, good": Shown(olive, f"/people/imports/{world.uids['good']}/"),
        "import, faulty": Shown(olive, f"/people/imports/{world.uids['faulty']}/"),
    }


def _out_of_the_sandbox(window: Window) -> None:
    """A mail is shown where no script runs, axe neither: look at the same document elsewhere."""
    document = window.page.content()
    window.page.goto("about:blank")
    window.page.set_content(document)


def _batch(cohort: Cohort) -> str:
    message = Message.objects.filter(cohort_id=cohort.pk, state="draft").first()
    assert message is not None
    return message.batch


GROUPS: dict[str, Callable[[World], dict[str, Shown]]] = {
    "strangers": strangers,
    "supervisors": supervisors,
    "accounts": accounts,
    "applicants": applicants,
    "finding": finding,
    "pairs": pairs,
    "desk": desk,
    "matching": matching,
    "publishing": publishing,
    "circles": circles,
    "criteria": criteria,
    "mail-and-surveys": mail_and_surveys,
}
