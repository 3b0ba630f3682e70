"""What tests of times need."""

import gc
from collections.abc import Iterator

import pytest

from tests.tui.hurry import in_a_hurry


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without looks for garbage, as the program after its start: a full look at all that a test run has made takes
    longer than what is measured."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _in_a_hurry() -> Iterator[None]:
    """Nobody sits before the screen."""
    with in_a_hurry():
        yield
