"""The log of changes: what is written, what is noticed from outside, and that it only grows."""

from typing import Any

import pytest

from journeyadmin.accounts.models import Connection
from journeyadmin.history import log
from journeyadmin.history.models import AppendOnly, Change, Known, Operation

SEGMENT = {
    "id": "s1",
    "displayName": "Europe",
    "version": 4,
    "isActive": True,
    "modifiedDate": "2026-01-01T00:00:00.000Z",
}
TARGET = {"id": "t1", "name": "Sales", "serviceLevel": {"percentage": 0.8, "durationMs": 20000}}


@pytest.fixture
def connection(db: None) -> Connection:
    return Connection.objects.create(name="Acme", typed_api_url="http://127.0.0.1:9", client_id="c")


class _Request:
    """As much of a request as the log reads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.user = None


def _notice(
    connection: Connection, *entities: Any, kind: str = "segment", complete: bool = True
) -> list[Change]:
    return log.notice(_Request(connection), kind, entities, complete=complete)  # type: ignore[arg-type]


def _write(connection: Connection, operation: str, before: Any, after: Any, kind: str = "segment") -> Change:
    entity = after or before
    return log.write(
        connection, None, operation, kind, entity["id"], log.name_of(kind, entity), before, after, by="robot"
    )


def test_a_write_keeps_both_states_and_versions(connection: Connection) -> None:
    newer = {**SEGMENT, "version": 5, "isActive": False}
    change = _write(connection, "update", SEGMENT, newer)
    assert (change.before, change.after) == (SEGMENT, newer)
    assert (change.version_before, change.version_after) == (4, 5)
    assert list(log.changes_of(connection, "segment", "s1")) == [change]


def test_history_only_grows(connection: Connection) -> None:
    change = _write(connection, "create", None, SEGMENT)
    change.name = "Other"
    with pytest.raises(AppendOnly):
        change.save()
    with pytest.raises(AppendOnly):
        change.delete()
    with pytest.raises(AppendOnly):
        Change.objects.all().delete()  # type: ignore[attr-defined]
    with pytest.raises(AppendOnly):
        Change.objects.update(name="Other")


def test_the_first_sight_is_no_change(connection: Connection) -> None:
    assert _notice(connection, SEGMENT) == []
    assert Known.objects.count() == 1


def test_a_newer_version_that_was_not_written_here_came_from_outside(connection: Connection) -> None:
    _notice(connection, SEGMENT)
    newer = {**SEGMENT, "version": 7, "displayName": "EU"}
    (change,) = _notice(connection, newer)
    assert change.operation == Operation.OUTSIDE
    assert (change.version_before, change.version_after) == (4, 7)
    assert change.before == SEGMENT
    assert _notice(connection, newer) == []


def test_our_own_write_is_not_from_outside(connection: Connection) -> None:
    _notice(connection, SEGMENT)
    newer = {**SEGMENT, "version": 5}
    _write(connection, "update", SEGMENT, newer)
    assert _notice(connection, newer) == []


def test_a_write_that_began_from_a_newer_version_tells_of_the_change_before_it(
    connection: Connection,
) -> None:
    _notice(connection, SEGMENT)
    theirs = {**SEGMENT, "version": 6, "displayName": "EU"}
    _write(connection, "update", theirs, {**theirs, "version": 7, "isActive": False})
    ours, outside = log.changes_of(connection, "segment", "s1")
    assert (ours.version_before, ours.version_after) == (6, 7)
    assert (outside.operation, outside.version_before, outside.version_after) == (Operation.OUTSIDE, 4, 6)
    assert outside.before == SEGMENT


def test_writes_that_are_written_down_in_the_other_order_are_all_ours(connection: Connection) -> None:
    _notice(connection, SEGMENT)
    first, second = {**SEGMENT, "version": 5}, {**SEGMENT, "version": 6, "isActive": False}
    later = _write(connection, "update", first, second)
    earlier = _write(connection, "update", SEGMENT, first)
    assert set(log.changes_of(connection, "segment", "s1")) == {later, earlier}
    assert _notice(connection, second) == [], "the newer one stays known"


def test_a_late_answer_to_an_early_read_is_no_change(connection: Connection) -> None:
    _write(connection, "update", SEGMENT, {**SEGMENT, "version": 5})
    assert _notice(connection, SEGMENT) == []


def test_a_target_has_no_version_so_its_content_decides(connection: Connection) -> None:
    _notice(connection, TARGET, kind="actiontarget")
    slower = {**TARGET, "serviceLevel": {"percentage": 0.8, "durationMs": 30000}}
    (change,) = _notice(connection, slower, kind="actiontarget")
    assert change.operation == Operation.OUTSIDE


def test_somebody_else_saw_our_write_before_it_was_written_down(connection: Connection) -> None:
    _notice(connection, SEGMENT)
    newer = {**SEGMENT, "version": 5}
    _notice(connection, newer)
    ours = _write(connection, "update", SEGMENT, newer)
    assert list(log.changes_of(connection, "segment", "s1")) == [ours]
    assert Change.objects.count() == 2


def test_what_is_missing_from_a_whole_list_was_deleted_outside(connection: Connection) -> None:
    _notice(connection, SEGMENT)
    assert _notice(connection) == [], "a create may not be listed yet"
    Known.objects.update(seen="2026-01-01T00:00:00Z")
    assert _notice(connection, complete=False) == []
    (change,) = _notice(connection)
    assert change.operation == Operation.GONE
    assert change.before == SEGMENT


def test_what_was_deleted_here_may_still_be_listed_for_a_while(connection: Connection) -> None:
    _write(connection, "delete", SEGMENT, None)
    assert _notice(connection, SEGMENT) == []
    assert Known.objects.count() == 0
    assert _notice(connection) == []


def test_odd_content_has_a_digest_too() -> None:
    assert log.digest({"displayName": "\ud800"}) != log.digest({"displayName": "\ud801"})
    assert log.digest({"a": 10**40, "b": 1}) == log.digest({"b": 1, "a": 10**40})


def test_two_connections_do_not_mix(connection: Connection) -> None:
    other = Connection.objects.create(name="Other", typed_api_url="http://127.0.0.1:9", client_id="c")
    _notice(connection, SEGMENT)
    assert _notice(other, {**SEGMENT, "version": 9}) == []
    assert not log.all_changes(other).exists()
