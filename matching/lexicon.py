"""Names of skills, goals, media and times, read for a whole page at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from participants.models import Skill
from programs.labels import in_language
from programs.models import Program, Questionnaire

_MEDIA = {
    "in_person": gettext_lazy("in person"),
    "video": gettext_lazy("by video"),
    "phone": gettext_lazy("by phone"),
    "email": gettext_lazy("by e-mail"),
}
_DAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
_HALVES = {"am": gettext_lazy("{day} morning"), "pm": gettext_lazy("{day} afternoon")}
_FEEDS = ("goals", "media", "availability")
_APPLICATIONS = (Questionnaire.Purpose.MENTOR, Questionnaire.Purpose.MENTEE)
_NEEDS = {
    "career": gettext_lazy("here for career questions"),
    "technical": gettext_lazy("here for technical questions"),
    "belonging": gettext_lazy("here for questions of belonging"),
}
MANY = 4  # entries said by name; the rest is counted


@dataclass(frozen=True)
class Lexicon:
    """Labels in the reader's language."""

    skills: Mapping[int, str] = field(default_factory=dict)
    goals: Mapping[str, str] = field(default_factory=dict)

    def skill(self, skill: int) -> str:
        """A skill by its id."""
        return self.skills.get(skill, "")

    def goal(self, code: str) -> str:
        """A goal of the program's list by its code."""
        return self.goals.get(code) or code.replace("-", " ").replace("_", " ")


def lexicon(program: Program, parts: Iterable[Sequence[Mapping[str, Any]]]) -> Lexicon:
    """Everything that these parts speak of; two queries, however many there are."""
    skills: set[int] = set()
    for each in parts:
        for part in each:
            if part["criterion"] == "skills":
                skills |= {entry[0] for entry in part["facts"]["matched"]} | set(part["facts"]["missing"])
    named = Skill.objects.filter(pk__in=skills).values_list("pk", "name")
    return Lexicon({pk: in_language(name) for pk, name in named}, goal_labels(program))


def goal_labels(program: Program) -> dict[str, str]:
    """What the goals are called in the questions of the program's applications, older versions first."""
    sheets = Questionnaire.objects.filter(program=program, purpose__in=_APPLICATIONS).order_by("number")
    found = {}
    for questions in sheets.values_list("questions", flat=True):
        for page in questions["pages"]:
            for question in page["questions"]:
                if question.get("feeds") == "goals":
                    found.update(
                        {choice["value"]: in_language(choice["label"]) for choice in question["choices"]}
                    )
    return found


def medium(code: str) -> str:
    """A way to meet, as it stands in a sentence."""
    return str(_MEDIA.get(code, code))


def need(code: str) -> str:
    """What a mentor is for, as it stands beside the name; empty where that is open."""
    return str(_NEEDS.get(code, ""))


def slots(codes: Iterable[str]) -> list[str]:
    """Times of the week in its order: "tue-am" is Tuesday morning."""
    days = list(_DAYS)
    split = [code.partition("-")[::2] for code in codes]
    ordered = sorted(split, key=lambda slot: (days.index(slot[0]) if slot[0] in days else len(days), slot[1]))
    return [str(_HALVES.get(half, "{day}")).format(day=_DAYS.get(day, day)) for day, half in ordered]


def listed(words: Sequence[str]) -> SafeString:
    """Words in bold: one, two and three; beyond four the rest is counted."""
    shown = list(words[:MANY])
    if rest := len(words) - len(shown):
        shown.append(_("%(count)s more") % {"count": rest})
    bold = [format_html("<b>{}</b>", word) for word in shown]
    if len(bold) < 2:
        return format_html_join("", "{}", ([word] for word in bold))
    start = format_html_join(", ", "{}", ([word] for word in bold[:-1]))
    return format_html(_("{start} and {last}"), start=start, last=bold[-1])


def plain(words: Sequence[str]) -> str:
    """The same without markup, for mails."""
    return get_text_list(list(words), _("and"))
