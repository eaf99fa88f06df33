"""Who can sign in to the demo by one click. Data alone: the settings read it."""

PASSWORD = "ithaca-demo-2026"  # noqa: S105

ACCOUNTS: list[dict[str, str]] = []
