"""Who can sign in to the demo by one click. Data alone: the settings read it."""

from django.utils.translation import gettext_noop as _

PASSWORD = "ithaca-demo-2026"  # noqa: S105


def _account(role: str, name: str, email: str, about: str) -> dict[str, str]:
    return {"role": role, "name": name, "email": email, "password": PASSWORD, "about": about}


ACCOUNTS: list[dict[str, str]] = [
    _account(
        _("Program manager"), "Ruth Okafor", "ruth.okafor@example.org", _("Runs the laboratory's program")
    ),
    _account(_("Mentee"), "Mira Kovač", "mira.kovac@example.org", _("Has an agreement to sign")),
    _account(_("Mentor"), "Dana Whitfield", "dana.whitfield@example.org", _("Mentors Mira and others")),
    _account(_("Sponsor"), "Helen Marsh", "helen.marsh@example.org", _("Sees figures, not people")),
    _account(_("HR liaison"), "Paul Tanaka", "paul.tanaka@example.org", _("Follows the laboratory's people")),
    _account(_("Committee member"), "Amara Silva", "amara.silva@example.org", _("Steers by results")),
    _account(
        _("Program manager"),
        "Jules Perrin",
        "jules.perrin@example.org",
        _("Selects at the university (in French)"),
    ),
    _account(
        _("Applicant"),
        "Claire Fontaine",
        "claire.fontaine@example.org",
        _("Is applying at the university (in French)"),
    ),
    _account(_("Operator"), "Olive Tran", "olive.tran@example.org", _("Brings in people, creates programs")),
]
