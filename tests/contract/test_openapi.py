"""Schemathesis thinks of requests from docs/api/journey-openapi.yaml, good and bad, and holds every answer to it.

Where the description is looser or stricter than docs/api/journey-api.md, the server follows the latter; the differences
are listed in docs/decisions/0011.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.cast import DASHBOARD_CLIENT, REDIRECT_URI, SERVICE, person_tokens
from tests.contract.asking import SEGMENTS, TARGET_IDS, as_person, context, context_pattern
from tests.programs import ROOT, Program

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CREDENTIALS = "client_credentials"
DEPLOYMENT = "00000000-0000-4000-8000-000000000001"

_config = schemathesis.Config()
_config.projects.default.generation.update(modes=list(GenerationMode))
description = schemathesis.openapi.from_path(ROOT / "docs/api/journey-openapi.yaml", config=_config)
reached: dict[str, set[int]] = {}


@description.parametrize()
@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: Case, server: Program, segment: str) -> None:
    headers, auth = {}, None
    if (
        case.path == "/oauth/token"
        and isinstance(case.body, dict)
        and case.body.get("grant_type") == CREDENTIALS
    ):
        # Not for every request: checking a secret takes a quarter of a second.
        auth = SERVICE
    elif not case.path.startswith("/oauth") and "webevents" not in case.path:
        headers["Authorization"] = f"Bearer {person_tokens(server.url, 'admin')['access_token']}"
    _aim(case, segment)
    response = case.call(base_url=server.url, headers=headers, auth=auth, timeout=30, allow_redirects=False)
    case.validate_response(response, checks=CHECKS)
    reached.setdefault(case.operation.label, set()).add(response.status_code)
    if case.path == SEGMENTS and case.method == "POST" and response.status_code == 200:
        as_person(server.url, None).delete(response.json()["selfUri"])


def test_both_good_and_bad_requests_were_thought_of() -> None:
    """Or the test above shows nothing."""
    if not reached:
        pytest.skip("runs after the test above")
    assert len(reached) == len(list(description.get_all_operations()))
    for label, statuses in reached.items():
        assert statuses & {200, 204, 302}, label
        if label.split()[0] in ("POST", "PATCH"):
            assert 400 in statuses, label


@pytest.fixture
def segment(server: Program) -> Iterator[str]:
    """The id of a segment that is there, for as long as the requests leave it."""
    api = as_person(server.url, None)
    created = api.create(**context(context_pattern()))
    yield created["id"]
    api.delete(created["selfUri"])


def _aim(case: Case, segment: str) -> None:
    """Points a request at things that exist, which nobody can think of: ids, a version, this very moment, a client."""
    known = {"segmentId": segment, "actionTargetId": TARGET_IDS[5], "deploymentId": DEPLOYMENT}
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known[name]
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if isinstance(case.body, dict):
        case.body.pop("version", None)
        if "createdDate" in case.body and "webevents" in case.path:
            case.body["createdDate"] = datetime.now(UTC).isoformat()
    if case.path == "/oauth/authorize":
        case.query |= {"client_id": DASHBOARD_CLIENT, "redirect_uri": REDIRECT_URI}
