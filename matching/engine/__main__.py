"""Matching on two spreadsheets, without a server: `python -m matching.engine mentees.csv mentors.csv ...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from matching.engine.network import EngineError
from matching.engine.sheets.example import write_example
from matching.engine.sheets.run import Order, match
from matching.engine.sheets.tables import Flawed
from matching.engine.solution import OBJECTIVES

WRONG, FAILED = 2, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 if both sheets are written, 2 if the input must be put right, 1 if the solver failed."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        if given.example:
            lines = write_example(given.example)
        elif not given.mentees or not given.mentors:
            parser.error("two sheets are needed: mentees and mentors (or --example DIR for a sample)")
        else:
            values = {name: value for name, value in vars(given).items() if name != "example"}
            lines = match(Order(**values))
    except Flawed as flawed:
        count = "one thing has" if len(flawed.flaws) == 1 else f"{len(flawed.flaws)} things have"
        lines = [*flawed.flaws, f"Nothing was written: {count} to be put right."]
        sys.stderr.write("\n".join(lines) + "\n")
        return WRONG
    except EngineError as error:
        sys.stderr.write(f"The solver failed: {error}. Nothing was written.\n")
        return FAILED
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m matching.engine",
        description="Pairs mentees with mentors from two spreadsheets (CSV or XLSX), proven and with reasons.",
    )
    parser.add_argument("mentees", type=Path, nargs="?", help="sheet of the mentees, one row a person")
    parser.add_argument("mentors", type=Path, nargs="?", help="sheet of the mentors")
    parser.add_argument(
        "--criteria", type=Path, help="YAML file of rules and weights; default: those of Ithaca"
    )
    parser.add_argument("--out", type=Path, default=Path("pairs.csv"), help="where the pairs go (pairs.csv)")
    parser.add_argument("--why", type=Path, default=Path("why.csv"), help="where the reasons go (why.csv)")
    parser.add_argument(
        "--locks", type=Path, help="sheet of pairs that must stand (columns mentee and mentor)"
    )
    parser.add_argument("--past", type=Path, help="pairs of before, not to be made again")
    parser.add_argument("--keep", type=Path, help="pairs of the last run, kept where nothing is lost by it")
    parser.add_argument(
        "--objective", choices=OBJECTIVES, default=OBJECTIVES[0],
        help="people: as many matched as can be, then the best fit; score: the best total fit first",
    )  # fmt: skip
    parser.add_argument(
        "--min-score", type=_minimum, metavar="PERCENT|best",
        help="no pair fits less than this percentage; best: the highest that costs nobody their mentor",
    )  # fmt: skip
    parser.add_argument(
        "--example", type=Path, metavar="DIR", help="write sample sheets to a folder, and stop"
    )
    return parser


def _minimum(text: str) -> str:
    if text != "best" and not (text.isascii() and text.isdigit() and int(text) <= 100):
        raise argparse.ArgumentTypeError(f"{text!r} is neither a percentage from 0 to 100 nor best")
    return text


if __name__ == "__main__":
    sys.exit(main())
