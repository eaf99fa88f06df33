"""Hypothesis profile of the engine: ENGINE_EXAMPLES=2000 searches deeper. A folder for the command line."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.matching.engine.folder import Folder

settings.register_profile(
    "engine",
    max_examples=int(os.environ.get("ENGINE_EXAMPLES", "60")),
    deadline=None,
    derandomize="ENGINE_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("engine")


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    """Two sheets to run on."""
    return Folder(tmp_path, capsys)
