"""The locked requirements match pyproject.toml, carry hashes, and no file names a package registry."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "requirements"
# Brackets keep this line from finding itself.
REGISTRIES = r"(files\.pythonhoste[d]|py[p]i)\.(org|python)|registry\.npmj[s]|deb\.debia[n]\.org|--(extra-)?index-ur[l]"
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)


def main() -> int:
    problems = [*missing_pins(), *registry_names()]
    print("\n".join(problems))
    return 1 if problems else 0


def missing_pins() -> Iterator[str]:
    """Every direct requirement is locked where it must be, with hashes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    direct = {"base": project["project"]["dependencies"], **project["dependency-groups"]}
    for name, requirements in direct.items():
        text = (LOCKS / f"{name}.txt").read_text()
        pinned = {normal(match) for match in PIN.findall(text)}
        for requirement in requirements:
            wanted = normal(re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0])
            if wanted not in pinned:
                yield f"requirements/{name}.txt lacks {wanted}: run `make lock`"
        if text.count("==") > text.count("--hash="):
            yield f"requirements/{name}.txt has pins without hashes: run `make lock`"


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def registry_names() -> Iterator[str]:
    command = ["git", "grep", "-nIE", REGISTRIES, "--", ".", ":!docs", ":!*.md"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout
    yield from (f"names a package registry: {line}" for line in found.splitlines())


if __name__ == "__main__":
    sys.exit(main())
