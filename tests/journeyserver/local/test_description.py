"""The description holds: every operation is in it, every answer is as it says, and people can read it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from journeyadmin.contract.local import LOCAL_OPERATIONS
from journeyadmin.contract.operations import OPERATIONS
from tests import cast
from tests.journeyserver.local.conftest import Stocked
from tests.programs import ROOT, Program

# Offered by every server of ours, whatever it announces.
UNANNOUNCED = {"getLocalCapabilities", "deleteLocalQuery", "postLocalBlockedEvent", "postLocalOutcomeEvent"}
# Between the programs of one machine: they ask for the key that lies in the data folder.
NOT_FOR_CLIENTS = {"/api/local/v1/backups", "/api/local/v1/imports", "/api/local/v1/imports/{id}"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def described(stocked: Stocked) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{stocked.url}/openapi.json", timeout=30).json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), path, operation


def test_every_operation_is_described_as_it_is_declared(described: dict[str, Any]) -> None:
    found = {
        operation["operationId"]: (method, path, operation)
        for method, path, operation in operations(described)
    }
    for row in (*OPERATIONS, *LOCAL_OPERATIONS):
        method, path, operation = found[row.name]
        assert (method, re.sub(r"\{\w+\}", "{id}", path)) == (row.method, row.path)
        assert operation["x-permissions"]["permissions"] == [row.permission]
        scopes = {scope for way in operation["security"] for names in way.values() for scope in names}
        assert scopes == set(row.scopes)
        assert str(row.success) in operation["responses"]
    known = {row.name for row in LOCAL_OPERATIONS} | UNANNOUNCED
    assert {name for name, (_, path, _) in found.items() if path.startswith("/api/local/")} == known


def test_every_address_below_api_is_described(described: dict[str, Any]) -> None:
    shown = {re.sub(r"\{\w+\}", "{id}", path) for path in described["paths"]}
    served = {re.sub(r"<\w+:\w+>", "{id}", path) for path in addresses()}
    assert {path for path in served if path.startswith("/api/")} - shown == NOT_FOR_CLIENTS
    for method, path, operation in operations(described):
        if "requestBody" in operation and path.startswith("/api/"):
            assert {"408", "413", "415", "500"} <= operation["responses"].keys(), (method, path)


def addresses() -> Iterator[str]:
    """The addresses of the server, as its two tables of them say."""
    for file, before in (("journeyserver/urls.py", "/"), ("journeyserver/local/urls.py", "/api/local/v1/")):
        for path in re.findall(r'\bpath\(\s*"([^"]+[^/"])"', (ROOT / file).read_text()):
            yield before + path


def test_rehearsal_is_described_only_where_it_is_offered(server: Program) -> None:
    described = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    assert "/api/local/v1/faults" not in described["paths"]
    assert "/api/local/v1/preview" in described["paths"]


def test_the_page_names_every_operation_and_loads_only_its_own_style(
    stocked: Stocked, described: dict[str, Any]
) -> None:
    answer = requests.get(f"{stocked.url}/docs", timeout=30)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self';")
    for _, path, operation in operations(described):
        assert f'id="{operation["operationId"]}"' in answer.text
        assert path in answer.text
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', answer.text)
    assert loaded == ["/docs/page.css"]
    assert not re.search(r"<script|style=|\son\w+=", answer.text)
    assert requests.get(f"{stocked.url}/docs/page.css", timeout=10).headers["Content-Type"] == "text/css"


def test_schemathesis_finds_no_answer_that_is_not_described(stocked: Stocked) -> None:
    """Requests thought up from the description, good and bad; faults apart, which would befall the others."""
    config = schemathesis.Config()
    config.projects.default.generation.update(modes=list(GenerationMode))
    description = schemathesis.openapi.from_url(f"{stocked.url}/openapi.json", config=config)
    token = cast.person_tokens(stocked.url, "admin")["access_token"]
    asked = 0
    for result in (
        description.include(path_regex="^/api/local/v1/").exclude(path_regex="faults").get_all_operations()
    ):
        operation = result.ok()

        @settings(
            max_examples=12,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def tried(case: Case) -> None:
            response = case.call(
                base_url=stocked.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
            )
            case.validate_response(response, checks=CHECKS)

        given(case=operation.as_strategy())(tried)()
        asked += 1
    assert asked >= 12
