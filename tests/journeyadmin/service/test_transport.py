"""How calls travel: repeats, waiting, renewal, and every status turned into the error that says so."""

import json
from typing import Any

import pytest

from journeyadmin.contract.operations import OPERATIONS
from journeyadmin.service import errors
from journeyadmin.service.circuit import FAILURES, OPEN_SECONDS, Circuit
from journeyadmin.service.journey import JourneyService
from journeyadmin.service.transport import Call, Rate, Transport
from tests.journeyadmin.service.scripted import Reply, scripted
from tests.programs import free_port

SECRET = "marked-token-7f3a"


class Token:
    """Credentials that count how often they were renewed."""

    def __init__(self) -> None:
        self.renewals = 0

    def token(self) -> str:
        return f"{SECRET}-{self.renewals}"

    def renewed(self, refused: str) -> str:
        self.renewals += 1
        return self.token()


def service(
    url: str, slept: list[float] | None = None, read_seconds: float = 5, **more: Any
) -> JourneyService:
    waits = slept if slept is not None else []
    transport = Transport(
        url, Token(), sleep=waits.append, jitter=lambda longest: longest, read_seconds=read_seconds, **more
    )
    return JourneyService(transport)


SEGMENT = {"id": "s1", "displayName": "A", "version": 3}


def test_a_read_is_repeated_with_growing_waits_and_then_given_up() -> None:
    slept: list[float] = []
    with scripted(Reply(503)) as script, pytest.raises(errors.ServerFault) as raised:
        service(script.url, slept).get_segment("s1")
    assert len(script.asked) == 4
    assert slept == [1.0, 2.0, 4.0]
    assert not raised.value.unsure


def test_a_read_that_succeeds_at_the_third_try_is_a_success() -> None:
    with scripted(Reply(502), Reply(cut=True), Reply(200, SEGMENT)) as script:
        assert service(script.url).get_segment("s1") == SEGMENT
    assert len(script.asked) == 3


@pytest.mark.parametrize(
    "reply", [Reply(500), Reply(502), Reply(504), Reply(cut=True), Reply(201, {"x": 1}, cut="body")]
)
def test_a_create_is_never_repeated_and_says_that_nobody_knows(reply: Reply) -> None:
    with scripted(reply) as script, pytest.raises(errors.JourneyError) as raised:
        service(script.url).create_segment({"displayName": "A"})
    assert len(script.asked) == 1
    assert raised.value.unsure
    assert "not known whether this was saved" in raised.value.user_message


LOST = Reply(cut=True)
WAIT = Reply(429, headers={"Retry-After": "55"})


@pytest.mark.parametrize(
    ("last", "kind", "unsure"),
    [
        # Nothing in these says what became of the first try.
        ((WAIT,), errors.RateLimited, True),
        ((Reply(401), Reply(401)), errors.SignInExpired, True),
        ((Reply(503, headers={"Retry-After": "55"}),), errors.ServerFault, True),
        # These judge the request, the first try included.
        ((Reply(403),), errors.Forbidden, False),
        ((Reply(409),), errors.Conflict, False),
        ((Reply(400),), errors.InvalidRequest, False),
        ((Reply(404),), errors.NotFound, False),
    ],
)
def test_a_doubt_about_an_earlier_try_is_not_taken_back(
    last: tuple[Reply, ...], kind: type[errors.JourneyError], unsure: bool
) -> None:
    with scripted(LOST, *last) as script, pytest.raises(kind) as raised:
        service(script.url).update_segment("s1", {"version": 3, "displayName": "B"})
    assert len(script.asked) == 1 + len(last)
    assert raised.value.unsure is unsure
    # A newer version may be the first try's own, or stand on it.
    assert getattr(raised.value, "after_doubt", False) is (kind is errors.Conflict)
    if unsure:
        assert "It is not known whether this was saved." in raised.value.user_message
        assert "Nothing was changed" not in raised.value.user_message


def test_a_circuit_that_opens_between_two_tries_takes_no_doubt_back() -> None:
    circuit = Circuit()
    for _ in range(FAILURES - 1):
        circuit.unanswered()
    with scripted(LOST) as script, pytest.raises(errors.CircuitOpen) as raised:
        service(script.url, circuit=circuit).update_segment("s1", {"version": 3, "displayName": "B"})
    assert len(script.asked) == 1
    assert raised.value.unsure
    assert "It is not known whether this was saved." in raised.value.user_message


