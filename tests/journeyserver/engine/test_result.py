"""What was counted becomes the contract's answer: order, groups that are told apart, numbers that JSON can hold."""

import json
import random
from typing import Any

import pyarrow

from journeyserver.engine.query import parse
from journeyserver.engine.result import write

FIVE = [
    "journeyCustomerId", "journeyDeviceType", "journeyDeviceCategory", "journeySessionType", "journeyBlockingReason",
]  # fmt: skip


def test_many_different_values_in_many_dimensions_keep_their_order() -> None:
    """Five times ten thousand different values: more combinations than a number of 64 bits can tell apart."""
    rng = random.Random(3)
    groups = {tuple(rng.choice([None, f"{rng.randrange(10_000):x}"]) for _ in FIVE) for _ in range(20_000)}
    rows = [(group, bucket, rng.randrange(1, 9)) for group in groups for bucket in (1, 0)]
    rng.shuffle(rows)
    query = parse(
        {
            "interval": "2024-05-01T00:00:00Z/2024-05-03T00:00:00Z",
            "granularity": "P1D",
            "metrics": ["nJourneySessions"],
            "groupBy": FIVE,
        }
    )
    columns: dict[str, Any] = {
        f"t{number}": [group[number] for group, _, _ in rows] for number in range(len(FIVE))
    }
    columns |= {"bucket": [bucket for _, bucket, _ in rows], "m0": [count for _, _, count in rows]}
    table = pyarrow.table(columns)
    results = json.loads(write(query, [table.slice(0, 7_000), table.slice(7_000)]))["results"]
    found = [tuple(result["group"].get(name) for name in FIVE) for result in results]
    assert found == sorted(groups, key=lambda group: [(value is None, value or "") for value in group])
    counts = {(group, bucket): count for group, bucket, count in rows}
    for group, result in zip(found, results, strict=True):
        assert [row["interval"][:10] for row in result["data"]] == ["2024-05-01", "2024-05-02"]
        told = [row["metrics"][0]["stats"]["count"] for row in result["data"]]
        assert told == [counts[group, 0], counts[group, 1]]


def test_what_is_no_number_in_json_is_null() -> None:
    query = parse(
        {"interval": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z", "metrics": ["oJourneyOutcomeValue"]}
    )
    table = pyarrow.table(
        {
            "bucket": [0], "m0_count": [3], "m0_sum": [float("nan")], "m0_min": [float("-inf")], "m0_max": [1e300],
        }
    )  # fmt: skip
    (result,) = json.loads(write(query, [table]))["results"]
    stats = result["data"][0]["metrics"][0]["stats"]
    assert stats == {"count": 3, "sum": None, "min": None, "max": 1e300}
