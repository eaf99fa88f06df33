"""The system account that the services run as.

PostgreSQL refuses to run as root, so root hands both services to an account without rights. When that account cannot
reach the files (a checkout below /root, say), it gets the one capability to pass through directories; no permission of
any directory is ever loosened.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ACCOUNT = "ithaca"
MAKE_ACCOUNT = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
SPARE_ACCOUNT = "nobody"
CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}  # name -> bit, the weaker first


class ServiceError(RuntimeError):
    """An embedded service cannot start, stop, or be reached. The message is for the person at the terminal."""


def account_for(owned: Path) -> pwd.struct_passwd | None:
    """Who runs the services: None (ourselves), or, for root, the owner of `owned` if it exists, else a made account."""
    if os.geteuid() != 0:
        return None
    if owned.exists() and owned.stat().st_uid != 0:
        with suppress(KeyError):  # files from another machine or container
            return pwd.getpwuid(owned.stat().st_uid)
    with suppress(KeyError):
        return pwd.getpwnam(ACCOUNT)
    try:
        subprocess.run([*MAKE_ACCOUNT, ACCOUNT], capture_output=True, check=True)
        return pwd.getpwnam(ACCOUNT)
    except (OSError, subprocess.CalledProcessError):  # no such tool, or a read-only system
        return pwd.getpwnam(SPARE_ACCOUNT)


def own(directory: Path, account: pwd.struct_passwd | None) -> None:
    """Make a directory, with all that is in it, the account's alone."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if account and directory.stat().st_uid != account.pw_uid:
        for path in (directory, *directory.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def own_log(log: Path, account: pwd.struct_passwd | None) -> Path:
    """Make a log that the account can write to."""
    log.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    log.touch(mode=0o600)
    if account:
        os.chown(log, account.pw_uid, account.pw_gid)
    return log


def run_as(
    account: pwd.struct_passwd | None,
    command: Sequence[str | Path],
    *,
    reach: Path,
    log: Path,
    text: str = "",
    timeout: float = 180,
) -> bool:
    """Run a command of a service to its end, away from our terminal; True if it succeeded. Its words go to `log`."""
    words = [str(word) for word in command]
    who: dict[str, object] = {}
    if account:
        if all(_open_to(account, path) for path in (reach, Path(words[0]))):
            who = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        else:
            words = [*_with_passage(account), *words]
    with log.open("ab") as out:
        done = subprocess.run(  # type: ignore[call-overload]
            words,
            input=text.encode(),
            stdout=out,
            stderr=out,
            cwd="/",
            env=clean_environment(),
            start_new_session=True,
            timeout=timeout,
            check=False,
            **who,
        )
    return bool(done.returncode == 0)


def clean_environment() -> dict[str, str]:
    """Ours without what would point PostgreSQL's programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _open_to(account: pwd.struct_passwd, path: Path) -> bool:
    """Whether the account may pass through every directory above `path`."""
    return all(_may_pass(account, parent.stat()) for parent in path.resolve().parents)


def _may_pass(account: pwd.struct_passwd, found: os.stat_result) -> bool:
    if found.st_uid == account.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _with_passage(account: pwd.struct_passwd) -> list[str]:
    tool = shutil.which("setpriv")
    allowed = _bounding_capabilities()
    capability = next((name for name, bit in CAPABILITIES.items() if allowed >> bit & 1), None)
    if not tool or not capability:
        raise ServiceError(
            f"The account {account.pw_name} runs PostgreSQL and cannot reach this directory. "
            "Move the checkout out of the private directory, or start Ithaca as an ordinary user."
        )
    return [
        tool,
        f"--reuid={account.pw_uid}",
        f"--regid={account.pw_gid}",
        "--clear-groups",
        f"--inh-caps=+{capability}",
        f"--ambient-caps=+{capability}",
        # PostgreSQL checks its own files with access(2), which looks at capabilities only under this bit.
        "--securebits=+no_setuid_fixup",
    ]


def _bounding_capabilities() -> int:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1], 16) for line in lines if line.startswith("CapBnd:")), 0)
