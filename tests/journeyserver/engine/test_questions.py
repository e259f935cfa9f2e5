"""Generated questions on generated facts: the engine answers as plain Python does."""

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journeyadmin.contract.buckets import MAX_CELLS
from journeyadmin.contract.names import column_name
from journeyserver.engine import answering, plan, rollups
from journeyserver.engine.backends.base import Backend
from journeyserver.engine.backends.duckdb import open_backend
from journeyserver.engine.columns import FACTS as FACTS_TABLE
from journeyserver.engine.compile import to_sql
from journeyserver.engine.query import InvalidQuery, parse
from journeyserver.engine.result import TooManyCells
from journeyserver.ingest import records
from tests.journeyserver.engine import answers, engines


def answer(backend: Backend, query: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(bytes(answering.answer(backend, query)))
    return told


START = datetime(2024, 3, 28, tzinfo=UTC)
IDS = [str(uuid.UUID(int=number)) for number in range(1, 7)]
KINDS = [
    "session_started",
    "segment_assigned",
    "outcome_achieved",
    "action_qualified",
    "action_offered",
    "action_accepted",
    "action_blocked",
]


def make_facts(count: int, seed: int) -> list[dict[str, Any]]:
    """Facts that carry what their kind carries, with gaps."""
    rng = random.Random(seed)
    facts = []
    for _ in range(count):
        kind = rng.choice(KINDS)
        fact: dict[str, Any] = {
            "kind": kind,
            "ts": START + timedelta(seconds=rng.randrange(6 * 86_400 * 4)),
            "value": None,
            "journeySessionId": rng.choice(IDS),
            "journeyDeviceCategory": rng.choice(["mobile", "desktop", None]),
            "journeyIpGeolocationCountry": rng.choice(["DE", "FR", "É", None]),
            "journeySessionSegmentId": rng.sample(IDS, rng.randrange(3)),
        }
        if kind == "segment_assigned":
            fact["journeySegmentId"] = rng.choice(IDS)
        if kind == "outcome_achieved":
            fact["value"] = rng.choice([None, 1.0, 30.5, 150.0])
        if kind.startswith("action_"):
            fact |= {"journeyActionId": rng.choice(IDS), "journeyActionMapVersion": rng.choice([1, 2, 10])}
        if kind == "action_blocked":
            fact |= {
                "journeyBlockingReason": "NoAvailableAgents",
                "equalCondition": rng.sample(["/a", "/b"], 2),
            }
        facts.append(fact)
    return facts


def store(backend: Backend, facts: list[dict[str, Any]]) -> None:
    rows = [
        {column_name(name): value for name, value in fact.items()} | {"ts": fact["ts"].replace(tzinfo=None)}
        for fact in facts
    ]
    with backend.transaction() as writer:
        writer.execute("DELETE FROM facts")
        records.append(writer, FACTS_TABLE, rows)


FACTS = make_facts(400, 7)


@pytest.fixture(params=engines.NAMES)
def memory(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """An empty warehouse."""
    opened = engines.memory(request.param)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["facts", "rolled up"])
def backend(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """The facts as they are; and with what lies before the middle of them rolled up, some of it late."""
    opened = engines.memory("duckdb")
    if request.param == "facts":
        store(opened, FACTS)
    else:
        roll_up(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=engines.OTHERS)
def other(request: pytest.FixtureRequest) -> Iterator[Backend]:
    """Another engine, where each question takes longer."""
    opened = engines.memory(request.param)
    roll_up(opened)
    yield opened
    opened.close()


def roll_up(opened: Backend) -> None:
    store(opened, FACTS[:250])
    with opened.transaction() as writer:
        rollups.refresh(writer, START + timedelta(days=4))
        rollups.refresh(writer, START + timedelta(days=9, hours=5))
    late = open_backend(":memory:")
    store(late, FACTS[250:])
    cursor = late.cursor()
    rows = pyarrow.Table.from_pydict(
        cursor.run("SELECT * REPLACE (CAST(kind AS VARCHAR) AS kind) FROM facts")
    )
    cursor.close()
    late.close()
    with opened.transaction() as writer:
        writer.desk.register("later", rows)
        writer.append("facts", "SELECT * FROM later")
        rollups.note(writer, "later")
        writer.desk.unregister("later")


METRICS = [
    *answers.ACTION_STATES,
    "nDistinctJourneySessions",
    "nDistinctJourneyActions",
    "oJourneyOutcomeValue",
]
DIMENSIONS = [
    "journeyDeviceCategory",
    "journeyIpGeolocationCountry",
    "journeySessionSegmentId",
    "journeySegmentId",
    "journeyActionMapVersion",
    "equalCondition",
]
VALUES = {
    "journeyDeviceCategory": ["mobile", "tablet", "Mobile"],
    "journeyIpGeolocationCountry": ["DE", "É", "x' OR 1=1"],
    "journeySessionSegmentId": [*IDS[:2], "nonsense"],
    "journeySegmentId": [IDS[0], "nonsense"],
    "journeyActionMapVersion": ["1", "10", "1.0"],
    "equalCondition": ["/a", "/c"],
}


@st.composite
def predicates(draw: st.DrawFn) -> dict[str, Any]:
    dimension = draw(st.sampled_from(DIMENSIONS))
    operator = draw(st.sampled_from(["matches", "exists", "notExists", "NOTEXISTS"]))
    if operator != "matches":
        return {"dimension": dimension, "operator": operator}
    if dimension == "journeyActionMapVersion" and draw(st.booleans()):
        return {"dimension": dimension, "range": {draw(st.sampled_from(["gt", "gte", "lt", "lte"])): 2}}
    return {"dimension": dimension, "value": draw(st.sampled_from(VALUES[dimension]))}


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    zone = draw(
        st.sampled_from(
            [
                "UTC",
                "Europe/London",
                "America/New_York",
                "Asia/Kolkata",
                "Australia/Lord_Howe",
                "Pacific/Apia",
            ]
        )
    )
    start = START + timedelta(hours=draw(st.integers(0, 60)))
    end = start + timedelta(minutes=draw(st.integers(1, 21 * 1440)))
    query: dict[str, Any] = {
        "interval": f"{start.isoformat()}/{end.isoformat()}",
        "timeZone": zone,
        "metrics": draw(st.lists(st.sampled_from(METRICS), min_size=1, unique=True)),
        "groupBy": draw(st.lists(st.sampled_from(DIMENSIONS), max_size=3, unique=True)),
        "flattenMultivaluedDimensions": draw(st.booleans()),
    }
    granularity = draw(st.sampled_from([None, "P1D", "PT6H", "P1W", "P1M", "PT90M"]))
    if granularity:
        query["granularity"] = granularity
    if draw(st.booleans()):
        clauses = st.fixed_dictionaries(
            {
                "type": st.sampled_from(["and", "or"]),
                "predicates": st.lists(predicates(), min_size=1, max_size=3),
            }
        )
        query["filter"] = {
            "type": draw(st.sampled_from(["and", "or"])),
            "clauses": draw(st.lists(clauses, max_size=2)),
            "predicates": draw(st.lists(predicates(), max_size=2)),
        }
    if draw(st.booleans()):
        query["views"] = [
            {"target": "oJourneyOutcomeValue", "name": "some", "function": "rangeBound", "range": {"gte": 30}}
        ]
    return query


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=questions())
def test_as_plain_python(backend: Backend, query: dict[str, Any]) -> None:
    check(backend, query)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=questions())
