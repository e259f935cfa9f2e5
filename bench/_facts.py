"""A warehouse of generated facts for the benchmarks, and the same facts in the engines that it is compared with.

folder/server        the data folder of a Journey server
folder/copy.duckdb   its warehouse once more: a file has one owner
folder/clickhouse    a MergeTree ordered by kind and time
folder/facts.json    what there is; written last
"""

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from journeyadmin.contract.metrics import FACT_KINDS
from journeyserver.engine.backends.duckdb import open_backend
from journeyserver.ingest.upkeep import keep_up

DAYS = 180
# The server gives its warehouse as much.
READING: dict[str, Any] = {"memory_limit": "4GB", "preserve_insertion_order": False}
_FACTS_EACH = 10
_SEGMENTS, _MAPS = 40, 50
_COUNTRIES = [first + second for first in "ABCDE" for second in "AEIOU"] + ["DE"]
_DEVICES = ["desktop", "mobile", "tablet", "other"]
_CLICKHOUSE_TABLE = """
CREATE TABLE facts (
  kind LowCardinality(String), ts DateTime64(6, 'UTC'), value Nullable(Float64), journey_session_id UUID,
  journey_device_category LowCardinality(Nullable(String)), journey_ip_geolocation_country LowCardinality(Nullable(String)),
  journey_segment_id LowCardinality(Nullable(UUID)), journey_action_map_id LowCardinality(Nullable(UUID))
) ENGINE = MergeTree PARTITION BY toYYYYMM(ts) ORDER BY (kind, ts)
SETTINGS allow_suspicious_low_cardinality_types = 1
"""


@dataclass(frozen=True)
class Facts:
    """So many facts over the DAYS before `end`, in a folder."""

    folder: Path
    number: int
    end: datetime

    @property
    def server(self) -> Path:
        return self.folder / "server"

    @property
    def copy(self) -> Path:
        return self.folder / "copy.duckdb"

    @property
    def clickhouse(self) -> Path:
        return self.folder / "clickhouse"


def has_clickhouse() -> bool:
    return find_spec("chdb") is not None


def prepared(folder: Path, number: int, *, with_references: bool) -> Facts:
    """So many facts as they lie in this folder, or made there. What was left half made is made anew."""
    note = folder / "facts.json"
    wanted = {"facts": number, "clickhouse": with_references and has_clickhouse()}
    if note.is_file():
        found = json.loads(note.read_text())
        end = datetime.fromisoformat(found.pop("end"))
        if found == wanted:
            return Facts(folder, number, end)
    shutil.rmtree(folder, ignore_errors=True)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    facts = Facts(folder, number, today)
    facts.server.mkdir(parents=True)
    place = facts.server / "journeyserver.duckdb"
    told = f"{number:,} facts"
    print(f"{told}: the warehouse …", file=sys.stderr, flush=True)
    _fill(place, facts)
    if with_references:
        shutil.copyfile(place, facts.copy)
    if wanted["clickhouse"]:
        print(f"{told}: ClickHouse …", file=sys.stderr, flush=True)
        _fill_clickhouse(facts)
    note.write_text(json.dumps({**wanted, "end": today.isoformat()}))
    return facts


def clickhouse_session(facts: Facts) -> Any:
    """An open ClickHouse on the data of these facts: it is optional here, and without types."""
    session = import_module("chdb.session").Session(str(facts.clickhouse / "data"))
    session.query("CREATE DATABASE IF NOT EXISTS bench ENGINE = Atomic")
    session.query("USE bench")
    session.query("SET allow_suspicious_low_cardinality_types = 1")
    return session


def _fill_clickhouse(facts: Facts) -> None:
    """Takes the facts over from a Parquet file."""
    facts.clickhouse.mkdir()
    file = facts.clickhouse / "facts.parquet"
    uuids = ("journey_session_id", "journey_segment_id", "journey_action_map_id")
    texts = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in ("kind", *uuids))
    others = "ts, value, journey_device_category, journey_ip_geolocation_country"
    with duckdb.connect(str(facts.copy), read_only=True, config=READING) as connection:
        connection.execute(f"COPY (SELECT {texts}, {others} FROM facts) TO '{file}'")
    session = clickhouse_session(facts)
    session.query(_CLICKHOUSE_TABLE)
    columns = (
        "kind, ts, value, toUUID(journey_session_id), journey_device_category, journey_ip_geolocation_country"
    )
    ids = "toUUIDOrNull(journey_segment_id), toUUIDOrNull(journey_action_map_id)"
    session.query(f"INSERT INTO facts SELECT {columns}, {ids} FROM file('{file}', Parquet)")
    session.query("OPTIMIZE TABLE facts FINAL")
    session.close()
    file.unlink()


def _fill(place: Path, facts: Facts) -> None:
    """Makes the warehouse: visits evenly over the days, _FACTS_EACH facts a visit within a quarter of an hour, a session
    segment of everybody's. It is then put in order as the server itself does it."""
    backend = open_backend(place)
    sessions = facts.number // _FACTS_EACH
    apart = int(timedelta(days=DAYS - 0.1) / timedelta(microseconds=1)) // sessions
    piece = max(1, sessions // 20)
    for first in range(0, sessions, piece):
        with backend.transaction() as writer:
            writer.execute(_facts_sql(first, min(first + piece, sessions), apart, facts.end))
    keep_up(backend, datetime.now(UTC))
    backend.close()


def _facts_sql(first: int, last: int, apart: int, end: datetime) -> str:
    """The facts of the visits first ≤ n < last, which begin `apart` microseconds from each other."""
    kinds = ", ".join(f"'{kind}'" for kind in FACT_KINDS if kind != "session_started")

    def one_of(values: Sequence[str], number: str) -> str:
        return f"[{', '.join(repr(value) for value in values)}][1 + CAST({number} % {len(values)} AS BIGINT)]"

    segments = [f"5e000000-0000-4000-8000-{number:012}" for number in range(_SEGMENTS)]
    maps = [f"3a000000-0000-4000-8000-{number:012}" for number in range(_MAPS)]
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
               TIMESTAMP '{end - timedelta(days=DAYS):%Y-%m-%d}' + to_microseconds(n * {apart} + k * 97000000) AS ts
        FROM (
          SELECT n, CAST(md5('visit ' || n) AS UUID) AS journey_session_id, 'web' AS journey_session_type,
                 {one_of(_DEVICES, "(hash(n, 'device') // 64)")} AS journey_device_category,
                 {one_of(_COUNTRIES, "(hash(n, 'country') // 64)")} AS journey_ip_geolocation_country
          FROM range({first}, {last}) AS v(n)) AS visits, range({_FACTS_EACH}) AS r(k)) AS drawn
    """
