"""One server for this folder: stocked with visits and assignments that Python knows too, and started for rehearsal."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tests import cast, programs
from tests.journeyserver.local import stock
from tests.journeyserver.local.visits import Visit
from tests.programs import Program

LOCAL = "/api/local/v1"


@dataclass
class Stocked:
    """The running server, what it was stocked with, and the moment of stocking."""

    program: Program
    visits: list[Visit]
    now: datetime

    @property
    def url(self) -> str:
        return self.program.url

    def ask(
        self, path: str, body: Any = None, username: str | None = "marketer", **params: Any
    ) -> requests.Response:
        """GET, or with a body POST, below /api/local/v1; as a person, or with None as the demo's service client."""
        session = cast.api(self.url, username)
        if body is None:
            return session.get(self.url + LOCAL + path, params=params, timeout=30)
        return session.post(self.url + LOCAL + path, json=body, timeout=30)


@pytest.fixture(scope="session")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stocked]:
    folder = tmp_path_factory.mktemp("stocked")
    done = programs.run_journeyserver(folder, "seed")
    assert done.returncode == 0, done.stderr
    now = datetime.now(UTC)
    rows = stock.visits(now)
    stock.fill(folder, rows)
    with programs.journeyserver(folder, seed=False, JOURNEYSERVER_FAULTS="1") as running:
        yield Stocked(running, rows, now)


@pytest.fixture(scope="session")
def rehearsal(stocked: Stocked) -> Program:
    return stocked.program
