"""A server that was started for rehearsal, shared by the tests of this folder that set faults."""

from collections.abc import Iterator

import pytest

from tests import programs
from tests.programs import Program


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with programs.journeyserver(tmp_path_factory.mktemp("rehearsal"), JOURNEYSERVER_FAULTS="1") as running:
        yield running
