"""The checks that we wrote ourselves find what they are for, and no more."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"scripts_{name}", ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def function(lines: int) -> str:
    return "def f():\n" + "    x = 1\n" * (lines - 1)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("app/views.py", "x = 1\n" * 400, []),
        ("app/views.py", "x = 1\n" * 401, ["app/views.py: 401 lines, at most 400"]),
        ("tests/app/test_views.py", "x = 1\n" * 800, []),
        ("tests/app/test_views.py", "x = 1\n" * 801, ["tests/app/test_views.py: 801 lines, at most 800"]),
        ("app/migrations/0001_initial.py", "x = 1\n" * 900, []),
        ("app/domain.py", function(40), []),
        ("app/domain.py", function(41), ["app/domain.py:1: f has 41 lines, at most 40"]),
        ("app/domain.py", "async " + function(41), ["app/domain.py:1: f has 41 lines, at most 40"]),
        ("templates/page.html", "<br>\n" * 120, []),
        ("templates/page.html", "<br>\n" * 121, ["templates/page.html: 121 lines, at most 120"]),
        ("static/own.js", "x();\n" * 1000, []),
        ("static/own.js", "x();\n" * 1001, ["static/: 1001 lines of JavaScript, at most 1000"]),
        ("docs/guide.txt", "word\n" * 2000, []),
    ],
)
def test_sizes(tmp_path: Path, path: str, text: str, found: list[str]) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text)
    assert list(script("sizes").oversized(tmp_path, [Path(path)])) == found


def test_javascript_is_counted_in_all(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    for name in ("one.js", "two.js"):
        (tmp_path / "static" / name).write_text("x();\n" * 501)
    found = list(script("sizes").oversized(tmp_path, [Path("static/one.js"), Path("static/two.js")]))
    assert found == ["static/: 1002 lines of JavaScript, at most 1000"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A small project whose one requirement is locked."""
    locked = script("locked")
    monkeypatch.setattr(locked, "ROOT", tmp_path)
    monkeypatch.setattr(locked, "LOCKS", tmp_path / "requirements")
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "base.txt").write_text("some-thing==1.0 \\\n    --hash=sha256:00\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\ndependencies = ["Some_Thing[extra]>=1"]\n[dependency-groups]\n'
    )
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return locked


def test_locked_requirements_match(project: ModuleType, tmp_path: Path) -> None:
    assert list(project.missing_pins()) == []
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["other"]\n[dependency-groups]\n')
    assert list(project.missing_pins()) == ["requirements/base.txt lacks other: run `make lock`"]


def test_a_pin_without_a_hash(project: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "requirements" / "base.txt").write_text("some-thing==1.0\n")
    assert list(project.missing_pins()) == ["requirements/base.txt has pins without hashes: run `make lock`"]


def test_a_registry_in_a_file(project: ModuleType, tmp_path: Path) -> None:
    assert list(project.registry_names()) == []
    host = "files.pythonhosted" + ".org"
    (tmp_path / "notes.cfg").write_text(f"from https://{host}/\n")
    subprocess.run(["git", "-C", str(tmp_path), "add", "notes.cfg"], check=True)
    assert list(project.registry_names()) == [f"names a package registry: notes.cfg:1:from https://{host}/"]


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script, with an environment of its own, run as by the Python that ours was made from."""
    setup = script("setup")
    monkeypatch.setattr(setup, "VENV", tmp_path / "venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / "venv" / "bin" / "python")
    monkeypatch.setattr(setup.sys, "executable", str(Path(sys.executable).resolve()))
    setup.make_venv()
    return setup


def test_pip_configuration_reaches_uv(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Index, further indexes and link directories; what is set for uv itself wins."""
    (tmp_path / "pip.conf").write_text(
        "[global]\nindex-url = https://one.example.org/simple\n"
        "extra-index-url = https://two.example.org/simple https://three.example.org/simple\n"
    )
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_INDEX_STRATEGY", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/srv/wheels")
    told = setup.uv_environment()
    assert told["UV_DEFAULT_INDEX"] == "https://one.example.org/simple"
    assert told["UV_INDEX"] == "https://two.example.org/simple https://three.example.org/simple"
    assert told["UV_FIND_LINKS"] == "/srv/wheels"
    assert told["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example.org/simple")
    assert setup.uv_environment()["UV_DEFAULT_INDEX"] == "https://own.example.org/simple"


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    setup = script("setup")
    monkeypatch.setattr(setup, "OLDEST", (9, 9))
    monkeypatch.setattr(setup.shutil, "which", lambda _name: None)
    with pytest.raises(SystemExit, match=r"Ithaca needs Python 9\.9 or newer"):
        setup.use_new_enough_python()


def test_a_python_without_pip_has_one_put_into_the_environment(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str | Path]] = []

    def runs(command: list[str | Path]) -> bool:
        asked.append(command)
        return "ensurepip" in command

    monkeypatch.setattr(setup, "runs", runs)
    assert setup.pip() == [setup.PYTHON, "-m", "pip"]
    assert asked[1:] == [[setup.PYTHON, "-m", "ensurepip"]]
    monkeypatch.setattr(setup, "runs", lambda _command: False)
    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        setup.pip()


def test_packages_come_into_the_environment_and_nowhere_else(setup: ModuleType) -> None:
    asked = [*setup.pip(), "config", "debug"]
    told = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert str(setup.VENV / "pip.conf") in told


def test_catalogs_are_compiled_when_their_source_is_newer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    setup = script("setup")
    started: list[list[object]] = []
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup.subprocess, "run", lambda command, **_more: started.append(command))
    source = tmp_path / "locale" / "fr" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.touch()
    os.utime(source, (1000, 1000))
    setup.compile_catalogs()
    assert len(started) == 1
    source.with_suffix(".mo").touch()
    setup.compile_catalogs()
    assert len(started) == 1
    os.utime(source)
    os.utime(source.with_suffix(".mo"), (1000, 1000))
    setup.compile_catalogs()
    assert len(started) == 2
