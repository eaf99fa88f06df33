"""Cohorts: making, changing, moving."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from core.errors import Refused
from core.models import AuditEvent
from programs.domain import cohorts
from programs.domain.cohorts import create_cohort, update_cohort
from programs.models import Cohort, Offer, Program
from programs.moves import MOVES, moves_from
from programs.rules import DATES, POLICY, problems_of_dates, stamp
from tests.factories import CohortFactory, OfferFactory, PersonFactory, ProgramFactory, StrandFactory

pytestmark = pytest.mark.django_db
State = Cohort.State
DAYS = {
    "call_opens_on": date(2027, 1, 11),
    "call_closes_on": date(2027, 2, 8),
    "starts_on": date(2027, 3, 1),
    "ends_on": date(2028, 2, 28),
}


def make(program: Program, **fields: Any) -> Cohort:
    return create_cohort(
        **{
            "program": program,
            "name": "2027",
            "slug": "2027",
            "dates": DAYS,
            "places": {},
            "by": None,
            **fields,
        }
    )


def verbs(cohort: Cohort) -> list[tuple[str, int | None, dict[str, Any]]]:
    found = AuditEvent.objects.filter(target_kind="programs.cohort", target_id=cohort.pk).order_by("pk")
    return list(found.values_list("verb", "actor_id", "data"))


def test_a_cohort_copies_the_programs_policy() -> None:
    program = ProgramFactory(
        timezone="Europe/Paris", agreement_days=45, action_plan=False, supervisor_signs=False
    )
    strand, manager = StrandFactory(program=program), PersonFactory()
    cohort = make(program, places={strand.pk: 12}, policy={"term_months": 6}, by=manager)
    cohort.refresh_from_db()
    assert (cohort.state, cohort.timezone) == (State.DRAFT, "Europe/Paris")
    assert {name: getattr(cohort, name) for name in DATES} == DAYS
    assert {name: getattr(cohort, name) for name in POLICY} == {
        **{name: getattr(program, name) for name in POLICY},
        "term_months": 6,
    }
    assert list(cohort.offers.values_list("strand", "places", "used")) == [(strand.pk, 12, 0)]
    assert verbs(cohort) == [("cohort.created", manager.pk, {})]
    program.agreement_days = 10
    program.save()
    cohort.refresh_from_db()
    assert cohort.agreement_days == 45


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"call_closes_on": date(2027, 1, 10)}, "call_closes_on"),
        ({"starts_on": date(2027, 1, 10)}, "starts_on"),
        ({"ends_on": date(2027, 3, 1)}, "ends_on"),
    ],
)
def test_dates_out_of_order_are_refused(changes: dict[str, date], field: str) -> None:
    assert list(problems_of_dates(DAYS | changes)) == [field]
    with pytest.raises(Refused) as caught:
        make(ProgramFactory(), dates=DAYS | changes)
    assert (caught.value.code, caught.value.message) == ("dates", problems_of_dates(DAYS | changes)[field])


def test_dates_at_their_limits_are_in_order() -> None:
    same = {**dict.fromkeys(DATES, date(2027, 1, 11)), "ends_on": date(2027, 1, 12)}
    assert problems_of_dates(same) == {}
    make(ProgramFactory(), dates=same)


def test_an_address_is_taken_once_in_a_program() -> None:
    cohort = CohortFactory(slug="2027")
    make(ProgramFactory())
    with pytest.raises(Refused) as caught:
        make(cohort.program)
    assert caught.value.code == "address_taken"
    with pytest.raises(Refused) as caught:
        make(cohort.program, slug="settings")
    assert caught.value.code == "address_reserved"


def test_another_programs_strand_has_no_places_here() -> None:
    strand = StrandFactory()
    with pytest.raises(ValueError, match=str(strand.pk)):
        make(ProgramFactory(), places={strand.pk: 3})


def test_settings_change_and_say_what_changed() -> None:
    offer, manager = OfferFactory(places=20), PersonFactory()
    cohort, other = offer.cohort, StrandFactory(program=offer.cohort.program)
    ends = cohort.ends_on + timedelta(days=30)
    update_cohort(
        cohort=cohort,
        changes={"ends_on": ends, "plan_days": 70, "name": cohort.name},
        places={offer.strand_id: 25, other.pk: 5},
        expected=stamp(cohort),
        by=manager,
    )
    cohort.refresh_from_db()
    assert (cohort.ends_on, cohort.plan_days) == (ends, 70)
    assert sorted(cohort.offers.values_list("strand", "places")) == sorted(
        [(offer.strand_id, 25), (other.pk, 5)]
    )
    assert verbs(cohort) == [("cohort.changed", manager.pk, {"fields": ["ends_on", "plan_days", "places"]})]
    update_cohort(cohort=cohort, changes={}, places={other.pk: 5}, expected=stamp(cohort), by=manager)
    assert len(verbs(cohort)) == 1


@pytest.mark.parametrize("change", [{"changes": {"plan_days": 70}}, {"changes": {}, "places": True}])
def test_a_change_based_on_old_settings_is_refused(change: dict[str, Any]) -> None:
    offer = OfferFactory()
    cohort = offer.cohort
    before = stamp(cohort)
    given = {**change, "places": {offer.strand_id: 21}} if "places" in change else change
    update_cohort(cohort=cohort, expected=before, by=None, **given)
    with pytest.raises(Refused) as caught:
        update_cohort(cohort=cohort, changes={"name": "Mine"}, expected=before, by=None)
    assert caught.value.code == "changed_meanwhile"


def test_places_do_not_fall_below_what_is_taken() -> None:
    offer = OfferFactory(places=20, used=8)
    with pytest.raises(Refused) as caught:
        update_cohort(
            cohort=offer.cohort,
            changes={},
            places={offer.strand_id: 7},
            expected=stamp(offer.cohort),
            by=None,
        )
    assert (caught.value.code, str(caught.value)) == (
        "places_used",
        "8 places are taken already, so 7 are too few.",
    )
    update_cohort(
        cohort=offer.cohort, changes={}, places={offer.strand_id: 8}, expected=stamp(offer.cohort), by=None
    )
    assert Offer.objects.get(pk=offer.pk).places == 8


def test_a_closed_cohort_keeps_its_settings_and_dates_stay_in_order() -> None:
    cohort = CohortFactory(state=State.CLOSED)
    with pytest.raises(Refused) as caught:
        update_cohort(cohort=cohort, changes={"name": "x"}, expected=stamp(cohort), by=None)
    assert caught.value.code == "closed"
    open_one = CohortFactory()
    with pytest.raises(Refused) as caught:
        update_cohort(
            cohort=open_one, changes={"ends_on": open_one.starts_on}, expected=stamp(open_one), by=None
        )
    assert caught.value.code == "dates"


def test_what_is_no_setting_is_a_mistake() -> None:
    cohort = CohortFactory()
    with pytest.raises(ValueError, match="state"):
        update_cohort(cohort=cohort, changes={"state": "closed"}, expected=stamp(cohort), by=None)


# The verb that makes each move; all other pairs of states are refused by every verb.
LEGAL = {
    (State.DRAFT, State.CALL_OPEN): (cohorts.open_call, "cohort.call_opened"),
    (State.CALL_OPEN, State.SELECTING): (cohorts.close_call, "cohort.call_closed"),
    (State.SELECTING, State.CALL_OPEN): (cohorts.open_call, "cohort.call_opened"),
    (State.SELECTING, State.MATCHING): (cohorts.start_matching, "cohort.matching_started"),
    (State.MATCHING, State.SELECTING): (cohorts.resume_selection, "cohort.selection_resumed"),
    (State.MATCHING, State.RUNNING): (cohorts.start_running, "cohort.started"),
    (State.RUNNING, State.CLOSING): (cohorts.start_closing, "cohort.closing"),
    (State.CLOSING, State.RUNNING): (cohorts.resume_running, "cohort.resumed"),
    (State.CLOSING, State.CLOSED): (cohorts.close, "cohort.closed"),
}
# Two verbs lead into one state: what they may do differs, the table does not.
SHARED = {
    (cohorts.close_call, State.MATCHING): State.SELECTING,
    (cohorts.resume_selection, State.CALL_OPEN): State.SELECTING,
    (cohorts.start_running, State.CLOSING): State.RUNNING,
    (cohorts.resume_running, State.MATCHING): State.RUNNING,
}
VERBS = sorted({act for act, _verb in LEGAL.values()}, key=lambda act: act.__name__)


@pytest.mark.parametrize("act", VERBS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("state", State.values)
def test_every_verb_from_every_state(state: str, act: Any) -> None:
    offer = OfferFactory(cohort__state=state)
    cohort, manager = offer.cohort, PersonFactory()
    legal = {(before, verb): (after, word) for (before, after), (verb, word) in LEGAL.items()}
    if (state, act) in legal:
        after, word = legal[State(state), act]
        act(cohort=cohort, by=manager)
        cohort.refresh_from_db()
        assert cohort.state == after
        assert verbs(cohort) == [(word, manager.pk, {"from": state})]
    elif (act, state) in SHARED:
        act(cohort=cohort, by=manager)
        cohort.refresh_from_db()
        assert cohort.state == SHARED[act, State(state)]
    else:
        with pytest.raises(Refused) as caught:
            act(cohort=cohort, by=manager)
        assert caught.value.code == "illegal_move"
        cohort.refresh_from_db()
        assert (cohort.state, verbs(cohort)) == (state, [])


def test_the_table_has_exactly_these_moves() -> None:
    every = {
        (State(before), State(after))
        for before in State
        for after in State
        if Cohort.lifecycle.may(before, after)
    }
    assert every == set(LEGAL)


def test_moves_by_hand_cover_all_but_publishing() -> None:
    by_hand = {(state, move.act) for move in MOVES.values() for state in move.states}
    assert by_hand == {
        (before, act) for (before, _after), (act, _word) in LEGAL.items() if act is not cohorts.start_running
    }
    assert [move.key for move in moves_from(State.CLOSING)] == ["resume", "close"]
    assert moves_from(State.CLOSED) == []


def test_a_call_without_places_does_not_open() -> None:
    cohort = OfferFactory(places=0, cohort__state=State.DRAFT).cohort
    with pytest.raises(Refused) as caught:
        cohorts.open_call(cohort=cohort, by=None)
    assert caught.value.code == "no_places"


@time_machine.travel("2027-01-05T12:00:00Z", tick=False)
def test_opening_early_brings_the_date_forward_and_opening_late_does_not() -> None:
    early = OfferFactory(cohort__state=State.DRAFT, cohort__call_opens_on=date(2027, 1, 11)).cohort
    late = OfferFactory(cohort__state=State.DRAFT, cohort__call_opens_on=date(2027, 1, 2)).cohort
    assert cohorts.open_call(cohort=early, by=None).call_opens_on == date(2027, 1, 5)
    assert cohorts.open_call(cohort=late, by=None).call_opens_on == date(2027, 1, 2)


@time_machine.travel("2027-02-09T04:30:00Z", tick=False)
def test_a_call_opens_again_while_its_last_day_lasts_there() -> None:
    days = {"call_opens_on": date(2027, 1, 11), "call_closes_on": date(2027, 2, 8)}
    over = OfferFactory(
        cohort__state=State.SELECTING, cohort__timezone="Europe/Paris", **prefixed(days)
    ).cohort
    lasts = OfferFactory(
        cohort__state=State.SELECTING, cohort__timezone="America/New_York", **prefixed(days)
    ).cohort
    with pytest.raises(Refused) as caught:
        cohorts.open_call(cohort=over, by=None)
    assert caught.value.code == "call_over"
    assert cohorts.open_call(cohort=lasts, by=None).state == State.CALL_OPEN


@time_machine.travel("2027-01-20T12:00:00Z", tick=False)
def test_closing_early_brings_the_date_forward() -> None:
    cohort = CohortFactory(call_opens_on=date(2027, 1, 11), call_closes_on=date(2027, 2, 8))
    assert cohorts.close_call(cohort=cohort, by=None).call_closes_on == date(2027, 1, 20)
    late = CohortFactory(call_opens_on=date(2027, 1, 1), call_closes_on=date(2027, 1, 15))
    assert cohorts.close_call(cohort=late, by=None).call_closes_on == date(2027, 1, 15)


@time_machine.travel("2028-03-01T12:00:00Z", tick=False)
def test_what_is_over_does_not_go_on() -> None:
    cohort = CohortFactory(state=State.CLOSING, **DAYS)
    with pytest.raises(Refused) as caught:
        cohorts.resume_running(cohort=cohort, by=None)
    assert caught.value.code == "over"


def prefixed(fields: dict[str, Any]) -> dict[str, Any]:
    return {f"cohort__{name}": value for name, value in fields.items()}
