"""How long an aggregate query takes over HTTP, beside the SQL that somebody who knows the question writes on the same table.

The references are DuckDB on a copy of the same file, roll-ups not used, and ClickHouse (chdb, in process) with the same facts
in a MergeTree of the best order. All three give the same numbers, which is checked; they take turns, and the fastest turn of
each counts; beside it stands the processor time of a turn, which other programs move far less. A reference hands its answer
over as Arrow columns, ours as the JSON of the contract; nobody's is parsed.

    python -m bench aggregates --size full --keep FOLDER --prepare    once: half an hour, 10 GB of disk
    python -m bench aggregates --size full --keep FOLDER              as often as wanted, some minutes each
"""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow

from bench import Arguments, Row
from bench._facts import DAYS, READING, Facts, clickhouse_session, has_clickhouse, prepared
from journeyadmin.contract.metrics import METRICS
from journeyadmin.contract.operations import QUERY_JOURNEY_AGGREGATES
from tests import cast, programs

# A tenth of them is measured as well, to see how the time grows.
FACTS = {"small": 1_000_000, "full": 50_000_000}
QUARTER, MONTH = 90, 30
# So many turns of each question, but no further one after these seconds.
TURNS, SECONDS = 9, 60.0
SLACK, SLACK_MS = 1.25, 5.0

_BY_KIND = {metric.facts[0]: name for name, metric in METRICS.items() if metric.aggregate == "count"}
_OFFERS = [
    "action_qualified",
    "action_offered",
    "action_accepted",
    "action_engaged",
    "action_rejected",
    "action_ignored",
]
OURS, DUCKDB, CLICKHOUSE = "ours", "DuckDB by hand", "ClickHouse"
_SESSION_KINDS = METRICS["nDistinctJourneySessions"].facts
# The answer in one form: groups, second at which the bucket begins, metric → numbers.
Cells = dict[tuple[Any, ...], tuple[float, ...]]


