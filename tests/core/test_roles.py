"""What each role may do, said twice: here by hand."""

import pytest

from core.roles import GRANTS, Permission, Role, roles_granting

P = Permission
FIGURES = {P.SEE_DESK, P.SEE_RESULTS}
NEVER_COORDINATORS = {P.CHANGE_SETTINGS}


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        (Role.MANAGER, set(Permission)),
        (Role.COORDINATOR, set(Permission) - NEVER_COORDINATORS),
        (Role.HR_LIAISON, FIGURES | {P.SEE_PEOPLE, P.SEE_PROGRESS}),
        (Role.REVIEWER, {P.SEE_DESK, P.SEE_PEOPLE}),
        (Role.SPONSOR, FIGURES),
        (Role.COMMITTEE, FIGURES),
        (Role.COACH, {P.SEE_DESK}),
    ],
)
def test_each_role_is_granted_what_it_is_for(role: Role, permissions: set[Permission]) -> None:
    assert GRANTS[role] == permissions


def test_every_role_has_its_grants() -> None:
    assert set(GRANTS) == set(Role)


def test_whoever_works_in_a_program_sees_its_desk() -> None:
    assert set(roles_granting(P.SEE_DESK)) == set(Role)


@pytest.mark.parametrize("permission", Permission)
def test_the_roles_of_a_permission_are_those_that_grant_it(permission: Permission) -> None:
    assert set(roles_granting(permission)) == {role for role in Role if permission in GRANTS[role]}
    assert Role.MANAGER in roles_granting(permission)
