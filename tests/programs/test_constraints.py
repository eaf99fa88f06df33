"""What the database keeps by itself, whoever writes."""

import pytest
from django.db import IntegrityError, connection, transaction

from programs.models import Cohort, Offer
from tests.factories import (
    CohortFactory,
    MembershipFactory,
    OfferFactory,
    OrganizationFactory,
    QuestionnaireFactory,
    StrandFactory,
)

pytestmark = pytest.mark.django_db


def refused(constraint: str, sql: str, *params: object) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_no_more_places_are_used_than_there_are() -> None:
    offer = OfferFactory(places=2, used=2)
    refused("offer_within_places", "UPDATE programs_offer SET used = 3 WHERE id = %s", offer.pk)


def test_places_do_not_fall_below_those_used() -> None:
    offer = OfferFactory(places=2, used=2)
    refused("offer_within_places", "UPDATE programs_offer SET places = 1 WHERE id = %s", offer.pk)


def test_places_are_not_negative() -> None:
    offer = OfferFactory()
    refused("programs_offer_used_check", "UPDATE programs_offer SET used = -1 WHERE id = %s", offer.pk)


def test_one_offer_for_each_strand() -> None:
    offer = OfferFactory()
    refused(
        "offer_unique",
        "INSERT INTO programs_offer (cohort_id, strand_id, places, used) VALUES (%s, %s, 1, 0)",
        offer.cohort_id,
        offer.strand_id,
    )
    Offer.objects.create(cohort=offer.cohort, strand=StrandFactory(program=offer.cohort.program), places=1)


@pytest.mark.parametrize(
    "change",
    ["call_closes_on = call_opens_on - 1", "starts_on = call_opens_on - 1", "ends_on = starts_on"],
)
def test_dates_are_in_order(change: str) -> None:
    cohort = CohortFactory()
    refused("cohort_dates_in_order", f"UPDATE programs_cohort SET {change} WHERE id = %s", cohort.pk)


@pytest.mark.parametrize(
    "change",
    ["call_closes_on = call_opens_on", "starts_on = call_opens_on", "ends_on = starts_on + 1"],
)
def test_dates_at_their_limits_are_in_order(change: str) -> None:
    cohort = CohortFactory()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE programs_cohort SET {change} WHERE id = %s", [cohort.pk])
    assert Cohort.objects.filter(pk=cohort.pk).exists()


def test_a_term_has_a_month() -> None:
    cohort = CohortFactory()
    refused("cohort_term_positive", "UPDATE programs_cohort SET term_months = 0 WHERE id = %s", cohort.pk)


def test_an_address_is_a_cohorts_own_in_its_program() -> None:
    cohort = CohortFactory()
    other = CohortFactory(program=cohort.program)
    refused("cohort_slug_unique", "UPDATE programs_cohort SET slug = %s WHERE id = %s", cohort.slug, other.pk)


def test_a_role_is_held_once_without_a_partner_too() -> None:
    held = MembershipFactory()
    sql = "INSERT INTO programs_membership (person_id, program_id, role) VALUES (%s, %s, %s)"
    refused("membership_unique", sql, held.person_id, held.program_id, held.role)
    MembershipFactory(person=held.person, program=held.program, organization=OrganizationFactory())


@pytest.mark.parametrize("sizes", ["size_min = 0", "size_max = 0", "size_min = 3, size_max = 2"])
def test_sizes_of_a_strand_are_in_order(sizes: str) -> None:
    strand = StrandFactory()
    refused("strand_size_in_order", f"UPDATE programs_strand SET {sizes} WHERE id = %s", strand.pk)


@pytest.mark.parametrize("change", ["hosts = 0", "hosts = 2", "hosts = 3, format = 'circle'"])
def test_one_or_two_host_a_circle_and_one_a_pair(change: str) -> None:
    strand = StrandFactory()
    refused("strand_hosts_one_or_two", f"UPDATE programs_strand SET {change} WHERE id = %s", strand.pk)


def test_versions_of_a_questionnaire_count() -> None:
    first = QuestionnaireFactory()
    second = QuestionnaireFactory(program=first.program, key=first.key, number=2)
    sql = "UPDATE programs_questionnaire SET number = 1 WHERE id = %s"
    refused("questionnaire_version_unique", sql, second.pk)