def test_another_engine_as_plain_python(other: Backend, query: dict[str, Any]) -> None:
    check(other, query)


def check(backend: Backend, query: dict[str, Any]) -> None:
    """The engine's answer is the one of plain Python over all facts."""
    asked = parse(query)
    starts = {}
    for number, edge in enumerate(asked.edges[:-1]):
        starts[edge] = number
    given_answer: dict[Any, dict[tuple[int, str], Any]] = {}
    for result in answer(backend, query)["results"]:
        group = tuple((name, result["group"][name]) for name in query["groupBy"] if name in result["group"])
        cells = given_answer.setdefault(group, {})
        for bucket in result["data"]:
            number = starts[datetime.fromisoformat(bucket["interval"].split("/")[0])]
            for metric in bucket["metrics"]:
                cells[number, metric["metric"]] = metric["stats"]
            for view in bucket.get("views", []):
                cells[number, view["name"]] = view["stats"]
    assert given_answer == answers.answer(query, FACTS)


# Questions that a roll-up can answer; the property above asks them now and then, this one only them.
HOURLY = st.fixed_dictionaries(
    {
        "hours": st.tuples(st.integers(0, 300), st.integers(1, 500)),
        "granularity": st.sampled_from([None, "P1D", "PT1H", "PT5H", "P1W"]),
        "zone": st.sampled_from(["UTC", "Europe/London", "America/New_York"]),
        "what": st.one_of(
            st.lists(st.sampled_from([*answers.ACTION_STATES]), min_size=1, unique=True),
            st.lists(
                st.sampled_from(["journeyDeviceCategory", "journeyIpGeolocationCountry"]),
                max_size=2,
                unique=True,
            ).map(tuple),
        ),
        "filtered": st.booleans(),
    }
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=HOURLY)
def test_rolled_up_as_plain_python(backend: Backend, asked: dict[str, Any]) -> None:
    check_hourly(backend, asked)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=HOURLY)
