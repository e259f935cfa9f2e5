"""A shop of one test's own on the shared server."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.journeyadmin.shop import Shop
from tests.programs import Program


@pytest.fixture
def shop(server: Program) -> Iterator[Shop]:
    cache.clear()
    made = Shop(server.url)
    yield made
    made.tidy()
