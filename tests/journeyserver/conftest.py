"""Warehouses in memory, empty at the start of each module, for tests that need no server."""

from collections.abc import Iterator

import pytest

from journeyserver.engine.backends.base import Backend
from tests.journeyserver.engine import engines


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    opened = engines.memory("duckdb")
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=engines.OTHERS)
def other(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Another engine, where each example takes longer."""
    opened = engines.memory(request.param)
    yield opened
    opened.close()
