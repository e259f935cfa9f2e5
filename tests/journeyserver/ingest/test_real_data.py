"""A week of a real shop (Google's public sample), from the file to the answers, against counts made by plain Python.

The counting below knows the file and the contract's rule for visits (§11.2, docs/decisions/0005) and nothing of the server.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests import cast, programs

FILE = "ga4-store/ga4-2020-12-27_2021-01-03.parquet"
INTERVAL = "2020-12-27T00:00:00Z/2021-01-04T00:00:00Z"
PAUSE = 20 * 60 * 1_000_000
OWN_DOMAIN = "googlemerchandisestore.com"

SEGMENT = {
    "displayName": "Three or more product views on mobile",
    "context": {
        "patterns": [
            {
                "criteria": [
                    {"key": "device.category", "values": ["mobile"], "operator": "equal", "shouldIgnoreCase": True, "entityType": "visit"}
                ]
            }
        ]
    },
    "journey": {
        "patterns": [
            {
                "criteria": [{"key": "eventName", "values": ["view_item"], "operator": "equal", "shouldIgnoreCase": False}],
                "count": 3,
                "streamType": "Web",
                "sessionType": "web",
            }
        ]
    },
}  # fmt: skip


@dataclass
class Visit:
    day: date
    device: str
    product_views: int = 0


def visits(file: Path) -> Iterator[Visit]:
    """The visits of the file, one customer after the other, event by event."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT user_pseudo_id, event_timestamp, event_name, device_category, event_source, event_medium, event_campaign, "
            f"event_term, coalesce(has_gclid, false), page_referrer, make_timestamp(event_timestamp)::DATE FROM '{file}' "
            "ORDER BY user_pseudo_id, event_timestamp, file_row_number"
        ).fetchall()
    # Events of one moment share where the visitor came from (docs/importing.md).
    arrivals: dict[tuple[str, int], tuple[Any, ...]] = {}
    for customer, moment, _, _, source, medium, campaign, term, gclid, *_ in rows:
        if source is not None:
            told = (source, medium or "", campaign or "(not set)", term or "", gclid)
            arrivals[customer, moment] = max(told, arrivals.get((customer, moment), told))
    visit: Visit | None = None
    before: tuple[str, int] = ("", 0)
    seen_campaign = seen_host = None
    for customer, moment, name, device, *_, referrer, day in rows:
        campaign, host = arrival(arrivals.get((customer, moment)), referrer)
        paused = customer != before[0] or moment - before[1] > PAUSE
        if paused:
            seen_campaign = seen_host = None
        new = moment > before[1] and (
            (campaign and campaign != seen_campaign) or (host and host != seen_host)
        )
        if paused or new:
            if visit is not None:
                yield visit
            visit = Visit(day, device)
        assert visit is not None
        visit.product_views += name == "view_item"
        seen_campaign, seen_host = campaign or seen_campaign, host or seen_host
        before = (customer, moment)
    if visit is not None:
        yield visit


def arrival(told: tuple[Any, ...] | None, referrer: str | None) -> tuple[tuple[Any, ...] | None, str | None]:
    """Campaign and external referrer's host, where there are any."""
    if told is None:
        return None, external(referrer.split("/")[2] if referrer else None)
    source, medium, campaign, term, gclid = told
    named = (
        (source, medium, campaign, term)
        if campaign not in ("(direct)", "(organic)", "(referral)", "(not set)", "(none)")
        else None
    )
    host = external(source) if "." in source and medium != "(none)" else None
    return ((*(named or ()), gclid) if named or gclid else None), host


def external(host: str | None) -> str | None:
    return host.lower() if host and not host.lower().endswith(OWN_DOMAIN) else None


def asked(url: str, **query: Any) -> list[dict[str, Any]]:
    answer = cast.api(url, "analyst").post(
        f"{url}/api/v2/analytics/journeys/aggregates/query", json={"interval": INTERVAL, **query}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def sessions_by_day_and_device(url: str) -> dict[tuple[str, str], int]:
    results = asked(url, metrics=["nJourneySessions"], groupBy=["journeyDeviceCategory"], granularity="P1D")
    return {
        (bucket["interval"][:10], result["group"]["journeyDeviceCategory"]): bucket["metrics"][0]["stats"][
            "count"
        ]
        for result in results
        for bucket in result["data"]
    }


@pytest.mark.slow
def test_a_week_of_a_real_shop(shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / FILE
    expected = list(visits(file))
    by_day = Counter((visit.day.isoformat(), visit.device) for visit in expected)
    with programs.journeyserver(tmp_path / "server") as server:
        created = cast.api(server.url, "marketer").post(f"{server.url}/api/v2/journey/segments", json=SEGMENT)
        assert created.status_code == 200, created.text
        done = programs.run_journeyserver(server.folder, "import", str(file))
        assert done.returncode == 0, done.stderr
        assert "214,268 added, 0 repeated, 0 refused" in done.stdout
        assert sessions_by_day_and_device(server.url) == by_day
        assigned = asked(
            server.url,
            metrics=["nJourneySegmentsAssigned"],
            filter={
                "type": "and",
                "predicates": [{"dimension": "journeySegmentId", "value": created.json()["id"]}],
            },
        )
        interested = sum(visit.device == "mobile" and visit.product_views >= 3 for visit in expected)
        assert interested > 500
        assert assigned[0]["data"][0]["metrics"][0]["stats"] == {"count": interested}

        again = programs.run_journeyserver(server.folder, "import", str(file))
        assert "0 added. It was taken in on" in again.stdout
        assert sessions_by_day_and_device(server.url) == by_day


@pytest.mark.slow
def test_a_day_from_lines_adds_nothing_to_the_same_day_from_parquet(
    shared_data: Path, tmp_path: Path
) -> None:
    """Another file with the same events is the same events: 2020-12-25 of the export, as NDJSON and cut out of the Parquet."""
    day = tmp_path / "day.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            f"COPY (FROM '{shared_data}/ga4-store/ga4-2020-12-19_2020-12-26.parquet' WHERE event_date = '20201225') TO '{day}'"
        )
    folder = tmp_path / "data"
    first = programs.run_journeyserver(
        folder, "import", str(shared_data / "ga4-store" / "ga4-2020-12-25.ndjson.gz")
    )
    assert "21,372 added, 0 repeated, 0 refused" in first.stdout, first.stderr
    second = programs.run_journeyserver(folder, "import", str(day))
    assert "0 added, 21,372 repeated, 0 refused" in second.stdout, second.stderr
