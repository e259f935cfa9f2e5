"""Clients of the shared server: the service client, which may do everything, and nobody in particular; and a spare server."""

from collections.abc import Iterator

import pytest

from tests import programs
from tests.contract.asking import Api, as_person
from tests.contract.stores import add_visits
from tests.programs import Program


@pytest.fixture
def api(server: Program) -> Api:
    return as_person(server.url, None)


@pytest.fixture
def stranger(server: Program) -> Api:
    """A client without a token."""
    return Api(server.url)


@pytest.fixture(scope="session")
def spare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server for tests that fill it up or take something away for good, with the visits of `stores.add_visits`."""
    folder = tmp_path_factory.mktemp("spare")
    add_visits(folder)
    with programs.journeyserver(folder) as running:
        yield running
