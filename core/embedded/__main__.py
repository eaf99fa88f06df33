"""`python -m core.embedded status|stop`: look at, or stop, what a killed process has left running."""

import sys

from core.embedded.places import var_dir
from core.embedded.services import healthy, stop


def main(word: str) -> int:
    if word == "stop":
        stopped = stop(var_dir())
        print("Stopped." if stopped else "Still in use; stop Ithaca first.")
        return 0 if stopped else 1
    print("PostgreSQL and Valkey are up." if healthy(var_dir()) else "Not running.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "status"))
