"""A shop with known facts, and an analyst who looks at it."""

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from hypothesis import settings

from tests import cast
from tests.analytics import shop as facts
from tests.programs import Program

# How long an example takes says nothing on a machine that does other things as well.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with facts.running(tmp_path_factory.mktemp("shop") / "journeyserver") as program:
        yield program


@pytest.fixture
def at_shop(db: None, shop: Program) -> Callable[[str], Browser]:
    """`at_shop("analyst")`: that person's browser, looking at the shop."""
    # Names are kept by connection, and each test's database numbers its connections anew.
    cache.clear()
    return lambda username: cast.signed_in(shop.url, username)


@pytest.fixture
def ana(at_shop: Callable[[str], Browser]) -> Browser:
    """The analyst."""
    return at_shop("analyst")
