"""Faults are carried out as they would happen in earnest, and only where the server was started for them."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests import cast
from tests.programs import Program

FAULTS = "/api/local/v1/faults"
SEGMENTS = "/api/v2/journey/segments"


class Rig:
    """A client of the rehearsal server."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = cast.api(url)

    def set(self, *faults: dict[str, Any]) -> requests.Response:
        return self.session.put(self.url + FAULTS, json={"faults": list(faults)}, timeout=10)

    def segments(self) -> requests.Response:
        return self.session.get(self.url + SEGMENTS, timeout=10)


@pytest.fixture
def rig(rehearsal: Program) -> Iterator[Rig]:
    rig = Rig(rehearsal.url)
    yield rig
    rig.session.delete(rig.url + FAULTS, timeout=10)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("401", "bad.credentials"),
        ("409", "general.conflict"),
        ("429", "too.many.requests"),
        ("500", "internal.server.error"),
        ("501", "not.implemented"),
        ("503", "service.unavailable"),
    ],
)
def test_a_status_comes_with_its_error_body(rig: Rig, kind: str, code: str) -> None:
    assert rig.set({"operation": "getJourneySegments", "fault": kind, "retryAfter": 7}).ok
    answer = rig.segments()
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (int(kind), int(kind), code)
    assert body["contextId"] == answer.headers["inin-correlation-id"]
    assert answer.headers.get("Retry-After") == ("7" if kind in ("429", "503") else None)
    assert ("WWW-Authenticate" in answer.headers) is (kind == "401")


def test_other_operations_are_spared_and_the_count_runs_out(rig: Rig) -> None:
    rig.set({"operation": "getJourneySegments", "fault": "500", "count": 2})
    assert rig.session.get(f"{rig.url}/api/v2/journey/actiontargets", timeout=10).ok
    assert [rig.segments().status_code for _ in range(3)] == [500, 500, 200]
    assert rig.session.get(rig.url + FAULTS, timeout=10).json()["faults"] == []


def test_any_operation_can_be_meant_but_never_the_switch_itself(rig: Rig) -> None:
    rig.set({"operation": "*", "fault": "503"})
    assert rig.segments().status_code == 503
    assert requests.post(f"{rig.url}/oauth/token", timeout=10).status_code == 503
    # What is announced stays true, so that a dashboard finds its way to the switch.
    assert requests.get(f"{rig.url}/api/local/v1/capabilities", timeout=10).ok
    assert rig.session.delete(rig.url + FAULTS, timeout=10).status_code == 204
    assert rig.segments().status_code == 200


def test_a_share_of_requests(rig: Rig) -> None:
    rig.set({"operation": "getJourneySegments", "fault": "500", "share": 0.5})
    failed = sum(rig.segments().status_code == 500 for _ in range(60))
    assert 10 <= failed <= 50
    rig.set({"operation": "getJourneySegments", "fault": "500", "share": 0})
    assert rig.segments().ok


def test_a_delay_answers_late_but_right(rig: Rig) -> None:
    rig.set({"operation": "getJourneySegments", "fault": "delay", "delayMs": 400})
    started = time.monotonic()
    assert "entities" in rig.segments().json()
    assert time.monotonic() - started >= 0.4
    with pytest.raises(requests.ReadTimeout):
        rig.session.get(rig.url + SEGMENTS, timeout=(5, 0.1))


def test_a_cut_connection_gives_no_answer_and_the_server_lives_on(rig: Rig, rehearsal: Program) -> None:
    before = len(rehearsal.lines)
    rig.set({"operation": "getJourneySegments", "fault": "cut", "count": 3})
    for _ in range(3):
        with pytest.raises(requests.ConnectionError) as caught:
            rig.segments()
        assert "NewConnectionError" not in str(caught.value)
    assert rig.segments().ok
    assert not [line for line in rehearsal.lines[before:] if "Traceback" in line or "Error" in line]


def test_the_work_may_be_done_before_the_answer_is_lost(rig: Rig) -> None:
    for when, made in (("before", 0), ("after", 1)):
        name = f"Cut {when}"
        rig.set({"operation": "postJourneySegments", "fault": "cut", "when": when, "count": 1})
        with pytest.raises(requests.ConnectionError):
            rig.session.post(rig.url + SEGMENTS, json={"displayName": name}, timeout=10)
        found = rig.session.get(
            rig.url + SEGMENTS, params={"queryFields": "displayName", "queryValue": name}, timeout=10
        )
        assert found.json()["total"] == made


def test_an_answer_that_cannot_be_read(rig: Rig) -> None:
    rig.set({"operation": "getJourneySegments", "fault": "garbled"})
    answer = rig.segments()
    assert answer.status_code == 200
    with pytest.raises(ValueError):  # noqa: PT011
        answer.json()


def test_wrong_faults_are_refused_with_all_their_problems(rig: Rig) -> None:
    answer = rig.set({"operation": "nothing", "fault": "cut"}, {"operation": "*", "fault": "x", "share": 2})
    assert answer.status_code == 400
    assert [row["fieldName"] for row in answer.json()["details"]] == [
        "faults[0].operation",
        "faults[1].share",
        "faults[1].fault",
    ]


def test_faults_need_their_permission(rig: Rig) -> None:
    assert cast.api(rig.url, "marketer").get(rig.url + FAULTS, timeout=10).status_code == 403


def test_announced_only_where_the_server_was_started_for_it(rig: Rig, server: Program) -> None:
    capabilities = "/api/local/v1/capabilities"
    assert "faults" in requests.get(rig.url + capabilities, timeout=10).json()["extensions"]
    assert "faults" not in requests.get(server.url + capabilities, timeout=10).json()["extensions"]
    assert cast.api(server.url).get(server.url + FAULTS, timeout=10).status_code == 404
