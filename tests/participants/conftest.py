import pytest

from tests.participants.world import Call, new_call


@pytest.fixture
def call(db: None) -> Call:
    """An open call with two mentee places."""
    return new_call()