def test_another_engine_rolled_up_as_plain_python(other: Backend, asked: dict[str, Any]) -> None:
    check_hourly(other, asked)


def check_hourly(backend: Backend, asked: dict[str, Any]) -> None:
    start = START + timedelta(hours=asked["hours"][0])
    query: dict[str, Any] = {
        "interval": f"{start.isoformat()}/{(start + timedelta(hours=asked['hours'][1])).isoformat()}",
        "timeZone": asked["zone"],
        "metrics": asked["what"],
        "groupBy": [],
    }
    if isinstance(asked["what"], tuple):
        query |= {"metrics": ["nDistinctJourneySessions"], "groupBy": list(asked["what"])}
        if asked["filtered"]:
            predicates = [{"dimension": "journeyDeviceCategory", "value": "mobile"}]
            query["filter"] = {"type": "and", "predicates": predicates}
    if asked["granularity"]:
        query["granularity"] = asked["granularity"]
    assert rollups.table_for(parse(query)) in ("fact_hours", "session_hours")
    check(backend, query)


@pytest.mark.parametrize("counted", [True, False])
def test_forgotten_when_facts_are_removed(memory: Backend, counted: bool) -> None:
    """Also in the moment in which a transaction has ended, and is not counted yet."""
    store(memory, FACTS)
    query = {"interval": "2024-03-28T00:00:00Z/2024-04-28T00:00:00Z", "metrics": ["nJourneySessions"]}
    before = answer(memory, query)
    with memory.transaction() as writer:
        rollups.refresh(writer, START + timedelta(days=20))
    assert answer(memory, query) == before
    commits = memory.commits
    with memory.transaction() as writer:
        writer.execute("DELETE FROM facts WHERE ts >= TIMESTAMP '2024-04-02'")
        rollups.forget(writer)
    if not counted:
        memory.commits = commits
    kept = [fact for fact in FACTS if fact["ts"] < datetime(2024, 4, 2, tzinfo=UTC)]
    wanted = answers.answer({**query, "groupBy": []}, kept)[()][0, "nJourneySessions"]["count"]
    assert answer(memory, query)["results"][0]["data"][0]["metrics"][0]["stats"]["count"] == wanted


@pytest.mark.parametrize("group_by", [[], ["journeyDeviceCategory", "journeySessionSegmentId"]])
@pytest.mark.parametrize("granularity", [None, "P1D"])
def test_many_metrics_are_counted_by_kind_first(
    memory: Backend, group_by: list[str], granularity: str | None
) -> None:
    store(memory, FACTS)
    query: dict[str, Any] = {
        "interval": "2024-03-29T05:30:00Z/2024-04-15T00:00:00Z",
        "metrics": [*answers.ACTION_STATES, "oJourneyOutcomeValue"],
        "groupBy": group_by,
    }
    if granularity:
        query["granularity"] = granularity
    assert "GROUP BY" in to_sql(plan.make(parse(query)), memory.words).sql.split("kind, count(*)")[1]
    check(memory, query)


def test_order_and_intervals(memory: Backend) -> None:
    store(memory, FACTS)
    query = {
        "interval": "2024-03-30T00:00:00Z/2024-04-02T00:00:00+01:00",
        "granularity": "P1D",
        "timeZone": "Europe/London",
        "metrics": ["nJourneySessions"],
        "groupBy": ["journeyDeviceCategory"],
    }
    results = answer(memory, query)["results"]
    assert [row["group"] for row in results] == [
        {"journeyDeviceCategory": "desktop"},
        {"journeyDeviceCategory": "mobile"},
        {},
    ]
    for row in results:
        intervals = [bucket["interval"] for bucket in row["data"]]
        assert intervals == sorted(intervals)
        assert set(intervals) <= {
            "2024-03-30T00:00:00.000Z/2024-03-31T00:00:00.000Z",
            "2024-03-31T00:00:00.000Z/2024-04-01T00:00:00.000+01:00",
            "2024-04-01T00:00:00.000+01:00/2024-04-02T00:00:00.000+01:00",
        }


