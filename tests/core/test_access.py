"""Fetch is authorize: what one may not see is not there, what one may only read is refused."""

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from core.access import fetch
from programs.models import Program
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return make.ProgramFactory(slug="ours")


def test_gives_what_is_visible(program: Program) -> None:
    make.ProgramFactory()
    assert fetch(Program.objects.all(), slug="ours") == program


def test_what_is_not_visible_is_not_there(program: Program) -> None:
    with pytest.raises(Http404):
        fetch(Program.objects.exclude(pk=program.pk), slug="ours")


def test_what_may_only_be_read_is_refused(program: Program) -> None:
    with pytest.raises(PermissionDenied):
        fetch(Program.objects.all(), allowed=Program.objects.exclude(pk=program.pk), slug="ours")


def test_gives_what_is_allowed(program: Program) -> None:
    others = Program.objects.filter(pk=program.pk)
    assert fetch(Program.objects.all(), allowed=others, slug="ours") == program


def test_what_is_allowed_but_not_visible_is_not_there(program: Program) -> None:
    with pytest.raises(Http404):
        fetch(Program.objects.none(), allowed=Program.objects.all(), slug="ours")
