"""Why somebody has no pair, why a wish was not met: in words, with what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.french import elided
from matching import circle_words, rule_words
from matching.kind_words import KindWords
from matching.lexicon import listed
from matching.models import Leftover, Outlook
from participants.models import Enrollment
from people.models import Person
from programs.labels import word
from programs.models import Program


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, why in detail, and what can be done."""

    why: str
    details: Sequence[str] = ()
    what_to_do: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class WishTold:
    """A wish: the mentor, whether it was met, why not, who would have to change."""

    rank: int
    name: str
    met: bool
    why: str
    chain: Sequence[str]
    mentor: int | None  # enrollment
    can_lock: bool = False
    balance: str = ""  # who would go without and who would come in


Names = Mapping[int, str]
# Rules that nobody should loosen for a match.
FOR_GOOD = ("same_person", "supervisor", "exclusion", "past_pair")


def names_of(enrollments: Iterable[int]) -> dict[int, str]:
    """Full names by enrollment, in one query."""
    rows = Enrollment.objects.filter(pk__in=set(enrollments)).values_list(
        "pk", "person__preferred_name", "person__full_name"
    )
    return {pk: preferred or full for pk, preferred, full in rows}


def leftovers(rows: Iterable[Leftover]) -> dict[int, Told]:
    """By leftover id. The enrollments' people must have been fetched along; a fixed number of queries more."""
    rows = list(rows)
    if not rows:
        return {}
    names = names_of(pk for row in rows for pk in row.reasons.get("named", []))
    program = rows[0].run.cohort.program
    reasons = [row.reasons for row in rows]
    kinds = KindWords(
        program,
        [told["recruit"]["kind"] for told in reasons if "recruit" in told],
        [told["common"] for told in reasons if told.get("common")],
    )
    told = {row.pk: _leftover(row, names, kinds) for row in rows}
    for row in rows:
        if "recruit" in row.reasons:
            told[row.pk] = _with_recruit(
                told[row.pk], row, kinds.line(row.reasons["recruit"]["kind"]), program
            )
    return {pk: _elided(row) for pk, row in told.items()}


def _elided(told: Told) -> Told:
    details, what_to_do = ([elided(line) for line in lines] for lines in (told.details, told.what_to_do))
    return Told(elided(told.why), details, what_to_do)


def _with_recruit(told: Told, row: Leftover, like: str, program: Program) -> Told:
    """With the mentor who would match this person."""
    if like:
        text = _("One more {mentor} like this could match {name}: {like}.")
    else:
        text = _("One more {mentor} of any kind could match {name}.")
    name = row.enrollment.person.get_short_name()
    line = format_html(text, mentor=word(program, "mentor"), name=name, like=like)
    return replace(told, what_to_do=[*told.what_to_do, line])


def _leftover(row: Leftover, names: Names, kinds: KindWords) -> Told:
    name = row.enrollment.person.get_short_name()
    reasons = row.reasons
    rules = [_removal(rule) for rule in reasons["rules"]]
    if reasons["reason"].startswith("circle_"):
        why, what_to_do = circle_words.left_out(name, reasons)
        return Told(why, rules, what_to_do)
    relax = _looser(reasons, name)
    match reasons["reason"]:
        case "no_mentor" | "no_mentee":
            why = format_html(_("Nobody may be paired with {name} under the rules."), name=name)
            return Told(
                why, rules, relax or [_("Find somebody who fits the rules, or loosen more than one of them.")]
            )
        case "places":
            return _places(name, reasons, names, relax, kinds.common(reasons.get("common", {})))
        case "minimum":
            return _too_low(name, rules, relax, bool(reasons.get("raised")))
        case "not_needed":
            text = ngettext(
                "{name} could be paired with one person, who fits another better.",
                "{name} could be paired with {count} people; they fit others better, or are fewer than the places.",
                reasons["eligible"],
            )
            return Told(
                format_html(text, name=name, count=reasons["eligible"]),
                [],
                [format_html(_("{name} is free for late joiners and re-matches."), name=name)],
            )
    why = format_html(_("A pair with {name} would have lowered the total fit."), name=name)
    return Told(why, rules, [_("Run again for as many people as possible.")])


def _too_low(name: str, rules: list[str], relax: list[str], raised: bool) -> Told:
    why = format_html(_("Every pair with {name} that the rules allow is under the minimum fit."), name=name)
    if not raised:
        return Told(why, rules, [_("Lower the minimum fit, or lock a pair that you think right."), *relax])
    text = _(
        "The minimum was raised only as far as nobody more goes without: under a lower one {name} "
        "could be matched in place of somebody else, not beside them."
    )
    return Told(why, [*rules, format_html(text, name=name)], relax)