def test_a_read_that_was_lost_leaves_no_doubt() -> None:
    with scripted(LOST, WAIT) as script, pytest.raises(errors.RateLimited) as raised:
        service(script.url).get_segment("s1")
    assert not raised.value.unsure


def test_a_create_waits_for_429_because_nothing_happened_yet() -> None:
    slept: list[float] = []
    with scripted(Reply(429, headers={"Retry-After": "3"}), Reply(200, SEGMENT)) as script:
        assert service(script.url, slept).create_segment({"displayName": "A"}) == SEGMENT
    assert slept == [3.0]


def test_a_refused_connection_leaves_no_doubt() -> None:
    with pytest.raises(errors.Unreachable) as raised:
        service(f"http://127.0.0.1:{free_port()}").create_segment({"displayName": "A"})
    assert not raised.value.unsure
    assert "Nothing was changed" in raised.value.user_message


def test_a_slow_answer_is_a_time_out_in_words() -> None:
    with scripted(Reply(200, SEGMENT, delay=0.6)) as script, pytest.raises(errors.Unreachable):
        service(script.url, read_seconds=0.1).create_segment({"displayName": "A"})


def test_a_patch_with_a_version_is_repeated_and_one_without_is_not() -> None:
    with scripted(Reply(503), Reply(200, SEGMENT)) as script:
        assert service(script.url).update_segment("s1", {"version": 3, "isActive": False}) == SEGMENT
    with scripted(Reply(503)) as script, pytest.raises(errors.ServerFault):
        service(script.url).update_segment("s1", {"isActive": False})
    assert len(script.asked) == 1


def test_a_delete_whose_first_answer_was_lost_is_a_success() -> None:
    with scripted(Reply(cut=True), Reply(404)) as script:
        service(script.url).delete_segment("s1")
    assert [asked.method for asked in script.asked] == ["DELETE", "DELETE"]


@pytest.mark.parametrize("first", [Reply(429, headers={"Retry-After": "1"}), Reply(503)])
def test_a_delete_that_was_not_carried_out_and_finds_nothing_was_somebody_elses(first: Reply) -> None:
    with scripted(first, Reply(404)) as script, pytest.raises(errors.NotFound):
        service(script.url).delete_segment("s1")
    assert len(script.asked) == 2


def test_a_delete_of_what_is_not_there_says_so() -> None:
    with scripted(Reply(404)) as script, pytest.raises(errors.NotFound):
        service(script.url).delete_segment("s1")


def test_a_wait_longer_than_a_person_has_is_told_instead() -> None:
    slept: list[float] = []
    with (
        scripted(Reply(429, headers={"Retry-After": "55"})) as script,
        pytest.raises(errors.RateLimited) as raised,
    ):
        service(script.url, slept).get_segment("s1")
    assert slept == []
    assert "55 s" in raised.value.user_message


def test_without_retry_after_the_window_of_the_rate_limit_counts() -> None:
    slept: list[float] = []
    with scripted(Reply(429, headers={"inin-ratelimit-reset": "7"}), Reply(200, SEGMENT)) as script:
        service(script.url, slept).get_segment("s1")
    assert slept == [7.0]


def test_a_refused_token_is_renewed_once_and_never_in_a_loop() -> None:
    with scripted(Reply(401), Reply(200, SEGMENT)) as script:
        service(script.url).get_segment("s1")
    assert [asked.headers["Authorization"] for asked in script.asked] == [
        f"Bearer {SECRET}-0",
        f"Bearer {SECRET}-1",
    ]
    with scripted(Reply(401)) as script, pytest.raises(errors.SignInExpired):
        service(script.url).get_segment("s1")
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (408, errors.ServerFault),
        (409, errors.Conflict),
        (413, errors.TooLarge),
        (415, errors.InvalidRequest),
        (418, errors.ServerFault),
        (429, errors.RateLimited),
        (500, errors.ServerFault),
        (501, errors.NotEnabled),
        (302, errors.Unreadable),
    ],
)
def test_every_status_becomes_its_error_with_the_correlation_id(
    status: int, kind: type[errors.JourneyError]
) -> None:
    body = {"message": "no", "code": "x", "contextId": "c-1"}
    with (
        scripted(Reply(status, body, {"Retry-After": "99", "Location": "/elsewhere"})) as script,
        pytest.raises(kind) as raised,
    ):
        service(script.url).get_segment("s1")
    assert raised.value.correlation_id == "c-1"
    assert raised.value.user_message.endswith((".", "no"))


