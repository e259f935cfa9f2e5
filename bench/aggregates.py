"""How long an aggregate query takes over HTTP, beside the SQL that somebody who knows the question writes on the same table.

The references are DuckDB on a copy of the same file, roll-ups not used, and ClickHouse (chdb, in process) with the same facts
in a MergeTree of the best order. All three give the same numbers, which is checked; they take turns, and the fastest turn of
each counts. A reference hands its answer over as Arrow columns, ours as the JSON of the contract; nobody's is parsed.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import requests

from bench import Arguments, Row
from journeyadmin.contract.metrics import FACT_KINDS, METRICS
from journeyserver.engine.backends.duckdb import open_backend
from journeyserver.ingest.upkeep import keep_up
from tests import cast, programs

# Facts over 180 days. A tenth of them is measured as well, to see how the time grows.
FACTS = {"small": 1_000_000, "full": 50_000_000}
FACTS_EACH = 10
DAYS, QUARTER, MONTH = 180, 90, 30
RUNS = 7
SLACK, SLACK_MS = 1.25, 5.0
SEGMENTS, MAPS = 40, 50
COUNTRIES = [first + second for first in "ABCDE" for second in "AEIOU"] + ["DE"]
DEVICES = ["desktop", "mobile", "tablet", "other"]

END = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
_BY_KIND = {metric.facts[0]: name for name, metric in METRICS.items() if metric.aggregate == "count"}
_OFFERS = [
    "action_qualified",
    "action_offered",
    "action_accepted",
    "action_engaged",
    "action_rejected",
    "action_ignored",
]
_SESSION_KINDS = METRICS["nDistinctJourneySessions"].facts
# The answer in one form: groups, second at which the bucket begins, metric → numbers.
Cells = dict[tuple[Any, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Question:
    """`asked` is the query's body but for its interval of `days` up to END. `hand` is a SELECT for both dialects: its
    groups, `bucket` (a unit of time, or the whole), then `kind` and its number, or the numbers of the one `metric`."""

    name: str
    days: int
    asked: Mapping[str, Any]
    groups: tuple[str, ...]
    bucket: str
    numbers: str
    where: str
    metric: str = ""
    # The same condition, where DuckDB works it off faster written so.
    for_duckdb: str = ""

    @property
    def start(self) -> datetime:
        return END - timedelta(days=self.days)

    @property
    def body(self) -> dict[str, Any]:
        return {"interval": f"{self.start:%Y-%m-%dT%H:%MZ}/{END:%Y-%m-%dT%H:%MZ}", **self.asked}

    def by_hand(self, in_bucket: str, exact_distinct: str, literal: str, where: str = "") -> str:
        """`in_bucket` cuts ts off to the unit {unit}; `literal` writes a moment."""
        keys = [*self.groups]
        if self.bucket:
            keys.append(in_bucket.format(unit=self.bucket.capitalize()) + " AS bucket")
        if not self.metric:
            keys.append("kind")
        numbers = self.numbers.format(distinct=exact_distinct)
        span = f"ts >= {literal.format(self.start)} AND ts < {literal.format(END)}"
        grouped = ", ".join(str(number) for number in range(1, len(keys) + 1))
        return f"SELECT {', '.join([*keys, numbers])} FROM facts WHERE {span} AND {where or self.where} GROUP BY {grouped}"


def _of_kinds(kinds: Sequence[str]) -> str:
    return f"kind IN ({', '.join(repr(kind) for kind in kinds)})"


QUESTIONS = (
    Question(
        "counts by day, 90 days",
        QUARTER,
        {"metrics": ["nWebActionsOffered"], "granularity": "P1D"},
        (), "day", "count(*)", _of_kinds(["action_offered"]),
    ),
    Question(
        "values by day, 90 days",
        QUARTER,
        {"metrics": ["oJourneyOutcomeValue"], "granularity": "P1D"},
        (), "day", "count(value), sum(value), min(value), max(value)", _of_kinds(["outcome_achieved"]),
        "oJourneyOutcomeValue",
    ),
    Question(
        "hour × segment, 6 metrics, 30 days",
        MONTH,
        {
            "metrics": [_BY_KIND[kind] for kind in _OFFERS],
            "granularity": "PT1H",
            "groupBy": ["journeySegmentId"],
            "filter": {
                "type": "and",
                "clauses": [
                    {
                        "type": "or",
                        "predicates": [
                            {"dimension": "journeyDeviceCategory", "value": device}
                            for device in ("mobile", "tablet")
                        ],
                    }
                ],
                "predicates": [{"dimension": "journeyIpGeolocationCountry", "operator": "exists"}],
            },
        },
        ("journey_segment_id",), "hour", "count(*)",
        f"{_of_kinds(_OFFERS)} AND journey_ip_geolocation_country IS NOT NULL AND journey_device_category IN ('mobile', 'tablet')",
        for_duckdb=f"{_of_kinds(_OFFERS)} AND journey_ip_geolocation_country IS NOT NULL AND ("
        "coalesce(journey_device_category = 'mobile', false) OR coalesce(journey_device_category = 'tablet', false))",
    ),
    Question(
        "distinct sessions, day × country",
        QUARTER,
        {
            "metrics": ["nDistinctJourneySessions"],
            "granularity": "P1D",
            "groupBy": ["journeyIpGeolocationCountry"],
        },
        ("journey_ip_geolocation_country",), "day", "{distinct}", _of_kinds(_SESSION_KINDS),
        "nDistinctJourneySessions",
    ),
    Question(
        "segment × country × device, all counts",
        DAYS,
        {
            "metrics": list(_BY_KIND.values()),
            "groupBy": ["journeySegmentId", "journeyIpGeolocationCountry", "journeyDeviceCategory"],
        },
        ("journey_segment_id", "journey_ip_geolocation_country", "journey_device_category"),
        "", "count(*)", "true",
    ),
    Question(
        "segment × map × country, one metric",
        DAYS,
        {
            "metrics": ["nWebActionsOffered"],
            "groupBy": ["journeySegmentId", "journeyActionMapId", "journeyIpGeolocationCountry"],
        },
        ("journey_segment_id", "journey_action_map_id", "journey_ip_geolocation_country"),
        "", "count(*)", _of_kinds(["action_offered"]),
    ),
)  # fmt: skip


def run(arguments: Arguments) -> list[Row]:
    most = FACTS[arguments.size]
    fewer = _measured(arguments.folder / "fewer", most // 10, with_references=False)
    measured = _measured(arguments.folder / "all", most, with_references=True)
    note = f"{most:,} facts over {DAYS} days, the fastest of {RUNS} turns"
    # The targets are for the full size; at a fiftieth of it all that is measured is what a request costs.
    judged = arguments.size == "full"
    rows: list[Row] = []
    for question in QUESTIONS:
        ours, hand = measured[question.name]["ours"], measured[question.name]["hand"]
        limit = f"at most {SLACK}× + {SLACK_MS:g} ms"
        met = ours <= SLACK * hand + SLACK_MS if judged else None
        rows.append(Row(question.name, ours, "ms", "DuckDB by hand", hand, limit, met, note))
    rows += _beside_clickhouse(measured, judged)
    for question in QUESTIONS:
        grown = measured[question.name]["ours"] / fewer[question.name]["ours"]
        told = f"{fewer[question.name]['ours']:.1f} ms at {most // 10:,} facts"
        rows.append(Row(f"{question.name}, ten times the facts", grown, "× the time", note=told))
    return rows


def _beside_clickhouse(measured: Mapping[str, Mapping[str, float]], judged: bool) -> list[Row]:
    if find_spec("chdb") is None:
        return [Row("beside ClickHouse", 0, "questions", note="not compared: chdb is not installed here")]
    rows = []
    faster = 0
    for name, times in measured.items():
        ours, theirs = times["ours"], times["clickhouse"]
        faster += ours < theirs
        rows.append(
            Row(
                name, ours, "ms", "ClickHouse", theirs, "at least as fast", ours <= theirs if judged else None
            )
        )
    most = 2 * faster > len(measured) if judged else None
    rows.append(
        Row(f"faster than ClickHouse, of {len(measured)}", faster, "questions", target="most", met=most)
    )
    return rows


def _measured(folder: Path, facts: int, *, with_references: bool) -> dict[str, dict[str, float]]:
    """Of each question the milliseconds of the fastest turn, by who answered: ours, and the references."""
    folder.mkdir(parents=True)
    server_folder = folder / "server"
    server_folder.mkdir()
    place = server_folder / "journeyserver.duckdb"
    fill(place, facts)
    others: dict[str, Callable[[Question], pyarrow.Table]] = {}
    if with_references:
        copy = folder / "copy.duckdb"
        shutil.copyfile(place, copy)
        others["hand"] = _duckdb(copy)
        if find_spec("chdb") is not None:
            others["clickhouse"] = _clickhouse(folder / "clickhouse", copy)
    with programs.journeyserver(server_folder) as server:
        session = cast.api(server.url)
        asked: dict[str, Callable[[Question], Any]] = {
            "ours": lambda question: _asked(server.url, session, question), **others
        }  # fmt: skip
        return {question.name: _turns(question, asked) for question in QUESTIONS}


def _asked(url: str, session: requests.Session, question: Question) -> bytes:
    path = "/api/v2/analytics/journeys/aggregates/query"
    with session.post(url + path, json=question.body, timeout=300, stream=True) as answer:
        # At one go: what reading in small pieces costs is the client's.
        body: bytes = answer.raw.read(decode_content=True)
    assert answer.ok, f"{question.name}: {body[:500]!r}"
    return body


def _turns(question: Question, asked: Mapping[str, Callable[[Question], Any]]) -> dict[str, float]:
    """The fastest of RUNS turns of each, after one whose answers are compared."""
    answers = {name: ask(question) for name, ask in asked.items()}
    ours = _told(question, answers.pop("ours"))
    for name, table in answers.items():
        found = _found(question, table)
        assert found == ours, f"{question.name}: {name} has {len(found)} cells, ours {len(ours)}, or others."
    best = dict.fromkeys(asked, float("inf"))
    for _ in range(RUNS):
        for name, ask in asked.items():
            begun = time.perf_counter()
            ask(question)
            best[name] = min(best[name], (time.perf_counter() - begun) * 1000)
    return best


def _told(question: Question, body: bytes) -> Cells:
    cells: Cells = {}
    for result in json.loads(body)["results"]:
        group = tuple(result["group"].get(name) for name in question.asked.get("groupBy", ()))
        for bucket in result["data"]:
            begins = datetime.fromisoformat(bucket["interval"].split("/")[0]).timestamp()
            for metric in bucket["metrics"]:
                cells[*group, begins, metric["metric"]] = tuple(metric["stats"].values())
    return cells


def _found(question: Question, table: pyarrow.Table) -> Cells:
    columns = [column.to_pylist() for column in table.columns]
    groups = [[value and str(value) for value in columns.pop(0)] for _ in question.groups]
    begins = [_seconds(value) for value in columns.pop(0)] if question.bucket else None
    metrics = None if question.metric else [_BY_KIND[str(kind)] for kind in columns.pop(0)]
    cells: Cells = {}
    for number, numbers in enumerate(zip(*columns, strict=True)):
        begin = question.start.timestamp() if begins is None else begins[number]
        metric = question.metric if metrics is None else metrics[number]
        cells[*(group[number] for group in groups), begin, metric] = numbers
    return cells


def _seconds(moment: Any) -> float:
    """Of a time or a day; what has no zone is UTC. ClickHouse writes seconds."""
    if isinstance(moment, int):
        return float(moment)
    found = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return found.replace(tzinfo=UTC).timestamp()


def _duckdb(place: Path) -> Callable[[Question], pyarrow.Table]:
    connection = duckdb.connect(str(place), read_only=True, config=_READING)

    def ask(question: Question) -> pyarrow.Table:
        sql = question.by_hand(
            "date_trunc('{unit}', ts)",
            "count(DISTINCT journey_session_id)",
            "TIMESTAMP '{:%Y-%m-%d %H:%M:%S}'",
            question.for_duckdb,
        )
        return connection.sql(sql).to_arrow_table()

    return ask


# The server gives its warehouse as much.
_READING: dict[str, Any] = {"memory_limit": "4GB", "preserve_insertion_order": False}
_CLICKHOUSE_TABLE = """
CREATE TABLE facts (
  kind LowCardinality(String), ts DateTime64(6, 'UTC'), value Nullable(Float64), journey_session_id UUID,
  journey_device_category LowCardinality(Nullable(String)), journey_ip_geolocation_country LowCardinality(Nullable(String)),
  journey_segment_id LowCardinality(Nullable(UUID)), journey_action_map_id LowCardinality(Nullable(UUID))
) ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (kind, ts)
SETTINGS allow_suspicious_low_cardinality_types = 1
"""


def _clickhouse(folder: Path, place: Path) -> Callable[[Question], pyarrow.Table]:
    """The same facts in ClickHouse, which takes them from a Parquet file."""
    folder.mkdir()
    file = folder / "facts.parquet"
    uuids = ("journey_session_id", "journey_segment_id", "journey_action_map_id")
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in ("kind", *uuids))
    others = "ts, value, journey_device_category, journey_ip_geolocation_country"
    with duckdb.connect(str(place), read_only=True, config=_READING) as connection:
        connection.execute(f"COPY (SELECT {texts}, {others} FROM facts) TO '{file}'")
    # Optional, and without types.
    session: Any = import_module("chdb.session").Session(str(folder / "data"))
    session.query("CREATE DATABASE bench ENGINE = Atomic")
    session.query("USE bench")
    session.query("SET allow_suspicious_low_cardinality_types = 1")
    session.query(_CLICKHOUSE_TABLE)
    columns = (
        "kind, ts, value, toUUID(journey_session_id), journey_device_category, journey_ip_geolocation_country"
    )
    ids = "toUUIDOrNull(journey_segment_id), toUUIDOrNull(journey_action_map_id)"
    session.query(f"INSERT INTO facts SELECT {columns}, {ids} FROM file('{file}', Parquet)")
    session.query("OPTIMIZE TABLE facts FINAL")
    file.unlink()

    def ask(question: Question) -> pyarrow.Table:
        sql = question.by_hand(
            "toStartOf{unit}(ts)",
            "uniqExact(journey_session_id)",
            "toDateTime('{:%Y-%m-%d %H:%M:%S}', 'UTC')",
        )
        return pyarrow.ipc.open_file(session.query(sql, "Arrow").bytes()).read_all()

    return ask


def fill(place: Path, facts: int) -> None:
    """Makes the warehouse: visits evenly over the days, FACTS_EACH facts a visit within a quarter of an hour, a session
    segment of everybody's. It is then put in order as the server itself does it."""
    backend = open_backend(place)
    sessions = facts // FACTS_EACH
    apart = int(timedelta(days=DAYS - 0.1) / timedelta(microseconds=1)) // sessions
    piece = max(1, sessions // 20)
    for first in range(0, sessions, piece):
        with backend.transaction() as writer:
            writer.execute(_facts_sql(first, min(first + piece, sessions), apart))
    keep_up(backend, datetime.now(UTC))
    backend.close()


def _facts_sql(first: int, last: int, apart: int) -> str:
    """The facts of the visits first ≤ n < last, which begin `apart` microseconds from each other."""
    kinds = ", ".join(f"'{kind}'" for kind in FACT_KINDS if kind != "session_started")

    def one_of(values: Sequence[str], number: str) -> str:
        return f"[{', '.join(repr(value) for value in values)}][1 + CAST({number} % {len(values)} AS BIGINT)]"

    segments = [f"5e000000-0000-4000-8000-{number:012}" for number in range(SEGMENTS)]
    maps = [f"3a000000-0000-4000-8000-{number:012}" for number in range(MAPS)]
    return f"""
      INSERT INTO facts BY NAME
      SELECT kind, ts, journey_session_id, journey_session_type, journey_device_category, journey_ip_geolocation_country,
             CASE WHEN chance % 100 >= 15 THEN CAST({one_of(segments, "(chance // 100)")} AS UUID) END AS journey_segment_id,
             CASE WHEN starts_with(CAST(kind AS VARCHAR), 'action') THEN CAST({one_of(maps, "(chance // 10000)")} AS UUID) END
             AS journey_action_map_id,
             CASE WHEN kind IN ('outcome_achieved', 'outcome_attributed') THEN (chance // 1000) % 4000 / 4 END AS value
      FROM (
        SELECT *, hash(n, k) AS chance,
               CAST(CASE WHEN k = 0 THEN 'session_started' ELSE [{kinds}][1 + CAST(hash(k, n, 'kind') % 17 AS BIGINT)] END
               AS fact_kind) AS kind,
               TIMESTAMP '{END - timedelta(days=DAYS):%Y-%m-%d}' + to_microseconds(n * {apart} + k * 97000000) AS ts
        FROM (
          SELECT n, CAST(md5('visit ' || n) AS UUID) AS journey_session_id, 'web' AS journey_session_type,
                 {one_of(DEVICES, "(hash(n, 'device') // 64)")} AS journey_device_category,
                 {one_of(COUNTRIES, "(hash(n, 'country') // 64)")} AS journey_ip_geolocation_country
          FROM range({first}, {last}) AS v(n)) AS visits, range({FACTS_EACH}) AS r(k)) AS drawn
    """
