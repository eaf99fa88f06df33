"""Programs as files, for operators."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from programs.models import Program
from programs.program_files import FILES, read, shipped
from tests.factories import OrganizationFactory, PersonFactory

pytestmark = pytest.mark.django_db


def imported(file: Path, **options: str) -> str:
    out = StringIO()
    given = {"name": "Ours", "slug": "ours", "owner": "meridian", "manager": "mira@example.org", **options}
    call_command("import_program", str(file), stdout=out, **given)
    return out.getvalue()


@pytest.fixture(autouse=True)
def owner_and_manager() -> None:
    OrganizationFactory(slug="meridian", timezone="Europe/Paris")
    PersonFactory(email="mira@example.org")


def test_a_program_goes_out_and_comes_in_again(tmp_path: Path) -> None:
    assert imported(FILES / "university.yaml") == "made the program ours\n"
    program = Program.objects.get(slug="ours")
    assert (program.timezone, program.memberships.get().person.email) == ("Europe/Paris", "mira@example.org")
    out = StringIO()
    call_command("export_program", "ours", stdout=out)
    copy = tmp_path / "copy.yaml"
    copy.write_text(out.getvalue(), encoding="utf-8")
    assert read(out.getvalue(), "copy").questionnaires == shipped()["university"].questionnaires
    imported(copy, name="Copy", slug="copy", timezone="UTC")
    assert Program.objects.get(slug="copy").strands.count() == 3


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"owner": "nowhere"}, "there is no such organization"),
        ({"manager": "nobody@example.org"}, "nobody has this manager's address"),
        ({"slug": "new"}, "This address is used by the product itself"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, str], problem: str) -> None:
    with pytest.raises(CommandError, match=problem):
        imported(FILES / "university.yaml", **options)
    assert Program.objects.count() == 0


def test_a_faulty_file_is_said_with_its_place(tmp_path: Path) -> None:
    faulty = tmp_path / "ours.yaml"
    faulty.write_text("format: 1\n")
    with pytest.raises(CommandError, match=r"ours.yaml: the file: 'about' is missing"):
        imported(faulty)
    with pytest.raises(CommandError, match="No such file"):
        imported(tmp_path / "gone.yaml")


def test_an_unknown_program_has_no_file() -> None:
    with pytest.raises(CommandError, match="there is no program gone"):
        call_command("export_program", "gone")