@pytest.mark.parametrize("body", [b"<html>", b"", b"[1]", b'"text"', b"\xff\xfe", b"null", b"[" * 200_000])
def test_an_answer_that_cannot_be_read_is_an_error_in_words(body: bytes) -> None:
    with scripted(Reply(200, body)) as script, pytest.raises(errors.Unreadable):
        service(script.url).get_segment("s1")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"displayName": "x\\ud83d"}', "x\ud83d"),
        (b'{"displayName": 1e999}', float("inf")),
        (b'{"displayName": %d}' % 10**40, pytest.approx(10**40)),
    ],
)
def test_an_answer_that_is_odd_is_read_all_the_same(body: bytes, name: Any) -> None:
    with scripted(Reply(200, body)) as script:
        assert service(script.url).get_segment("s1")["displayName"] == name


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (409, {"message": "does not match the current version 4"}),
        (400, {"message": "1 does not match the current version"}),
        (408, {}),
    ],
)
def test_every_spelling_of_a_stale_version_is_one_conflict(status: int, body: dict[str, Any]) -> None:
    with scripted(Reply(status, body)) as script, pytest.raises(errors.Conflict) as raised:
        service(script.url).update_segment("s1", {"version": 3})
    assert raised.value.stale


def test_wrong_fields_are_told_with_their_paths() -> None:
    details = [
        {"errorCode": "invalid.format", "fieldName": "color"},
        {"errorCode": "new.code", "fieldName": "x"},
        "odd",
        {},
    ]
    with scripted(Reply(400, {"details": details})) as script, pytest.raises(errors.InvalidRequest) as raised:
        service(script.url).create_segment({})
    assert [field.path for field in raised.value.fields] == ["color", "x"]
    assert raised.value.user_message == "2 fields need attention."


@pytest.mark.parametrize(
    ("params", "said"),
    [
        (
            {"cells": "214000", "allowed": "200000"},
            "Too many results: 214\u202f000 cells, 200\u202f000 allowed.",
        ),
        ({"allowed": "200000"}, "Too many results: more than 200\u202f000 cells, 200\u202f000 allowed."),
        ({"cells": "9", "allowed": "few"}, "This is more than the service handles at once: too much."),
        ({}, "This is more than the service handles at once: too much."),
    ],
)
def test_too_many_results_are_told_in_the_numbers_that_are_given(params: dict[str, str], said: str) -> None:
    body = {"message": "too much.", "messageParams": params}
    with scripted(Reply(413, body)) as script, pytest.raises(errors.TooLarge) as raised:
        service(script.url).query_journey_aggregates({})
    assert raised.value.user_message == f"{said} Ask for less: a shorter range, fewer groups."


def test_missing_permissions_are_named() -> None:
    body = {"message": "You are missing one of the following permissions: [journey:segment:edit]"}
    with scripted(Reply(403, body)) as script, pytest.raises(errors.Forbidden) as raised:
        service(script.url).get_segment("s1")
    assert raised.value.permissions == ("journey:segment:edit",)


def _page(ids: list[str], number: int, count: int, total: int) -> Reply:
    return Reply(
        200,
        {"entities": [{"id": one} for one in ids], "pageNumber": number, "pageCount": count, "total": total},
    )


def test_a_listing_is_walked_to_its_end() -> None:
    with scripted(_page(["a", "b"], 1, 2, 3), _page(["c"], 2, 2, 3)) as script:
        assert [row["id"] for row in service(script.url).list_segments()] == ["a", "b", "c"]
    assert script.asked[1].path == "/api/v2/journey/segments?pageSize=200&pageNumber=2"


def test_an_entry_that_moved_to_the_next_page_meanwhile_is_listed_once() -> None:
    with scripted(_page(["a", "b"], 1, 2, 3), _page(["b", "c"], 2, 2, 3)) as script:
        assert [row["id"] for row in service(script.url).list_segments()] == ["a", "b", "c"]


