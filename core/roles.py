"""Roles in a program and what each may do. The database keeps the short role; the meaning lives here."""

from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person is in a program. One person can hold several roles, in several programs."""

    SPONSOR = "sponsor", _("Sponsor")
    MANAGER = "manager", _("Program manager")
    COORDINATOR = "coordinator", _("Coordinator")
    HR_LIAISON = "hr_liaison", _("HR liaison")
    COMMITTEE = "committee", _("Committee member")
    REVIEWER = "reviewer", _("Reviewer")
    COACH = "coach", _("Coach")


class Permission(StrEnum):
    """One act, or one kind of knowledge, in a program."""

    SEE_DESK = "see_desk"  # where the cohort stands, in figures
    SEE_PEOPLE = "see_people"  # names behind the figures, profiles, applications
    SEE_PROGRESS = "see_progress"  # how mentorships go, never what is said in them
    DECIDE_APPLICATIONS = "decide_applications"
    RUN_MATCHING = "run_matching"
    SEND_MAIL = "send_mail"
    MANAGE_MENTORSHIPS = "manage_mentorships"
    MANAGE_SURVEYS = "manage_surveys"
    SEE_RESULTS = "see_results"  # survey results, groups under five hidden
    CHANGE_SETTINGS = "change_settings"


_DESK = {Permission.SEE_DESK, Permission.SEE_RESULTS}
_COORDINATE = _DESK | {
    Permission.SEE_PEOPLE,
    Permission.SEE_PROGRESS,
    Permission.DECIDE_APPLICATIONS,
    Permission.RUN_MATCHING,
    Permission.SEND_MAIL,
    Permission.MANAGE_MENTORSHIPS,
    Permission.MANAGE_SURVEYS,
}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.SPONSOR: frozenset(_DESK),
    Role.MANAGER: frozenset(Permission),
    Role.COORDINATOR: frozenset(_COORDINATE),
    Role.HR_LIAISON: frozenset(_DESK | {Permission.SEE_PEOPLE, Permission.SEE_PROGRESS}),
    Role.COMMITTEE: frozenset(_DESK),
    Role.REVIEWER: frozenset({Permission.SEE_DESK, Permission.SEE_PEOPLE}),
    Role.COACH: frozenset({Permission.SEE_DESK}),
}


def roles_granting(permission: Permission) -> list[Role]:
    """The roles that may do this."""
    return [role for role, permissions in GRANTS.items() if permission in permissions]