def test_vector_15_flatten(memory: Backend) -> None:
    low, high = sorted(IDS[:2])
    store(
        memory,
        [{"kind": "session_started", "ts": START, "value": None, "journeySessionSegmentId": [high, low]}],
    )
    query = {
        "interval": "2024-03-28T00:00:00Z/2024-03-29T00:00:00Z",
        "metrics": ["nJourneySessions"],
        "groupBy": ["journeySessionSegmentId"],
    }
    split = answer(memory, query)["results"]
    assert [row["group"]["journeySessionSegmentId"] for row in split] == [low, high]
    joined = answer(memory, query | {"flattenMultivaluedDimensions": True})["results"]
    assert [row["group"] for row in joined] == [{"journeySessionSegmentId": f"{low},{high}"}]
    # Vector 14: what happens exactly at the end is not counted.
    assert answer(memory, query | {"interval": "2024-03-27T00:00:00Z/2024-03-28T00:00:00Z"}) == {
        "results": []
    }


# With letters, so that there is another case.
LETTERED = "abcdef00-0000-4000-8000-00000000000a"


@pytest.mark.parametrize("dimension", ["journeySegmentId", "journeySessionSegmentId", "journeyCustomerId"])
def test_an_id_is_compared_as_text_in_either_case(memory: Backend, dimension: str) -> None:
    one = LETTERED
    held = [one] if dimension == "journeySessionSegmentId" else one
    store(memory, [{"kind": "segment_assigned", "ts": START, "value": None, dimension: held}])

    def found(value: str) -> int:
        predicate = {"dimension": dimension, "value": value}
        query = {
            "interval": "2024-03-28T00:00:00Z/2024-03-29T00:00:00Z",
            "metrics": ["nJourneySegmentsAssigned"],
            "filter": {"type": "and", "predicates": [predicate]},
        }
        return len(answer(memory, query)["results"])

    assert found(one) == found(one.upper()) == 1
    assert not any(found(other) for other in (one.replace("-", ""), f"{{{one}}}", f" {one}", "no-id", ""))


def test_an_id_of_a_customer_that_is_none_of_a_cookie_is_compared_letter_by_letter(memory: Backend) -> None:
    written = ["Ana-1", LETTERED.upper()]
    rows = [
        {"kind": "segment_assigned", "ts": START, "value": None, "journeyCustomerId": one} for one in written
    ]
    store(memory, rows)

    def found(value: str) -> int:
        query = {
            "interval": "2024-03-28T00:00:00Z/2024-03-29T00:00:00Z",
            "metrics": ["nJourneySegmentsAssigned"],
            "filter": {"type": "and", "predicates": [{"dimension": "journeyCustomerId", "value": value}]},
        }
        return len(answer(memory, query)["results"])

    assert [found(value) for value in ("Ana-1", "ana-1", LETTERED, LETTERED.upper())] == [1, 0, 1, 1]


def test_any_text_comes_through(memory: Backend) -> None:
    odd = ['it\'s "quoted"', "back\\slash", "new\nline\ttab\x01", "é😀", "", "a,b"]
    facts = [
        {
            "kind": "outcome_achieved",
            "ts": START,
            "value": 1e22,
            "journeyDeviceType": text,
            "equalCondition": [text],
        }
        for text in odd
    ]
    store(memory, facts)
    name = "a'b\"c"
    query = {
        "interval": "2024-03-28T00:00:00Z/2024-03-29T00:00:00Z",
        "metrics": ["oJourneyOutcomeValue"],
        "views": [
            {"target": "oJourneyOutcomeValue", "name": name, "function": "rangeBound", "range": {"gte": 0}}
        ],
    }
    for dimension in ("journeyDeviceType", "equalCondition"):
        results = answer(memory, {**query, "groupBy": [dimension]})["results"]
        assert [row["group"].get(dimension) for row in results] == sorted(odd)
        stats = {"count": 1, "sum": 1e22, "min": 1e22, "max": 1e22}
        assert all(row["data"][0]["views"] == [{"name": name, "stats": stats}] for row in results)