def _places(name: str, reasons: Mapping[str, Any], names: Names, relax: list[str], common: str) -> Told:
    if reasons["all_places"]:
        text = ngettext(
            "{competing} people share one place: for {name} it would be taken from somebody else.",
            "{competing} people share {places} places: one for {name} would be taken from somebody else.",
            reasons["places"],
        )
        why = format_html(text, name=name, places=reasons["places"], competing=reasons["competing"])
        return Told(why, [], [_("Ask some to take one more, or find somebody who joins late.")])
    text = ngettext(
        "{name} could be paired with one person only, and others need that place more.",
        "{name} could be paired with {count} people, and others need all of their places.",
        reasons["eligible"],
    )
    mentors = [names[pk] for pk in reasons["named"] if pk in names]
    mentors += [""] * max(0, reasons["mentors"] - len(mentors))
    details = [_shortage(reasons["competing"], reasons["places"])]
    if common:
        details.append(format_html("{}", common))
    todo = (
        [format_html(_("One more place with any of these would do: {names}."), names=listed(mentors))]
        if mentors
        else []
    )
    return Told(format_html(text, name=name, count=reasons["eligible"]), details, todo + relax)


def _shortage(competing: int, places: int) -> str:
    if not places:
        return _("The locked pairs hold all of these places.")
    text = ngettext(
        "{competing} people compete for one place, and none of them could take any other.",
        "{competing} people compete for {places} places, and none of them could take any other.",
        places,
    )
    return format_html(text, competing=competing, places=places)


def _removal(rule: Mapping[str, Any]) -> str:
    text = ngettext(
        "{count} person falls out by the rule “{rule}”.",
        "{count} people fall out by the rule “{rule}”.",
        rule["removed"],
    )
    return format_html(text, count=rule["removed"], rule=rule_words.RULES[rule["rule"]])


def _relax(rule: Mapping[str, Any]) -> str:
    text = ngettext(
        "Without the rule “{rule}”, one more person would come into question.",
        "Without the rule “{rule}”, {count} more people would come into question.",
        rule["only"],
    )
    return format_html(text, count=rule["only"], rule=rule_words.RULES[rule["rule"]])


def _looser(reasons: Mapping[str, Any], name: str) -> list[str]:
    """What looser rules win: exactly where that was worked out, else who would come into question."""
    won = [win for win in reasons.get("wins", []) if win["rule"] not in FOR_GOOD]  # older runs have none
    told = {*FOR_GOOD, *(win["rule"] for win in won)}
    rest = [rule for rule in reasons["rules"] if rule["only"] and rule["rule"] not in told]
    return [_win(win, name) for win in won] + [_relax(rule) for rule in rest]


def _win(win: Mapping[str, Any], name: str) -> str:
    """What a rule that is off (no value) or one step weaker wins in all."""
    if win["value"] is None:
        text = ngettext(
            "Without the rule “{rule}”, one more person would be matched, and it could be {name}.",
            "Without the rule “{rule}”, {count} more people would be matched, and {name} could be one of them.",
            win["covered"],
        )
    else:
        text = ngettext(
            "With the rule “{rule}” loosened to {value}, one more person would be matched, and it could be {name}.",
            "With the rule “{rule}” loosened to {value}, {count} more people would be matched, "
            "and {name} could be one of them.",
            win["covered"],
        )
    rule = rule_words.RULES[win["rule"]]
    value = "" if win["value"] is None else rule_words.amount(win["rule"], win["value"])
    return format_html(text, rule=rule, value=value, count=win["covered"], name=name)


def wishes(outlooks: Iterable[Outlook]) -> dict[int, list[WishTold]]:
    """Each mentee's wishes in order of rank, by enrollment; two queries. The people must have been fetched along."""
    rows = [(row, wish) for row in outlooks for wish in row.wishes]
    people = Person.objects.in_bulk({wish["mentor"] for _row, wish in rows})
    named = [pk for _row, wish in rows for pk in wish.get("others", [])]
    named += [pk for _row, wish in rows for change in wish.get("changes", []) for pk in change.values() if pk]
    names = names_of(named)
    told: dict[int, list[WishTold]] = {}
    for row, wish in rows:
        if mentor := people.get(wish["mentor"]):
            sentence = _wish(wish, mentor.name, row.enrollment.person.name, names)
            told.setdefault(row.enrollment_id, []).append(sentence)
    return told


def told_of(found: Mapping[str, Any], mentor: str, mentee: str) -> WishTold:
    """What the engine answered about a pair that nobody wished for; one query."""
    named = [pk for change in found.get("changes", []) for pk in change.values() if pk]
    return _wish({"rank": 0, **found}, mentor, mentee, names_of([*named, *found.get("others", [])]))


