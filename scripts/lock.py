"""Compile requirements/*.txt from pyproject.toml: pinned, hashed, and without a word about where packages come from."""

import subprocess
import sys
from pathlib import Path

from setup import ROOT, VENV, uv_environment

SETS = {
    "setup": ["--group", "setup"],
    "base": ["pyproject.toml"],
    "dev": ["pyproject.toml", "--group", "dev", "-c", "requirements/base.txt"],
}


def main(extra: list[str]) -> None:
    command = [VENV / "bin" / "uv", "pip", "compile", "--quiet", "--python-version", "3.11"]
    command += [
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--no-header",
        "--annotation-style=line",
        *extra,
    ]
    for name, choice in SETS.items():
        out = Path("requirements") / f"{name}.txt"
        subprocess.run([*command, *choice, "-o", out], cwd=ROOT, env=uv_environment(), check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
