"""A round in which people look for each other first: introductions in every state, wishes, and shortlists."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from config.demo import laboratory, running
from config.demo.cast import Cast
from config.demo.clock import at
from config.demo.laboratory import person
from matching.domain.introductions import confirm_introduction, recommend_change
from matching.domain.shortlists import make_shortlists, request_shortlists
from participants.domain.introductions import answer, ask, settle_introductions, take_back
from participants.domain.shortlists import rank_shortlist
from participants.domain.wishes import change_wishes
from participants.models import Enrollment, Introduction, Shortlist
from participants.queries import mentors_shown, still_suggested
from programs.domain import cohorts
from programs.models import Cohort, Program

DAY = timedelta(days=1)
NOTES = (
    "You explained the beam time rules at the open day, and I have used it ever since. Could we go on from there?",
    "We worked next door to each other in the north building. I would like to learn how you lead a team.",
    "A colleague of yours said that I should talk to you about changing fields.",
)
WAYS = {"introductions": True, "self_match": False, "shortlists": True}


def next_round(program: Program, today: date, rng: Random, cast: Cast) -> Cohort:
    """The cohort after this one, with a first run that leaves some out. Mira and Dana are in it."""
    mira, dana, manager = person("mira.kovac"), person("dana.whitfield"), person("ruth.okafor")
    call = today - 40 * DAY
    made = laboratory.cohort(program, name="spring", call=call, starts=today + 30 * DAY, places=40)
    Cohort.objects.filter(pk=made.pk).update(name="Spring round", **WAYS)
    mentors, mentees = [dana, *cast.next_mentors], [mira, *cast.next_mentees]
    made.refresh_from_db()
    laboratory.apply(made, rng, today - 15 * DAY, mentees, mentors, "accepted")
    shown = Enrollment.objects.filter(cohort=made, role="mentor").order_by("pk")
    Enrollment.objects.filter(pk__in=[row.pk for row in shown[:11]]).update(listed=True)
    with at(today - 8 * DAY):
        cohorts.close_call(cohort=made, by=manager)
        cohorts.start_matching(cohort=Cohort.objects.get(pk=made.pk), by=manager)
    made.refresh_from_db()
    _introduce(made, today, rng)
    _shortlist(made, today, rng)
    with at(today - DAY):
        running.match(made, manager)
    return made


def _introduce(made: Cohort, today: date, rng: Random) -> None:
    """One for each way that it can go; one waits for Dana, two for the manager."""
    manager, dana = person("ruth.okafor"), person("dana.whitfield")
    own = Enrollment.objects.filter(cohort=made, role="mentee").exclude(person=person("mira.kovac"))
    mentees = iter(list(own.select_related("cohort__program", "person").order_by("pk")))
    asked: list[tuple[str, Introduction]] = []
    with at(today - 7 * DAY):
        for end in ("expired", "refused", "taken back", "confirmed", "changed", "agreed", "agreed", "open"):
            mentee = next(mentees)
            free = mentors_shown(mentee).filter(free__gt=0).exclude(person=dana)
            free = free.exclude(pk__in=[row.mentor_id for _end, row in asked])
            mentor = rng.choice(list(free.exclude(person=mentee.person.supervisor_id).order_by("pk")))
            asked.append((end, ask(mentee=mentee, mentor=mentor, by=mentee.person, note=rng.choice(NOTES))))
    with at(today - 5 * DAY):
        for end, row in asked:
            if end in ("confirmed", "changed", "agreed", "refused"):
                answer(introduction=row, agrees=end != "refused", by=row.mentor.person)
            elif end == "taken back":
                take_back(introduction=row, by=row.mentee.person)
    with at(today - 3 * DAY):
        by_end = dict(asked)
        confirm_introduction(introduction=by_end["confirmed"], by=manager)
        word = "You two share a field already. I would look for somebody outside it: let us talk on Thursday."
        recommend_change(introduction=by_end["changed"], word=word, by=manager)
        Introduction.objects.filter(pk=by_end["expired"].pk).update(expires_on=today - 4 * DAY)
        settle_introductions()
    with at(today - DAY):
        mentee = next(mentees)
        mentor = Enrollment.objects.get(cohort=made, role="mentor", person=dana)
        ask(mentee=mentee, mentor=mentor, by=mentee.person, note=NOTES[0])


def _shortlist(made: Cohort, today: date, rng: Random) -> None:
    """Shortlists for those without a pair; a third of them ranked. Mira has a wish, and hers to rank."""
    mira = Enrollment.objects.get(cohort=made, person=person("mira.kovac"))
    with at(today - 2 * DAY):
        mentor = mentors_shown(mira).order_by("pk")[0].person
        change_wishes(enrollment=mira, act="add", mentor=mentor, by=mira.person)
        make_shortlists(request_shortlists(cohort=made, by=person("ruth.okafor")).pk)
    lists = Shortlist.objects.filter(enrollment__cohort=made).exclude(enrollment=mira).order_by("pk")
    with at(today - DAY):
        for one in list(lists.select_related("enrollment__person"))[::3]:
            keys = [row.pk for row in still_suggested(one)]
            chosen = rng.sample(keys, min(len(keys), rng.choice((0, 1, 3))))
            ranks = {key: chosen.index(key) + 1 if key in chosen else 0 for key in keys}
            rank_shortlist(shortlist=one, ranks=ranks, by=one.enrollment.person)
