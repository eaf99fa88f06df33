"""Run every static check, side by side; print what fails, and how long each took."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
PYTHON = [sys.executable]

# Longest first.
CHECKS: dict[str, list[str]] = {
    "types": [*PYTHON, "-m", "mypy", "--no-error-summary"],
    "models and migrations": [*PYTHON, "scripts/django_checks.py"],
    "layers": [str(BIN / "lint-imports"), "--no-logo"],
    "templates": [str(BIN / "djlint"), "templates", "--lint", "--quiet"],
    "format": [*PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
    "lint": [*PYTHON, "-m", "ruff", "check", "--quiet", "--output-format=concise", "."],
    "dependencies": [str(BIN / "deptry"), "."],
    "locked versions": [*PYTHON, "scripts/locked.py"],
    "sizes": [*PYTHON, "scripts/sizes.py"],
}
if (ROOT / "core" / "catalog.py").exists():
    CHECKS["French catalog"] = [*PYTHON, "-m", "core.catalog", "check"]


def main() -> int:
    begun = time.monotonic()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1"}

    def run(name: str) -> tuple[str, int, str, float]:
        start = time.monotonic()
        done = subprocess.run(
            CHECKS[name],
            cwd=ROOT,
            env=environment,
            text=True,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return name, done.returncode, done.stdout, time.monotonic() - start

    failed = []
    with ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 2)) as pool:
        for name, code, words, seconds in pool.map(run, CHECKS):
            print(f"{'FAILED' if code else 'ok':>6}  {name} ({seconds:.1f} s)", flush=True)
            if code:
                failed.append(name)
                print(words.rstrip())
    print(f"{len(CHECKS) - len(failed)} of {len(CHECKS)} checks passed in {time.monotonic() - begun:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
