"""Message catalogs without a system gettext: `python -m core.catalog update | check | compile`.

`update` brings new texts into locale/*/LC_MESSAGES/django.po, empty, and drops those that are gone; `check` fails on
any that is missing, fuzzy, no longer used or has other placeholders than its original; `compile` writes what the
running site reads.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = "config core people notifications programs participants matching agreements evaluations".split()
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "_n"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\{ ?\w+ ?\}\}")


def _sources() -> Iterator[tuple[str, bytes]]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_bytes()
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt", ".md"}:
            # What is left of a template is one call after another: its indentation means nothing.
            lines = templatize(path.read_text(), origin=str(path.relative_to(ROOT))).splitlines()
            yield str(path.relative_to(ROOT)), "\n".join(line.lstrip() for line in lines).encode()


def extracted() -> Catalog:
    """Every text that is marked in code and templates, with where it stands."""
    catalog = Catalog(domain="django")
    for path, source in _sources():
        for line, message, _comments, context in extract("python", io.BytesIO(source), keywords=KEYWORDS):
            flags = ("python-format",) if "%(" in str(message) else ()
            catalog.add(message, locations=[(path, line)], context=context, flags=flags)
    return catalog


def catalogs() -> dict[str, Path]:
    """The translated languages and their files."""
    return {path.parts[-3]: path for path in sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))}


def _read(path: Path, language: str) -> Catalog:
    with path.open("rb") as handle:
        return read_po(handle, locale=language, domain="django")


def update() -> None:
    """Merge the texts of the code into each catalog. A new text comes in empty: nothing is guessed."""
    template = extracted()
    for language, path in catalogs().items():
        catalog = _read(path, language)
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        with path.open("wb") as handle:
            write_po(handle, catalog, no_location=True, sort_output=True, omit_header=False, width=110)


def problems() -> list[str]:
    """What keeps a catalog from being complete, one line each."""
    template = extracted()
    found = []
    for language, path in catalogs().items():
        catalog = _read(path, language)
        for message in template:
            if message.id:
                theirs = catalog.get(message.id, message.context)
                found += [f"{language}: {problem}: {_id(message)!r}" for problem in _faults(message, theirs)]
        for message in catalog:
            if message.id and template.get(message.id, message.context) is None:
                found.append(f"{language}: no longer used: {_id(message)!r}")
    return found


def _id(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _faults(original: Message, theirs: Message | None) -> Iterator[str]:
    if theirs is None:
        yield "missing"
        return
    texts = [theirs.string] if isinstance(theirs.string, str) else list(theirs.string or ())
    if theirs.fuzzy:
        yield "fuzzy"
    if not texts or not all(texts):
        yield "not translated"
        return
    ids = [original.id] if isinstance(original.id, str) else list(original.id)
    allowed = {name for text in ids for name in PLACEHOLDER.findall(text)}
    for text in texts:
        if not set(PLACEHOLDER.findall(text)) <= allowed:
            yield "unknown placeholder"
        # A singular may say "one" in words; the text for many may leave nothing out.
        if text is texts[-1] and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(ids[-1])):
            yield "a placeholder is lost"


def compile_all() -> None:
    """Write the binary catalogs that Django reads."""
    for language, path in catalogs().items():
        with path.with_suffix(".mo").open("wb") as handle:
            write_mo(handle, _read(path, language))


def main(command: str) -> int:
    """Run one command; the number of problems, at most 1."""
    if command == "update":
        update()
    elif command == "compile":
        compile_all()
    elif command == "check":
        for problem in (found := problems()):
            sys.stderr.write(f"{problem}\n")
        return min(len(found), 1)
    else:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
