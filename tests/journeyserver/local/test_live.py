"""The live view: what arrived since a cursor, which visits go on, and what completed each assignment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import Stocked
from tests.journeyserver.local.visits import in_order


def test_without_a_cursor_the_latest_of_each(stocked: Stocked) -> None:
    found = stocked.ask("/live", limit=20).json()
    events = sorted((event.seq, event) for visit in stocked.visits for event in visit.events)[::-1]
    assert found["cursor"] == str(events[0][0])
    assert [row["page"] for row in found["events"]] == [row.values["page.pathname"] for _, row in events[:20]]
    assert found["events"][0]["eventName"] == events[0][1].values["eventName"]
    given = stock.assignments(stocked.visits)
    assert len(found["assignments"]) == min(20, len(given))
    names = {str(key): name for key, (name, _) in stock.SEGMENTS.items()}
    assert all(row["displayName"] == names[row["segmentId"]] for row in found["assignments"])


def test_visits_that_go_on(stocked: Stocked) -> None:
    found = stocked.ask("/live", limit=200).json()
    active = [visit for visit in stocked.visits if visit.last_event >= stocked.now - timedelta(minutes=20)]
    # The moment of asking is a little later than that of stocking.
    assert 0 < found["activeSessions"] <= len(active)
    assert len(found["sessions"]) == found["activeSessions"]
    assert found["sessions"][0]["device.category"]
    assert found["sessions"] == sorted(found["sessions"], key=lambda row: row["lastEvent"], reverse=True)


def test_only_what_came_after_the_cursor(stocked: Stocked) -> None:
    last = max(event.seq for visit in stocked.visits for event in visit.events)
    found = stocked.ask("/live", since=last - 3).json()
    assert len(found["events"]) == 3
    assert stocked.ask("/live", since=last).json()["events"] == []
    after = last - 200
    given = [row for row in stock.assignments(stocked.visits) if row["event_id"].int > after]
    assert len(stocked.ask("/live", since=after, limit=200).json()["assignments"]) == len(given)


def test_an_assignment_names_what_completed_it(stocked: Stocked) -> None:
    found = stocked.ask("/live", limit=10).json()["assignments"]
    carts = [row for row in found if row["displayName"] == "Cart leavers"]
    readers = [row for row in found if row["displayName"] == "Readers"]
    assert carts
    assert readers
    for row in carts:
        assert (row["path"], row["key"], row["seen"]) == ("journey.patterns[1]", "page.pathname", "/cart")
    for row in readers:
        assert (row["path"], row["seen"]) == ("journey.patterns[0]", "/blog/shoes")


def test_ids_are_masked_and_open_the_visit_all_the_same(stocked: Stocked) -> None:
    found = stocked.ask("/live").json()
    whole = {str(visit.id) for visit in stocked.visits} | {visit.customer for visit in stocked.visits}
    assert not [one for one in whole if one in str(found)]
    row = found["events"][0]
    explained = stocked.ask("/explain", {**stock.CARTS, "session": row["session"]}).json()
    assert explained["session"]["sessionId"] == row["sessionId"]
    newest = in_order(stocked.visits)[-1]
    assert explained["events"][-1]["page.pathname"] == newest.values["page.pathname"]


def test_a_wrong_cursor(stocked: Stocked) -> None:
    assert stocked.ask("/live", since="x").status_code == 400
    assert stocked.ask("/live", limit=500).status_code == 400


@pytest.mark.parametrize("path", ["/live", f"/live/{next(iter(stock.SEGMENTS))}"])
def test_one_person_may_look_from_several_windows_at_once(stocked: Stocked, path: str) -> None:
    with ThreadPoolExecutor(4) as windows:
        answers = list(windows.map(lambda _: stocked.ask(path).status_code, range(24)))
    assert set(answers) == {200}
