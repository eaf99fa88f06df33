"""Pictures of the demo for README and docs: `python scripts/screenshots.py` while `make demo` runs."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("ITHACA_VAR") or ROOT / "var")
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
IMAGES = ROOT / "docs" / "images"
# File name, whose eyes, address (with {year} for this year's cohort), width, theme.
PICTURES = [
    ("sign-in", "", "/accounts/login/", 1280, "light"),
    ("next-steps", "Mentee", "/", 1280, "light"),
    ("next-steps-phone", "Mentee", "/", 360, "dark"),
    ("desk", "Program manager", "/desk/meridian/{year}/", 1280, "light"),
    ("review", "Program manager", "/desk/meridian/spring/matching/1/?sort=high", 1280, "light"),
    ("recruiting", "Program manager", "/desk/meridian/spring/matching/1/recruiting/", 1280, "light"),
    ("what-if", "Program manager", "/desk/meridian/spring/matching/what-if/?weight_skills=4", 1280, "light"),
    ("pictures", "Program manager", "/desk/meridian/{year}/matching/1/pictures/", 1280, "dark"),
    ("mentorships", "Program manager", "/desk/meridian/{year}/mentorships/", 1280, "light"),
    ("mail", "Program manager", "/desk/meridian/{year}/mail/", 1280, "dark"),
]


def main() -> int:
    """Take every picture; needs `var/demo.json` of a running demo."""
    facts = json.loads((VAR / "demo.json").read_text())
    accounts = {account["role"]: account for account in reversed(facts["accounts"])}
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        path = os.environ.get("ITHACA_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, role, address, width, theme in PICTURES:
            take(browser, facts["url"], accounts.get(role), name, address, width, theme)
        browser.close()
    return 0


def take(
    browser: Browser,
    base: str,
    account: dict[str, str] | None,
    name: str,
    address: str,
    width: int,
    theme: str,
) -> None:
    """Sign in as the account, open the address, keep the upper part of the page."""
    from datetime import UTC, datetime

    scheme = "dark" if theme == "dark" else "light"
    page = browser.new_page(viewport={"width": width, "height": 860}, color_scheme=scheme)
    if account:
        page.goto(f"{base}/accounts/login/")
        page.fill("[name=login]", account["email"])
        page.fill("[name=password]", account["password"])
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "login" not in url)
    page.goto(base + address.format(year=datetime.now(UTC).year))
    if name == "review":
        page.locator("table.grid tbody tr a").first.click()
        page.wait_for_load_state("networkidle")
    page.screenshot(path=str(IMAGES / f"{name}.png"))
    page.close()


if __name__ == "__main__":
    sys.exit(main())
