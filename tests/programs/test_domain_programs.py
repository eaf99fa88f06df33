"""Programs and their people."""

from typing import Any

import pytest

from core.errors import Refused
from core.models import AuditEvent
from core.roles import Role
from programs.domain.programs import add_member, create_program, remove_member, update_program
from programs.models import Membership, Program
from programs.rules import POLICY, RESERVED, stamp
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    PersonFactory,
    ProgramFactory,
    StrandFactory,
)

pytestmark = pytest.mark.django_db


def events(program: Program) -> list[tuple[str, int | None, dict[str, Any]]]:
    return list(
        AuditEvent.objects.filter(program_id=program.pk)
        .order_by("pk")
        .values_list("verb", "actor_id", "data")
    )


def make(**fields: Any) -> Program:
    given = {"template": "university", "name": "Ours", "slug": "ours", "by": None} | fields
    return create_program(**{"owner": OrganizationFactory(), **given})


def test_a_program_comes_with_all_that_its_file_has() -> None:
    manager, owner = PersonFactory(), OrganizationFactory()
    program = make(by=manager, owner=owner, timezone="Europe/Paris")
    program.refresh_from_db()
    assert (program.name, program.slug, program.owner, program.timezone) == (
        "Ours",
        "ours",
        owner,
        "Europe/Paris",
    )
    assert (program.template, program.languages) == ("university", ["en", "fr"])
    assert [strand.slug for strand in program.strands.order_by("pk")] == [
        "permanent",
        "non-permanent",
        "circles",
    ]
    assert sorted(program.questionnaires.values_list("key", "purpose", "number")) == [
        ("checkin", "survey", 1),
        ("final", "survey", 1),
        ("mentee", "mentee", 1),
        ("mentor", "mentor", 1),
    ]
    assert (program.agreement_days, program.supervisor_signs, program.action_plan) == (45, False, False)
    assert program.criteria["unit_wanted"] == "other"
    assert sorted(program.texts) == ["about", "mentee", "mentor", "summary"]
    membership = program.memberships.get()
    assert (membership.person, membership.role) == (manager, Role.MANAGER)
    assert events(program) == [
        ("program.created", manager.pk, {"template": "university"}),
        ("program.member_added", manager.pk, {"person": manager.pk, "role": "manager"}),
    ]


@pytest.mark.parametrize("slug", sorted(RESERVED))
def test_our_own_words_are_no_address(slug: str) -> None:
    with pytest.raises(Refused) as caught:
        make(slug=slug)
    assert caught.value.code == "address_reserved"


def test_an_address_is_taken_once() -> None:
    make()
    with pytest.raises(Refused) as caught:
        make(name="Other")
    assert caught.value.code == "address_taken"
    assert Program.objects.count() == 1


def test_a_kind_that_does_not_exist() -> None:
    with pytest.raises(Refused) as caught:
        make(template="palace")
    assert caught.value.code == "unknown_template"


def test_settings_change_and_say_what_changed() -> None:
    program, manager = ProgramFactory(), PersonFactory()
    changes = {"name": "New name", "term_months": 6, "agreement_days": program.agreement_days}
    update_program(program=program, changes=changes, expected=stamp(program), by=manager)
    program.refresh_from_db()
    assert (program.name, program.term_months) == ("New name", 6)
    assert events(program) == [("program.changed", manager.pk, {"fields": ["name", "term_months"]})]


def test_saving_the_same_again_is_no_event() -> None:
    program = ProgramFactory()
    update_program(program=program, changes={"name": program.name}, expected=stamp(program), by=None)
    assert events(program) == []


def test_a_change_based_on_old_settings_is_refused() -> None:
    program = ProgramFactory()
    before = stamp(program)
    update_program(
        program=program, changes={"labels": {"en": {"mentee": "protégé"}}}, expected=before, by=None
    )
    with pytest.raises(Refused) as caught:
        update_program(program=program, changes={"name": "Mine"}, expected=before, by=None)
    assert caught.value.code == "changed_meanwhile"
    program.refresh_from_db()
    assert (program.labels, program.name != "Mine") == ({"en": {"mentee": "protégé"}}, True)