def _wish(wish: Mapping[str, Any], mentor: str, mentee: str, names: Names) -> WishTold:
    outcome = wish["outcome"]
    return WishTold(
        rank=wish["rank"],
        name=mentor,
        met=outcome == "given",
        why=elided(_why_not(wish, mentor, mentee, names)),
        chain=[elided(_change(change, names)) for change in wish.get("changes", [])],
        mentor=wish.get("enrollment"),
        balance=_balance(wish.get("changes", []), names),
        can_lock=outcome in ("cost", "others"),
    )


def _why_not(wish: Mapping[str, Any], mentor: str, mentee: str, names: Names) -> str:
    match wish["outcome"]:
        case "given":
            return _("Met.")
        case "absent":
            return format_html(_("{mentor} does not take part in this matching."), mentor=mentor)
        case "rule":
            return format_html("{}", rule_words.broken(wish["rules"][0], mentee, mentor))
        case "full":
            return format_html(_("{mentor} has no free place."), mentor=mentor)
        case "mentor_full":
            return format_html(_("All places of {mentor} are locked for others."), mentor=mentor)
        case "mentee_full":
            return format_html(_("{mentee} is locked with somebody else."), mentee=mentee)
        case "minimum":
            return _("The fit would be under the minimum.")
        case "cost":
            return _cost(wish)
        case "circle_closed" | "circle_time" as outcome:
            return circle_words.wish_missed(outcome, mentor)
    others = [names[pk] for pk in wish["others"] if pk in names]
    return format_html(_("The places of {mentor} go to {others}."), mentor=mentor, others=listed(others))


def costs_fit_alone(wish: Mapping[str, Any]) -> bool:
    """Whether nothing that comes before the fit would be lost."""
    counts = (wish[name] for name in ("covered", "pairs", "shortfall", "needs"))
    return wish["tier"] is None and all(count <= 0 for count in counts)


def _cost(wish: Mapping[str, Any]) -> str:
    if wish["covered"] > 0:
        text = ngettext(
            "It would leave one more person without a match.",
            "It would leave {count} more people without a match.",
            wish["covered"],
        )
        return format_html(text, count=wish["covered"])
    if wish["pairs"] > 0:
        text = ngettext("It would cost one pair.", "It would cost {count} pairs.", wish["pairs"])
        return format_html(text, count=wish["pairs"])
    match wish["tier"]:
        case 0:
            return _("Somebody who was left out last time would go without again.")
        case 1:
            return _("Somebody without a mentor would go without, for somebody who has one already.")
    if wish["shortfall"] > 0:
        return _("A directorate would fall further below the share that the criteria ask for.")
    if wish["needs"] > 0:
        text = ngettext(
            "One need fewer would have a mentor who serves it.",
            "{count} needs fewer would have a mentor who serves them.",
            wish["needs"],
        )
        return format_html(text, count=wish["needs"])
    if wish["lower"]:
        return _lower(wish["total"])
    if wish["kept"] > 0:
        text = ngettext(
            "It would cost no fit, but one pair of the run before.",
            "It would cost no fit, but {count} pairs of the run before.",
            wish["kept"],
        )
        return format_html(text, count=wish["kept"])
    return _("It would cost nothing: this run chose among results that are equally good.")


def _lower(points: int) -> str:
    if points < 1:  # the criteria count each by how much was asked for, people see shares of it
        return _("It would cost fit, counted by how much people asked for.")
    text = ngettext(
        "It would cost the program one point of fit in total.",
        "It would cost the program {points} points of fit in total.",
        points,
    )
    return format_html(text, points=points)


def _balance(changes: Sequence[Mapping[str, Any]], names: Names) -> str:
    """Who would go without and who would come in, in one line; empty where nobody would."""
    out = [names.get(row["mentee"] or 0, "") for row in changes if row["loses"] and not row["takes"]]
    into = [names.get(row["mentee"] or 0, "") for row in changes if row["takes"] and not row["loses"]]
    told = [
        format_html(_("{names} would go without."), names=listed(out)) if out else "",
        format_html(_("{names} would come in."), names=listed(into)) if into else "",
    ]
    return format_html_join(" ", "{}", ((line,) for line in told if line))


def _change(change: Mapping[str, Any], names: Names) -> str:
    mentee, loses, takes = (names.get(change[key] or 0, "") for key in ("mentee", "loses", "takes"))
    if loses and takes:
        text = _("{mentee} would go from {loses} to {takes}.")
    elif loses:
        text = _("{mentee} would lose {loses} and go without.")
    else:
        text = _("{mentee} would get {takes}.")
    return format_html(text, mentee=mentee, loses=loses, takes=takes)
