"""Clients of the shared server: the service client, which may do everything, and nobody in particular."""

import pytest

from tests.contract.asking import Api, as_person
from tests.programs import Program


@pytest.fixture
def api(server: Program) -> Api:
    return as_person(server.url, None)


@pytest.fixture
def stranger(server: Program) -> Api:
    """A client without a token."""
    return Api(server.url)