@pytest.mark.parametrize("field", ["name", "timezone", "is_public", "labels", "texts", *POLICY])
def test_the_stamp_follows_every_setting(field: str) -> None:
    program = ProgramFactory()
    before = stamp(program)
    value = getattr(program, field)
    setattr(
        program, field, not value if isinstance(value, bool) else {"en": {}} if isinstance(value, dict) else 7
    )
    assert stamp(program) != before


def test_size_and_hosts_of_circles_change_and_say_so() -> None:
    program, manager = ProgramFactory(), PersonFactory()
    sizes = {"program": program, "size_min": 4, "size_max": 8}
    circles, pairs = StrandFactory(**sizes, slug="rounds", format="circle"), StrandFactory(**sizes)
    before = stamp(program)
    wanted = {"size_min": 4, "size_max": 6, "hosts": 2}
    change = {"changes": {}, "circles": {circles.pk: wanted, pairs.pk: wanted}, "by": manager}
    update_program(program=program, expected=before, **change)
    found = [
        tuple(row) for row in program.strands.order_by("pk").values_list("size_min", "size_max", "hosts")
    ]
    assert found == [(4, 6, 2), (4, 8, 1)]
    assert events(program) == [
        ("program.changed", manager.pk, {"fields": ["rounds.size_max", "rounds.hosts"]})
    ]
    assert stamp(program) != before
    update_program(program=program, expected=stamp(program), **change)
    assert len(events(program)) == 1


def test_what_is_no_setting_is_a_mistake() -> None:
    program = ProgramFactory()
    with pytest.raises(ValueError, match="slug"):
        update_program(program=program, changes={"slug": "other"}, expected=stamp(program), by=None)


def test_a_person_can_hold_several_roles_but_each_once() -> None:
    program, person, manager = ProgramFactory(), PersonFactory(), PersonFactory()
    add_member(program=program, person=person, role="sponsor", by=manager)
    add_member(program=program, person=person, role="coach", by=manager)
    with pytest.raises(Refused) as caught:
        add_member(program=program, person=person, role="coach", by=manager)
    assert caught.value.code == "member_already"
    assert sorted(program.memberships.values_list("role", flat=True)) == ["coach", "sponsor"]
    assert [verb for verb, *_ in events(program)] == ["program.member_added"] * 2


def test_a_role_for_one_partner_is_another_role() -> None:
    program, person, partner = ProgramFactory(), PersonFactory(), OrganizationFactory()
    add_member(program=program, person=person, role="hr_liaison", by=None)
    add_member(program=program, person=person, role="hr_liaison", organization=partner, by=None)
    assert program.memberships.count() == 2


def test_a_role_that_does_not_exist_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="captain"):
        add_member(program=ProgramFactory(), person=PersonFactory(), role="captain", by=None)


def test_a_role_is_taken_away() -> None:
    membership, manager = MembershipFactory(role=Role.SPONSOR), PersonFactory()
    kept = MembershipFactory(person=membership.person, role=Role.SPONSOR)
    remove_member(membership=membership, by=manager)
    assert list(Membership.objects.all()) == [kept]
    data = {"person": membership.person_id, "role": "sponsor"}
    assert events(membership.program) == [("program.member_removed", manager.pk, data)]


def test_the_last_manager_stays() -> None:
    membership = MembershipFactory()
    MembershipFactory()  # manager of another program
    MembershipFactory(program=membership.program, role=Role.COORDINATOR)
    with pytest.raises(Refused) as caught:
        remove_member(membership=membership, by=membership.person)
    assert caught.value.code == "last_manager"
    MembershipFactory(program=membership.program)
    remove_member(membership=membership, by=membership.person)
    assert membership.program.memberships.count() == 2
