"""Make .venv and install a locked set into it: `python3 scripts/setup.py base|dev`. Does nothing when nothing changed.

Runs under the system's Python, so it uses the standard library alone. uv installs; without it, pip does. Where
packages come from is the person's own configuration, read at run time and never written down.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = ROOT / "requirements"
OLDEST = (3, 11)
NO_VENV = "Python's venv module is not complete here. On Debian or Ubuntu: apt-get install python3-venv"
# A choice of pip's configuration -> the environment variable that tells uv the same.
CHOICES = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"}


def main(wanted: str) -> None:
    use_new_enough_python()
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once
        if not up_to_date(wanted):
            install(wanted)
        compile_catalogs()


def use_new_enough_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for minor in range(14, OLDEST[1] - 1, -1):
        if found := shutil.which(f"python3.{minor}"):
            os.execv(found, [found, *sys.argv])
    sys.exit(f"Ithaca needs Python {OLDEST[0]}.{OLDEST[1]} or newer; python3 is {sys.version.split()[0]}.")


def up_to_date(wanted: str) -> bool:
    """The development set contains the base set, so it serves for both."""
    return any(stamp(name).exists() and stamp(name).read_text() == digest(name) for name in {wanted, "dev"})


def stamp(name: str) -> Path:
    return VENV / f".installed-{name}"


def digest(name: str) -> str:
    files = [LOCKS / "base.txt", LOCKS / f"{name}.txt"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def install(wanted: str) -> None:
    print(
        f"Installing packages into {VENV.relative_to(ROOT)} (only when the locked versions change)...",
        flush=True,
    )
    if not works(PYTHON):
        make_venv()
    for name in ("base", "dev"):
        stamp(name).unlink(missing_ok=True)
    locked = ["--require-hashes", "-r", str(LOCKS / f"{wanted}.txt")]
    install = [*pip(), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", str(LOCKS / "setup.txt")], check=False)
    uv = VENV / "bin" / "uv"
    if (
        not works(uv)
        or subprocess.run(
            [uv, "pip", "install", "--quiet", "--python", PYTHON, *locked], env=uv_environment(), check=False
        ).returncode
    ):
        subprocess.run([*install, *locked], check=True)
    stamp(wanted).write_text(digest(wanted))


def works(program: Path) -> bool:
    return program.exists() and runs([program, "--version"])


def runs(command: list[str | Path]) -> bool:
    return not subprocess.run(command, capture_output=True, check=False).returncode


def make_venv() -> None:
    """Without pip, which takes seconds to copy: this Python's own serves."""
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.run([sys.executable, "-m", "venv", "--without-pip", VENV], check=False).returncode:
        sys.exit(NO_VENV)


def pip() -> list[str | Path]:
    """The command of a pip that installs into VENV: this Python's, or else one put there."""
    from_here = [sys.executable, "-m", "pip", "--python", PYTHON]  # since pip 22.3
    if runs([*from_here, "--version"]):
        return from_here
    if not runs([PYTHON, "-m", "ensurepip"]):
        sys.exit(NO_VENV)
    return [PYTHON, "-m", "pip"]


def uv_environment() -> dict[str, str]:
    """Our environment, with what pip is configured to use, for uv does not read pip's configuration."""
    environment = dict(os.environ)
    listed = subprocess.run([*pip(), "config", "list"], capture_output=True, text=True, check=False)
    settings = dict(line.split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    for choice, variable in CHOICES.items():
        given = [
            settings[f"{level}.{choice}"]
            for level in (":env:", "install", "global")
            if f"{level}.{choice}" in settings
        ]
        if given and variable not in environment:
            places = given[0].strip("'\"").replace("\\n", " ").split()
            environment[variable] = ("," if choice == "find-links" else " ").join(places)
    if "UV_INDEX" in environment:  # as pip does; the locked hashes decide what is accepted
        environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def compile_catalogs() -> None:
    """Unless each is as new as its source."""
    for source in (ROOT / "locale").glob("*/LC_MESSAGES/*.po"):
        made = source.with_suffix(".mo")
        if not made.exists() or made.stat().st_mtime < source.stat().st_mtime:
            subprocess.run([PYTHON, "-m", "core.catalog", "compile"], cwd=ROOT, check=True)
            return


if __name__ == "__main__":
    main(sys.argv[1])
