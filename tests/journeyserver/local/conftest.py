"""One server for this folder: stocked with visits and assignments that Python knows too, and started for rehearsal."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest
import requests
import yaml

from tests import cast, programs
from tests.journeyserver.local import stock
from tests.journeyserver.local.visits import Visit
from tests.programs import Program

LOCAL = "/api/local/v1"


@cache
def _described() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((programs.ROOT / "docs/api/journey-openapi.yaml").read_text())
    ours = yaml.safe_load((programs.ROOT / "journeyserver/local/openapi.yaml").read_text())
    return {"paths": ours["paths"], "schemas": found["components"]["schemas"] | ours["components"]["schemas"]}


def check(method: str, path: str, answer: requests.Response) -> None:
    """Fails where an answer is not what the description says of it."""
    described = _described()
    wanted = next(
        methods[method]
        for template, methods in described["paths"].items()
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), LOCAL + path) and method in methods
    )
    assert str(answer.status_code) in {*wanted["responses"], "401", "403", "503"}, answer.text
    name = (
        wanted["responses"]["200"]["content"]["application/json"]["schema"]["$ref"] if answer.ok else _ERROR
    )
    schema = {"$ref": name, "components": {"schemas": described["schemas"]}}
    jsonschema.Draft202012Validator(schema).validate(answer.json())


_ERROR = "#/components/schemas/ErrorBody"


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
        method = "get" if body is None else "post"
        answer = session.request(method, self.url + LOCAL + path, params=params, json=body, timeout=30)
        check(method, path, answer)
        return answer


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
