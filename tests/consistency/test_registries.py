"""What is registered in one place and used in another fits together."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db.models import Model
from django.template.loader import get_template
from django.urls import reverse

from config.celery import app as celery
from core.errors import Refused
from core.lifecycle import Lifecycle, move
from notifications.mails import kinds
from programs.desk import tabs

ROOT = Path(settings.BASE_DIR)
OURS = "config core people notifications programs participants matching agreements evaluations".split()
MODELS: list[type[Model]] = [model for name in OURS[1:] for model in apps.get_app_config(name).get_models()]
WITH_STATES = [model for model in MODELS if hasattr(model, "lifecycle")]


def code() -> dict[Path, str]:
    """All Python of ours without migrations."""
    files = (path for name in OURS for path in (ROOT / name).rglob("*.py"))
    return {path: path.read_text() for path in files if "migrations" not in path.parts}


class TestModels:
    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
    def test_each_says_what_it_is(self, model: type[Model]) -> None:
        assert any(
            "__str__" in vars(one) for one in model.__mro__ if one is not Model and issubclass(one, Model)
        )

    def test_few_are_not_few(self) -> None:
        assert len(MODELS) > 30
        assert len(WITH_STATES) > 8


def _pairs() -> Iterator[tuple[type[Model], str, str]]:
    for model in WITH_STATES:
        states = [str(state) for state in model.State.values]  # type: ignore[attr-defined]
        yield from ((model, before, after) for before in states for after in states)


class TestLifecycles:
    @pytest.mark.parametrize("model", WITH_STATES, ids=lambda model: model._meta.label)
    def test_has_a_row_for_each_state_and_no_other(self, model: type[Model]) -> None:
        lifecycle: Lifecycle = model.lifecycle  # type: ignore[attr-defined]
        assert set(lifecycle.moves) == set(model.State.values)  # type: ignore[attr-defined]
        field = model._meta.get_field("state")
        assert field.choices == model.State.choices  # type: ignore[attr-defined,union-attr]

    @pytest.mark.parametrize("model", WITH_STATES, ids=lambda model: model._meta.label)
    def test_every_state_can_be_reached_from_the_first(self, model: type[Model]) -> None:
        lifecycle: Lifecycle = model.lifecycle  # type: ignore[attr-defined]
        first = model._meta.get_field("state").default  # type: ignore[union-attr]
        reached, waiting = {first}, [first]
        if "draft" in lifecycle.moves:  # a mail can be made as a draft or at once to be sent
            waiting.append("draft")
            reached.add("draft")
        while waiting:
            after = lifecycle.moves[waiting.pop()] - reached
            reached |= after
            waiting += after
        assert reached == set(lifecycle.moves)

    def test_every_pair_of_states_moves_or_is_refused_as_the_table_says(self) -> None:
        """In memory: what the database adds (constraints) is each app's own matter."""
        wrong = []
        for model, before, after in _pairs():
            saved: list[list[str]] = []
            row = model(state=before)
            row.save = lambda *, update_fields, saved=saved: saved.append(update_fields)  # type: ignore[method-assign,assignment]
            try:
                move(row, after)
                moved = (row.state, saved) == (after, [["state"]])  # type: ignore[attr-defined]
            except Refused as refusal:
                untouched = (refusal.code, row.state, saved) == ("illegal_move", before, [])  # type: ignore[attr-defined]
                moved = None if untouched else "half"  # type: ignore[assignment]
            legal = model.lifecycle.may(before, after)  # type: ignore[attr-defined]
            if moved is not (True if legal else None):
                wrong.append((model._meta.label, before, after, moved))
        assert wrong == []


class TestVerbs:
    @staticmethod
    def verbs() -> list[tuple[str, StrEnum]]:
        found = [
            (name, import_module(f"{name}.verbs")) for name in OURS if (ROOT / name / "verbs.py").exists()
        ]
        return [(name, verb) for name, module in found for verb in module.Verb]

    def test_no_two_acts_share_a_name(self) -> None:
        counts = Counter(verb.value for _name, verb in self.verbs())
        assert {value: n for value, n in counts.items() if n > 1} == {}

    def test_each_names_an_object_and_what_was_done_to_it(self) -> None:
        assert [verb for _name, verb in self.verbs() if not re.fullmatch(r"[a-z_]+\.[a-z_]+", verb)] == []

    def test_each_fits_its_column(self) -> None:
        length = apps.get_model("core", "AuditEvent")._meta.get_field("verb").max_length
        assert max(len(verb) for _name, verb in self.verbs()) <= length

    def test_each_is_recorded_somewhere(self) -> None:
        unused = []
        for name, verb in self.verbs():
            texts = (
                text
                for path, text in code().items()
                if path.is_relative_to(ROOT / name) and path.name != "verbs.py"
            )
            if not any(re.search(rf"\bVerb\.{verb.name}\b", text) for text in texts):
                unused.append(f"{name}: {verb.name}")
        assert unused == []