def test_too_many_cells(memory: Backend) -> None:
    with memory.transaction() as writer:
        writer.append(
            "facts",
            "SELECT 'session_started' AS kind, TIMESTAMP '2024-05-01' AS ts, "
            f"CAST(md5(CAST(i AS VARCHAR)) AS UUID) AS journey_session_id FROM range({MAX_CELLS + 1}) t(i)",
        )
    query = {
        "interval": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z",
        "metrics": ["nJourneySessions"],
        "groupBy": ["journeySessionId"],
    }
    with pytest.raises(TooManyCells):
        answer(memory, query)


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"interval": None}, "interval", "missing.required"),
        ({"interval": "2024-05-01T00:00:00Z/2024-05-01T00:00:00Z"}, "interval", "invalid.format"),
        ({"metrics": []}, "metrics", "missing.required"),
        ({"metrics": ["nope"]}, "metrics[0]", "invalid.enum"),
        ({"groupBy": "journeySegmentId"}, "groupBy", "invalid.type"),
        ({"granularity": "P1X"}, "granularity", "invalid.format"),
        ({"granularity": "PT1M", "interval": "2024-01-01T00:00:00Z/2024-06-01T00:00:00Z"}, "granularity", "out.of.range"),
        ({"timeZone": "Mars/Base"}, "timeZone", "invalid.format"),
        ({"timeZone": "right/Europe/London"}, "timeZone", "invalid.format"),
        # One detail for each wrong field, whichever way it is wrong.
        ({"metrics": {}}, "metrics", "invalid.type"),
        ({"metrics": [], "views": {}}, "views", "invalid.type"),
        ({"filter": {"type": "and", "clauses": [{"type": "or", "predicates": {}}]}}, "filter.clauses[0].predicates", "invalid.type"),
        ({"filter": {"type": "and", "predicates": [{"dimension": "journeyActionMapVersion", "range": []}]}}, "filter.predicates[0].range", "invalid.type"),
        ({"filter": {"type": "and", "predicates": [{"dimension": "journeySegmentId", "operator": "", "value": "x"}]}}, "filter.predicates[0].operator", "invalid.enum"),
        ({"views": [{"target": "oJourneyOutcomeValue", "name": "x", "function": "rangeBound", "range": []}]}, "views[0].range", "invalid.type"),
        ({"filter": {"type": "and", "clauses": [{"type": "or", "predicates": []}]}}, "filter.clauses[0].predicates", "missing.required"),
        ({"filter": {"type": "and", "predicates": [{"dimension": "journeySegmentId", "range": {"gt": 1}}]}}, "filter.predicates[0].range", "not.allowed"),
        ({"filter": {"type": "and", "predicates": [{"type": "metric", "dimension": "journeySegmentId", "value": "x"}]}}, "filter.predicates[0].type", "invalid.enum"),
        ({"views": [{"target": "nJourneySessions", "name": "x", "function": "rangeBound", "range": {"gte": 1}}]}, "views[0].target", "not.allowed"),
        ({"views": [{"target": "oJourneyOutcomeValue", "name": "nJourneySessions", "function": "rangeBound", "range": {"gte": 1}}]}, "views[0].name", "not.unique"),
        ({"alternateTimeDimension": "other"}, "alternateTimeDimension", "invalid.enum"),
        ({"flattenMultivaluedDimensions": "yes"}, "flattenMultivaluedDimensions", "invalid.type"),
    ],
)  # fmt: skip
def test_refused(change: dict[str, Any], path: str, code: str) -> None:
    query = {
        "interval": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z",
        "metrics": ["nJourneySessions"],
    } | change
    with pytest.raises(InvalidQuery) as caught:
        parse(query)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(path, code)]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"metrics": [""] * 1001}, "metrics"),
        ({"groupBy": ["nope"] * 1001}, "groupBy"),
        ({"views": [{}] * 11}, "views"),
        ({"filter": {"type": "and", "clauses": [{}] * 51}}, "filter.clauses"),
        ({"filter": {"type": "and", "predicates": [{}] * 201}}, "filter.predicates"),
        ({"filter": {"type": "and", "clauses": [{"type": "or", "predicates": [{}] * 201}]}}, "filter.clauses[0].predicates"),
        ({"filter": {"type": "and", "clauses": [{"type": "or", "predicates": [{"dimension": "journeySegmentId", "operator": "exists"}] * 67}] * 3}}, "filter"),
    ],
)  # fmt: skip
def test_a_list_that_is_too_long_is_not_read(change: dict[str, Any], path: str) -> None:
    query = {"interval": "2024-05-01T00:00:00Z/2024-05-02T00:00:00Z", "metrics": ["nJourneySessions"]}
    with pytest.raises(InvalidQuery) as caught:
        parse(query | change)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [(path, "out.of.range")]


def test_all_problems_at_once() -> None:
    with pytest.raises(InvalidQuery) as caught:
        parse({"metrics": ["a", "b"], "groupBy": ["c"], "timeZone": 5})
    assert {problem.path for problem in caught.value.problems} == {
        "interval", "metrics[0]", "metrics[1]", "groupBy[0]", "timeZone",
    }  # fmt: skip
    months = "2024-01-01T00:00:00Z/2024-06-01T00:00:00Z"
    with pytest.raises(InvalidQuery) as caught:
        parse({"interval": months, "granularity": "PT1M", "metrics": ["a"]})
    assert {problem.path for problem in caught.value.problems} == {"metrics[0]", "granularity"}
