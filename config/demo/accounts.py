"""Who can sign in to the demo by one click. Data alone: the settings read it."""

PASSWORD = "ithaca-demo-2026"  # noqa: S105


def _account(role: str, name: str, email: str, about: str) -> dict[str, str]:
    return {"role": role, "name": name, "email": email, "password": PASSWORD, "about": about}


ACCOUNTS: list[dict[str, str]] = [
    _account("Program manager", "Ruth Okafor", "ruth.okafor@example.org", "Runs the laboratory's program"),
    _account("Mentee", "Mira Kovač", "mira.kovac@example.org", "Has an agreement to sign"),
    _account("Mentor", "Dana Whitfield", "dana.whitfield@example.org", "Mentors Mira and others"),
    _account("Sponsor", "Helen Marsh", "helen.marsh@example.org", "Sees figures, not people"),
    _account("HR liaison", "Paul Tanaka", "paul.tanaka@example.org", "Follows the laboratory's people"),
    _account("Committee member", "Amara Silva", "amara.silva@example.org", "Steers by results"),
    _account(
        "Program manager", "Jules Perrin", "jules.perrin@example.org", "Selects at the university (in French)"
    ),
    _account(
        "Applicant",
        "Claire Fontaine",
        "claire.fontaine@example.org",
        "Is applying at the university (in French)",
    ),
    _account("Operator", "Olive Tran", "olive.tran@example.org", "Brings in people, creates programs"),
]
