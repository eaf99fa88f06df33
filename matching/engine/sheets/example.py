"""Sample sheets that run, to start from."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile

from matching.engine.sheets.tables import Flawed

SAMPLE = Path(__file__).parent / "sample"
FILES = ("mentees.csv", "mentors.csv", "criteria.yaml")


def write_example(folder: Path) -> list[str]:
    """Sheets and criteria in a folder, which may be new. Raises Flawed rather than write over a file."""
    if there := [name for name in FILES if (folder / name).exists()]:
        raise Flawed([f"{folder / name}: is there already. Choose an empty folder." for name in there])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            copyfile(SAMPLE / name, folder / name)
    except OSError as error:
        raise Flawed([f"{folder}: cannot be written ({(error.strerror or 'error').lower()})."]) from error
    mentees, mentors, criteria = (folder / name for name in FILES)
    return [
        f"Written to {folder}: {', '.join(FILES)}. Now run",
        f"  python -m matching.engine {mentees} {mentors} --criteria {criteria} "
        f"--out {folder / 'pairs.csv'} --why {folder / 'why.csv'}",
    ]