class TestMailKinds:
    def test_each_has_its_texts_and_all_texts_have_a_kind(self) -> None:
        folders = ROOT / "templates" / "mail"
        texts = {
            path.name: sorted(file.name for file in path.iterdir())
            for path in folders.iterdir()
            if path.is_dir()
        }
        assert texts == {code: ["body.md", "subject.txt"] for code in kinds()}

    def test_each_says_what_it_is(self) -> None:
        assert [code for code, kind in kinds().items() if not str(kind.about)] == []


class TestTasks:
    @staticmethod
    def ours() -> dict[str, str]:
        """Name of each task in the registry, and of its function."""
        celery.loader.import_default_modules()
        found = {
            name: task.__wrapped__.__name__
            for name, task in celery.tasks.items()
            if not name.startswith("celery.")
        }
        assert current_app.main == celery.main
        return found

    def test_each_is_in_the_schedule_or_rung_for(self) -> None:
        scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        rung = "\n".join(code().values())
        idle = [
            name
            for name, function in self.ours().items()
            if name not in scheduled
            and not any(f"{function}{call}" in rung for call in (".delay(", ".s("))
            and f'send_task("{name}"' not in rung
        ]
        assert idle == []

    def test_the_schedule_names_tasks_that_exist(self) -> None:
        scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert scheduled - set(self.ours()) == set()


class TestDesk:
    def test_each_tab_has_an_address_and_a_place_of_its_own(self) -> None:
        addresses = [reverse(tab.url_name, args=["p", "c"]) for tab in tabs()]
        assert len(set(addresses)) == len(addresses)
        assert [tab.order for tab in tabs()] == sorted({tab.order for tab in tabs()})

    def test_each_panel_has_its_template(self) -> None:
        from programs.desk import panels

        assert [get_template(panel.template).template.name for panel in panels("closed")] == [  # type: ignore[attr-defined]
            panel.template for panel in panels("closed")
        ]


def test_nothing_is_marked_safe_unless_we_made_it() -> None:
    """Where the escaping is switched off: few places, each looked at."""
    allowed = {
        "core/french.py": 1,  # an apostrophe instead of a vowel, in what was safe before
        "agreements/tables.py": 2,  # cells that a template has rendered
        "participants/tables.py": 1,  # the same
        "notifications/domain/reminders.py": 2,  # addresses of our own pages
        "notifications/domain/outbox.py": 1,  # the place of a link
        "notifications/rendering.py": 3,  # Markdown escaped by its own rules, the site's address, HTML cleaned by nh3
    }
    found: Counter[str] = Counter()
    for path, text in code().items():
        name = str(path.relative_to(ROOT))
        if name.startswith(("core/ui/", "core/templatetags/")):
            continue  # components: they mark what a template of ours has rendered
        calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
        named = (getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls)
        found[name] += sum(name in {"mark_safe", "SafeString", "SafeText"} for name in named)
    assert {name: count for name, count in found.items() if count} == allowed


def _calls(chain: ast.AST) -> Iterator[ast.Call]:
    """The calls of `a.b().c()`, the last one first."""
    while isinstance(chain, ast.Call | ast.Attribute):
        if isinstance(chain, ast.Call):
            yield chain
            chain = chain.func
        else:
            chain = chain.value


def test_who_locks_rows_does_not_lock_what_is_joined_to_them() -> None:
    """A locked program or cohort keeps everybody waiting who writes a row that belongs to it."""
    wide, seen = set(), 0
    for path, text in code().items():
        for node in ast.walk(ast.parse(text)):
            calls = {getattr(call.func, "attr", ""): call for call in _calls(node)}
            if "select_for_update" not in calls or "select_related" not in calls:
                continue
            seen += 1
            if "of" not in {word.arg for word in calls["select_for_update"].keywords}:
                wide.add(f"{path.relative_to(ROOT)}:{node.lineno}")  # type: ignore[attr-defined]
    assert seen > 20
    assert wide == set()