@dataclass(frozen=True)
class Question:
    """`asked` is the query's body but for its interval, the last `days`. By hand it is a SELECT for both dialects: its
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

    def start(self, facts: Facts) -> datetime:
        return facts.end - timedelta(days=self.days)

    def body(self, facts: Facts) -> dict[str, Any]:
        interval = f"{self.start(facts):%Y-%m-%dT%H:%MZ}/{facts.end:%Y-%m-%dT%H:%MZ}"
        return {"interval": interval, **self.asked}

    def by_hand(
        self, facts: Facts, in_bucket: str, exact_distinct: str, literal: str, where: str = ""
    ) -> str:
        """`in_bucket` cuts ts off to the unit {unit}; `literal` writes a moment."""
        keys = [*self.groups]
        if self.bucket:
            keys.append(in_bucket.format(unit=self.bucket.capitalize()) + " AS bucket")
        if not self.metric:
            keys.append("kind")
        numbers = self.numbers.format(distinct=exact_distinct)
        span = f"ts >= {literal.format(self.start(facts))} AND ts < {literal.format(facts.end)}"
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


def prepare(arguments: Arguments) -> tuple[Facts, Facts]:
    """A tenth of the facts, and all of them; at full size that takes half an hour and 10 GB of disk, once for a kept folder."""
    folder, most = arguments.kept or arguments.folder, FACTS[arguments.size]
    fewer = prepared(folder / "fewer", most // 10, with_references=False)
    return fewer, prepared(folder / "all", most, with_references=True)


def run(arguments: Arguments) -> Iterator[Row]:
    """The rows of each question as soon as it has been measured."""
    fewer, facts = prepare(arguments)
    # The targets are for the full size; at a fiftieth of it all that is measured is what a request costs.
    judged = arguments.size == "full"
    with _served(fewer) as ask:
        grown_from = {question.name: _turns(fewer, question, ask, {}) for question in QUESTIONS}
    faster = asked = 0
    with _served(facts) as ask:
        others = {DUCKDB: _duckdb(facts)}
        if has_clickhouse():
            others[CLICKHOUSE] = _clickhouse(facts)
        for question in QUESTIONS:
            found = _turns(facts, question, ask, others)
            yield from _judged(question, found, facts, judged)
            before = grown_from[question.name][OURS].fastest
            told = f"{before:.1f} ms at {fewer.number:,} facts"
            name = f"{question.name}, ten times the facts"
            yield Row(name, found[OURS].fastest / before, "× the time", note=told)
            if CLICKHOUSE in found:
                asked += 1
                faster += found[OURS].fastest < found[CLICKHOUSE].fastest
    if asked:
        most = 2 * faster > asked if judged else None
        yield Row(f"faster than ClickHouse, of {asked}", faster, "questions", target="most", met=most)
    else:
        yield Row("beside ClickHouse", 0, "questions", note="not compared: chdb is not installed here")


def _judged(question: Question, found: Mapping[str, "Times"], facts: Facts, judged: bool) -> Iterator[Row]:
    ours, hand = found[OURS], found[DUCKDB]
    limit = f"at most {SLACK}× + {SLACK_MS:g} ms"
    met = ours.fastest <= SLACK * hand.fastest + SLACK_MS if judged else None
    note = f"{facts.number:,} facts over {DAYS} days, the fastest of {ours.turns} turns"
    yield Row(question.name, ours.fastest, "ms", DUCKDB, hand.fastest, limit, met, note)
    yield Row(f"{question.name}, processor time", ours.work, "ms", DUCKDB, hand.work)
    if CLICKHOUSE in found:
        theirs = found[CLICKHOUSE].fastest
        met = ours.fastest <= theirs if judged else None
        yield Row(question.name, ours.fastest, "ms", CLICKHOUSE, theirs, "at least as fast", met)


@dataclass
class Times:
    """Milliseconds by the clock of the fastest turn, and of processor time of a turn on average."""

    turns: int = 0
    fastest: float = float("inf")
    work: float = 0.0


class Served:
    """A running Journey server that is asked over HTTP, through one connection."""

    def __init__(self, server: programs.Program) -> None:
        place = urlsplit(server.url)
        # Python's own client: what a richer one does for its caller is not this server's time.
        self._connection = HTTPConnection(str(place.hostname), place.port, timeout=300)
        self._headers = {
            "Authorization": f"Bearer {cast.service_token(server.url)}",
            "Content-Type": "application/json",
        }
        # Used again: what it costs to find room for an answer is the client's.
        self._buffer = bytearray()
        pid = server.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        self._processes = [Path(f"/proc/{process}/stat") for process in (pid, *children)]

    def __call__(self, facts: Facts, question: Question) -> memoryview:
        """The answer, read to its last byte, until the next one is asked for."""
        asked = json.dumps(question.body(facts))
        self._connection.request("POST", QUERY_JOURNEY_AGGREGATES.path, asked, self._headers)
        answer = self._connection.getresponse()
        length = int(answer.headers["Content-Length"])
        if length > len(self._buffer):
            self._buffer = bytearray(length)
        body = memoryview(self._buffer)[:length]
        read = 0
        while read < length and (more := answer.readinto(body[read:])):
            read += more
        assert (answer.status, read) == (200, length), f"{question.name}: {bytes(body[:500])!r}"
        return body

    def close(self) -> None:
        self._connection.close()

    def work(self) -> float:
        """Seconds of processor time that its processes have taken so far, to a hundredth."""
        spent = 0
        for stat in self._processes:
            # What stands before the bracket is a name, which may hold blanks.
            fields = stat.read_text().rpartition(")")[2].split()
            spent += int(fields[11]) + int(fields[12])
        return spent / 100


@contextmanager
def _served(facts: Facts) -> Iterator[Served]:
    with programs.journeyserver(facts.server) as server, closing(Served(server)) as served:
        yield served


Ask = Callable[[Question], pyarrow.Table]


def _turns(facts: Facts, question: Question, served: Served, others: Mapping[str, Ask]) -> dict[str, Times]:
    """The times of ours and of the others, which take turns, after one turn whose answers are compared."""
    ours = _told(question, served(facts, question))
    for name, other in others.items():
        found = _found(facts, question, other(question))
        assert found == ours, f"{question.name}: {name} has {len(found)} cells, ours {len(ours)}, or others."
    del ours
    asked: dict[str, tuple[Callable[[], object], Callable[[], float]]] = {
        OURS: (lambda: served(facts, question), served.work)
    }
    for name, other in others.items():
        asked[name] = (partial(other, question), time.process_time)
    times = {name: Times() for name in asked}
    over = time.monotonic() + SECONDS
    for turn in range(1, TURNS + 1):
        for name, (ask, work) in asked.items():
            worked, begun = work(), time.perf_counter()
            ask()
            took, spent = time.perf_counter() - begun, work() - worked
            times[name].turns = turn
            times[name].fastest = min(times[name].fastest, took * 1000)
            times[name].work += spent * 1000
        if time.monotonic() > over:
            break
    for spent_by in times.values():
        spent_by.work /= spent_by.turns
    told = ", ".join(f"{name} {found.fastest:.1f} ms" for name, found in times.items())
    print(f"{facts.number:,} facts, {question.name}: {told}", file=sys.stderr, flush=True)
    return times


def _told(question: Question, body: memoryview) -> Cells:
    cells: Cells = {}
    for result in json.loads(bytes(body))["results"]:
        group = tuple(result["group"].get(name) for name in question.asked.get("groupBy", ()))
        for bucket in result["data"]:
            begins = datetime.fromisoformat(bucket["interval"].split("/")[0]).timestamp()
            for metric in bucket["metrics"]:
                cells[*group, begins, metric["metric"]] = tuple(metric["stats"].values())
    return cells


def _found(facts: Facts, question: Question, table: pyarrow.Table) -> Cells:
    columns = [column.to_pylist() for column in table.columns]
    groups = [[value and str(value) for value in columns.pop(0)] for _ in question.groups]
    begins = [_seconds(value) for value in columns.pop(0)] if question.bucket else None
    metrics = None if question.metric else [_BY_KIND[str(kind)] for kind in columns.pop(0)]
    cells: Cells = {}
    for number, numbers in enumerate(zip(*columns, strict=True)):
        begin = question.start(facts).timestamp() if begins is None else begins[number]
        metric = question.metric if metrics is None else metrics[number]
        cells[*(group[number] for group in groups), begin, metric] = numbers
    return cells


def _seconds(moment: Any) -> float:
    """Of a time or a day; what has no zone is UTC. ClickHouse writes seconds."""
    if isinstance(moment, int):
        return float(moment)
    found = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
    return found.replace(tzinfo=UTC).timestamp()


def _duckdb(facts: Facts) -> Ask:
    connection = duckdb.connect(str(facts.copy), read_only=True, config=READING)

    def ask(question: Question) -> pyarrow.Table:
        sql = question.by_hand(
            facts,
            "date_trunc('{unit}', ts)",
            "count(DISTINCT journey_session_id)",
            "TIMESTAMP '{:%Y-%m-%d %H:%M:%S}'",
            question.for_duckdb,
        )
        return connection.sql(sql).to_arrow_table()

    return ask


def _clickhouse(facts: Facts) -> Ask:
    session = clickhouse_session(facts)

    def ask(question: Question) -> pyarrow.Table:
        sql = question.by_hand(
            facts,
            "toStartOf{unit}(ts)",
            "uniqExact(journey_session_id)",
            "toDateTime('{:%Y-%m-%d %H:%M:%S}', 'UTC')",
        )
        return pyarrow.ipc.open_file(session.query(sql, "Arrow").bytes()).read_all()

    return ask