def test_a_listing_that_gives_fewer_than_its_total_fails_loudly() -> None:
    with (
        scripted(_page(["a", "b"], 1, 2, 3), _page(["b"], 2, 2, 3)) as script,
        pytest.raises(errors.Incomplete) as raised,
    ):
        list(service(script.url).list_segments())
    assert "2 of 3" in raised.value.user_message


def test_nothing_that_is_logged_or_raised_holds_the_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for reply in (Reply(500), Reply(cut=True), Reply(200, b"<html>"), Reply(401)):
        with scripted(reply) as script, pytest.raises(errors.JourneyError) as raised:
            service(script.url).create_segment({"displayName": "someone@example.com"})
        assert SECRET not in str(raised.value) + raised.value.user_message + repr(vars(raised.value))
    assert SECRET not in caplog.text
    assert "someone@example.com" not in caplog.text


def test_each_of_the_nine_is_spoken_as_the_contract_says() -> None:
    expected = {
        operation.name: (operation.method, operation.path.replace("{id}", "i%2Fd"))
        for operation in OPERATIONS
    }
    with scripted(Reply(200, {"entities": [], "total": 0})) as script:
        speaker = service(script.url)
        list(speaker.list_segments())
        speaker.create_segment({"displayName": "A"})
        speaker.get_segment("i/d")
        speaker.update_segment("i/d", {"version": 1})
        speaker.delete_segment("i/d")
        list(speaker.list_action_targets())
        speaker.get_action_target("i/d")
        speaker.update_action_target("i/d", {"name": "x"})
        speaker.query_journey_aggregates({"metrics": []})
    assert [(asked.method, asked.path.split("?")[0]) for asked in script.asked] == list(expected.values())
    assert json.loads(script.asked[1].body) == {"displayName": "A"}
    assert all(asked.headers["Authorization"] == f"Bearer {SECRET}-0" for asked in script.asked)


def test_all_tries_together_stay_within_the_budget() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    transport = Transport(
        "", Token(), sleep=sleep, jitter=lambda longest: longest, clock=lambda: now[0], budget_seconds=5
    )
    with scripted(Reply(503)) as script:
        transport.base_url = script.url
        with pytest.raises(errors.ServerFault):
            JourneyService(transport).get_segment("s1")
    assert now[0] == 3.0
    assert len(script.asked) == 3


def test_a_service_that_is_down_is_not_waited_for_again_and_again() -> None:
    now = [100.0]
    circuit = Circuit(clock=lambda: now[0])
    nowhere = f"http://127.0.0.1:{free_port()}"
    for _ in range(FAILURES):
        with pytest.raises(errors.Unreachable):
            service(nowhere, circuit=circuit).create_segment({"displayName": "A"})
    with pytest.raises(errors.CircuitOpen) as raised:
        service(nowhere, circuit=circuit).create_segment({"displayName": "A"})
    assert "try again in 3 s" in raised.value.user_message
    assert not raised.value.unsure
    now[0] += OPEN_SECONDS
    with scripted(Reply(200, SEGMENT)) as script:
        up = service(script.url, circuit=circuit)
        assert up.get_segment("s1") == SEGMENT
        assert up.get_segment("s1") == SEGMENT


def test_one_call_at_a_time_tries_whether_the_service_is_back() -> None:
    now = [0.0]
    circuit = Circuit(clock=lambda: now[0])
    for _ in range(FAILURES):
        circuit.unanswered()
    now[0] += OPEN_SECONDS
    assert [circuit.refuses() for _ in range(3)] == [0.0, OPEN_SECONDS, OPEN_SECONDS]
    circuit.unanswered()
    assert circuit.refuses()
    circuit.answered()
    assert circuit.refuses() == 0.0


def test_an_observer_is_told_of_every_try_and_of_the_rate() -> None:
    calls: list[Call] = []
    headers = {
        "inin-ratelimit-allowed": "300",
        "inin-ratelimit-count": "7",
        "inin-ratelimit-reset": "41",
        "inin-correlation-id": "c-9",
    }
    with scripted(Reply(503), Reply(200, SEGMENT, headers)) as script:
        service(script.url, observer=calls.append).get_segment("s1")
    assert [(call.status, call.tried, call.rate) for call in calls] == [
        (503, 1, None),
        (200, 2, Rate(300, 7, 41)),
    ]
    assert calls[1].correlation_id == "c-9"
    assert calls[1].path == "/api/v2/journey/segments/s1"
