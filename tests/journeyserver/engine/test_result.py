"""What was counted becomes the contract's answer: order, groups that are told apart, numbers that JSON can hold."""

import json
import random
import uuid
from collections.abc import Callable
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
    results = json.loads(bytes(write(query, [table.slice(0, 7_000), table.slice(7_000)])))["results"]
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
    (result,) = json.loads(bytes(write(query, [table])))["results"]
    stats = result["data"][0]["metrics"][0]["stats"]
    assert stats == {"count": 3, "sum": None, "min": None, "max": 1e300}


def test_uuids_come_as_bytes_or_as_text_and_are_told_alike() -> None:
    query = parse(
        {
            "interval": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z",
            "metrics": ["nJourneySessions"],
            "groupBy": ["journeySegmentId", "journeyOutcomeId"],
        }
    )
    ids = [uuid.UUID(int=number * 7**40 % 2**128) for number in range(1, 9)]
    pairs = [(first, second) for first in [*ids, None] for second in [*reversed(ids), None]]
    numbers = {"bucket": [0] * len(pairs), "m0": range(1, len(pairs) + 1)}

    def told(of: Callable[[uuid.UUID], object]) -> bytes:
        columns = {f"t{side}": [pair[side] and of(pair[side]) for pair in pairs] for side in (0, 1)}
        return bytes(write(query, [pyarrow.table({**columns, **numbers})]))

    assert told(lambda value: value.bytes) == told(str)
    found = [result["group"] for result in json.loads(told(lambda value: value.bytes))["results"]]
    assert found[0] == {"journeySegmentId": str(min(ids)), "journeyOutcomeId": str(min(ids))}
    assert found[-1] == {}


def test_an_answer_knows_its_length_and_comes_in_pieces() -> None:
    query = parse(
        {
            "interval": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z",
            "metrics": ["nJourneySessions", "oJourneyOutcomeValue"],
            "groupBy": ["journeyCustomerId"],
            "views": [
                {"target": "oJourneyOutcomeValue", "name": "small", "function": "rangeBound", "range": {"lt": 5}},
                {"target": "oJourneyOutcomeValue", "name": "large", "function": "rangeBound", "range": {"gte": 5}},
            ],
        }
    )  # fmt: skip
    rows = range(20_000)
    columns: dict[str, Any] = {
        "t0": [f"kundin-ä-{row}" for row in rows],
        "bucket": [0] * len(rows),
        "m0": [row % 3 or None for row in rows],
    }
    # Every second row has values, every third no count of sessions; so every sixth has neither the one nor the other.
    for name, some in (("m1", 2), ("v0", 4), ("v1", 5)):
        columns[f"{name}_count"] = [int(row % some == 1) for row in rows]
        for function in ("sum", "min", "max"):
            columns[f"{name}_{function}"] = [row / 4 if row % some == 1 else None for row in rows]
    answer = write(query, [pyarrow.table(columns)])
    pieces = list(answer)
    assert len(pieces) > 1
    assert sum(map(len, pieces)) == len(answer)
    results = json.loads(b"".join(pieces))["results"]
    for result in results:
        row = int(result["group"]["journeyCustomerId"].rpartition("-")[2])
        (bucket,) = result["data"]
        told = {metric["metric"]: metric["stats"] for metric in bucket["metrics"]}
        value = {"count": 1, "sum": row / 4, "min": row / 4, "max": row / 4}
        wanted: dict[str, Any] = {"nJourneySessions": {"count": row % 3}} if row % 3 else {}
        assert told == wanted | ({"oJourneyOutcomeValue": value} if row % 2 else {})
        views = {view["name"]: view["stats"] for view in bucket.get("views", [])}
        assert views == {name: value for name, some in (("small", 4), ("large", 5)) if row % some == 1}
        assert "views" not in bucket or bucket["views"]
    assert len(results) == len(rows)
