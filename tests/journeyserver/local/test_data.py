"""The data page's numbers, and a customer erased: proven by query, with totals unmoved."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests import cast, programs
from tests.journeyserver.local import stock
from tests.journeyserver.local.conftest import LOCAL, Stocked
from tests.journeyserver.local.visits import Visit

QUERY = "/api/v2/analytics/journeys/aggregates/query"


def test_what_the_server_holds(stocked: Stocked) -> None:
    found = stocked.ask("/data", username="admin").json()
    events = [event for visit in stocked.visits for event in visit.events]
    assert found["events"] == len(events)
    assert found["sessions"] == len(stocked.visits)
    assert found["customers"] == len({visit.customer for visit in stocked.visits})
    assert found["assignments"] == len(stock.assignments(stocked.visits))
    assert found["first"][:19] == min(event.ts for event in events).isoformat()[:19]
    assert found["last"][:19] == max(event.ts for event in events).isoformat()[:19]
    assert found["bytes"] > 100_000
    assert (found["engine"], found["generated"]) == ("duckdb", False)
    assert [(row["reason"], row["sample"], row["count"]) for row in found["refused"]] == list(stock.REFUSED)
    assert found["retention"] == {"days": 0, "lastRun": None, "removed": 0}
    assert found["imports"] == []


def test_it_is_for_administrators(stocked: Stocked) -> None:
    assert stocked.ask("/data").status_code == 403
    assert stocked.ask("/erase", {"customerId": "x"}).status_code == 403


def aggregates(stocked: Stocked, group_by: list[str]) -> Counter[Any]:
    """Every count of the last 31 whole days, by day and group."""
    end = stocked.now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = f"{end.isoformat()[:10]}T00:00:00Z"
    start = f"{(end - timedelta(days=31)).isoformat()[:10]}T00:00:00Z"
    metrics = ["nJourneySessions", "nWebActionsOffered", "nWebActionsEngaged", "nDistinctJourneySessions"]
    body = {"interval": f"{start}/{days}", "granularity": "P1D", "metrics": metrics, "groupBy": group_by}
    answer = cast.api(stocked.url).post(stocked.url + QUERY, json=body, timeout=30)
    assert answer.ok, answer.text
    return Counter(
        {
            (str(row["group"]), part["interval"], metric["metric"]): metric["stats"]["count"]
            for row in answer.json()["results"]
            for part in row["data"]
            for metric in part["metrics"]
        }
    )


@pytest.fixture(scope="module")
def erasing(tmp_path_factory: pytest.TempPathFactory, stocked: Stocked) -> Iterator[Stocked]:
    """A stocked server of its own, as what is erased is gone for the others too. The last test ends it."""
    tmp_path = tmp_path_factory.mktemp("erasing")
    done = programs.run_journeyserver(tmp_path, "seed")
    assert done.returncode == 0, done.stderr
    stock.fill(tmp_path, stocked.visits)
    with programs.journeyserver(tmp_path, seed=False) as running:
        yield Stocked(running, stocked.visits, stocked.now)


def known_by_everything(rows: list[Visit]) -> str:
    """A customer with assignments and offers."""
    with_offers = {action.visit.customer for action in stock.actions(rows) if len(action.states) == 3}
    return str(
        next(row["customer_id"] for row in stock.assignments(rows) if row["customer_id"] in with_offers)
    )


def test_an_erased_customer_is_gone_and_the_totals_stay(erasing: Stocked) -> None:
    customer = known_by_everything(erasing.visits)
    mine = [visit for visit in erasing.visits if visit.customer == customer]
    offers = [action for action in stock.actions(erasing.visits) if action.visit.customer == customer]
    before = aggregates(erasing, ["journeyDeviceCategory"])
    assert any(customer in group for group, *_ in aggregates(erasing, ["journeyCustomerId"]))

    counted = erasing.ask("/erase", {"customerId": customer, "dryRun": True}, username="admin").json()
    assert (counted["erased"], counted["receipt"]) == (False, None)
    assert counted["before"] == {
        "events": sum(len(visit.events) for visit in mine),
        "sessions": len(mine),
        "assignments": sum(row["customer_id"] == customer for row in stock.assignments(erasing.visits)),
        "actions": len(offers),
        "facts": len(mine) + sum(len(action.states) for action in offers),
    }
    told = erasing.ask("/erase", {"customerId": customer}, username="admin").json()
    assert (told["erased"], told["by"], told["before"]) == (True, "Ada Okafor", counted["before"])
    assert set(told["after"].values()) == {0}

    # By query: nobody finds the customer or a visit of theirs again, and every total is what it was.
    assert aggregates(erasing, ["journeyDeviceCategory"]) == before
    assert not any(customer in group for group, *_ in aggregates(erasing, ["journeyCustomerId"]))
    ids = [str(visit.id) for visit in mine] + [str(action.id) for action in offers]
    for dimension in ("journeySessionId", "journeyActionId"):
        assert not [one for one in ids if one in str(aggregates(erasing, [dimension]))]
    for visit in mine:
        assert erasing.ask("/explain", {**stock.CARTS, "session": str(visit.id)}).status_code == 404
    again = erasing.ask("/erase", {"customerId": customer}, username="admin").json()
    assert set(again["before"].values()) == {0}

    data = erasing.ask("/data", username="admin").json()
    assert data["events"] == sum(len(visit.events) for visit in erasing.visits) - counted["before"]["events"]
    assert [row["receipt"] for row in data["erasures"]] == [again["receipt"], told["receipt"]]
    assert customer not in str(data)
    store = erasing.program.folder / "journeyserver.sqlite3"
    assert customer.encode() not in store.read_bytes() + store.with_name(store.name + "-wal").read_bytes()


def test_the_commands(erasing: Stocked) -> None:
    first = known_by_everything(erasing.visits)
    customer, other = sorted({visit.customer for visit in erasing.visits} - {first})[:2]
    visits = sum(visit.customer == customer for visit in erasing.visits)

    def run(*arguments: str, code: int = 0, **env: str) -> str:
        done = programs.run_journeyserver(erasing.program.folder, *arguments, **env)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    # Through the server that runs, which owns the warehouse.
    counted = run("erase", customer, "--dry-run")
    assert f"sessions    {visits:>10}{visits:>10}" in counted
    assert "Nothing was erased." in counted
    told = run("erase", customer)
    assert f"sessions    {visits:>10}{0:>10}" in told
    assert "Receipt " in told
    assert "Stop it" in run("retention", "--days", "5", code=1)
    assert erasing.ask("/data", username="admin").json()["erasures"][0]["by"] == "The command line"
    erasing.program.process.terminate()
    erasing.program.process.wait(30)
    # And without one.
    assert "Receipt " in run("erase", other)
    run("erase", first)
    assert "Everything is kept" in run("retention", code=1)
    old = [
        visit
        for visit in erasing.visits
        if visit.customer not in (customer, other, first)
        and (erasing.now - visit.last_event).total_seconds() > 5 * 86_400 + 60
    ]
    assert f"sessions    {len(old):>10} removed" in run("retention", JOURNEYSERVER_RETENTION_DAYS="5")
    assert f"sessions    {0:>10} removed" in run("retention", "--days", "5")


def test_erase_needs_an_id(stocked: Stocked) -> None:
    for body in ({}, {"customerId": ""}, {"customerId": 7}, {"customerId": "x", "dryRun": "yes"}):
        assert stocked.ask("/erase", body, username="admin").status_code == 400
    assert cast.api(stocked.url).post(stocked.url + LOCAL + "/erase", timeout=10).status_code == 400
