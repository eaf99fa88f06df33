"""Print the path of a Chromium for the browser tests: the one given or found, else one installed now."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The one without windows is the faster and the smaller.
PACKAGES = ("chromium-headless-shell", "chromium")
NAMES = (*PACKAGES, "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    path = given() or found() or playwrights_own() or installed()
    if not path:
        sys.exit(
            "No Chromium was found or could be installed. Install one, or set ITHACA_CHROMIUM to its path."
        )
    print(path)


def given() -> str | None:
    path = os.environ.get("ITHACA_CHROMIUM", "")
    return path if path and Path(path).exists() else None


def found() -> str | None:
    return next(filter(None, map(shutil.which, NAMES)), None)


def playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def installed() -> str | None:
    """By the system's packages where we may, else Playwright's download."""
    print("Installing Chromium for the browser tests...", file=sys.stderr, flush=True)
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt("update")
        for name in PACKAGES:
            apt("install", "-y", "--no-install-recommends", name)
            if path := found():
                return path
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], stdout=sys.stderr, check=False
    )
    return playwrights_own()


def apt(*words: str) -> None:
    subprocess.run(["apt-get", "-qq", *words], stdout=sys.stderr, check=False)


if __name__ == "__main__":
    main()
